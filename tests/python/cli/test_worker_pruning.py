"""parzen worker and the study's pruner: lines of a running command become reports, and the command is stopped when the server says so."""

from __future__ import annotations

import pathlib
import sys
import time

import pytest

import parzen
from cli.conftest import runner
from cli.workers import Workers, alive, trials, wait_for

# Prints lines of reports, then waits to be ended; --deaf: not by SIGTERM; --polite: with exit code 0 and a loss.
SCRIPT = """
import os, pathlib, signal, sys, time
folder, lines, manner = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
if manner == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if manner == "polite":
    def end(*_):
        print("loss: 0.5", flush=True)
        sys.exit(0)
    signal.signal(signal.SIGTERM, end)
(folder / f"pid-{os.getpid()}").touch()
for line in lines.split("|"):
    print(line, flush=True)
while True:
    time.sleep(0.05)
"""


@pytest.fixture
def script(tmp_path: pathlib.Path) -> str:
    (tmp_path / "wait.py").write_text(SCRIPT)
    return str(tmp_path / "wait.py")


def pruned_by(own_server, workers: Workers, folder: pathlib.Path, script: str, *options: str, lines: str, manner: str = "plain",
              create=()) -> dict:
    """The only trial of a study that prunes what is above 1, after its command has been ended."""
    cli = runner(own_server.address, folder)
    cli("study", "create", "s", "-p", "x=float(0,1)", "-n", 1, "--pruner", "threshold(upper=1)", *create)
    worker = workers.start("s", *options, command=[sys.executable, script, str(folder), lines, manner])
    assert worker.wait(120) == 0, workers.log(worker)
    (pid,) = [int(file.name.split("-")[1]) for file in folder.glob("pid-*")]
    assert not alive(pid)
    (trial,) = trials(cli, "s")
    assert "trial 0 pruned" in workers.log(worker)
    assert trial["prune_reason"] in workers.log(worker)
    assert "study \"s\" is finished: all of its 1 trials have ended" in workers.log(worker)
    return trial


def test_a_command_is_stopped_when_its_trial_is_pruned(own_server, workers: Workers, tmp_path: pathlib.Path, script: str) -> None:
    trial = pruned_by(own_server, workers, tmp_path, script, lines="step 1 lr 9|step 1 0.5|Epoch 2 7|step 2: value 3.5")
    assert trial["state"] == "pruned"
    assert trial["intermediate_values"] == [[1, 0.5], [2, 3.5]]
    assert trial["values"] == [3.5]
    assert "3.5" in trial["prune_reason"] and "step 2" in trial["prune_reason"]


def test_one_that_hears_no_sigterm_is_killed(own_server, workers: Workers, tmp_path: pathlib.Path, script: str) -> None:
    begun = time.monotonic()
    trial = pruned_by(own_server, workers, tmp_path, script, "--grace", "1", lines="0 2", manner="deaf")
    assert trial["state"] == "pruned"
    assert time.monotonic() - begun >= 1


def test_one_that_ends_well_is_pruned_all_the_same(own_server, workers: Workers, tmp_path: pathlib.Path, script: str) -> None:
    trial = pruned_by(own_server, workers, tmp_path, script, lines="step 0 2", manner="polite")
    assert (trial["state"], trial["values"]) == ("pruned", [2])


def test_reports_by_a_pattern(own_server, workers: Workers, tmp_path: pathlib.Path, script: str) -> None:
    trial = pruned_by(own_server, workers, tmp_path, script, "--report", r"epoch (\d+)/\d+ .*val (\S+)",
                      lines="step 1 9|7 9|epoch 1/9 train 4 val 0.5|epoch 2/9 train 4 val 1.5")
    assert trial["intermediate_values"] == [[1, 0.5], [2, 1.5]]


def test_a_pattern_that_is_none_is_refused(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)")
    for pattern, message in [(r"epoch (\d+)", "--report has 1 groups"), ("(", "--report is no regular expression")]:
        assert message in cli("worker", "s", "--report", pattern, "--", "true", code=2).stderr
    assert trials(cli, "s") == []


def test_several_objectives(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)", "-n", 7, "-d", "minimize", "-d", "minimize", "--metric-name", "loss", "--metric-name", "size")
    with parzen.Client(own_server.address) as client:
        study = client.study("s")
        for n in range(6):
            with study.ask() as trial:
                trial.report([n, n], step=1)
                trial.tell([n, n])
    worker = workers.start("s", command=["sh", "-c", "echo step 1 size=9 loss=8; sleep 1000"])
    assert worker.wait(120) == 0, workers.log(worker)
    trial = trials(cli, "s")[6]
    assert (trial["state"], trial["values"], trial["intermediate_values"]) == ("pruned", [8, 9], [[1, [8, 9]]])


def test_why_a_study_is_finished_is_said_once(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)", "--target", "2")
    worker = workers.start("s", "--jobs", "3", command=["echo", "1.5"])
    assert worker.wait(120) == 0, workers.log(worker)
    assert workers.log(worker).count("is finished: its target has been reached (target)") == 1
    assert "target" in cli("study", "show", "s").stdout.split("finished by")[1].splitlines()[0]
    assert cli("--json", "study", "show", "s").stdout.count('"finish_reason": "target"') + \
        cli("--json", "study", "show", "s").stdout.count('"finish_reason":"target"') >= 1


def test_a_restarted_worker_reports_from_the_beginning(own_server, workers: Workers, tmp_path: pathlib.Path, script: str) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)", "-n", 1)
    worker = workers.start("s", command=[sys.executable, script, str(tmp_path), "step 1 3|step 2 2", "plain"])
    wait_for(lambda: trials(cli, "s") and len(trials(cli, "s")[0].get("intermediate_values", [])) == 2, "two reports")
    worker.terminate()
    worker.wait(60)
    (trial,) = trials(cli, "s")
    assert trial["state"] == "waiting" and "intermediate_values" not in trial
    again = workers.start("s", command=["sh", "-c", "echo step 1 1; echo 0.5"])
    assert again.wait(120) == 0, workers.log(again)
    (trial,) = trials(cli, "s")
    assert (trial["state"], trial["intermediate_values"]) == ("complete", [[1, 1]])
