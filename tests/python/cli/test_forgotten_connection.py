"""A connection that something between worker and server has forgotten: nothing comes through, and nobody says so."""

from __future__ import annotations

import pathlib
import select
import socket
import threading
import time

from cli.conftest import runner
from cli.workers import Workers, trials, wait_for


class Forgetful:
    """A NAT: forwards bytes; connections that it has forgotten stay open at both ends, and nothing comes through."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._pairs: list = []
        self._forgotten: list = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def forget(self) -> None:
        with self._lock:
            self._forgotten += self._pairs
            self._pairs = []

    def _run(self) -> None:
        while True:
            with self._lock:
                pairs = list(self._pairs)
            ends = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
            ready, _, _ = select.select([self._listening, *ends], [], [], 0.05)
            for end in ready:
                if end is self._listening:
                    client, _ = self._listening.accept()
                    with self._lock:
                        self._pairs.append((client, socket.create_connection(self._target)))
                    continue
                with self._lock:
                    known = any(end in pair for pair in self._pairs)
                if not known:
                    continue
                try:
                    data = end.recv(65536)
                    if data:
                        ends[end].sendall(data)
                except OSError:
                    data = b""
                if not data:
                    with self._lock:
                        self._pairs = [pair for pair in self._pairs if end not in pair]
                    for side in (end, ends[end]):
                        side.close()


def test_a_forgotten_connection_costs_seconds_and_no_lease(own_server, tmp_path: pathlib.Path) -> None:
    proxy = Forgetful(own_server.address)
    workers = Workers(proxy.address, tmp_path)
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,0.4)", "-n", 1, "--seed", 1)
    (tmp_path / "hold-0").touch()
    worker = workers.start("s", "--lease", "30")
    try:
        wait_for(lambda: list(tmp_path.glob("running-0-*")), "the command")
        proxy.forget()
        (tmp_path / "hold-0").unlink()
        began = time.monotonic()
        assert worker.wait(100) == 0, workers.log(worker)
        assert time.monotonic() - began < 45  # two connections of 15 s each; 60 to 79 s once
    finally:
        workers.end()
    ended = trials(cli, "s")[0]
    assert (ended["state"], ended.get("attempt", 0)) == ("complete", 0)
