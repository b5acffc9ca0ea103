"""What whoever runs the server has: parzend --health, the configuration, traces in the log."""

import json
import os
import subprocess

import pytest
from certificates import Authority
from parzend import BINARY
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
