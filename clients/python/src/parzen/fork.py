"""Forks: gRPC's core survives one only while no call is in flight.

So before a fork new calls wait, streams are cancelled, running calls get a moment to end, and those that do not, since the server
hangs or the network is cut, are cancelled by closing their channels. After the fork the parent sends them again: the request, its
request_id included, is the same, so nothing is done twice. The child forgets the parent's channels without touching them and
opens its own at its first call. A program never waits for a server in order to fork.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
import weakref
from typing import Any, Callable, List, Protocol, Set

_GRACE = 0.2  # seconds that running calls get before their channels are closed
_PATIENCE = 2.0  # seconds that cancelled calls get to come back
_SETTLE = 0.1  # seconds that gRPC gets to be done with closed channels

_VARIABLE = "GRPC_ENABLE_FORK_SUPPORT"


class Forkable(Protocol):
    """What has a channel."""

    def abandon(self) -> None:
        """Before a fork: closes the channel, which cancels its calls."""

    def forget(self) -> None:
        """In a forked child: leaves the parent's channel alone."""


class Gate:
    """Lets calls run, and a fork wait until none does. A context manager: a call runs inside."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._running = 0
        self._closed = False
        self.streams: Set[Any] = set()

    def __enter__(self) -> None:
        with self._condition:
            while self._closed:
                self._condition.wait()
            self._running += 1

    def __exit__(self, *exc_info: object) -> None:
        with self._condition:
            self._running -= 1
            self._condition.notify_all()

    def add_stream(self, call: Any) -> None:
        with self._condition:
            self.streams.add(call)

    def remove_stream(self, call: Any) -> None:
        with self._condition:
            self.streams.discard(call)

    def close(self, cancel: Callable[[], None]) -> bool:
        """Holds new calls back until ``open``, and ends those that run; ``cancel`` cancels them. False where some could not be
        ended."""
        with self._condition:
            self._closed = True
            streams = list(self.streams)
        for call in streams:
            call.cancel()
        if self._wait(_GRACE):
            return True
        cancel()
        ended = self._wait(_PATIENCE)
        # Right behind that, about one fork in thirty never came back: gRPC's hook and its timer thread waited for each other.
        time.sleep(_SETTLE)
        return ended

    def _wait(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        with self._condition:
            while self._running:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._condition.wait(left)
            return True

    def open(self) -> None:
        with self._condition:
            self._closed = False
            self._condition.notify_all()


_gate = Gate()
_ended = True  # whether the calls in flight at the present fork could be ended
_clean = True  # whether those at the fork of this process could
_forkables: "weakref.WeakSet[Forkable]" = weakref.WeakSet()
# Channels and calls that belong to a parent process. Never used nor closed here: their threads exist in the parent only.
_inherited: List[Any] = []


def gate() -> Gate:
    """The process's gate; a forked child has its own."""
    return _gate


def forked_cleanly() -> bool:
    """False in a child whose parent had calls in flight that could not be cancelled: gRPC would hang there."""
    return _clean


def register(forkable: Forkable) -> None:
    """Has the object's channel looked after while it lives."""
    _forkables.add(forkable)


def inherit(channel: Any) -> None:
    """Keeps the parent's channel for ever."""
    _inherited.append(channel)


def _abandon_all() -> None:
    for forkable in list(_forkables):
        forkable.abandon()


def _before() -> None:
    global _ended
    _warn_of_late_import()
    _ended = _gate.close(_abandon_all)


def _after_in_parent() -> None:
    _gate.open()


def _after_in_child() -> None:
    global _clean, _gate
    _clean = _clean and _ended
    _inherited.extend(_gate.streams)
    _gate = Gate()
    for forkable in list(_forkables):
        forkable.forget()


_hooks_lock = threading.Lock()
_hooks_registered = False


def register_hooks() -> None:
    """To be called after gRPC has registered its own hooks, at its first channel: the last registered runs first before a fork,
    and once gRPC's have run, its threads deliver no cancellation any more."""
    global _hooks_registered
    with _hooks_lock:
        if not _hooks_registered and hasattr(os, "register_at_fork"):
            os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
        _hooks_registered = True


_late = False  # whether gRPC was imported before us, without the variable


def prepare_grpc() -> None:
    """Has gRPC look after forks. To be called before anything here imports it: it reads the variable when it is first imported.
    Where the program has imported it already, it is left as it is: half of gRPC would believe the variable, and half would
    not."""
    global _late
    if os.environ.get(_VARIABLE, "").lower() in ("1", "true", "yes", "on"):
        return
    if "grpc._cython.cygrpc" in sys.modules:
        _late = True
    else:
        os.environ[_VARIABLE] = os.environ.get(_VARIABLE) or "1"


def _warn_of_late_import() -> None:
    global _late
    if _late:
        _late = False
        warnings.warn(
            f"gRPC was imported before parzen and without {_VARIABLE}=1 in the environment: a forked process may crash or hang. "
            "Import parzen first, set the variable, or start processes with 'spawn'.",
            RuntimeWarning,
            stacklevel=3,
        )
