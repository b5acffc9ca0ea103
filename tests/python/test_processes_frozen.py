"""Forks while the server does not answer: the program never waits for it, and what was under way is done once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import Any, Callable, List

import pytest

import parzen
from conftest import Server
from relay import Relay
from test_processes import ask_and_tell, exit_status, in_child


def fork_time(run: Callable[[], Any]) -> float:
    """How long os.fork() itself takes; the child has to succeed."""
    started = time.monotonic()
    pid = in_child(run)
    took = time.monotonic() - started
    assert exit_status(pid, 60) == 0
    return took


@pytest.fixture
def study(own_server: Server) -> parzen.Study:
    client = parzen.Client(own_server.address, worker="w", timeout=60)
    return client.create_study("s", {"x": parzen.Float(0, 1)}, sampler="random")


def in_thread(run: Callable[[], Any], failures: List[BaseException]) -> threading.Thread:
    def body() -> None:
        try:
            run()
        except BaseException as e:
            failures.append(e)

    thread = threading.Thread(target=body)
    thread.start()
    return thread


def test_fork_while_tells_reports_and_asks_hang(own_server: Server, study: parzen.Study) -> None:
    first, second = study.ask(count=2)
    failures: List[BaseException] = []
    asked: List[parzen.Trial] = []
    own_server.freeze()
    threads = [
        in_thread(lambda: first.tell(0.25), failures),
        in_thread(lambda: second.report(0.5, step=1), failures),
        in_thread(lambda: asked.append(study.ask()), failures),
    ]
    time.sleep(0.5)  # all three hang
    took = [fork_time(lambda: None) for _ in range(3)]
    threading.Timer(1.0, own_server.thaw).start()
    # The child's own calls are answered once the server goes on; so are those of the parent.
    took.append(fork_time(lambda: ask_and_tell(study, 3)))
    for thread in threads:
        thread.join(60)
    assert max(took) < 2.5, took
    assert failures == []
    assert study.trial(first.number).value == 0.25 and study.trial(second.number).intermediate == {1: 0.5}
    assert len(study.trials()) == 4 and len(asked) == 1


def test_fork_while_a_renewal_hangs(own_server: Server, study: parzen.Study) -> None:
    held = study.ask(lease=18)  # renewed in calls of 3 s
    keeper = study._session.leases
    own_server.freeze()
    with keeper._wake:  # the next renewal, now
        for each in keeper._held.values():
            each.due = 0
        keeper._wake.notify()
    time.sleep(0.5)
    assert fork_time(lambda: None) < 2.5
    own_server.thaw()
    assert fork_time(lambda: ask_and_tell(study, 3)) < 2.5
    held.tell(1)
    assert held.attempt == 0


def test_fork_while_a_watch_waits(own_server: Server, study: parzen.Study) -> None:
    ask_and_tell(study, 1)
    watch = study.watch(states="complete")
    assert next(watch).number == 0
    seen: List[int] = []
    failures: List[BaseException] = []
    thread = in_thread(lambda: seen.append(next(watch).number), failures)
    time.sleep(0.2)
    own_server.freeze()
    assert fork_time(lambda: None) < 2.5
    own_server.thaw()
    ask_and_tell(study, 2)
    thread.join(60)
    watch.close()
    assert seen == [1] and failures == []


def test_fork_while_calls_hang_on_a_connection_that_was_given_up(
    own_server: Server, study: parzen.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parzen.connection._PATIENCE", 2.0)
    failures: List[BaseException] = []
    with Relay(own_server.address) as relay, parzen.Client(relay.address, timeout=60) as client:
        first, second = client.study("s").ask(count=2)
        relay.drop_silently()
        threads = [in_thread(lambda: first.tell(1), failures)]
        time.sleep(1.2)
        threads.append(in_thread(lambda: second.tell(2), failures))
        time.sleep(1.2)  # the first goes over a new connection now, the second still hangs on the old one
        assert fork_time(lambda: ask_and_tell(study, 3)) < 1.5
        for thread in threads:
            thread.join(60)
    assert failures == [] and study.counts["complete"] == 3


LATE = """
import os, sys, warnings
{before}
import grpc
channel = grpc.insecure_channel({address!r})
grpc.channel_ready_future(channel).result(60)
import parzen
study = parzen.Client({address!r}, timeout=60).create_study("late", {{"x": parzen.Float(0, 1)}}, sampler="random", exist_ok=True)
study.ask().tell(1)
held = study.ask(lease=1.5)
statuses = []
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for _ in range(10):
        pid = os.fork()
        if pid == 0:
            study.ask().tell(2)
            sys.exit(0)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    held.tell(3)
print("children:", statuses)
print([str(w.message) for w in caught if "GRPC_ENABLE_FORK_SUPPORT" in str(w.message)])
"""


@pytest.mark.parametrize("before, warned", [("", True), ("os.environ['GRPC_ENABLE_FORK_SUPPORT'] = '1'", False)])
def test_a_program_that_used_grpc_first(server: Server, before: str, warned: bool) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "GRPC_ENABLE_FORK_SUPPORT"}
    program = LATE.format(before=before, address=server.address)
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    # Without the variable a child may die inside gRPC now and then, whoever imports it: that is what is warned of.
    assert warned or f"children: {[0] * 10}" in done.stdout, done.stdout + done.stderr
    assert ("Import parzen first" in done.stdout) == warned
    assert done.stdout.count("Import parzen first") == warned
