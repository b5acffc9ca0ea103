"""A real Prometheus scrapes a parzend at work: promtool finds nothing to say of the metrics and the alert rules, the target is up, and
every query of the dashboard and every expression of the rules is answered (the dashboard's with data)."""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
sys.path.insert(0, str(ROOT / "tests" / "wire"))

from messages import float_parameter  # noqa: E402
from parzend import Parzend  # noqa: E402
from wire import Wire, pb  # noqa: E402

WAIT = 120


def install() -> None:
    """Debian's prometheus, without the service that its package would start."""
    if subprocess.run(["which", "prometheus", "promtool"], stdout=subprocess.DEVNULL).returncode == 0:
        return
    subprocess.run([str(ROOT / "dev"), "install", "prometheus"], check=True, env=os.environ | {"RUNLEVEL": "1"})


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Prometheus:
    def __init__(self, folder: pathlib.Path, target: str) -> None:
        self.address = f"http://127.0.0.1:{free_port()}"
        rules = DOCKER / "prometheus" / "parzen.rules.yaml"
        config = folder / "prometheus.yaml"
        config.write_text(
            f"global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [{rules}]\n"
            f"scrape_configs: [{{ job_name: parzen, static_configs: [{{ targets: ['{target}'] }}] }}]\n"
        )
        command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/tsdb", "--log.level=warn"]
        self.log = open(folder / "prometheus.log", "wb")
        self.process = subprocess.Popen([*command, f"--web.listen-address={self.address[7:]}"], stdout=self.log, stderr=self.log)

    def __enter__(self) -> "Prometheus":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.process.terminate()
        self.process.wait(60)
        self.log.close()

    def get(self, path: str, **arguments: str) -> dict:
        return json.loads(fetch(f"{self.address}/api/v1/{path}?{urllib.parse.urlencode(arguments)}"))["data"]

    def query(self, expression: str) -> list:
        try:
            return self.get("query", query=expression)["result"]
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{expression}: {error.read().decode()}") from None


def work(wire: Wire) -> None:
    """Every kind of call that the dashboard shows, and one that fails."""
    for trial in wire.must("Ask", pb.AskRequest(study="work", count=2)).trials:
        report = pb.IntermediateReport(trial=trial.handle, step=1, value=0.5)
        wire.must("Report", pb.ReportRequest(reports=[report]))
        wire.call("Heartbeat", pb.HeartbeatRequest(trials=[trial.handle]))
        wire.must("Tell", pb.TellRequest(outcomes=[pb.Outcome(trial=trial.handle, values=[0.5])]))
    wire.call("GetStudy", pb.GetStudyRequest(study="nothing"))


def has_numbers(result: list) -> bool:
    return any(sample["value"][1] != "NaN" for sample in result)


def wait_for_data(prometheus: Prometheus, wire: Wire, queries: dict) -> None:
    end = time.monotonic() + WAIT
    missing = dict(queries)
    while missing:
        work(wire)
        missing = {title: query for title, query in missing.items() if not has_numbers(prometheus.query(query))}
        if missing and time.monotonic() > end:
            raise SystemExit(f"no data after {WAIT} s: {json.dumps(missing, indent=1)}")
        time.sleep(0.2)


def dashboard_queries() -> dict:
    dashboard = json.loads((DOCKER / "grafana" / "parzen.json").read_text())
    queries = {}
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            queries[f"{panel['title']} {target['refId']}"] = target["expr"].replace("$__rate_interval", "1m")
    assert len(queries) > 10 and not any("$" in query for query in queries.values())
    return queries


def check_names(text: str, queries: dict, rules: list) -> None:
    """Every metric that a query or a rule names is one that the server has; Prometheus answers what it has never heard of with nothing."""
    known = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    known |= {name + suffix for name in known for suffix in ("_bucket", "_sum", "_count")} | {"up"}
    for query in [*queries.values(), *(rule["query"] for rule in rules)]:
        unknown = set(re.findall(r"\b(?:parzen|process)_[a-z_]+", query)) - known
        assert not unknown, f"{unknown} in {query}"


def main() -> None:
    install()
    subprocess.run(["promtool", "check", "rules", DOCKER / "prometheus" / "parzen.rules.yaml"], check=True)
    subprocess.run(["promtool", "check", "config", DOCKER / "prometheus" / "prometheus.yaml"], check=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        server = Parzend(folder / "server", "--metrics-listen", f"127.0.0.1:{free_port()}").start()
        target = next(line for line in server.log().splitlines() if " metrics " in line).split("address=")[1].split()[0]
        try:
            with Wire(server.address) as wire, Prometheus(folder, target) as prometheus:
                space = pb.SearchSpace(parameters=[float_parameter()])
                wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="work", space=space)))
                work(wire)
                text = fetch(f"http://{target}/metrics")
                subprocess.run(["promtool", "check", "metrics"], input=text.encode(), check=True)
                print("promtool check metrics: nothing to say")
                while True:  # until it listens
                    try:
                        rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
                        break
                    except OSError:
                        assert prometheus.process.poll() is None, (folder / "prometheus.log").read_text()
                        time.sleep(0.1)
                queries = dashboard_queries()
                check_names(text, queries, rules)
                wait_for_data(prometheus, wire, {"up": 'up{job="parzen"} == 1', **queries})
                print(f"all {len(queries)} queries of the dashboard return data")
                firing = [alert["labels"]["alertname"] for alert in prometheus.get("alerts")["alerts"] if alert["state"] == "firing"]
                assert not firing, firing
                rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
                assert len(rules) == 7 and all(rule["health"] == "ok" for rule in rules), rules
                print(f"all {len(rules)} alerts are evaluated, and none fires")
        finally:
            server.kill()


if __name__ == "__main__":
    main()
