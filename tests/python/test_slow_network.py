"""A network on which a connection takes seconds to be made: it is waited for, not begun again and again."""

from __future__ import annotations

import pathlib
import socket
import threading
import time
from typing import Iterator

import pytest

import parzen
from cli.conftest import runner

DELAY = 3.0  # seconds: longer than the longest pause between attempts


class SlowRelay:
    """Passes TCP connections on; what the server says first on each arrives late."""

    def __init__(self, target: str) -> None:
        host, port = target.rsplit(":", 1)
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(self._target)
            threading.Thread(target=self._pass, args=(client, server, 0.0), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, DELAY), daemon=True).start()

    @staticmethod
    def _pass(source: socket.socket, sink: socket.socket, delay: float) -> None:
        try:
            while data := source.recv(65536):
                time.sleep(delay)
                delay = 0
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def relay(server) -> Iterator[SlowRelay]:
    relay = SlowRelay(server.address)
    yield relay
    relay.close()


def test_the_python_client_waits_for_its_connection(relay: SlowRelay) -> None:
    with parzen.Client(relay.address, timeout=120) as client:
        client.studies()
    assert relay.connections == 1


def test_the_command_line_waits_for_its_connection(relay: SlowRelay, tmp_path: pathlib.Path) -> None:
    runner(relay.address, tmp_path)("--timeout", 120, "study", "list")
    assert relay.connections == 1
