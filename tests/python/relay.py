"""A TCP relay in front of a server, which can go dead without a word as a NAT does that has forgotten its connections."""

from __future__ import annotations

import socket
import threading
from typing import List


class Relay:
    """Passes connections on; ``drop_silently`` lets those that are open hang for ever, while new ones work."""

    def __init__(self, target: str) -> None:
        host, port = target.rsplit(":", 1)
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self._lock = threading.Lock()
        self._live: List[threading.Event] = []
        self._sockets: List[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            dead = threading.Event()
            with self._lock:
                self.connections += 1
                self._live.append(dead)
                self._sockets += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(source, sink, dead), daemon=True).start()

    @staticmethod
    def _pass(source: socket.socket, sink: socket.socket, dead: threading.Event) -> None:
        try:
            while data := source.recv(65536):
                if not dead.is_set():
                    sink.sendall(data)
            if not dead.is_set():
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def drop_silently(self) -> None:
        with self._lock:
            for dead in self._live:
                dead.set()

    def close(self) -> None:
        self._listener.close()
        with self._lock:
            for each in self._sockets:
                each.close()

    def __enter__(self) -> "Relay":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
