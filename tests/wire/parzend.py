"""A parzend process for tests that speak to it over the wire."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("PARZEND", str(ROOT / "build" / "release" / "server" / "parzend"))


class StartFailed(Exception):
    """The server ended before it listened; `code` and `log` say how."""

    def __init__(self, code: int, log: str) -> None:
        super().__init__(f"parzend ended with {code}:\n{log}")
        self.code = code
        self.log = log


class Parzend:
    """One server over one database. Its port stays the same over restarts, so that clients find it again."""

    def __init__(self, directory: pathlib.Path, *arguments: str, listen: str = "127.0.0.1", environment: dict | None = None, before=None, log_to_pipe: bool = False) -> None:
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.db = self.directory / "studies.db"
        self.log_path = self.directory / "parzend.log"
        self.arguments = list(arguments)
        self.environment = environment or {}
        self.before = before  # called in the process before it becomes parzend
        self.log_to_pipe = log_to_pipe  # whose other end nobody reads
        self.host = listen
        self.port = 0
        self.user: int | None = None  # who runs it, where the tests run as root
        self.process: subprocess.Popen | None = None

    @property
    def address(self) -> str:
        return self.host if self.host.startswith("unix:") else f"{self.host}:{self.port}"

    def start(self, wait: float = 60.0) -> "Parzend":
        port_file = self.directory / "port"
        port_file.unlink(missing_ok=True)
        command = [BINARY, "--db", str(self.db), "--listen", self.address, "--port-file", str(port_file), *self.arguments]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PARZEN_")} | self.environment
        with open(self.log_path, "ab") as file:
            log = subprocess.PIPE if self.log_to_pipe else file
            self.process = subprocess.Popen(command, stderr=log, stdout=log, env=environment, user=self.user, preexec_fn=self.before)
        end = time.monotonic() + wait
        while True:
            text = port_file.read_text() if port_file.exists() else ""
            if text.strip():
                self.port = int(text)
                return self
            if self.process.poll() is not None:
                raise StartFailed(self.process.returncode, self.log())
            if time.monotonic() > end:
                self.kill()
                raise StartFailed(-1, "not listening after %g s\n%s" % (wait, self.log()))
            time.sleep(0.01)

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nobody is told."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        code = self.process.wait(timeout=60)
        self.process = None
        return code

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
