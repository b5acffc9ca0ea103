"""Renews the leases of a client's trials from one background thread, as long as it holds any.

A trial is held from its Ask until it is told, or until nobody has its :class:`Trial` any more: the server then takes it back when its
lease runs out. A forked child holds nothing of its parent's: the parent goes on renewing. A trial that is pickled while it is held is held
where it is unpickled, too.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Dict, List, Optional, Tuple

from parzen._proto import parzen_pb2
from parzen.connection import Connection
from parzen.errors import Code, Error

if TYPE_CHECKING:
    from parzen.trial import Trial

_MAX_TRIALS = 1000  # in one Heartbeat
_RENEWALS = 3  # in a lease's period
_TOGETHER = 0.1  # of a lease's period: what is due that soon is renewed with what is due now

_Key = Tuple[int, int, int]


class _Held:
    """One trial: when it is to be renewed next, by time.monotonic()."""

    def __init__(self, trial: "Trial", lease: float) -> None:
        self.trial = weakref.ref(trial)
        self.handle = parzen_pb2.TrialHandle()
        self.handle.CopyFrom(trial._message.handle)
        self.lease = lease
        self.due = time.monotonic() + lease / _RENEWALS


class LeaseKeeper:
    """The leases of one client. Any thread may use it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._reset()
        _keepers.add(self)

    def _reset(self) -> None:
        self._wake = threading.Condition()
        self._held: Dict[_Key, _Held] = {}
        self._thread: Optional[threading.Thread] = None
        self._closed = False

    def hold(self, trial: "Trial", lease: float) -> None:
        """Renews the trial's lease of ``lease`` seconds from now on."""
        with self._wake:
            if self._closed:
                return
            self._held[_key(trial)] = _Held(trial, lease)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="parzen-leases", daemon=True)
                self._thread.start()
            self._wake.notify()

    def release(self, trial: "Trial") -> None:
        """The trial has ended, or is another worker's."""
        with self._wake:
            if self._held.pop(_key(trial), None) is not None and not self._held:
                self._wake.notify()

    def holds(self, trial: "Trial") -> bool:
        with self._wake:
            held = self._held.get(_key(trial))
            return held is not None and held.trial() is trial

    def close(self) -> None:
        """Renews nothing any more."""
        with self._wake:
            self._closed = True
            self._held.clear()
            self._wake.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(2)

    def _run(self) -> None:
        while True:
            with self._wake:
                batch = self._next_batch()
                if batch is None:
                    self._thread = None
                    return
            if batch:
                self._renew(batch)

    def _next_batch(self) -> Optional[List[_Held]]:
        """What is due now; empty where it waited instead, None where nothing is held."""
        self._held = {key: held for key, held in self._held.items() if held.trial() is not None}
        if not self._held:
            return None
        now = time.monotonic()
        first = min(held.due for held in self._held.values())
        if first > now:
            self._wake.wait(first - now)
            return []
        due = [held for held in self._held.values() if held.due <= now + held.lease * _TOGETHER]
        return due[:_MAX_TRIALS]

    def _renew(self, batch: List[_Held]) -> None:
        shortest = min(held.lease for held in batch)
        request = parzen_pb2.HeartbeatRequest(trials=[held.handle for held in batch])
        sent = time.monotonic()
        try:
            # A call that hangs must not cost the other trials their leases.
            answers = self._connection.call("Heartbeat", request, timeout=shortest / 6).answers
        except Error as e:
            if e.code == Code.NOT_FOUND or e.code == Code.INVALID_ARGUMENT:
                self._drop(batch)  # their studies are gone
            else:
                # The server may come back; it gives every lease a full period then.
                for held in batch:
                    held.due = time.monotonic() + min(held.lease / 12, 5)
            return
        lost = []
        for held, answer in zip(batch, answers):
            held.due = sent + held.lease / _RENEWALS
            trial = held.trial()
            if answer == parzen_pb2.HeartbeatResponse.LEASE_LOST:
                lost.append(held)
            elif trial is not None:
                trial._stop_requested = answer == parzen_pb2.HeartbeatResponse.STOP
        self._drop(lost)

    def _drop(self, batch: List[_Held]) -> None:
        with self._wake:
            for held in batch:
                handle = held.handle
                key = (handle.study_uid, handle.number, handle.attempt)
                if self._held.get(key) is held:
                    del self._held[key]


def _key(trial: "Trial") -> _Key:
    handle = trial._message.handle
    return handle.study_uid, handle.number, handle.attempt


_keepers: "weakref.WeakSet[LeaseKeeper]" = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for keeper in list(_keepers):
        keeper._reset()


def _at_exit() -> None:
    for keeper in list(_keepers):
        keeper.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
