"""Leases as a worker sees them: renewed in the background, lost, stopped, given back."""

from __future__ import annotations

import gc
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from typing import Callable, Iterator

import pytest

import parzen
from clock import TestClock
from conftest import Server

LEASE = 3600.0  # seconds; the tests let them pass by the server's clock


@pytest.fixture
def clock(tmp_path: pathlib.Path) -> TestClock:
    return TestClock(tmp_path / "clock")


@pytest.fixture
def timed_server(tmp_path: pathlib.Path, clock: TestClock) -> Iterator[Server]:
    server = Server(tmp_path, environment=clock.environment)
    yield server
    server.kill()


@pytest.fixture
def study(timed_server: Server) -> Iterator[parzen.Study]:
    with parzen.Client(timed_server.address, worker="w", timeout=120) as client:
        yield client.create_study("s", {"x": parzen.Float(0, 1)}, sampler="random")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients renew every tenth of a second, as if the leases were short."""
    monkeypatch.setattr("parzen.lease._RENEWALS", 10 * LEASE)


def until(condition: Callable[[], bool]) -> None:
    """Waits for what is bound to come."""
    while not condition():
        time.sleep(0.02)


def lose(study: parzen.Study, clock: TestClock, number: int) -> None:
    """Lets a lease run out that nobody renews in time."""
    attempt = study.trial(number).attempt
    clock.advance(LEASE + 1)
    until(lambda: study.trial(number).attempt == attempt + 1)


def test_asks_want_a_lease(study: parzen.Study) -> None:
    trial = study.ask()
    assert trial.message.lease_seconds == 120
    assert study.ask(lease=3000.5).message.lease_seconds == 3000.5
    assert not study.ask(lease=None).message.HasField("lease_seconds")
    for bad in (0, -1, 86401, float("nan"), "long"):
        with pytest.raises(parzen.InvalidArgument, match="lease"):
            study.ask(lease=bad)  # type: ignore[arg-type]
    assert study.counts["running"] == 3


def test_leases_are_renewed_while_the_trial_runs(study: parzen.Study, clock: TestClock, quick: None) -> None:
    before = set(threading.enumerate())  # those of earlier tests' clients may go on a while
    held = study.ask(lease=LEASE)
    also_held = study.ask(lease=LEASE)
    threads = [thread for thread in set(threading.enumerate()) - before if thread.name == "parzen-leases"]
    assert len(threads) == 1
    for _ in range(3):
        renewed = study.trial(0).message.lease_deadline.seconds
        clock.advance(LEASE / 2)
        # A renewal moves the deadline back to a full period by the new time.
        until(lambda: study.trial(0).message.lease_deadline.seconds >= renewed - 5)
    assert (study.trial(0).state, study.trial(0).attempt) == ("running", 0)
    held.tell(1)
    also_held.tell(1)
    until(lambda: not threads[0].is_alive())
    again = study.ask(lease=LEASE)
    assert again.held


def test_one_thread_renews_what_comes_and_goes(study: parzen.Study) -> None:
    before = set(threading.enumerate())
    for _ in range(20):
        study.ask(lease=LEASE).tell(1)
    threads = [thread for thread in set(threading.enumerate()) - before if thread.name == "parzen-leases"]
    trial = study.ask(lease=LEASE)
    assert len(threads) == 1 and threads[0] is study._session.leases._thread
    trial.tell(1)


def test_what_nobody_has_is_not_renewed(study: parzen.Study, clock: TestClock) -> None:
    trial = study.ask(lease=LEASE)
    del trial
    gc.collect()
    lose(study, clock, 0)
    assert study.trial(0).state == "waiting" and study.trial(0).lost_leases == 1


def test_a_trial_that_is_dropped_is_said_to_be(study: parzen.Study, quick: None, caplog: pytest.LogCaptureFixture) -> None:
    kept, dropped = study.ask(count=2, lease=LEASE)
    number = dropped.number
    del dropped
    until(lambda: f"trial {number}: its Trial object is gone before it was told" in caplog.text)
    assert kept.held and f"trial {kept.number}:" not in caplog.text
    study.trial(number).tell(0.5)  # a result is welcome all the same


def test_a_trial_that_is_told_by_number_is_renewed_no_more(study: parzen.Study) -> None:
    trial = study.ask(lease=LEASE)
    study.trial(trial.number).tell(0.5)
    assert not trial.held


def test_a_lost_lease_comes_up_at_the_next_report(study: parzen.Study, clock: TestClock) -> None:
    lost = study.ask(lease=LEASE)
    lose(study, clock, 0)
    with pytest.raises(parzen.LeaseLost) as e:
        lost.report(0.5, 1)
    assert e.value.code == "ABORTED"
    with pytest.raises(parzen.LeaseLost):
        lost.tell(state="failed")
    again = study.ask(lease=LEASE)
    assert (again.number, again.attempt, again.params) == (0, 1, lost.params)
    lost.tell(0.25)  # a result is welcome
    with pytest.raises(parzen.OutcomeDiffers):
        again.tell(0.5)
    assert study.trial(0).value == 0.25


def test_a_lost_lease_is_not_renewed(study: parzen.Study, clock: TestClock) -> None:
    lost, kept = study.ask(lease=LEASE), study.ask(lease=None)
    lose(study, clock, 0)
    keeper = study._session.leases
    assert lost.held and not kept.held
    with keeper._wake:  # the next renewal, now
        for held in keeper._held.values():
            held.due = 0
        keeper._wake.notify()
    until(lambda: not lost.held)
    assert (study.trial(0).state, study.trial(0).attempt) == ("waiting", 1)


def test_stop_reaches_the_worker_by_renewals(study: parzen.Study, quick: None) -> None:
    trial, other = study.ask(lease=LEASE), study.ask(lease=LEASE)
    assert not trial.should_prune() and not trial.stop_requested
    study.stop(0)
    until(lambda: trial.stop_requested)
    assert trial.should_prune() and not other.should_prune()
    trial.tell(state="pruned")
    with pytest.raises(parzen.FailedPrecondition):
        study.stop(0)


def test_stop_reaches_the_worker_by_reports(study: parzen.Study) -> None:
    trial = study.ask(lease=None)
    study.stop(0)
    trial.report(1, 1)
    assert trial.stop_requested and trial.should_prune()


def test_preempted_goes_back_to_the_queue(study: parzen.Study) -> None:
    trial = study.ask()
    trial.tell(preempted=True, reason="node gone")
    assert trial.state == "waiting" and trial.attempt == 0
    assert not trial.held
    again = study.ask()
    assert (again.number, again.attempt, again.params, again.lost_leases) == (0, 1, trial.params, 0)
    for bad in (dict(values=1, preempted=True, state="complete"), dict(preempted=True, infeasible=True)):
        with pytest.raises(parzen.InvalidArgument):
            again.tell(**bad)  # type: ignore[arg-type]


def test_resume_gives_a_fresh_lease(study: parzen.Study, timed_server: Server) -> None:
    study.ask(lease=None)
    with parzen.Client(timed_server.address, worker="w") as started_again:
        trial = started_again.study("s").ask(resume=True, lease=LEASE)
        assert (trial.number, trial.attempt, trial.message.lease_seconds) == (0, 0, LEASE)
        assert trial.held


def test_a_pickled_trial_is_held_where_it_is_unpickled(study: parzen.Study) -> None:
    trial = study.ask()
    copy = pickle.loads(pickle.dumps(trial))
    assert copy.held and trial.held
    copy.tell(1)
    assert not copy.held
    read = pickle.loads(pickle.dumps(study.trial(0)))
    assert not read.held
    copy._session.close()


def test_closing_ends_the_renewals(timed_server: Server, study: parzen.Study, clock: TestClock) -> None:
    client = parzen.Client(timed_server.address)
    trial = client.study("s").ask(lease=LEASE)
    client.close()
    lose(study, clock, trial.number)


def test_a_server_that_is_away_costs_no_lease(timed_server: Server, study: parzen.Study, clock: TestClock, quick: None) -> None:
    trial = study.ask(lease=LEASE)
    timed_server.kill()
    clock.advance(10 * LEASE)
    timed_server.start()
    clock.advance(LEASE / 2)
    trial.report(1, 1)
    trial.tell(1)
    assert (study.trial(0).attempt, study.trial(0).state) == (0, "complete")


def test_ctrl_c_gives_the_trial_back(study: parzen.Study) -> None:
    def interrupted(trial: parzen.Trial) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study.optimize(interrupted, n_trials=1, progress=False)
    assert study.trial(0).state == "waiting"
    study.optimize(lambda trial: float(trial.attempt), n_trials=1, progress=False)
    assert study.trial(0).value == 1 and study.counts["failed"] == 0


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_sigterm_gives_the_trials_back(study: parzen.Study, timed_server: Server, tmp_path: pathlib.Path, n_jobs: int) -> None:
    program = f"""
        import pathlib, time, parzen
        folder = pathlib.Path({str(tmp_path)!r})
        go = folder / "go"
        def objective(trial):
            (folder / f"running-{{trial.number}}").touch()
            while not go.exists():
                time.sleep(0.01)
            return 1.0
        parzen.Client({timed_server.address!r}).study("s").optimize(objective, n_trials={n_jobs}, n_jobs={n_jobs}, progress=False)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], env=os.environ)
    until(lambda: len(list(tmp_path.glob("running-*"))) == n_jobs)
    process.send_signal(signal.SIGTERM)
    until(lambda: study.counts["waiting"] == n_jobs)
    (tmp_path / "go").touch()
    assert process.wait(120) == 128 + signal.SIGTERM
    # What a thread computed to its end is welcome.
    assert study.counts == {**study.counts, "failed": 0, "complete": 0 if n_jobs == 1 else n_jobs}
