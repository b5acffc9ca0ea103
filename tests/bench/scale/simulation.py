"""A discrete-event simulation in a page: a clock, and the stations that calls of Parzen wait at. Times are in seconds."""

from __future__ import annotations

import collections
import heapq
import itertools
import random
from typing import Callable

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


class Batches:
    """One piece of work at a time, which takes along whatever has come while the last one was under way: a replica's one writer (group commit), and the
    syncs of a database's log."""

    def __init__(self, work: Callable[[int, Then], None]) -> None:
        self._work = work  # on so many at once; calls back
        self._waiting: list[Then] = []
        self._working = False
        self.batches = 0
        self.taken = 0  # in all of them

    def add(self, then: Then) -> None:
        self._waiting.append(then)
        if not self._working:
            self._begin()

    def _begin(self) -> None:
        taken, self._waiting = self._waiting, []
        self._working = True
        self.batches += 1
        self.taken += len(taken)

        def end() -> None:
            self._working = False
            if self._waiting:
                self._begin()
            for then in taken:
                then()

        self._work(len(taken), end)
