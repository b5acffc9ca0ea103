"""A discrete-event simulation in a page: a clock, and the stations that calls of Parzen wait at. Times are in seconds."""

from __future__ import annotations

import collections
import heapq
import itertools
import random
from typing import Callable, Optional

Then = Callable[[], None]


class Simulation:
    def __init__(self, seed: int) -> None:
        self.now = 0.0
        self.random = random.Random(seed)
        self._events: list[tuple[float, int, Then]] = []
        self._order = itertools.count()

    def after(self, delay: float, then: Then) -> None:
        heapq.heappush(self._events, (self.now + delay, next(self._order), then))

    def run(self, until: float) -> None:
        while self._events and self._events[0][0] <= until:
            self.now, _, then = heapq.heappop(self._events)
            then()
        self.now = until


class Cores:
    """So many processors with one queue in front, first come, first served: M/M/c where work is exponential."""

    def __init__(self, simulation: Simulation, count: int) -> None:
        self._simulation = simulation
        self.count = count
        self._free = count
        self._queue: collections.deque[tuple[float, Then]] = collections.deque()
        self.busy = 0.0  # seconds of all of them

    def work(self, seconds: float, then: Then) -> None:
        if self._free == 0:
            self._queue.append((seconds, then))
            return
        self._free -= 1
        self._begin(seconds, then)

    def _begin(self, seconds: float, then: Then) -> None:
        self.busy += seconds

        def end() -> None:
            if self._queue:
                self._begin(*self._queue.popleft())
            else:
                self._free += 1
            then()

        self._simulation.after(seconds, end)


class Log:
    """A database's write-ahead log: one sync at a time, and it takes along whatever waited for it when it began."""

    def __init__(self, simulation: Simulation, seconds: Callable[[], float]) -> None:
        self._simulation = simulation
        self._seconds = seconds
        self._waiting: list[Then] = []
        self._syncing = False
        self.syncs = 0
        self.busy = 0.0

    def sync(self, then: Then) -> None:
        self._waiting.append(then)
        if not self._syncing:
            self._begin()

    def _begin(self) -> None:
        self._syncing = True
        self.syncs += 1
        taken, self._waiting = self._waiting, []
        seconds = self._seconds()
        self.busy += seconds

        def end() -> None:
            self._syncing = False
            if self._waiting:
                self._begin()
            for then in taken:
                then()

        self._simulation.after(seconds, end)


class Writer:
    """A replica's one writer: commits whatever has come while it committed the last batch (group commit)."""

    def __init__(self, commit: Callable[[int, Then], None], longest: Optional[int] = None) -> None:
        self._commit = commit
        self._longest = longest
        self._queue: collections.deque[Then] = collections.deque()
        self._committing = False
        self.commits = 0
        self.transactions = 0

    def write(self, then: Then) -> None:
        self._queue.append(then)
        if not self._committing:
            self._begin()

    def _begin(self) -> None:
        count = len(self._queue) if self._longest is None else min(len(self._queue), self._longest)
        taken = [self._queue.popleft() for _ in range(count)]
        self._committing = True
        self.commits += 1
        self.transactions += count

        def end() -> None:
            self._committing = False
            if self._queue:
                self._begin()
            for then in taken:
                then()

        self._commit(count, end)
