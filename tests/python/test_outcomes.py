"""What a worker knows is never lost, and only a crash is a failure: servers that are away, interrupts, ends of the process."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Callable

import pytest

import parzen
from conftest import Server
from fault_proxy import FaultProxy

Make = Callable[..., parzen.Study]
TIMEOUT = 2.0  # seconds: the client's
AWAY = {"killed": parzen.Unavailable, "frozen": parzen.DeadlineExceeded}


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def study(own_server: Server) -> parzen.Study:
    with parzen.Client(own_server.address, timeout=60) as patient:
        patient.create_study("s", {"x": parzen.Float(0, 1)}, sampler="random")
    client = parzen.Client(own_server.address, worker="w", timeout=TIMEOUT)
    while True:
        try:
            return client.study("s")  # a first call may take longer on a busy machine
        except (parzen.Unavailable, parzen.DeadlineExceeded):
            pass


def seen(server: Server) -> parzen.Study:
    """The study as one sees it who waits longer for the server."""
    return parzen.Client(server.address, timeout=60).study("s")


# ------------------------------------------------------------------------------------------------- told while the server is away


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_a_value_that_was_told_to_nobody_is_told_again(own_server: Server, study: parzen.Study, how: str) -> None:
    with pytest.raises(AWAY[how], match="is kept and told again in the background"):
        with study.ask() as trial:
            own_server.kill() if how == "killed" else own_server.freeze()
            trial.tell(0.25, metrics={"accuracy": 0.5})
    assert trial.is_being_told and trial.held
    own_server.start() if how == "killed" else own_server.thaw()
    until(lambda: not trial.is_being_told)
    assert (trial.state, trial.value, trial.held) == ("complete", 0.25, False)
    recorded = seen(own_server).trial(0)
    assert (recorded.state, recorded.value, recorded.metrics, recorded.attempt) == ("complete", 0.25, {"accuracy": 0.5}, 0)
    assert seen(own_server).counts["failed"] == 0


def test_a_trial_that_nobody_holds_any_more_is_told_all_the_same(own_server: Server, study: parzen.Study) -> None:
    def run() -> None:
        trial = study.ask()
        own_server.kill()
        with pytest.raises(parzen.Unavailable):
            trial.tell(0.25)

    run()
    own_server.start()
    until(lambda: seen(own_server).trial(0).state == "complete")


def test_an_answer_that_was_lost_is_no_second_outcome(proxy: FaultProxy, make_study: Make, name: str) -> None:
    make_study()
    with parzen.Client(proxy.address, timeout=TIMEOUT) as client:
        trial = client.study(name).ask()
        proxy.break_calls("Tell", "after", times=7)
        with pytest.raises(parzen.Unavailable):
            trial.tell(0.5)
        until(lambda: not trial.is_being_told)
        assert trial.value == 0.5 and len(set(proxy.requests["Tell"])) == 1


def test_an_outcome_that_is_refused_for_the_moment_holds_up_no_other(
    proxy: FaultProxy, make_study: Make, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the token does not allow one of the studies."""
    make_study()
    with parzen.Client(proxy.address, timeout=TIMEOUT) as client:
        first, second = client.study(name).ask(count=2)
        allowed = threading.Event()
        call = client._session._connection.call

        def refuse(method: str, request: Any, *rest: Any, **named: Any) -> Any:
            if method == "Tell" and request.outcomes[0].trial.number == first.number and not allowed.is_set():
                raise parzen.PermissionDenied("not now")
            return call(method, request, *rest, **named)

        monkeypatch.setattr(client._session._connection, "call", refuse)
        with pytest.raises(parzen.PermissionDenied, match="not now; what trial 0 was told is kept and told again"):
            first.tell(0.25)
        proxy.break_calls("Tell", "before", times=8)
        with pytest.raises(parzen.Unavailable):
            second.tell(0.5)
        until(lambda: not second.is_being_told)
        assert second.value == 0.5 and first.is_being_told
        allowed.set()
        until(lambda: not first.is_being_told)
        assert first.value == 0.25


def told(trial: parzen.Trial) -> bool:
    try:
        trial.tell(0.25)
    except parzen.Unavailable:
        return False
    return True


def test_telling_again_by_hand_is_fine(own_server: Server, study: parzen.Study) -> None:
    trial = study.ask()
    own_server.kill()
    for _ in range(2):
        with pytest.raises(parzen.Unavailable):
            trial.tell(0.25)
    own_server.start()
    until(lambda: told(trial))
    assert not trial.is_being_told and seen(own_server).trial(0).value == 0.25


@pytest.mark.parametrize("error", ["report", "attribute"])
def test_an_error_of_the_connection_fails_no_trial(own_server: Server, study: parzen.Study, error: str) -> None:
    with pytest.raises(parzen.Unavailable, match="does not answer"):
        with study.ask() as trial:
            own_server.kill()
            trial.report(0.5, step=1) if error == "report" else trial.set_user_attr("a", 1)
    own_server.start()
    until(lambda: seen(own_server).trial(0).state == "waiting")
    again = seen(own_server).ask()
    assert (again.number, again.attempt, again.lost_leases, again.params) == (0, 1, 0, trial.params)


def test_an_outcome_that_can_never_be_recorded_is_given_up(
    proxy: FaultProxy, make_study: Make, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    study = make_study()
    with parzen.Client(proxy.address, timeout=TIMEOUT) as client:
        trial = client.study(name).ask()
        proxy.break_calls("Tell", "before", times=12)
        with pytest.raises(parzen.Unavailable):
            trial.tell(0.25)
        study.trial(0).tell(0.75)
        until(lambda: not trial.is_being_told)
        assert study.trial(0).value == 0.75
        assert "trial 0: its outcome can never be recorded: " in caplog.text


def test_optimize_keeps_what_an_objective_returned(proxy: FaultProxy, make_study: Make, name: str) -> None:
    make_study()
    with parzen.Client(proxy.address, timeout=TIMEOUT) as client:
        study = client.study(name)

        def objective(trial: parzen.Trial) -> float:
            if trial.number == 1:
                proxy.break_calls("Tell", "before", times=12)
            return float(trial.number)

        with pytest.warns(RuntimeWarning, match="trial 1 was told is kept and told again in the background"):
            study.optimize(objective, n_trials=4, progress=False)
        until(lambda: study.counts["complete"] == 4)
        assert [t.value for t in study.trials()] == [0, 1, 2, 3]


def test_optimize_gives_back_what_met_no_server(own_server: Server, study: parzen.Study) -> None:
    def objective(trial: parzen.Trial) -> float:
        own_server.kill()
        trial.report(1.0, step=1)
        return 1.0

    with pytest.raises(parzen.Unavailable):
        study.optimize(objective, n_trials=4, progress=False)
    own_server.start()
    until(lambda: seen(own_server).trial(0).state == "waiting")


# --------------------------------------------------------------------------------------------------------------------- interrupts


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), asyncio.CancelledError(), GeneratorExit()])
def test_what_interrupts_a_program_gives_the_trial_back(study: parzen.Study, error: BaseException) -> None:
    with pytest.raises(type(error)):
        with study.ask() as trial:
            raise error
    again = study.ask()
    assert (again.number, again.attempt, again.params, again.lost_leases) == (0, 1, trial.params, 0)
    assert study.counts["failed"] == 0


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_sys_exit_in_an_objective_gives_the_trial_back(study: parzen.Study, n_jobs: int) -> None:
    with pytest.raises(SystemExit):
        study.optimize(lambda trial: sys.exit(3), n_trials=1, n_jobs=n_jobs, progress=False)
    assert study.trial(0).state == "waiting" and study.counts["failed"] == 0


def test_sys_exit_that_is_caught_is_a_crash(study: parzen.Study) -> None:
    study.optimize(lambda trial: sys.exit(3), n_trials=2, catch=(SystemExit,), progress=False)  # type: ignore[arg-type]
    assert [(t.state, t.failure, t.reason) for t in study.trials()] == [("failed", "crashed", "SystemExit: 3")] * 2


PROGRAM = """
import os, signal, sys, time
import parzen
def wait():
    for _ in range(600): time.sleep(0.1)  # a signal that comes just before a sleep does not end it
client = parzen.Client({address!r}, worker="w", timeout={timeout})
study = client.study("s")
{body}
"""
BODIES = {
    "ctrl-c in with": "with study.ask() as t: os.write(1, b'up\\n'); wait()",
    "own handler in with": """
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
with study.ask() as t: os.write(1, b'up\\n'); wait()""",
    "own handler in optimize": """
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
def objective(t): os.write(1, b'up\\n'); wait()
study.optimize(objective, n_trials=1)""",
    "own handler in optimize with threads": """
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
def objective(t): os.write(1, b'up\\n'); time.sleep(3)
study.optimize(objective, n_trials=2, n_jobs=2)""",
    "ctrl-c in optimize": """
def objective(t): os.write(1, b'up\\n'); wait()
study.optimize(objective, n_trials=1)""",
}


def start(own_server: Server, body: str, timeout: float = 30) -> "subprocess.Popen[str]":
    program = PROGRAM.format(address=own_server.address, body=body, timeout=timeout)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    if process.stdout.readline() != "up\n":
        raise AssertionError(finish(process))
    return process


def finish(process: "subprocess.Popen[str]") -> str:
    """Its errors."""
    try:
        return process.communicate(timeout=60)[1]
    finally:
        process.kill()


@pytest.mark.parametrize("case", sorted(BODIES))
def test_real_signals_give_the_trial_back(own_server: Server, study: parzen.Study, case: str) -> None:
    process = start(own_server, BODIES[case])
    process.send_signal(signal.SIGINT if case.startswith("ctrl-c") else signal.SIGTERM)
    finish(process)
    assert {t.state.value for t in study.trials()} == {"waiting"}
    assert study.ask().attempt >= 1  # more where the other thread was asking at that moment


def test_ctrl_c_while_the_server_is_away_ends_the_program_soon(own_server: Server, study: parzen.Study) -> None:
    process = start(own_server, BODIES["ctrl-c in with"])
    own_server.freeze()
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    errors = finish(process)
    assert time.monotonic() - started < 12
    assert "KeyboardInterrupt" in errors and "not recorded: the outcomes of trials 0" in errors
    own_server.thaw()


def test_ctrl_c_while_a_result_is_told_keeps_it(own_server: Server, study: parzen.Study) -> None:
    process = start(own_server, "with study.ask() as t: os.write(1, b'up\\n'); time.sleep(1); t.tell(0.25)")
    own_server.freeze()
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    time.sleep(1.0)
    own_server.thaw()
    finish(process)
    assert seen(own_server).trial(0).value == 0.25


@pytest.mark.parametrize("way", ["main", "multiprocessing"])
def test_the_end_of_the_process_tells_what_is_left(own_server: Server, study: parzen.Study, way: str) -> None:
    """Not for long: as long as a server needs that is just being started."""
    body = """
def work():
    t = study.ask()
    os.write(1, b'up\\n')
    time.sleep(0.5)
    try:
        t.tell(0.25)
    except parzen.Error:
        pass
"""
    run = "work()" if way == "main" else "import multiprocessing; p = multiprocessing.get_context('fork').Process(target=work); p.start(); p.join()"
    process = start(own_server, body + run, timeout=1.0)
    own_server.kill()
    time.sleep(2.5)  # the tell has been given up, the process wants to end
    own_server.start()
    finish(process)
    assert seen(own_server).trial(0).value == 0.25
