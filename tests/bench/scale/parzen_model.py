"""Parzen's replicas over one PostgreSQL as stations: what a call needs of whom, and how long it takes. Seconds everywhere.

A call comes to a replica, the owner of its study or another one, which forwards it; the owner's processors work on it (an Ask computes a suggestion); what
changes something waits for the owner's writer, which commits in batches: the database's processors, then the sync of its one log; then it is answered.
"""

from __future__ import annotations

import dataclasses
from typing import Callable, Optional

from simulation import Batches, Cores, Simulation, Then


@dataclasses.dataclass
class Costs:
    """Service times, measured on one machine by ./dev bench replicas (fit.py); processor seconds unless it says otherwise."""

    client: float  # a call, of the client's own machine
    call: float  # a call, of the replica's
    batch: float  # a commit, of the replica's
    forward: float  # a forwarded call, of both replicas together, besides
    database_call: float  # a transaction, of the database's
    database_batch: float  # a commit, of the database's
    sync: float  # of the log: the device's time, not a processor's
    wait: float  # of a commit: round trips and wake-ups, nobody's processor
    suggestion: float = 0.0  # an Ask, of the replica's, besides


@dataclasses.dataclass
class Kind:
    """A kind of call."""

    name: str
    commits: bool = True
    suggests: bool = False
    part: float = 1.0  # of the processor time of a call


ASK = Kind("Ask", suggests=True)
TELL = Kind("Tell")
REPORT = Kind("Report")
HEARTBEAT = Kind("Heartbeat", commits=False, part=0.5)


class Replica:
    def __init__(self, cores: Cores, writer: Batches) -> None:
        self.cores = cores
        self.writer = writer


class System:
    """`shared`: clients, replicas and the database on one machine of so many processors, as where the costs were measured. Otherwise
    each replica has `cores` of its own, the database `database_cores`, and clients are somewhere else."""

    def __init__(self, simulation: Simulation, costs: Costs, replicas: int, cores: int = 4, database_cores: int = 16, shared: Optional[int] = None) -> None:
        self.simulation = simulation
        self.costs = costs
        one = Cores(simulation, shared) if shared else None
        self.clients = one
        self.database = one or Cores(simulation, database_cores)
        self.disk = Cores(simulation, 1)
        self.log = Batches(lambda _, then: self.disk.work(self.about(costs.sync), then))
        self.replicas = []
        for _ in range(replicas):
            host = one or Cores(simulation, cores)
            self.replicas.append(Replica(host, Batches(self._committer(host))))

    def about(self, seconds: float) -> float:
        """No two pieces of work take equally long: with a coefficient of variation of a half. Without it, clients would fall into step."""
        return seconds * self.simulation.random.gammavariate(4, 0.25)

    def _committer(self, host: Cores) -> Callable[[int, Then], None]:
        costs, simulation = self.costs, self.simulation

        def commit(count: int, then: Then) -> None:
            def synced() -> None:
                simulation.after(costs.wait, then)

            def written() -> None:
                self.log.add(synced)

            def sent() -> None:
                # One connection is one process of the database: a batch is one piece of work.
                self.database.work(self.about(costs.database_batch + count * costs.database_call), written)

            host.work(self.about(costs.batch), sent)

        return commit

    def call(self, kind: Kind, owner: int, entry: int, then: Then) -> None:
        """From when it reaches the replica `entry` until it has been answered."""
        costs, at = self.costs, self.replicas[owner]
        work = self.about(costs.call * kind.part + (costs.suggestion if kind.suggests else 0.0))

        def answer() -> None:
            # The other half of the way: encoding, sending; and the way back through the replica that was called.
            if entry == owner:
                at.cores.work(work / 4, then)
            else:
                at.cores.work(work / 4, lambda: self.replicas[entry].cores.work(costs.forward / 4, then))

        def worked() -> None:
            at.writer.add(answer) if kind.commits else answer()

        def arrived() -> None:
            at.cores.work(work * 3 / 4 + (costs.forward / 2 if entry != owner else 0.0), worked)

        if entry == owner:
            arrived()
        else:
            self.replicas[entry].cores.work(costs.forward / 4, arrived)


class Closed:
    """So many clients that ask and tell in turn without a pause, as the bench has them: client c works for study c modulo `studies`, which the replica
    of that number modulo theirs owns."""

    def __init__(self, system: System, clients: int, studies: int, anywhere: bool) -> None:
        self._system = system
        self.forget()
        replicas = len(system.replicas)
        for c in range(clients):
            study = c % studies
            owner = study % replicas
            entry = (study + c // studies) % replicas if anywhere else owner
            self._loop(owner, entry, [ASK, TELL], 0)

    def _loop(self, owner: int, entry: int, kinds: list[Kind], turn: int) -> None:
        system, start = self._system, self._system.simulation.now

        def ended() -> None:
            self.calls += 1
            self.forwarded += entry != owner
            self.seconds += system.simulation.now - start
            self._loop(owner, entry, kinds, turn + 1)

        def sent() -> None:
            system.call(kinds[turn % len(kinds)], owner, entry, received)

        def received() -> None:
            system.clients.work(system.about(system.costs.client / 2), ended)

        system.clients.work(system.about(system.costs.client / 2), sent)

    def forget(self) -> None:
        self.calls = 0
        self.forwarded = 0
        self.seconds = 0.0  # that calls took, client's work included


def closed_rate(costs: Costs, replicas: int, clients: int, anywhere: bool, processors: int, studies: int = 12, seconds: float = 4.0) -> dict:
    """What the bench would measure on a machine of so many processors."""
    simulation = Simulation(1)
    system = System(simulation, costs, replicas, shared=processors)
    load = Closed(system, clients, studies, anywhere)
    simulation.run(0.5)
    load.forget()
    busy = system.database.busy
    simulation.run(0.5 + seconds)
    writers = [replica.writer for replica in system.replicas]
    return {"per_second": load.calls / seconds, "forwarded": load.forwarded / load.calls, "mean_ms": 1e3 * load.seconds / load.calls,
            "processors": (system.database.busy - busy) / seconds,
            "batch": sum(writer.taken for writer in writers) / max(sum(writer.batches for writer in writers), 1)}


@dataclasses.dataclass
class Demand:
    """What a company asks of it."""

    workers: int = 10_000
    studies: int = 100_000
    trials_a_day: float = 1e6
    reports: float = 20.0  # a trial
    heartbeat_seconds: float = 40.0  # a third of a lease of two minutes
    direct: float = 0.9  # of the calls go straight to the owner

    def rates(self) -> dict[str, float]:
        """Calls a second."""
        trials = self.trials_a_day / 86_400
        return {"Ask": trials, "Tell": trials, "Report": trials * self.reports, "Heartbeat": self.workers / self.heartbeat_seconds}


class Open:
    """Calls that come whether or not the last ones were answered (Poisson), over studies of which few are busy (Zipf) and owners that were drawn."""

    KINDS = {kind.name: kind for kind in (ASK, TELL, REPORT, HEARTBEAT)}

    def __init__(self, system: System, demand: Demand) -> None:
        self._system = system
        self._direct = demand.direct
        self.latencies: dict[str, list[float]] = {name: [] for name in self.KINDS}
        self.pending = 0
        random = system.simulation.random
        # The busiest thousand by themselves; the rest, which is spread evenly, is drawn anew each time.
        weights = [1 / rank for rank in range(1, 1001)]
        rest = sum(1 / rank for rank in range(1001, demand.studies + 1))
        total = sum(weights) + rest
        self._shares = [0.0] * len(system.replicas)
        # Balanced as the replicas balance: the next busiest study to whoever has least.
        for weight in weights:
            lightest = min(range(len(self._shares)), key=self._shares.__getitem__)
            self._shares[lightest] += weight / total
        self._shares = [share + rest / total / len(self._shares) for share in self._shares]
        for name, rate in demand.rates().items():
            if rate > 0:
                system.simulation.after(random.expovariate(rate), self._source(self.KINDS[name], rate))

    def _source(self, kind: Kind, rate: float) -> Then:
        system, random = self._system, self._system.simulation.random

        def arrive() -> None:
            system.simulation.after(random.expovariate(rate), arrive)
            replicas = range(len(system.replicas))
            owner = random.choices(replicas, self._shares)[0]
            entry = owner if random.random() < self._direct else random.choice(replicas)
            start = system.simulation.now
            self.pending += 1

            def ended() -> None:
                self.pending -= 1
                self.latencies[kind.name].append(system.simulation.now - start)

            system.call(kind, owner, entry, ended)

        return arrive

    def forget(self) -> None:
        for latencies in self.latencies.values():
            latencies.clear()


def quantile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else 0.0


def open_run(costs: Costs, demand: Demand, replicas: int, cores: int, database_cores: int, calls: int = 30_000) -> dict:
    """Latencies and how busy everybody is, over so many calls; `grows` where the calls under way only become more."""
    simulation = Simulation(1)
    system = System(simulation, costs, replicas, cores, database_cores)
    load = Open(system, demand)
    seconds = calls / sum(demand.rates().values())
    simulation.run(seconds / 3)
    load.forget()
    before = [replica.cores.busy for replica in system.replicas], system.database.busy, system.disk.busy, load.pending
    simulation.run(seconds * 4 / 3)
    busiest = max(replica.cores.busy - was for replica, was in zip(system.replicas, before[0])) / seconds / cores
    return {
        **{f"{name}_{part}": quantile(load.latencies[name], float(part) / 100) for name in ("Ask", "Tell") for part in ("50", "99")},
        "replica": busiest,
        "database": (system.database.busy - before[1]) / seconds / database_cores,
        "log": (system.disk.busy - before[2]) / seconds,
        "grows": load.pending > 2 * before[3] + 100,
    }


def saturation(costs: Costs, demand: Demand, replicas: int, cores: int, database_cores: int, bound: float = 0.1, calls: int = 30_000) -> tuple[float, dict]:
    """The most trials a day, workers and everything else growing along, at which 99 of 100 Tells take less than `bound` seconds and no processors are
    busy for more than 95 % of the time (a run is too short to show slowly growing queues); and that run. The log may always be busy: the more wait for
    it, the more it takes along."""
    low, high, best = 0.0, None, {}
    factor = 1.0
    while high is None or high / max(low, 1e-9) > 1.1:
        scaled = dataclasses.replace(demand, trials_a_day=demand.trials_a_day * factor, workers=int(demand.workers * factor))
        run = open_run(costs, scaled, replicas, cores, database_cores, calls)
        if run["grows"] or run["Tell_99"] > bound or max(run["replica"], run["database"]) > 0.95:
            high = factor
        else:
            low, best = factor, run
        factor = factor * 2 if high is None else (low + high) / 2 if low else high / 2
        if not low and high is not None and high < 1e-3:
            break
    return demand.trials_a_day * low, best
