"""What clients see when the owner of their studies is killed, and when it is drained."""

from __future__ import annotations

import math
import threading
import time

from cluster import Cluster, Server

import parzen

SPACE = {"x": parzen.Float(0, 1)}
STUDIES = [f"study-{i}" for i in range(12)]
PATIENCE = 60  # seconds that a call may take at most; then it has failed
PACE = 0.05  # seconds between a worker's rounds: the machine is not to be the bottleneck


def percentile(values: list[float], part: float) -> float:
    """By the nearest rank: no less than this part of them is at most so large."""
    return sorted(values)[max(math.ceil(part * len(values)) - 1, 0)]


def client_of(addresses: list[str]) -> parzen.Client:
    return parzen.Client(",".join(addresses), timeout=PATIENCE)


def create(cluster: Cluster) -> None:
    """Each study is asked for at one replica after another, which takes it."""
    for i, name in enumerate(STUDIES):
        with client_of([cluster.addresses[i % len(cluster.addresses)]]) as client:
            client.create_study(name, SPACE, sampler="random").ask().tell(0.5)


def others(cluster: Cluster, server: Server) -> list[str]:
    return [address for address in cluster.addresses if address != server.address]


def seconds_to_answer(client: parzen.Client, victim: Server, studies: list[str]) -> list[float]:
    """From just before the victim's end until the first Ask of each study, sent after it, has been answered: one thread a study."""
    took = [float("inf")] * len(studies)
    killed = []

    def kill() -> None:
        killed.append(time.monotonic())
        victim.kill()

    begin = threading.Barrier(len(studies), action=kill)

    def ask(i: int) -> None:
        study = client.study(studies[i])
        begin.wait()
        trial = study.ask(lease=None)
        took[i] = time.monotonic() - killed[0]
        trial.tell(0.5)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(studies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def kills(cluster: Cluster, count: int, say) -> list[float]:
    """Seconds from the SIGKILL of an owner until all of its studies have answered a call again, each time."""
    took: list[float] = []
    for i in range(count):
        victim = cluster.owner_of(STUDIES[i % len(STUDIES)])
        with client_of(others(cluster, victim)) as client:
            took.append(max(seconds_to_answer(client, victim, cluster.studies_of(victim))))
        victim.start()
        cluster.wait_for_all()
        say(i + 1, took)
    return took


class Workers:
    """Ask and tell at a steady pace, one a study, each with all addresses; they keep how long calls took and which failed."""

    def __init__(self, addresses: list[str]) -> None:
        self.calls: list[float] = []
        self.failures: list[str] = []
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(addresses[i % len(addresses):] + addresses[: i % len(addresses)], name))
                         for i, name in enumerate(STUDIES)]
        for thread in self._threads:
            thread.start()

    def _timed(self, call):
        start = time.monotonic()
        try:
            return call()
        except Exception as failure:  # noqa: BLE001: counted, and told at the end
            self.failures.append(f"{type(failure).__name__}: {failure}")
            return None
        finally:
            self.calls.append(time.monotonic() - start)

    def _work(self, addresses: list[str], name: str) -> None:
        with client_of(addresses) as client:
            study = client.study(name)
            while not self._ending.wait(PACE):
                trial = self._timed(lambda: study.ask(lease=None))
                if trial is not None:
                    self._timed(lambda: trial.tell(0.5))

    def stop(self) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()


def drains(cluster: Cluster, count: int, say) -> dict:
    """An owner after another ends by SIGTERM, under load, and comes back."""
    workers = Workers(cluster.addresses)
    codes = []
    time.sleep(2)
    for i in range(count):
        owner = cluster.owner_of(STUDIES[i % len(STUDIES)])
        codes.append(owner.stop())
        time.sleep(0.5)
        owner.start()
        cluster.wait_for_all()
        time.sleep(0.5)
        say(i + 1, workers.calls)
    workers.stop()
    return {"drains": count, "calls": len(workers.calls), "failed": len(workers.failures), "failures": workers.failures[:5], "longest": max(workers.calls),
            "p50": percentile(workers.calls, 0.5), "p99": percentile(workers.calls, 0.99), "bad_exits": sum(code != 0 for code in codes)}
