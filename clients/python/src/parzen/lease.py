"""Renews the leases of a client's trials from one background thread, as long as it holds any.

A lease is held from its trial's Ask until the trial is told, or until nobody has its :class:`Lease` any more: the server then
takes the trial back when the lease runs out. A forked child holds nothing of its parent's: the parent goes on renewing. A trial
that is pickled while it is held is held where it is unpickled, too.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from typing import Dict, List, Optional, Tuple

from parzen._proto import parzen_pb2
from parzen.connection import Connection
from parzen.errors import Code, Error

_log = logging.getLogger("parzen")

_MAX_TRIALS = 1000  # in one Heartbeat
_RENEWALS = 3  # in a lease's period
_TOGETHER = 0.1  # of a lease's period: what is due that soon is renewed with what is due now
_LOOK = 5.0  # seconds until the thread looks again whether anything is held: trials that come and go in between do not wake it

_Key = Tuple[int, int, int]


class Lease:
    """A trial that its worker wants to keep; whoever runs the trial has this object.

    Attributes:
        handle: the trial's study, number and attempt.
        seconds: the lease's period.
        stop_requested: whether the server asked, at the last renewal or report, for the trial to end.
    """

    def __init__(self, handle: parzen_pb2.TrialHandle, seconds: float) -> None:
        self.handle = parzen_pb2.TrialHandle()
        self.handle.CopyFrom(handle)
        self.seconds = seconds
        self.stop_requested = False


class _Held:
    """A lease that is renewed while anybody has it: when next, by time.monotonic()."""

    def __init__(self, lease: Lease) -> None:
        self.lease = weakref.ref(lease)
        self.handle = lease.handle
        self.seconds = lease.seconds
        self.due = time.monotonic() + lease.seconds / _RENEWALS


class LeaseKeeper:
    """The leases of one client. Any thread may use it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.forget()
        _keepers.add(self)

    def forget(self) -> None:
        """Holds nothing, as a forked child does."""
        self._wake = threading.Condition()
        self._held: Dict[_Key, _Held] = {}
        self._thread: Optional[threading.Thread] = None
        self._looks = 0.0  # when the thread, which waits, looks again by itself, by time.monotonic()
        self._closed = False

    def hold(self, lease: Lease) -> None:
        """Renews the lease from now on."""
        with self._wake:
            if self._closed:
                return
            held = self._held[_key(lease.handle)] = _Held(lease)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="parzen-leases", daemon=True)
                self._thread.start()
            elif held.due < self._looks:
                self._wake.notify()

    def release(self, handle: parzen_pb2.TrialHandle) -> None:
        """The trial has ended, or is another worker's."""
        with self._wake:
            self._held.pop(_key(handle), None)

    def holds(self, lease: Lease) -> bool:
        with self._wake:
            held = self._held.get(_key(lease.handle))
            return held is not None and held.lease() is lease

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
        for key in [key for key, held in self._held.items() if held.lease() is None]:
            held = self._held.pop(key)
            _log.warning(
                "trial %d: its Trial object is gone before it was told, so that its lease of %g s is renewed no more: "
                "keep what ask() returned as long as the trial runs",
                held.handle.number,
                held.seconds,
            )
        if not self._held:
            return None
        now = time.monotonic()
        first = min(held.due for held in self._held.values())
        if first > now:
            self._looks = min(first, now + _LOOK)
            self._wake.wait(self._looks - now)
            return []
        due = [held for held in self._held.values() if held.due <= now + held.seconds * _TOGETHER]
        return due[:_MAX_TRIALS]

    def _renew(self, batch: List[_Held]) -> None:
        shortest = min(held.seconds for held in batch)
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
                    held.due = time.monotonic() + min(held.seconds / 12, 5)
            return
        lost = []
        for held, answer in zip(batch, answers):
            held.due = sent + held.seconds / _RENEWALS
            lease = held.lease()
            if answer == parzen_pb2.HeartbeatResponse.LEASE_LOST:
                lost.append(held)
            elif lease is not None:
                lease.stop_requested = answer == parzen_pb2.HeartbeatResponse.STOP
        self._drop(lost)

    def _drop(self, batch: List[_Held]) -> None:
        with self._wake:
            for held in batch:
                key = _key(held.handle)
                if self._held.get(key) is held:
                    del self._held[key]


def _key(handle: parzen_pb2.TrialHandle) -> _Key:
    return handle.study_uid, handle.number, handle.attempt


_keepers: "weakref.WeakSet[LeaseKeeper]" = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for keeper in list(_keepers):
        keeper.forget()


def _at_exit() -> None:
    for keeper in list(_keepers):
        keeper.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
