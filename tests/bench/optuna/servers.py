"""The servers that are compared, each in a process of its own: `with start(name, directory) as server`."""

import contextlib
import dataclasses
import os
import pathlib
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
PARZEND = os.environ.get("PARZEND", str(ROOT / "build" / "release" / "server" / "parzend"))
SERVERS = ["parzend", "Optuna over SQLite", "Optuna over a journal", "Optuna in memory"]

_OPTUNA = """
import sys, optuna
from optuna.storages import InMemoryStorage, JournalStorage, RDBStorage, run_grpc_proxy_server
from optuna.storages.journal import JournalFileBackend
name, directory, port = sys.argv[1:]
optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = {
    "Optuna over SQLite": lambda: RDBStorage(f"sqlite:///{directory}/studies.db"),
    "Optuna over a journal": lambda: JournalStorage(JournalFileBackend(f"{directory}/journal")),
    "Optuna in memory": InMemoryStorage,
}[name]()
run_grpc_proxy_server(storage, host="127.0.0.1", port=int(port))
"""


@dataclasses.dataclass
class Server:
    port: int
    pid: int

    def cpu(self):
        """Seconds of processor time that it has taken."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def _listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def start(name, directory):
    port = free_port()
    if name == "parzend":
        command = [PARZEND, "--db", f"{directory}/studies.db", "--listen", f"127.0.0.1:{port}", "--log-level", "error"]
    else:
        program = _OPTUNA
        command = [sys.executable, "-W", "ignore", "-c", program, name, directory, str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{name} does not start")
            time.sleep(0.05)
        yield Server(port, process.pid)
    finally:
        process.kill()
        process.wait()
