"""parzen worker: real processes, killed workers, a server that goes away. Nothing is lost."""

from __future__ import annotations

import pathlib
import signal
import subprocess
import time

import pytest

import parzen
from cli.conftest import ROOT, environment, runner
from cli.workers import Workers, alive, trials, wait_for
from clock import TestClock
from conftest import Server


def test_eight_jobs_kills_a_failure_and_a_restart_lose_nothing(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,0.4)", "-n", 24, "--seed", 1, "--pruner", "none")
    for number in range(8):
        (tmp_path / f"hold-{number}").touch()

    # Eight jobs, in three workers: the first eight trials all run now.
    steady = workers.start("s", "--jobs", "6")
    killed = workers.start("s", "--name", "killed")
    preempted = workers.start("s", "--name", "preempted")
    wait_for(lambda: len(list(tmp_path.glob("running-*"))) == 8, "eight running jobs")
    owner = {t["worker"]: t["number"] for t in trials(cli, "s")}
    broken = next(t["number"] for t in trials(cli, "s") if t["worker"] not in ("killed", "preempted"))
    (tmp_path / f"fail-{broken}").touch()
    pid_of = {int(f.name.split("-")[1]): int(f.name.split("-")[2]) for f in tmp_path.glob("running-*")}

    # SIGKILL: the worker's command dies with it. SIGTERM: the trial goes back to the queue.
    killed.kill()
    killed.wait()
    wait_for(lambda: not alive(pid_of[owner["killed"]]), "the killed worker's job to die")
    preempted.terminate()
    assert preempted.wait(120) == 128 + signal.SIGTERM
    waiting = trials(cli, "s")[owner["preempted"]]
    assert waiting["state"] == "waiting" and waiting["attempt"] == 1

    # The server dies and comes back in the middle.
    own_server.kill()
    for number in range(8):
        (tmp_path / f"hold-{number}").unlink()
    wait_for(lambda: "trying again" in workers.log(steady), "the worker to notice that the server is away")
    own_server.start()

    # The killed worker's trial still runs for the server, until its lease runs out: the same name takes it up at once.
    again = workers.start("s", "--name", "killed")
    assert steady.wait(120) == 0, workers.log(steady)
    assert again.wait(120) == 0, workers.log(again)

    ended = trials(cli, "s")
    assert len(ended) == 24
    assert {t["state"] for t in ended} <= {"complete", "failed"}
    failed = {t["number"]: t["failure"]["reason"] for t in ended if t["state"] == "failed"}
    assert "this trial was made to fail" in failed[broken] and "exit code 1" in failed[broken]
    assert set(failed) == {broken}
    assert ended[owner["killed"]]["state"] == ended[owner["preempted"]]["state"] == "complete"
    for trial in ended:
        if trial["state"] == "complete":
            assert trial["values"][0] == pytest.approx((1 - 2 * trial["params"]["x"]) ** 10, rel=1e-12)
            assert [step for step, _ in trial["intermediate_values"]] == [0, 1, 2, 3, 4]
    assert "\nstate        finished\nfinished by  max_trials\n" in cli("study", "show", "s").stdout
    assert list((tmp_path / "state" / "parzen").glob("*.json")) == []  # everything is told


@pytest.fixture
def clock(tmp_path: pathlib.Path) -> TestClock:
    return TestClock(tmp_path / "clock")


@pytest.fixture
def timed_server(tmp_path: pathlib.Path, clock: TestClock):
    server = Server(tmp_path, environment=clock.environment)
    yield server
    server.kill()


@pytest.fixture
def timed_workers(timed_server, tmp_path: pathlib.Path):
    workers = Workers(timed_server.address, tmp_path)
    yield workers
    workers.end()


def test_what_a_killed_worker_left_is_retried_by_its_lease(
    timed_server, timed_workers: Workers, clock: TestClock, tmp_path: pathlib.Path
) -> None:
    cli, workers = runner(timed_server.address, tmp_path), timed_workers
    cli("study", "create", "s", "-p", "x=float(0,0.4)", "-n", 1, "--seed", 1)
    (tmp_path / "hold-0").touch()
    killed = workers.start("s", "--name", "killed", "--lease", "3600")
    wait_for(lambda: list(tmp_path.glob("running-0-*")), "the job")
    killed.kill()
    killed.wait()
    before = trials(cli, "s")[0]
    other = workers.start("s", "--lease", "3600")
    (tmp_path / "hold-0").unlink()
    clock.advance(3601)
    assert other.wait(120) == 0, workers.log(other)
    ended = trials(cli, "s")[0]
    assert (ended["state"], ended["attempt"], ended["params"]) == ("complete", 1, before["params"])
    assert ended["worker"] != before["worker"]


def test_a_stop_reaches_a_command_that_is_silent(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,0.4)", "-n", 1, "--seed", 1)
    (tmp_path / "hold-0").touch()
    worker = workers.start("s", "--lease", "30")
    wait_for(lambda: list(tmp_path.glob("running-0-*")), "the job")
    with parzen.Client(own_server.address) as client:
        client.study("s").stop(0)
    assert worker.wait(120) == 0, workers.log(worker)  # by the renewal of the lease
    ended = trials(cli, "s")[0]
    assert ended["state"] == "failed" and "stopped on request" in ended["failure"]["reason"]


def test_an_outcome_waits_for_a_server_that_is_away(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,0.4)", "-n", 2)
    (tmp_path / "hold-0").touch()
    worker = workers.start("s", "--grace", "0.1")
    wait_for(lambda: list(tmp_path.glob("running-0-*")), "the first job")
    own_server.kill()
    (tmp_path / "hold-0").unlink()
    spooled = tmp_path / "state" / "parzen"
    wait_for(lambda: list(spooled.glob("*.json")), "the outcome to be kept")
    # The worker has to go before the server is back: the next one tells what it kept.
    worker.terminate()
    assert worker.wait(120) == 128 + signal.SIGTERM
    assert len(list(spooled.glob("*.json"))) == 1 and "kept in" in workers.log(worker)
    own_server.start()
    assert trials(cli, "s")[0]["state"] == "running"
    assert workers.start("s").wait(120) == 0
    assert [t["state"] for t in trials(cli, "s")] == ["complete", "complete"]
    assert list(spooled.glob("*.json")) == []


def test_parameters_arrive_three_ways_and_losses_leave_three_ways(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)

    def run(study: str, script: str, *options: str) -> list:
        cli("study", "create", study, "-p", "x=float(0,1)", "-p", "k=categorical('a b','$HOME')", "-n", 2, "--seed", 5)
        command = ["sh", "-c", script, "job", "{x}", "{k}"]
        worker = workers.start(study, *options, command=command)
        assert worker.wait(120) == 0, workers.log(worker)
        return trials(cli, study)

    for study, script, options in [
        ("placeholders", 'echo "$2" >&2; echo $1', []),
        ("environment", 'echo "loss: $PARZEN_PARAM_x"', []),
        ("file", "sed 's/.*\"x\":\\([^,}]*\\).*/\\1/' \"$PARZEN_PARAMS_FILE\" > \"$PARZEN_RESULT_FILE\"; echo done", []),
        ("pattern", 'echo "val_loss 99"; echo "val_loss $1 ok"; echo bye', ["--pattern", r"val_loss (\S+)"]),
    ]:
        for trial in run(study, script, *options):
            assert trial["state"] == "complete", trial
            assert trial["values"] == [trial["params"]["x"]]

    logs = tmp_path / "logs"
    for trial in run("logs", 'echo "$2"; echo $1', "--logs", str(logs)):
        assert (logs / f"{trial['number']}.log").read_text() == f"{trial['params']['k']}\n{trial['params']['x']}\n"


def test_a_broken_command_ends_the_worker(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)", "-n", 100)
    worker = workers.start("s", "--max-failures", "3", command=["sh", "-c", "no-such-program {x}"])
    assert worker.wait(120) == 1
    assert "3 trials failed in a row" in workers.log(worker)
    reasons = [t["failure"]["reason"] for t in trials(cli, "s")]
    assert len(reasons) == 3 and all("exit code 127" in reason for reason in reasons)


def test_a_command_that_cannot_run_takes_no_trial(own_server, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)", "-n", 100)
    (tmp_path / "train.py").write_text("print(0.5)")  # not executable
    for program, why in [
        ("no-such-program", "no directory of PATH has it"),
        ("./no-such-program", "No such file or directory"),
        ("./train.py", "it is no executable file"),
        (str(tmp_path), "it is no executable file"),
        ("train.py", f"{tmp_path}/train.py is no executable file"),
        ("", "no directory of PATH has it"),
    ]:
        said = cli("worker", "s", "--", program, "{x}", code=2, PATH=f"/no/such/directory:{tmp_path}").stderr
        assert said == f"parzen: cannot run '{program}': {why}\n"
    cli("worker", "s", "--", "train", "{y}", code=2)
    cli("worker", "s", code=2)
    assert trials(cli, "s") == []

    (tmp_path / "train.py").write_text("#!/bin/sh\necho 0.5")
    (tmp_path / "train.py").chmod(0o755)
    cli("worker", "s", "-n", 1, "--", "./train.py")
    cli("worker", "s", "-n", 1, "--", "train.py", PATH=f"{tmp_path}:/bin")
    assert len(trials(cli, "s")) == 2


def test_a_worker_that_can_run_no_more_hands_its_trials_back(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)", "-n", 3, "--max-retries", 0)
    script = tmp_path / "train"
    script.write_text("#!/bin/sh\nrm $0\necho 0.5\n")
    script.chmod(0o755)
    worker = workers.start("s", command=[str(script)])
    assert worker.wait(120) == 1
    assert f"parzen: cannot run '{script}': No such file or directory" in workers.log(worker)
    assert [t["state"] for t in trials(cli, "s")] == ["complete", "waiting"]

    # The script is there, but not what its first line names: found out for each trial that runs at once, and no further one.
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    assert workers.start("s", "--jobs", "2", command=[str(script)]).wait(120) == 1
    assert [t["state"] for t in trials(cli, "s")][:2] == ["complete", "waiting"]
    assert "failed" not in {t["state"] for t in trials(cli, "s")}

    cli("worker", "s", "--", "echo", "0.5")
    assert [t["state"] for t in trials(cli, "s")] == ["complete"] * 3


def test_a_program_named_by_a_parameter_fails_its_trials_only(own_server, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "tool=categorical('echo','no-such-program')")
    cli("worker", "s", "--max-trials", 2, "--", "{tool}", "0.5")
    ended = {t["params"]["tool"]: t for t in trials(cli, "s")}
    assert ended["echo"]["state"] == "complete" and ended["no-such-program"]["state"] == "failed"
    assert "cannot run 'no-such-program'" in ended["no-such-program"]["failure"]["reason"]


def test_limits_and_infeasible_points(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)")
    worker = workers.start("s", "-n", "2", "--infeasible-exit", "9", command=["sh", "-c", "echo out of memory; exit 9"])
    assert worker.wait(120) == 0
    worker = workers.start("s", "-n", "1", "--time-limit", "0.2", command=["sleep", "1000"])
    assert worker.wait(120) == 0
    ended = [t["failure"] for t in trials(cli, "s")]
    assert [f["kind"] for f in ended] == ["infeasible", "infeasible", "crashed"]
    assert "out of memory" in ended[0]["reason"] and "time limit" in ended[2]["reason"]


def test_a_paused_study_is_waited_for(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)", "-n", 1)
    cli("study", "pause", "s")
    worker = workers.start("s", command=["echo", "{x}"])
    time.sleep(0.3)
    assert worker.poll() is None
    cli("study", "resume", "s")
    assert worker.wait(120) == 0
    assert trials(cli, "s")[0]["state"] == "complete"


def test_the_shell_example(own_server, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "shell", "--max-trials", 8, "--pruner", "none", "-p", "lr=float(1e-4, 1, log)", "-p", "momentum=float(0, 0.99)")
    cli("worker", "shell", "--jobs", 2, "--", ROOT / "examples/shell/train.sh", "{lr}", "{momentum}")
    ended = trials(cli, "shell")
    assert [t["state"] for t in ended] == ["complete"] * 8
    assert all([step for step, _ in t["intermediate_values"]] == [5, 10, 15, 20] for t in ended)


def test_the_slurm_example_without_slurm(own_server, tmp_path: pathlib.Path) -> None:
    """Two array tasks as Slurm would start them; one of them a second time, after a requeue."""
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "slurm", "--pruner", "none", "-p", "lr=float(1e-4, 1, log)", "-p", "momentum=float(0, 0.99)", "-n", 6)
    # What the first task left unfinished when its node went.
    cli("ask", "slurm", "--worker", "slurm-77-0")
    script = ROOT / "examples/slurm/array.sbatch"
    tasks = [subprocess.Popen([str(script)], env={**environment(own_server.address, tmp_path), "SLURM_ARRAY_JOB_ID": "77",
                                                  "SLURM_ARRAY_TASK_ID": str(task), "SLURM_SUBMIT_DIR": str(ROOT)},
                              stdout=subprocess.DEVNULL)
             for task in range(2)]
    assert [task.wait(120) for task in tasks] == [0, 0]
    ended = trials(cli, "slurm")
    assert [t["state"] for t in ended] == ["complete"] * 6
    assert ended[0]["worker"] == "slurm-77-0"
    assert subprocess.run(["bash", "-n", str(script)]).returncode == 0
