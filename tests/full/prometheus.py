"""A real Prometheus scrapes a parzend at work, and two replicas over a PostgreSQL: promtool finds nothing to say of the metrics and the alert rules, the
targets are up, and every query of the dashboard and every expression of the rules is answered (the dashboard's with data). Which series make the
replicas' alerts fire is in prometheus_rules.yaml."""

import contextlib
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
sys.path[:0] = [str(ROOT / "tests" / "python"), str(ROOT / "tests" / "wire")]

from conftest import Server  # noqa: E402
from messages import float_parameter  # noqa: E402
from parzend import Parzend  # noqa: E402
from postgres import Postgres  # noqa: E402
from wire import Wire, pb  # noqa: E402

WAIT = 120
RULES = [DOCKER / "prometheus" / name for name in ("parzen.rules.yaml", "replicas.rules.yaml")]
ALERTS = 16


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
    def __init__(self, folder: pathlib.Path, targets: list) -> None:
        self.address = f"http://127.0.0.1:{free_port()}"
        rules = ", ".join(map(str, RULES))
        config = folder / "prometheus.yaml"
        config.write_text(
            f"global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [{rules}]\n"
            f"scrape_configs: [{{ job_name: parzen, static_configs: [{{ targets: {targets} }}] }}]\n"
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


def check_rules() -> None:
    subprocess.run(["promtool", "check", "rules", *RULES], check=True)
    subprocess.run(["promtool", "check", "config", DOCKER / "prometheus" / "prometheus.yaml"], check=True)
    subprocess.run(["promtool", "test", "rules", ROOT / "tests" / "full" / "prometheus_rules.yaml"], check=True)


def replicas_of(folder: pathlib.Path, postgres: Postgres, ending: contextlib.ExitStack) -> list:
    """Starts two, at work; the addresses of their metrics."""
    targets = []
    for i in range(2):
        (folder / str(i)).mkdir(parents=True)
        port, metrics = free_port(), f"127.0.0.1:{free_port()}"
        server = Server(folder / str(i), "--advertise", f"127.0.0.1:{port}", "--metrics-listen", metrics, port=port, db=postgres.url)
        ending.callback(server.kill)
        targets.append(metrics)
    with Wire(server.address) as wire:
        wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="work", space=pb.SearchSpace(parameters=[float_parameter()]))))
        work(wire)
    return targets


def watch(prometheus: Prometheus, folder: pathlib.Path, wire: Wire, targets: list) -> None:
    texts = [fetch(f"http://{target}/metrics") for target in targets]
    for text in texts:
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
    check_names("\n".join(texts), queries, rules)
    wait_for_data(prometheus, wire, {"up": f'count(up{{job="parzen"}} == 1) == {len(targets)}', **queries})
    print(f"all {len(queries)} queries of the dashboard return data")
    firing = [alert["labels"]["alertname"] for alert in prometheus.get("alerts")["alerts"] if alert["state"] == "firing"]
    assert not firing, firing
    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert len(rules) == ALERTS and all(rule["health"] == "ok" for rule in rules), rules
    print(f"all {len(rules)} alerts are evaluated, and none fires")


def main() -> None:
    install()
    check_rules()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as ending:
        folder = pathlib.Path(name)
        server = Parzend(folder / "server", "--metrics-listen", f"127.0.0.1:{free_port()}").start()
        ending.callback(server.kill)
        target = next(line for line in server.log().splitlines() if " metrics " in line).split("address=")[1].split()[0]
        postgres = Postgres()
        ending.callback(postgres.remove)
        targets = [target, *replicas_of(folder / "replicas", postgres, ending)]
        with Wire(server.address) as wire, Prometheus(folder, targets) as prometheus:
            space = pb.SearchSpace(parameters=[float_parameter()])
            wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="work", space=space)))
            work(wire)
            watch(prometheus, folder, wire, targets)


if __name__ == "__main__":
    main()
