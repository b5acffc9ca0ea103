"""Workers of the tests: real `parzen worker` processes with a training script that tests can hold."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import time
from typing import List

from cli.conftest import PARZEN_CLI, Cli, environment

# A training script: gradient descent on a parabola, an intermediate value every step. It says that it runs by a file, and trials that are
# told to hold wait for a file to go.
TRAIN = """
import os, pathlib, sys, time
x, folder, trial = float(sys.argv[1]), pathlib.Path(sys.argv[2]), os.environ["PARZEN_TRIAL"]
w = 1.0
for step in range(5):
    w -= 2 * x * w
    print("step", step, w * w, flush=True)
(folder / f"running-{trial}-{os.getpid()}").touch()
while (folder / f"hold-{trial}").exists():
    time.sleep(0.01)
if (folder / f"fail-{trial}").exists():
    sys.exit("this trial was made to fail")
print("loss:", w * w)
"""


class Workers:
    def __init__(self, address: str, folder: pathlib.Path) -> None:
        self._address, self._folder = address, folder
        self._processes: List["subprocess.Popen[str]"] = []
        (folder / "train.py").write_text(TRAIN)

    def start(self, study: str, *options: str, command: "List[str] | None" = None, before: "List[str] | None" = None,
              group: bool = False, **extra: str) -> "subprocess.Popen[str]":
        """With `before`, a program that starts it (nohup); with `group`, in a process group of its own."""
        command = command or [sys.executable, str(self._folder / "train.py"), "{x}", str(self._folder)]
        log = open(self._folder / f"worker-{len(self._processes)}.log", "w")
        with log:
            process = subprocess.Popen([*(before or []), str(PARZEN_CLI), "worker", study, *options, "--", *command], stdout=log, stderr=log,
                                       text=True, env={**environment(self._address, self._folder), **extra}, start_new_session=group)
        self._processes.append(process)
        return process

    def log(self, process: "subprocess.Popen[str]") -> str:
        return (self._folder / f"worker-{self._processes.index(process)}.log").read_text()

    def end(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait()


def wait_for(condition, what: str) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def trials(cli: Cli, study: str) -> list:
    # Not splitlines(): JSON may hold the other characters at which that splits, such as U+0085 and U+2028.
    return [json.loads(line) for line in cli("--json", "trials", study).stdout.split("\n") if line]
