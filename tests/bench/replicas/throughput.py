"""Asks and tells of many clients a second, with what each took of clients, servers and database; and what a forwarded call costs."""

from __future__ import annotations

import json
import pathlib
import resource
import subprocess
import time
from typing import Callable

from cluster import ROOT, Cluster, machine_cpu, resident_bytes

PROGRAM = str(ROOT / "build" / "release" / "tests" / "bench" / "replicas" / "replicas_bench")
STUDIES = 12
REPORTS = 20  # of a trial, where it is asked what the database keeps of one

Make = Callable[[int], Cluster]


def client(command: str, addresses: list[str], *options: object):
    answer = subprocess.run([PROGRAM, "--addresses", ",".join(addresses), *map(str, options), command], stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(answer.stdout)


class Others:
    """How many processors were busy with something else, on average, since this was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._machine, self._clients = machine_cpu(), self._client_cpu()

    @staticmethod
    def _client_cpu() -> float:
        """Of this process and those that it has waited for."""
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    def processors(self, servers: float) -> float:
        """`servers`: processor seconds of servers and database meanwhile."""
        mine = servers + self._client_cpu() - self._clients
        return max(machine_cpu() - self._machine - mine, 0.0) / (time.monotonic() - self._start)


def load(cluster: Cluster, clients: int, seconds: float, anywhere: bool = False, prefix: str = "bench") -> dict:
    """One measurement. `anywhere`: the clients know nothing of owners."""
    before, others = cluster.used(), Others()
    options = ["--clients", clients, "--seconds", seconds, "--studies", STUDIES, "--prefix", prefix]
    measured = client("load", cluster.addresses, *options, *(["--anywhere"] if anywhere else []))
    used = cluster.used()
    used.subtract(before)
    calls = used["calls"]
    return {
        **measured,
        "others": others.processors(used["server_cpu"] + used["database_cpu"]),
        "anywhere": anywhere,
        "server_micros": 1e6 * used["server_cpu"] / calls,
        "database_micros": 1e6 * used["database_cpu"] / calls,
        "batch": used["transactions"] / used["commits"],
        "commit_ms": 1e3 * used["commit_seconds"] / used["commits"],
        "syncs_a_commit": used["syncs"] / used["commits"],
        "sync_ms": 1e3 * used["sync_seconds"] / max(used["syncs"], 1),
        "forwarded": used["forwards"] / calls,
    }


def median(rounds: list[dict]) -> dict:
    """The round of the median rate."""
    return sorted(rounds, key=lambda each: each["per_second"])[len(rounds) // 2]


def throughput(make: Make, clients: int, seconds: float, rounds: int) -> dict[int, list[dict]]:
    """By number of replicas (0: SQLite), taking turns: at the owner; and where there are several replicas, at any."""
    results: dict[tuple[int, bool], list[dict]] = {}
    for _ in range(rounds):
        for replicas in range(4):
            cluster = make(replicas)
            try:
                client("create", cluster.addresses, "--studies", STUDIES)
                for anywhere in [False, True] if replicas > 1 else [False]:
                    results.setdefault((replicas, anywhere), []).append(load(cluster, clients, seconds, anywhere))
            finally:
                cluster.end()
    return {replicas: [median(each) for (of, _), each in results.items() if of == replicas] for replicas in range(4)}


def fewer_clients(make: Make, seconds: float) -> dict:
    """What the model (tests/bench/scale) needs besides: one replica with 1 and 8 clients, TPE, the first touch of a study that is in the
    database only, and how much the database keeps of a trial with reports."""
    cluster = make(1)
    try:
        client("create", cluster.addresses, "--studies", STUDIES)
        few = [load(cluster, clients, seconds) for clients in (1, 8)]
        client("create", cluster.addresses, "--studies", STUDIES, "--prefix", "reporting")
        empty, trials = cluster.bytes_kept(), cluster.trials()
        client("load", cluster.addresses, "--clients", 16, "--seconds", 2 * seconds, "--studies", STUDIES, "--prefix", "reporting", "--reports", REPORTS)
        size = (cluster.bytes_kept() - empty) / (cluster.trials() - trials)
        client("create", cluster.addresses, "--studies", STUDIES, "--prefix", "tpe", "--sampler", "tpe")
        tpe = load(cluster, 8, seconds, prefix="tpe")
        many = 500
        client("create", cluster.addresses, "--studies", many, "--prefix", "cold")
        server = cluster.servers[0]
        server.stop()
        server.start()
        before, memory = cluster.used(), resident_bytes(server.pid)
        touched = client("touch", cluster.addresses, "--studies", many, "--prefix", "cold")
        used = cluster.used()
        used.subtract(before)
        cold = {"ms_each": 1e3 * touched["seconds"] / many, "server_micros": 1e6 * used["server_cpu"] / many,
                "database_micros": 1e6 * used["database_cpu"] / many, "bytes": (resident_bytes(server.pid) - memory) / many}
        return {"few": few, "tpe": tpe, "cold": cold, "bytes_per_trial": size}
    finally:
        cluster.end()


def forward(make: Make, rounds: int) -> dict:
    """Milliseconds (p50) of a call at the owner and through another replica, and the larger of the differences."""
    cluster = make(2)
    try:
        client("create", cluster.addresses[:1], "--studies", 1)
        owner, other = client("forward", cluster.addresses, "--rounds", rounds)
        return {"owner": owner, "other": other, "cost": {key: other[key] - owner[key] for key in owner}}
    finally:
        cluster.end()


def folders(base: pathlib.Path):
    """A new folder each time."""
    number = 0
    while True:
        number += 1
        yield base / f"cluster-{number}"
