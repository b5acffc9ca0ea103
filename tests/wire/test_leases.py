"""Leases of the real server: SIGKILL, restarts, clocks that are set."""

from __future__ import annotations

import json
import signal
import time

import pytest

from clock import TestClock
from messages import float_parameter
from parzen._proto import parzen_pb2 as pb
from parzend import Parzend
from wire import Wire, request_id

HOUR, DAY = 3600, 86_400


@pytest.fixture
def clock(tmp_path):
    return TestClock(tmp_path / "clock")


@pytest.fixture
def server(tmp_path, clock):
    server = Parzend(tmp_path, "--log-json", environment=clock.environment).start()
    yield server
    server.kill()


@pytest.fixture
def wire(server):
    with Wire(server.address) as wire:
        sampler = pb.SamplerConfig(random=pb.RandomSampler(), seed=1)
        study = pb.Study(name="s", sampler=sampler, space=pb.SearchSpace(parameters=[float_parameter()]))
        wire.must("CreateStudy", pb.CreateStudyRequest(study=study))
        yield wire


def ask(wire, **more):
    return wire.must("Ask", pb.AskRequest(request_id=request_id(), study="s", worker="w", **more)).trials[0]


def get(wire, number):
    return wire.must("GetTrial", pb.GetTrialRequest(study="s", number=number))


def beat(wire, *trials):
    return list(wire.must("Heartbeat", pb.HeartbeatRequest(trials=[trial.handle for trial in trials])).answers)


def expiries(server):
    """The log's lines about leases that ran out, once the server has ended."""
    assert server.stop() == 0
    lines = [json.loads(line) for line in server.log().splitlines()]
    return [line for line in lines if line["event"] == "leases expired"]


def until(wire, number, state):
    """Waits for a state that is bound to come."""
    while (trial := get(wire, number)).state != state:
        time.sleep(0.02)
    return trial


def test_what_a_vanished_worker_left_is_retried(wire, clock):
    vanished, kept = ask(wire, lease_seconds=HOUR), ask(wire, lease_seconds=3 * HOUR)
    clock.advance(HOUR + 1)
    waiting = until(wire, 0, pb.Trial.WAITING)
    assert (waiting.handle.attempt, waiting.lost_leases) == (1, 1)
    assert get(wire, 1).state == pb.Trial.RUNNING
    again = ask(wire, lease_seconds=HOUR)
    assert (again.handle.number, again.handle.attempt) == (0, 1)
    assert [p.value for p in again.params] == [p.value for p in vanished.params]
    assert beat(wire, vanished, again, kept) == [pb.HeartbeatResponse.LEASE_LOST] + [pb.HeartbeatResponse.CONTINUE] * 2


def test_the_wall_clock_may_be_set_forward_and_back(wire, clock):
    trial = ask(wire, lease_seconds=HOUR)
    for days in (400, -500, 0):
        clock.set_wall(days * DAY)
        # Whatever comes after a change that is durable has seen the new time.
        ask(wire)
        assert beat(wire, trial) == [pb.HeartbeatResponse.CONTINUE]
        shown = get(wire, 0)
        assert shown.state == pb.Trial.RUNNING and shown.handle.attempt == 0
        now = time.time() + days * DAY
        assert abs(shown.lease_deadline.seconds - (now + HOUR)) < HOUR
    clock.advance(HOUR + 1)
    until(wire, 0, pb.Trial.WAITING)


def test_a_killed_server_gives_every_lease_a_full_period(server, wire, clock):
    for _ in range(2):
        trial = ask(wire, lease_seconds=HOUR)
        assert trial.handle.number == 0
        clock.advance(HOUR + 1)
        until(wire, 0, pb.Trial.WAITING)
    trial = ask(wire, lease_seconds=HOUR)
    assert trial.handle.attempt == 2
    clock.advance(HOUR / 2)
    server.kill()
    clock.advance(10 * HOUR)  # it is down
    server.start()
    with Wire(server.address) as wire:
        shown = get(wire, 0)
        assert (shown.state, shown.handle.attempt, shown.lost_leases) == (pb.Trial.RUNNING, 2, 2)
        clock.advance(HOUR / 2)
        assert beat(wire, trial) == [pb.HeartbeatResponse.CONTINUE]
        server.kill()
        server.start()
    # Nobody touches the study: it is found and its lease runs out.
    with Wire(server.address) as wire:
        while wire.must("GetServerInfo", pb.GetServerInfoRequest()).live_studies == 0:
            time.sleep(0.02)
        clock.advance(HOUR + 1)
        waiting = until(wire, 0, pb.Trial.WAITING)
        assert (waiting.handle.attempt, waiting.lost_leases) == (3, 3)
        assert wire.must("Tell", pb.TellRequest(outcomes=[pb.Outcome(trial=trial.handle, values=[0.5])])).trials[0].values == [0.5]


def test_a_stop_survives_the_server(server, wire, clock):
    trial = ask(wire, lease_seconds=HOUR)
    wire.must("StopTrial", pb.StopTrialRequest(request_id=request_id(), trial=trial.handle))
    server.kill()
    server.start()
    with Wire(server.address) as wire:
        assert beat(wire, trial) == [pb.HeartbeatResponse.STOP]
        clock.advance(HOUR + 1)
        failed = until(wire, 0, pb.Trial.FAILED)
        assert "asked to stop" in failed.failure.reason


def test_the_last_retry_fails_with_a_reason(wire, clock):
    for attempt in range(4):
        assert ask(wire, lease_seconds=HOUR).handle.attempt == attempt
        clock.advance(HOUR + 1)
        if attempt < 3:
            until(wire, 0, pb.Trial.WAITING)
    failed = until(wire, 0, pb.Trial.FAILED)
    assert (failed.failure.kind, failed.lost_leases) == (pb.Failure.CRASHED, 4)
    assert "max_retries, 3" in failed.failure.reason


def test_the_log_says_which_trials_were_taken_back(server, wire, clock):
    stopped, lost = ask(wire, lease_seconds=HOUR), ask(wire, lease_seconds=HOUR + 1)
    ask(wire, lease_seconds=DAY)
    wire.must("StopTrial", pb.StopTrialRequest(trial=stopped.handle))
    clock.advance(HOUR + 2)
    until(wire, lost.handle.number, pb.Trial.WAITING)
    assert ask(wire, lease_seconds=HOUR).handle.attempt == 1
    clock.advance(HOUR + 1)
    until(wire, lost.handle.number, pb.Trial.WAITING)
    first, second = expiries(server)
    assert {key: first[key] for key in ("level", "study", "trials", "failed", "which")} == {
        "level": "info", "study": "s", "trials": 2, "failed": 1, "which": "0 (attempt 0, failed), 1 (attempt 0, retried)"
    }
    assert (second["trials"], second["failed"], second["which"]) == (1, 0, "1 (attempt 1, retried)")


def test_a_lost_rack_is_one_line_of_the_log(server, wire, clock):
    trials = wire.must("Ask", pb.AskRequest(study="s", count=40, lease_seconds=HOUR)).trials
    clock.advance(HOUR + 1)
    until(wire, 39, pb.Trial.WAITING)
    (line,) = expiries(server)
    assert (line["study"], line["trials"], line["failed"]) == ("s", 40, 0)
    assert line["which"] == ", ".join(f"{trial.handle.number} (attempt 0, retried)" for trial in trials[:10]) + ", ..."


@pytest.mark.parametrize("pause", [3.0, 6.0])
def test_a_server_that_was_paused_takes_nothing_from_live_workers(tmp_path, pause):
    """SIGSTOP, as a virtual machine's pause: nobody could renew meanwhile. Afterwards each lease has a full period."""
    server = Parzend(tmp_path, "--log-json").start()  # by the real clock
    try:
        with Wire(server.address) as wire:
            wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="s", space=pb.SearchSpace(parameters=[float_parameter()]))))
            alive, late, gone = [ask(wire, lease_seconds=2) for _ in range(3)]
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(pause)
            server.process.send_signal(signal.SIGCONT)
            assert beat(wire, alive) == [pb.HeartbeatResponse.CONTINUE]
            time.sleep(1)  # a worker that comes back after a while, not at once
            assert beat(wire, alive, late) == [pb.HeartbeatResponse.CONTINUE] * 2
            assert [get(wire, trial.handle.number).handle.attempt for trial in (alive, late, gone)] == [0, 0, 0]
            # Who does not come back loses its trial, a period later.
            end = time.monotonic() + 60
            while get(wire, gone.handle.number).state != pb.Trial.WAITING:
                assert time.monotonic() < end
                assert beat(wire, alive, late) == [pb.HeartbeatResponse.CONTINUE] * 2
                time.sleep(0.2)
        lost = expiries(server)
        assert [line["trials"] for line in lost] == [1]
    finally:
        server.kill()
