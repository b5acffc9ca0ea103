"""parzen worker and signals: what ends a worker's commands with it is no crash, what warns them reaches them."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import time

import pytest

from cli.conftest import runner
from cli.workers import Workers, alive, trials, wait_for

# Says that it runs, and by which process ids; then waits to be ended.
WAIT = 'echo $$ > "$0/running-$PARZEN_TRIAL.part"; mv "$0/running-$PARZEN_TRIAL.part" "$0/running-$PARZEN_TRIAL"; '


def pids(folder: pathlib.Path) -> list:
    return [int(file.read_text()) for file in folder.glob("running-*") if file.suffix == ""]


@pytest.mark.parametrize("first", ["command", "worker"])
def test_a_signal_to_the_whole_control_group_preempts(own_server, workers: Workers, tmp_path: pathlib.Path, first: str) -> None:
    """What systemd, srun and docker stop do: SIGTERM to every process, in any order."""
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)")
    worker = workers.start("s", "--jobs", "6", command=["sh", "-c", WAIT + "sleep 1000", str(tmp_path)])
    wait_for(lambda: len(pids(tmp_path)) == 6, "six commands")
    if first == "worker":
        worker.terminate()
    for pid in pids(tmp_path):
        with contextlib.suppress(ProcessLookupError):  # the worker, which has its signal, has ended this command already
            os.killpg(pid, signal.SIGTERM)
    if first == "command":
        time.sleep(0.05)
        worker.terminate()
    assert worker.wait(60) == 128 + signal.SIGTERM
    assert [(t["state"], t["attempt"]) for t in trials(cli, "s")] == [("waiting", 1)] * 6, workers.log(worker)


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2])
def test_a_warning_reaches_the_command_and_everybody_goes_on(own_server, workers: Workers, tmp_path: pathlib.Path, number: int) -> None:
    """`sbatch --signal=USR1`: the script writes its checkpoint, and its own child lives on."""
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)", "-n", 1)
    name = signal.Signals(number).name[3:]
    child = f"(trap '' {name}; echo $$ > $0/child; while [ ! -e $0/go ]; do sleep 0.05; done) & "
    script = f"trap 'touch $0/checkpoint' {name}; " + child + WAIT + "while [ ! -e $0/go ]; do sleep 0.05; done; wait; echo 0.5"
    worker = workers.start("s", command=["sh", "-c", script, str(tmp_path)])
    wait_for(lambda: pids(tmp_path), "the command")
    worker.send_signal(number)
    wait_for((tmp_path / "checkpoint").exists, "the checkpoint")
    assert worker.poll() is None
    (tmp_path / "go").touch()
    assert worker.wait(60) == 0, workers.log(worker)
    assert [(t["state"], t["values"]) for t in trials(cli, "s")] == [("complete", [0.5])]


def test_a_command_that_a_warning_ends_is_preempted(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)", "-n", 1)
    worker = workers.start("s", command=["sh", "-c", f"[ -e $0/again ] && echo 0.5 && exit; touch $0/again; {WAIT}sleep 1000", str(tmp_path)])
    wait_for(lambda: pids(tmp_path), "the command")
    worker.send_signal(signal.SIGUSR1)
    assert worker.wait(60) == 0, workers.log(worker)
    assert [(t["state"], t["attempt"]) for t in trials(cli, "s")] == [("complete", 1)]
    assert not alive(pids(tmp_path)[0])


def test_what_was_ignored_stays_ignored(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)", "-n", 1)
    script = WAIT + "while [ ! -e $0/go ]; do sleep 0.05; done; echo 0.5"
    worker = workers.start("s", command=["sh", "-c", script, str(tmp_path)], before=["nohup"])
    wait_for(lambda: pids(tmp_path), "the command")
    worker.send_signal(signal.SIGHUP)
    os.kill(pids(tmp_path)[0], signal.SIGHUP)
    time.sleep(0.5)
    assert worker.poll() is None and alive(pids(tmp_path)[0])
    (tmp_path / "go").touch()
    assert worker.wait(60) == 0, workers.log(worker)
    assert trials(cli, "s")[0]["state"] == "complete"

    cli("study", "create", "t", "-p", "x=float(0,1)", "-n", 1)
    (tmp_path / "go").unlink()
    # As "&" in a script does it.
    worker = workers.start("t", command=["sh", "-c", script, str(tmp_path)], before=["sh", "-c", "trap '' INT; exec \"$@\"", "sh"])
    (tmp_path / "running-0").unlink()
    wait_for(lambda: pids(tmp_path), "the command")
    worker.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert worker.poll() is None
    (tmp_path / "go").touch()
    assert worker.wait(60) == 0


@pytest.mark.parametrize("frozen", [False, True])
def test_a_second_sigterm_ends_the_worker_at_once(own_server, workers: Workers, tmp_path: pathlib.Path, frozen: bool) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)")
    script = "trap '' TERM; " + WAIT + "sleep 1000 & wait; sleep 1000"
    worker = workers.start("s", "--grace", "600", command=["sh", "-c", script, str(tmp_path)])
    wait_for(lambda: pids(tmp_path), "the command")
    if frozen:
        own_server.signal(signal.SIGSTOP)
    try:
        worker.terminate()
        time.sleep(0.5)
        assert worker.poll() is None
        began = time.monotonic()
        worker.terminate()
        assert worker.wait(60) == 128 + signal.SIGTERM
        assert time.monotonic() - began < 5
    finally:
        if frozen:
            own_server.signal(signal.SIGCONT)
    wait_for(lambda: not alive(pids(tmp_path)[0]), "the command to be killed")


def test_a_signal_before_the_first_trial_ends_the_worker_at_once(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    own_server.signal(signal.SIGSTOP)
    try:
        worker = workers.start("s", command=["echo", "0.5"])
        time.sleep(1)
        began = time.monotonic()
        worker.terminate()
        assert worker.wait(60) == 128 + signal.SIGTERM
        assert time.monotonic() - began < 5
    finally:
        own_server.signal(signal.SIGCONT)


def test_a_killed_worker_leaves_no_grandchild(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)")
    script = 'sleep 1000 & echo $! > "$0/child"; ' + WAIT + "wait"
    worker = workers.start("s", command=["sh", "-c", script, str(tmp_path)])
    wait_for(lambda: pids(tmp_path), "the command")
    worker.kill()
    worker.wait()
    grandchild = int((tmp_path / "child").read_text())
    wait_for(lambda: not alive(pids(tmp_path)[0]) and not alive(grandchild), "the command and its child to die")
