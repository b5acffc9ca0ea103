"""Several processes: pickles, forks, shared studies, and a server that is killed and started again."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import time
from typing import Any, Callable, List

import pytest

import parzen
from conftest import Server

Make = Callable[..., parzen.Study]


def exit_status(pid: int, seconds: float = 300) -> int:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    raise AssertionError("a forked child hangs")


def in_child(run: Callable[[], Any]) -> int:
    """Forks; the child's exit status is 0 where ``run`` raises nothing."""
    pid = os.fork()
    if pid == 0:
        try:
            run()
        except BaseException as e:
            print(f"child: {e!r}", file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return pid


def ask_and_tell(study: parzen.Study, value: float) -> None:
    trial = study.ask()
    trial.report(value, step=1)
    trial.tell(value)


def test_a_forked_child_holds_only_its_own_leases(make_study: Make) -> None:
    study = make_study()
    trial = study.ask()
    keeper = study._session.leases
    assert trial.held

    def run() -> None:
        assert not trial.held and keeper._thread is None
        own = study.ask()
        assert own.held and keeper._thread is not None
        own.tell(1)

    assert exit_status(in_child(run)) == 0
    assert trial.held and keeper._thread is not None and keeper._thread.is_alive()
    trial.tell(2)
    assert study.counts["complete"] == 2


def test_fork(make_study: Make) -> None:
    study = make_study()
    trial = study.ask()  # the parent's channel is open

    def run() -> None:
        trial.tell(17)
        ask_and_tell(study, 1)

    pids = [in_child(run if i == 0 else lambda: ask_and_tell(study, 2)) for i in range(8)]
    ask_and_tell(study, 3)
    assert [exit_status(pid) for pid in pids] == [0] * 8
    assert study.trial(trial.number).value == 17
    assert study.counts["complete"] == 10 and study.counts["running"] == 0


def test_fork_while_threads_call_and_watch(make_study: Make) -> None:
    study = make_study()
    stop = threading.Event()
    told: List[int] = []
    watched: List[int] = []

    def tell() -> None:
        while not stop.is_set():
            trial = study.ask()
            trial.tell(1)
            told.append(trial.number)

    watch = study.watch(states="complete")
    threads = [threading.Thread(target=tell) for _ in range(3)]
    threads.append(threading.Thread(target=lambda: watched.extend(t.number for t in watch)))
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            time.sleep(0.05)
            assert exit_status(in_child(lambda: ask_and_tell(study, 2))) == 0
    finally:
        stop.set()
        for thread in threads[:3]:
            thread.join()
    deadline = time.monotonic() + 20
    while len(set(watched)) < len(told) + 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    watch.close()
    threads[3].join()
    assert sorted(set(watched)) == list(range(len(told) + 5)) == [t.number for t in study.trials("complete")]


def test_workers_of_forked_children_differ(server: Server, name: str) -> None:
    client = parzen.Client(server.address)
    study = client.create_study(name, {"x": parzen.Float(0, 1)})
    ask_and_tell(study, 1)
    for _ in range(3):
        assert exit_status(in_child(lambda: ask_and_tell(study, 2))) == 0
    workers = [str(t.worker) for t in study.trials()]
    assert len(set(workers)) == 4 and str(os.getpid()) in workers[0] and workers[0] == client.worker


def test_pickles_go_to_another_program(make_study: Make, client: parzen.Client) -> None:
    study = make_study()
    trial = study.ask()
    trial.report(0.5, step=1)
    data = pickle.dumps((client, study, trial))
    program = """
import pickle, sys
client, study, trial = pickle.load(sys.stdin.buffer)
assert client.worker == "tester" and trial.params == study.trial(0).params and trial.intermediate == {1: 0.5}
trial.tell(3); study.ask().tell(4)
sys.stdout.buffer.write(pickle.dumps(study.best_trial))
"""
    answer = subprocess.run([sys.executable, "-c", program], input=data, stdout=subprocess.PIPE, check=True).stdout
    assert pickle.loads(answer).value == 3
    assert [t.value for t in study.trials()] == [3, 4]


def test_pickles_hold_no_channel(make_study: Make, client: parzen.Client) -> None:
    study = make_study()
    for thing in (client, study, study.ask()):
        assert b"grpc" not in pickle.dumps(thing)


def work(study: parzen.Study, share: int) -> None:
    for _ in range(share):
        ask_and_tell(study, 1.0)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_share_a_study(make_study: Make, method: str) -> None:
    study = make_study()
    context = multiprocessing.get_context(method)
    processes = [context.Process(target=work, args=(study, 25)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(300)
    assert [process.exitcode for process in processes] == [0, 0]
    trials = study.trials()
    assert [t.number for t in trials] == list(range(50)) and all(t.state == "complete" for t in trials)


def test_nothing_runs_before_it_is_needed() -> None:
    program = """
import os, threading, parzen
client = parzen.Client("127.0.0.1:1")
assert threading.active_count() == 1 and len(os.listdir("/proc/self/task")) == 1, os.listdir("/proc/self/task")
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_server_killed_between_calls(own_server: Server) -> None:
    client = parzen.Client(own_server.address, worker="w", timeout=120)
    study = client.create_study("s", {"x": parzen.Float(0, 1)}, sampler="tpe", seed=1)
    told = []
    for i in range(8):
        trial = study.ask()
        own_server.kill()
        own_server.start()
        trial.tell(float(i))
        told.append(trial.params)
        if i % 4 == 0:
            own_server.kill()
            own_server.start()
    assert [t.params for t in study.trials("complete")] == told
    assert [t.value for t in study.trials()] == [float(i) for i in range(8)]


def test_calls_go_on_across_restarts(own_server: Server) -> None:
    """Workers notice nothing but a delay when the server is killed and comes back; nothing is lost or done twice."""
    client = parzen.Client(own_server.address, timeout=120)
    study = client.create_study("s", {"x": parzen.Float(0, 1)}, sampler="random", max_trials=200)
    failures: List[BaseException] = []
    acknowledged: List[int] = []

    def run() -> None:
        try:
            while True:
                try:
                    trial = study.ask()
                except (parzen.StudyFinished, parzen.AllHandedOut):
                    return
                trial.tell(float(trial.number))
                acknowledged.append(trial.number)
        except BaseException as e:
            failures.append(e)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        time.sleep(0.15)
        own_server.kill()
        time.sleep(0.05)
        own_server.start()
    for thread in threads:
        thread.join(300)
    assert failures == [] and not any(thread.is_alive() for thread in threads)
    assert sorted(acknowledged) == list(range(200))
    assert [t.value for t in study.trials()] == [float(i) for i in range(200)]
    assert study.state == "finished"


def test_watch_goes_on_across_a_restart(own_server: Server) -> None:
    study = parzen.Client(own_server.address, timeout=120).create_study("s", {"x": parzen.Float(0, 1)})
    watch = study.watch(states="complete")
    ask_and_tell(study, 1)
    assert next(watch).number == 0
    for restart in (own_server.kill, own_server.stop):
        restart()
        own_server.start()
        ask_and_tell(study, 2)
    assert [next(watch).number, next(watch).number] == [1, 2]
    watch.close()
    assert own_server.stop() == 0
