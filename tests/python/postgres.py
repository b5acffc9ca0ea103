"""A PostgreSQL of the tests' own: Debian's package, in a temporary folder, as an ordinary user (it refuses to run as root)."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from typing import List

NOBODY = 65534


def programs() -> pathlib.Path:
    """The folder of the newest version that is installed; one that does not exist where there is none."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else pathlib.Path("/usr/lib/postgresql/none")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Postgres:
    """Running once made; its role is "parzen", which needs no password from here. What it commits survives its own end, and where it is
    `durable`, as for a measurement, the machine's too. `settings`: further lines of postgresql.conf."""

    def __init__(self, durable: bool = False, settings: str = "") -> None:
        self.port = free_port()
        # Not in pytest's folder, which another user may not enter.
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="parzen-postgres-"))
        # By another program, not by subprocess, which would fork for it: gRPC lets no process with calls under way fork.
        self._as_user: List[str] = []
        if os.getuid() == 0:
            os.chown(self._folder, NOBODY, NOBODY)
            self._as_user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        data = self._folder / "data"
        self._make(data)
        with open(data / "postgresql.conf", "a") as file:
            file.write(f"listen_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = ''\n")
            file.write(f"fsync = {'on' if durable else 'off'}\n{settings}")
        self.start()

    def _make(self, data: pathlib.Path) -> None:
        self._run(["initdb", "-D", str(data), "-U", "parzen", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"])

    @property
    def folder(self) -> pathlib.Path:
        return self._folder

    @property
    def pid(self) -> int:
        """Of the postmaster, the parent of all others."""
        return self._process.pid

    @property
    def url(self) -> str:
        return f"postgresql://parzen@127.0.0.1:{self.port}/postgres?gssencmode=disable&sslmode=disable"

    def start(self) -> None:
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen([*self._as_user, str(programs() / "postgres"), "-D", str(self._folder / "data")], stdout=log,
                                             stderr=log, cwd=self._folder)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.ask("SELECT 1")
                return
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def ask(self, sql: str, url: str = "") -> List[str]:
        """The rows of a query, as lines. `url`: of another database than the first."""
        return self._run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, url or self.url]).split()

    def stop(self, number: int = signal.SIGINT) -> None:
        """SIGINT: in good order; SIGQUIT: as a crash."""
        self._process.send_signal(number)
        self._process.wait(60)

    def kill(self) -> None:
        """As a machine that is lost: all of its processes, at once and without a word."""
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        for process in [self.pid, *map(int, children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait(60)

    def keep(self) -> None:
        """Keeps the database as it is, for go_back."""
        self.stop()
        shutil.rmtree(self._folder / "kept", ignore_errors=True)
        subprocess.run(["cp", "-a", str(self._folder / "data"), str(self._folder / "kept")], check=True)
        self.start()

    def go_back(self) -> None:
        """To what was kept, as a standby does that had not got the last commits."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder / "data")
        (self._folder / "kept").rename(self._folder / "data")
        self.start()

    def remove(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, command: List[str]) -> str:
        return subprocess.run([*self._as_user, str(programs() / command[0]), *command[1:]], check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, cwd=self._folder, text=True).stdout
