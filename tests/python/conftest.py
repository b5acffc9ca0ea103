"""A parzend for the tests: one that they share, and servers of their own for those that kill it.

PARZEND names the binary (default: the release build's).
"""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import time
import uuid
from typing import Callable, Dict, Iterator, List, Optional

import pytest

import parzen
from fault_proxy import FaultProxy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "wire"))  # clock.py
# A shell's background jobs ignore SIGINT, and hand that on; what the tests start has to meet Ctrl-C as it does on a terminal.
signal.signal(signal.SIGINT, signal.default_int_handler)
PARZEND = os.environ.get("PARZEND", str(ROOT / "build" / "release" / "server" / "parzend"))


class Server:
    """A parzend on a database (a file in its folder, unless another is given), with further arguments; started again it listens
    where it did before."""

    def __init__(
        self,
        folder: pathlib.Path,
        *arguments: object,
        environment: Optional[Dict[str, str]] = None,
        host: str = "127.0.0.1",
        port: int = 0,
        db: Optional[str] = None,
    ) -> None:
        self._folder = folder
        self._db = db or str(folder / "studies.db")
        self._arguments = list(map(str, arguments))
        self._environment = {**os.environ, **(environment or {})}
        self._host, self._port = host, port
        self._process: Optional["subprocess.Popen[bytes]"] = None
        self.start()

    @property
    def address(self) -> str:
        return f"{self._host}:{self._port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        port_file = self._folder / "port"
        port_file.unlink(missing_ok=True)
        log = open(self._folder / "log", "ab")
        command = [PARZEND, "--db", self._db, "--listen", self.address, "--port-file", str(port_file),
                   *self._arguments]
        with log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=self._environment)
        deadline = time.monotonic() + 300
        while not (port_file.exists() and port_file.read_text().strip()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"parzend did not start:\n{(self._folder / 'log').read_text()}")
            time.sleep(0.01)
        self._port = int(port_file.read_text())

    def signal(self, number: int) -> None:
        """SIGSTOP, SIGCONT: a server that is frozen for a while, as a paused virtual machine is."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """As a power cut would: nothing is flushed or told."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """As a virtual machine that is paused: its connections stay, and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)  # until its last thread has stopped

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, number: int) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        return process.wait(300)


# Files that fork, measure time, or signal whole process groups: ./dev test runs these three at a time, the others six.
ALONE = {"test_networks.py", "test_replicas.py", "test_replicas_clients.py", "test_replicas_database.py", "test_standby.py",
         "test_outcomes.py", "test_processes.py", "test_processes_frozen.py", "test_worker_signals.py"}


def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
    """What forks runs first: gRPC before 1.81 lets no process fork that has ever had a gRPC server, which FaultProxy is."""
    items.sort(key=lambda item: not item.path.name.startswith("test_processes"))
    for item in items:
        if item.path.name in ALONE:
            item.add_marker("alone")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("parzend"))
    yield server
    server.stop()


@pytest.fixture
def own_server(tmp_path: pathlib.Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def client(server: Server) -> Iterator[parzen.Client]:
    with parzen.Client(server.address, worker="tester", timeout=120) as client:
        yield client


@pytest.fixture
def name() -> str:
    """A study name that no other test uses."""
    return f"study-{uuid.uuid4()}"


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultProxy]:
    with FaultProxy(server.address) as proxy:
        yield proxy


@pytest.fixture
def make_study(client: parzen.Client, name: str) -> Callable[..., parzen.Study]:
    """A study on the shared server, of two parameters unless a space is given."""

    def make(space: object = None, **options: object) -> parzen.Study:
        if space is None:
            space = {"x": parzen.Float(-1, 1), "n": parzen.Int(1, 10)}
        options.setdefault("sampler", "random")
        return client.create_study(name, space, **options)  # type: ignore[arg-type]

    return make
