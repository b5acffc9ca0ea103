"""parzend with its HTTP port, for the tests of the page and of the TypeScript client."""

from __future__ import annotations

import os
import pathlib
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
PARZEND = os.environ.get("PARZEND", str(ROOT / "build/release/server/parzend"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """parzend on two free ports; ends with the block."""

    def __init__(self, folder: pathlib.Path, name: str, *options: str) -> None:
        self.grpc, self.http = free_port(), free_port()
        command = [PARZEND, "--db", str(folder / f"{name}.db"), "--listen", f"127.0.0.1:{self.grpc}", "--http-listen", f"127.0.0.1:{self.http}"]
        self.process = subprocess.Popen([*command, *options], stderr=open(folder / f"{name}.log", "w"))
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.http)) == 0:
                    return
            if self.process.poll() is not None:
                sys.exit(f"parzend ended: {(folder / f'{name}.log').read_text()}")
            time.sleep(0.05)
        sys.exit("parzend does not listen")

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(20)
