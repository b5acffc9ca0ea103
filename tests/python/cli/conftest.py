"""The command line against a parzend: PARZEN_CLI names the binary (default: the release build's)."""

from __future__ import annotations

import os
import pathlib
import subprocess
from typing import Callable

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PARZEN_CLI = pathlib.Path(os.environ.get("PARZEN_CLI", ROOT / "build" / "release" / "clients" / "cli" / "parzen")).resolve()

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(address: str, folder: pathlib.Path) -> dict:
    """As a user has it, with the binary on the PATH and a state directory of the test's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARZEN") and name not in ("COLUMNS", "NO_COLOR")}
    return {**kept, "PATH": f"{PARZEN_CLI.parent}:{os.environ['PATH']}", "PARZEN_ADDRESS": address, "TZ": "UTC", "LC_ALL": "C.UTF-8",
            "XDG_STATE_HOME": str(folder / "state")}


def runner(address: str, folder: pathlib.Path) -> Cli:
    def run(*arguments: object, code: int = 0, stdin: str = "", **extra: str) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run([str(PARZEN_CLI), *map(str, arguments)], input=stdin, capture_output=True, text=True, cwd=folder,
                              env={**environment(address, folder), **extra}, timeout=300)
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done
    return run


@pytest.fixture
def cli(server, tmp_path: pathlib.Path) -> Cli:
    return runner(server.address, tmp_path)


@pytest.fixture
def workers(own_server, tmp_path: pathlib.Path):
    from cli.workers import Workers

    workers = Workers(own_server.address, tmp_path)
    yield workers
    workers.end()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return request.node.name
