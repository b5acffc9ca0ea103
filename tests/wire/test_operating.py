"""What whoever runs the server has: parzend --health, the configuration, traces in the log, metrics."""

import json
import os
import pathlib
import re
import subprocess
import urllib.error
import urllib.request

import pytest
from certificates import Authority
from messages import float_parameter
from parzend import BINARY, StartFailed
from wire import Wire, pb


def run(*arguments, **variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PARZEN_")} | variables
    return subprocess.run([BINARY, *arguments], env=environment, capture_output=True, text=True, timeout=120)


def test_health_says_whether_the_server_serves(make_server):
    server = make_server()
    healthy = run("--health", "--listen", server.address)
    assert (healthy.returncode, healthy.stdout, healthy.stderr) == (0, "", "")
    assert run("--health", PARZEN_LISTEN=server.address).returncode == 0
    assert run("--health", "--listen", f"0.0.0.0:{server.port}").returncode == 0
    server.stop()
    gone = run("--health", "--listen", server.address)
    assert gone.returncode == 1
    assert gone.stderr.startswith(f"parzend: no answer from {server.address}")
    assert gone.stderr.count("\n") == 1


@pytest.mark.parametrize("mutual", [False, True])
def test_health_over_tls(make_server, tmp_path, mutual):
    authority = Authority(tmp_path / "certificates")
    pair = authority.issue("server")
    tls = ["--tls-cert", str(pair.certificate), "--tls-key", str(pair.key)]
    if mutual:
        tls += ["--tls-client-ca", str(authority.certificate)]
    server = make_server(*tls)
    assert run("--health", "--listen", server.address, *tls).returncode == 0
    assert run("--health", "--listen", server.address).returncode == 1  # in the clear


def test_print_config_names_the_sources_and_needs_no_server(tmp_path):
    file = tmp_path / "parzend.conf"
    file.write_text('db = "file.db"\nslow-ms = 5\n')
    printed = run("--print-config", "--config", str(file), "--log-json", PARZEN_DB="environment.db")
    assert printed.returncode == 0
    lines = printed.stdout.splitlines()
    assert 'db = "environment.db"  # environment, PARZEN_DB' in lines
    assert "slow-ms = 5  # file" in lines
    assert "log-json = true  # flag" in lines
    assert not (tmp_path / "environment.db").exists()


def test_a_misspelled_variable_is_no_silent_default(tmp_path):
    refused = run("--db", str(tmp_path / "a.db"), "--listen", "127.0.0.1:0", PARZEN_LOGLEVEL="debug")
    assert refused.returncode == 2
    assert "PARZEN_LOGLEVEL" in refused.stderr and "the nearest is PARZEN_LOG_LEVEL" in refused.stderr


def test_the_trace_of_a_call_is_in_its_log_line(make_server):
    server = make_server("--log-level", "debug", "--log-json")
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    with Wire(server.address) as wire:
        call = wire.channel.unary_unary("/parzen.v1.Optimizer/GetServerInfo")
        for header in (f"00-{trace}-{span}-01", "nonsense"):
            call(pb.GetServerInfoRequest().SerializeToString(), timeout=60, metadata=[("traceparent", header)])
    assert server.stop() == 0
    lines = [json.loads(line) for line in server.log().splitlines()]
    calls = [line for line in lines if line.get("method") == "GetServerInfo"]
    assert len(calls) == 2
    assert (calls[0]["trace_id"], calls[0]["span_id"]) == (trace, span)
    assert "trace_id" not in calls[1]


# ------------------------------------------------------------------------------------------------------------- metrics


def metrics_port(server):
    """The port that the log names."""
    line = next(line for line in server.log().splitlines() if " metrics " in line)
    return int(line.rsplit("port=", 1)[1])


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def scrape(port):
    """Every sample by its name and labels as they are written."""
    status, text = get(port, "/metrics")
    assert status == 200
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")}


def make_study(wire, name):
    wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name=name, space=pb.SearchSpace(parameters=[float_parameter()]))))


def test_metrics_count_what_was_called(make_server):
    server = make_server("--metrics-listen", "127.0.0.1:0")
    port = metrics_port(server)
    with Wire(server.address) as wire:
        make_study(wire, "counted")
        asked = wire.must("Ask", pb.AskRequest(study="counted", count=3))
        outcome = pb.Outcome(trial=asked.trials[0].handle, values=[1.0])
        wire.must("Tell", pb.TellRequest(outcomes=[outcome]))
        assert wire.call("Ask", pb.AskRequest(study="nothing")).code == "NOT_FOUND"
    found = scrape(port)
    assert found['parzen_rpc_calls_total{code="OK",method="Ask"}'] == 1
    assert found['parzen_rpc_calls_total{code="NOT_FOUND",method="Ask"}'] == 1
    assert found['parzen_rpc_calls_total{code="OK",method="Tell"}'] == 1
    assert found['parzen_rpc_duration_seconds_count{method="Ask"}'] == 2
    for phase in ("wait", "sample", "commit"):
        assert found[f'parzen_ask_phase_seconds_count{{phase="{phase}"}}'] == 1
    assert found['parzen_trials{study="counted",state="running"}'] == 2
    assert found['parzen_trials{study="counted",state="complete"}'] == 1
    assert found["parzen_commit_transactions_sum"] == 3
    assert found["parzen_live_studies"] == 1
    assert found["parzen_leases_expired_total"] == 0
    assert found["parzen_database_bytes"] > 0
    assert found["process_resident_memory_bytes"] > 1e6


def test_metrics_are_bounded_by_the_number_of_studies(make_server):
    server = make_server("--metrics-listen", "127.0.0.1:0", "--metrics-studies", "2")
    with Wire(server.address) as wire:
        for name in ("first", "second", "third"):
            make_study(wire, name)
            wire.must("Ask", pb.AskRequest(study=name))
    found = scrape(metrics_port(server))
    assert sorted({key.split('"')[1] for key in found if key.startswith("parzen_trials{")}) == ["second", "third"]
    assert found["parzen_live_studies"] == 3


def test_probes_over_http(make_server):
    server = make_server("--metrics-listen", "127.0.0.1:0")
    port = metrics_port(server)
    assert get(port, "/healthz") == (200, "alive\n")
    assert get(port, "/readyz") == (200, "ready\n")
    for path in ("/", "/metrics/more", "/../../etc/passwd"):
        assert get(port, path)[0] in (400, 404)
    assert server.stop() == 0
    quiet = make_server(name="quiet")  # nothing listens where it was not asked for
    assert " metrics " not in quiet.log()


def test_a_taken_metrics_port_is_refused(make_server):
    first = make_server("--metrics-listen", "127.0.0.1:0")
    taken = metrics_port(first)
    with pytest.raises(StartFailed) as failed:
        make_server("--metrics-listen", f"127.0.0.1:{taken}", name="second")
    assert failed.value.code == 1
    assert f"--metrics-listen 127.0.0.1:{taken}" in failed.value.log


def test_the_messages_that_the_readme_explains_are_the_servers():
    root = pathlib.Path(__file__).resolve().parents[2]
    readme = (root / "README.md").read_text()
    table = readme[readme.index("**Troubleshooting by message.**") : readme.index("## Architecture")]
    # Adjacent literals are one text.
    source = "".join(re.sub(r'"\s*\n\s*"', "", path.read_text()) for folder in ("server", "storage") for path in (root / folder).rglob("*.cc"))
    rows = [line for line in table.splitlines() if line.startswith("| `") or line.startswith("| client: `the")]
    assert len(rows) >= 10
    for row in rows:
        message = row.split("`")[1]
        for part in re.split(r"\.\.\.| N |\(|\)", message):
            part = part.strip(" :,").removesuffix("PARZEN_").strip()
            assert part in source or part == "Address already in use", part
