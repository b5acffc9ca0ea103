"""What networks do: connections that die without a word, proxies that are wrong, names that move, servers that are slow or paused."""

from __future__ import annotations

import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time
from typing import Callable, Dict, Iterator

import pytest

import parzen
from conftest import Server
from fault_proxy import FaultProxy
from parzen.address import proxy_of
from relay import Relay

Make = Callable[..., parzen.Study]


# --------------------------------------------------------------------------------------------------------- half-open connections


def test_a_connection_that_is_dropped_silently_is_replaced_within_a_call(server: Server, make_study: Make, name: str) -> None:
    make_study()
    with Relay(server.address) as relay, parzen.Client(relay.address, timeout=30) as client:
        study = client.study(name)
        trial = study.ask(lease=30)
        relay.drop_silently()
        started = time.monotonic()
        trial.report(0.5, step=1)
        assert time.monotonic() - started < 12
        assert relay.connections == 2
        trial.tell(0.5)
    assert study_of(server, name).trial(trial.number).attempt == 0


def study_of(server: Server, name: str) -> parzen.Study:
    return parzen.Client(server.address, timeout=60).study(name)


def test_leases_outlive_a_connection_that_is_dropped_silently(server: Server, make_study: Make, name: str) -> None:
    """The renewal's call is short, and the next one goes over another connection."""
    make_study()
    with Relay(server.address) as relay, parzen.Client(relay.address, timeout=60) as client:
        study = client.study(name)
        trial = study.ask(lease=6)  # renewed every 2 s, in calls of 1 s
        relay.drop_silently()
        time.sleep(9)
        assert trial.held and relay.connections >= 2
        now = study_of(server, name).trial(trial.number)
        assert (now.state, now.attempt, now.lost_leases) == ("running", 0, 0)
        trial.tell(1)


def test_what_takes_the_server_long_is_waited_for(
    proxy: FaultProxy, make_study: Make, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as it answers to being asked whether it is there, the work is not begun anew again and again."""
    monkeypatch.setattr("parzen.connection._PATIENCE", 1.0)
    make_study()
    with parzen.Client(proxy.address, timeout=60) as client:
        study = client.study(name)
        proxy.break_calls("Ask", "slow 4", times=9)
        assert study.ask().number == 0
        assert len(proxy.requests["Ask"]) == 2 and len(set(proxy.requests["Ask"])) == 1
        assert len(proxy.requests["GetServerInfo"]) >= 2
        assert study.counts["running"] == 1


def test_a_server_that_takes_longer_than_the_timeout(proxy: FaultProxy, make_study: Make, name: str) -> None:
    make_study()
    with parzen.Client(proxy.address, timeout=1.5) as client:
        study = client.study(name)
        proxy.break_calls("Ask", "slow", times=9)
        with pytest.raises(parzen.DeadlineExceeded, match=r"127.0.0.1:\d+ did not answer Ask within 1.5 s"):
            study.ask()


# ------------------------------------------------------------------------------------------------------------------------ proxies


def run(program: str, environment: Dict[str, str]) -> "subprocess.CompletedProcess[str]":
    names = ("http_proxy", "https_proxy", "grpc_proxy", "no_proxy", "no_grpc_proxy")
    clean = {key: value for key, value in os.environ.items() if key.lower() not in names}
    return subprocess.run([sys.executable, "-c", program], env={**clean, **environment}, capture_output=True, text=True, timeout=120)


DEAD = {"http_proxy": "http://user:secret@127.0.0.1:1"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("variable", ["http_proxy", "https_proxy", "grpc_proxy"])
def test_loopback_never_goes_through_a_proxy(server: Server, host: str, variable: str) -> None:
    address = f"{host}:{server.address.rpartition(':')[2]}"
    done = run(f"import parzen; print(parzen.Client({address!r}, timeout=20).server_info())", {variable: "http://127.0.0.1:1"})
    assert done.returncode == 0, done.stderr


def own_address() -> str:
    """This machine's address that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return str(probe.getsockname()[0])


@pytest.fixture(scope="module")
def public_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that is reached by an address that is not loopback."""
    server = Server(tmp_path_factory.mktemp("public"), "--insecure", host=own_address())
    yield server.address
    server.kill()


@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY", "no_grpc_proxy"])
def test_no_proxy_counts_in_capitals_too(public_server: str, variable: str) -> None:
    host = public_server.rpartition(":")[0]
    program = f"import parzen; print(parzen.Client({public_server!r}, timeout=20).server_info())"
    for exception in (host, "example.org, " + host, host.rpartition(".")[0] + ".0/24", "*"):
        done = run(program, {**DEAD, variable: exception})
        assert done.returncode == 0, done.stderr


def test_the_message_names_the_proxy(public_server: str) -> None:
    program = f"import parzen; parzen.Client({public_server!r}, timeout=2).server_info()"
    done = run(program, DEAD)
    assert "parzen.errors.Unavailable" in done.stderr
    assert "through the proxy http://127.0.0.1:1 that http_proxy names" in done.stderr and "secret" not in done.stderr


def test_which_addresses_go_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("grpc_proxy", "https_proxy", "no_grpc_proxy", "NO_GRPC_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    assert str(proxy_of("far.example:1")) == "the proxy http://proxy:3128 that http_proxy names"
    for address in ("localhost:1", "LOCALHOST:1", "127.8.0.1:1", "[::1]:1", "dns:///localhost:1", "ipv6:[::1]:1", "unix:/tmp/x"):
        assert proxy_of(address) is None, address
    monkeypatch.setenv("NO_PROXY", "example.org,.test, 10.0.0.0/8 ,host:8080")
    for address in ("example.org:1", "a.example.org:1", "b.test:1", "10.1.2.3:1", "host:7070", "dns://8.8.8.8/example.org:1"):
        assert proxy_of(address) is None, address
    for address in ("notexample.org:1", "example.com:1", "11.0.0.1:1"):
        assert proxy_of(address) is not None, address


# --------------------------------------------------------------------------------------------------------------- names that move


class Names:
    """A name server that gives every name one address."""

    def __init__(self) -> None:
        self.host = "127.0.0.1"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(4096)
            if not query:
                return
            end = query.index(b"\0", 12) + 5  # of the question: name, type, class
            question, kind = query[12:end], query[end - 4 : end - 2]
            answers = b""
            if kind == b"\0\1":
                answers = b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", 0, 4) + socket.inet_aton(self.host)
            head = query[:2] + b"\x85\x80\0\1" + (b"\0\1" if answers else b"\0\0") + b"\0\0\0\0"
            self._socket.sendto(head + question + answers, client)

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join(10)
        self._socket.close()


def test_a_name_that_points_elsewhere_is_followed_soon(tmp_path: pathlib.Path) -> None:
    folders = [tmp_path / "old", tmp_path / "new"]
    for folder in folders:
        folder.mkdir()
    old = Server(folders[0])
    port = old.address.rpartition(":")[2]
    names = Names()
    try:
        client = parzen.Client(f"dns://{names.address}/server.test:{port}", timeout=30)
        was = client.server_info().storage_id
        new = Server(folders[1], host="127.0.0.2", port=int(port))
        try:
            names.host = "127.0.0.2"
            old.kill()
            started = time.monotonic()
            assert client.server_info().storage_id != was
            assert time.monotonic() - started < 8
        finally:
            new.kill()
    finally:
        old.kill()
        names.close()
