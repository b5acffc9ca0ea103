"""One plain line a minute of a run that takes many."""

from __future__ import annotations

import sys
import time


class Progress:
    """say() prints how far the run is, to standard error, at most once a minute; call it as often as you like, from one thread."""

    def __init__(self, seconds: float) -> None:
        self._begin = time.monotonic()
        self._seconds = seconds
        self._minute = 0

    def say(self, **counts: int) -> None:
        passed = time.monotonic() - self._begin
        if passed < 60 * (self._minute + 1):
            return
        self._minute = int(passed // 60)
        listed = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
        print(f"{self._minute} of {self._seconds / 60:g} minutes: {listed}", file=sys.stderr, flush=True)
