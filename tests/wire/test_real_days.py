"""What real days do to the server's process: signals that were ignored, proxies, file descriptors that run out, a log nobody reads."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from messages import choice_parameter, float_parameter, mask
from parzend import BINARY, StartFailed
from wire import Wire, pb, request_id


def run(*arguments, directory=None, **variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PARZEN_")} | variables
    return subprocess.run([BINARY, *arguments], env=environment, cwd=directory, capture_output=True, text=True, timeout=120)


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metrics_port(server):
    line = next(line for line in server.log().splitlines() if " metrics " in line)
    return int(line.rsplit("port=", 1)[1])


def answers(server) -> bool:
    with Wire(server.address) as wire:
        return wire.call("GetServerInfo", pb.GetServerInfoRequest(), timeout=5).ok


def eventually(check, seconds=30.0):
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.1)


# --------------------------------------------------------------------------------------------------------------- signals


@pytest.mark.parametrize("ignored", [signal.SIGHUP, signal.SIGINT])
def test_a_signal_that_was_ignored_at_the_start_stays_ignored(make_server, ignored):
    """nohup ignores SIGHUP, a script's `&` SIGINT: whoever starts the server so means it."""
    server = make_server(before=lambda: signal.signal(ignored, signal.SIG_IGN))
    server.process.send_signal(ignored)
    time.sleep(0.5)
    assert server.alive() and answers(server)
    assert server.stop() == 0


def test_signals_that_were_not_ignored_end_it(make_server):
    server = make_server(before=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
    server.process.send_signal(signal.SIGHUP)
    assert server.process.wait(timeout=60) == 0


def full_pipe_of(server):
    """Keeps the server's log, of which nobody reads a line, busy until its pipe is full."""
    with Wire(server.address) as wire:
        for _ in range(2000):
            wire.call("GetStudy", pb.GetStudyRequest(study="x" * 200))


@pytest.mark.parametrize("seconds", [0, 10])
def test_a_log_that_nobody_reads_holds_no_shutdown(make_server, seconds):
    server = make_server("--shutdown-seconds", str(seconds), log_to_pipe=True)
    full_pipe_of(server)
    begin = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - begin < 8


def test_a_log_that_nobody_reads_holds_no_calls(make_server):
    server = make_server(log_to_pipe=True)
    full_pipe_of(server)
    assert answers(server)


# ------------------------------------------------------------------------------------------------- health and addresses


@pytest.mark.parametrize("variable", ["http_proxy", "https_proxy", "grpc_proxy", "HTTP_PROXY"])
def test_health_never_goes_through_a_proxy(make_server, variable):
    server = make_server()
    probed = run("--health", "--listen", server.address, **{variable: "http://127.0.0.1:9"})
    assert (probed.returncode, probed.stderr) == (0, "")


@pytest.mark.parametrize("host", ["*", "0.0.0.0", "[::]", "localhost"])
def test_health_finds_the_server_wherever_it_listens(make_server, host):
    server = make_server("--insecure", listen=host)
    probed = run("--health", "--listen", f"{host}:{server.port}")
    assert (probed.returncode, probed.stderr) == (0, "")
    with Wire(f"127.0.0.1:{server.port}") as wire:
        assert wire.call("GetServerInfo", pb.GetServerInfoRequest()).ok


def test_a_socket_left_behind_is_replaced_and_a_used_one_is_not(make_server, tmp_path):
    path = tmp_path / "parzen.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    make_server(listen=f"unix:{path}")
    assert run("--health", "--listen", f"unix:{path}").returncode == 0
    with pytest.raises(StartFailed) as refused:
        make_server(listen=f"unix:{path}", name="second")
    assert "Address already in use" in refused.value.log
    assert run("--health", "--listen", f"unix:{path}").returncode == 0


@pytest.mark.parametrize("db", [":memory:", "file::memory:", "file:studies.db?mode=memory"])
def test_a_database_that_would_keep_nothing_is_refused(tmp_path, db):
    refused = run("--db", db, "--listen", "127.0.0.1:0", directory=tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"parzend: --db {db} ") and "the path of a file" in refused.stderr
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------------ what is logged


def test_a_call_that_was_given_up_is_no_mistake_in_the_log(make_server):
    server = make_server("--log-level", "debug")
    with Wire(server.address) as wire:
        call = wire.channel.unary_unary("/parzen.v1.Optimizer/GetServerInfo")
        for _ in range(300):
            call.future(pb.GetServerInfoRequest().SerializeToString(), timeout=60).cancel()
        watch = wire.channel.unary_stream("/parzen.v1.Optimizer/WatchStudy")
        for _ in range(100):
            watch(pb.WatchStudyRequest(study="a").SerializeToString(), timeout=60).cancel()
        wire.must("GetServerInfo", pb.GetServerInfoRequest())
    assert server.stop() == 0
    assert "INVALID_ARGUMENT" not in server.log()
    assert "is missing" not in server.log()
    for line in server.log().splitlines():
        assert "code=CANCELLED" not in line or " debug " in line


def test_a_request_that_is_too_large_is_refused_in_our_words(make_server):
    server = make_server()
    with Wire(server.address) as wire:
        wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="a", space=pb.SearchSpace(parameters=[float_parameter()]))))
        attribute = pb.Attribute(key="weights", json='"' + "x" * 5_000_000 + '"')
        update = pb.UpdateStudyRequest(study=pb.Study(name="a", user_attrs=[attribute]), update_mask=mask("user_attrs"), request_id=request_id())
        answer = wire.call("UpdateStudy", update)
    assert (answer.code, answer.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_MESSAGE")
    assert "at most 4194304 (parzend --message-mib)" in answer.message


def test_a_choice_that_is_nan_is_told_by_the_parameter(make_server):
    server = make_server()
    with Wire(server.address) as wire:
        space = pb.SearchSpace(parameters=[float_parameter(), choice_parameter("rate", (0.1, float("nan")))])
        answer = wire.call("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="a", space=space)))
    assert answer.code == "INVALID_ARGUMENT"
    assert answer.message.startswith('parameter "rate": ')


# --------------------------------------------------------------------------------------------------- file descriptors


def limit_descriptors(soft, hard):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_soft_limit_on_descriptors_is_raised(make_server):
    server = make_server("--metrics-listen", "127.0.0.1:0", before=limit_descriptors(64, 512))
    text = get(metrics_port(server), "/metrics")[1]
    assert "process_max_fds 512" in text
    connections = [socket.create_connection((server.host, server.port)) for _ in range(100)]
    assert answers(server)
    for connection in connections:
        connection.close()


def test_connections_beyond_the_descriptors_are_refused_and_taken_again_later(make_server):
    server = make_server("--metrics-listen", "127.0.0.1:0", before=limit_descriptors(64, 64))
    port = metrics_port(server)
    with Wire(server.address) as wire:
        space = pb.SearchSpace(parameters=[float_parameter()])
        wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="a", space=space)))
        assert get(port, "/readyz") == (200, "ready\n")
        connections = []

        def full():
            """A descriptor that was another's for a moment may be one more connection's: until none is left."""
            connections.extend(socket.create_connection((server.host, server.port)) for _ in range(100))
            status, why = get(port, "/readyz")
            return status == 503 and "descriptors" in why and not answers(server)

        eventually(full)
        # Who is connected is served, commits included.
        for _ in range(20):
            wire.must("Ask", pb.AskRequest(study="a", request_id=request_id()))
        for connection in connections:
            connection.close()
        eventually(lambda: get(port, "/readyz")[0] == 200)
        eventually(lambda: answers(server))
    assert server.stop() == 0
    log = server.log()
    assert "connections are refused" in log
    assert "connections are taken again" in log
