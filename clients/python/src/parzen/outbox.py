"""Outcomes that were told while the server could not be reached: told again in the background until they are recorded.

The request stays the same, its request_id included, so that an outcome that did arrive is recorded once. An outcome is given up
only where the server says that it never can be recorded: the trial has another one, or the study is gone. At the end of the
process there is one more try of some seconds; what is left then is the lease's business: the server hands the trial out again.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
import weakref
from typing import Any, Callable, Dict, List, Optional, Tuple

from parzen._proto import parzen_pb2
from parzen.connection import Connection
from parzen.errors import Code, Error

_log = logging.getLogger("parzen")

_FIRST_PAUSE = 0.5  # seconds between tries, doubled up to
_LONGEST_PAUSE = 10.0
_ONE_TRY = 15.0  # seconds, retries within it included
_AT_EXIT = 5.0  # seconds for all that is left at the end of the process

_NO_SERVER = frozenset([Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.CANCELLED])

_Key = Tuple[int, int, int]


class _Kept:
    """One outcome, and who wants to know that it is recorded. Holding on to that keeps the trial's lease."""

    def __init__(self, request: parzen_pb2.TellRequest, recorded: Callable[[parzen_pb2.TellResponse], None]) -> None:
        self.request = request
        self.recorded = recorded


class Outbox:
    """The outcomes of one client that the server has not answered yet. Any thread may use it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.forget()
        _outboxes.add(self)

    def forget(self) -> None:
        """Has nothing, as a forked child: its parent goes on."""
        self._changed = threading.Condition()
        self._kept: Dict[_Key, _Kept] = {}
        self._thread: Optional[threading.Thread] = None
        self._closed = False

    def add(self, request: parzen_pb2.TellRequest, recorded: Callable[[parzen_pb2.TellResponse], None]) -> None:
        """Tells the request's only outcome until it is recorded, and then calls ``recorded`` with the answer, from another
        thread."""
        with self._changed:
            if self._closed:
                return
            self._kept[_key(request.outcomes[0].trial)] = _Kept(request, recorded)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="parzen-outbox", daemon=True)
                self._thread.start()
                _at_exit_of_a_worker(self)
            self._changed.notify_all()

    def withdraw(self, handle: parzen_pb2.TrialHandle) -> None:
        """Tells the trial's outcome no more: there is another."""
        with self._changed:
            self._kept.pop(_key(handle), None)

    def outcome(self, handle: parzen_pb2.TrialHandle) -> Optional[parzen_pb2.Outcome]:
        """The outcome of the trial that is still to be recorded; None: there is none."""
        with self._changed:
            kept = self._kept.get(_key(handle))
            return None if kept is None else kept.request.outcomes[0]

    def __len__(self) -> int:
        with self._changed:
            return len(self._kept)

    def flush(self, seconds: float) -> int:
        """Waits until everything is recorded, but at most so long. Returns how many outcomes are left."""
        deadline = time.monotonic() + seconds
        with self._changed:
            self._changed.notify_all()
            while self._kept and time.monotonic() < deadline:
                self._changed.wait(deadline - time.monotonic())
            return len(self._kept)

    def close(self, seconds: float = _AT_EXIT) -> None:
        """One last try of everything; what is left then is dropped, and a line in the log says so."""
        left = self.flush(seconds)
        with self._changed:
            self._closed = True
            numbers = [key[1] for key in self._kept]
            self._kept.clear()
            self._changed.notify_all()
        if left:
            _log.warning(
                "%s did not answer; not recorded: the outcomes of trials %s. "
                "They are run again when their leases run out; those without one stay running.",
                self._connection.address,
                ", ".join(map(str, sorted(numbers))),
            )

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            with self._changed:
                batch = list(self._kept.values())
                if not batch:
                    self._thread = None
                    return
            if self._tell(batch):
                pause = _FIRST_PAUSE
                continue
            with self._changed:
                self._changed.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _tell(self, batch: List[_Kept]) -> bool:
        """Tries each; False where some are left. The first that meets no server ends it."""
        done = True
        for kept in batch:
            handle = kept.request.outcomes[0].trial
            if self.outcome(handle) is None:
                continue
            try:
                response = self._connection.call("Tell", kept.request, timeout=_ONE_TRY)
            except Error as e:
                if e.is_transient and e.code in _NO_SERVER:
                    return False
                if e.is_transient:  # a matter of this trial's study, such as what the token allows
                    done = False
                    continue
                _log.warning("trial %d: its outcome can never be recorded: %s", handle.number, e)
            else:
                kept.recorded(response)
            with self._changed:
                if self._kept.get(_key(handle)) is kept:
                    del self._kept[_key(handle)]
                self._changed.notify_all()
        return done


def _key(handle: parzen_pb2.TrialHandle) -> _Key:
    return handle.study_uid, handle.number, handle.attempt


_outboxes: "weakref.WeakSet[Outbox]" = weakref.WeakSet()


def _at_exit() -> None:
    deadline = time.monotonic() + _AT_EXIT
    for outbox in list(_outboxes):
        outbox.close(max(0.0, deadline - time.monotonic()))


def _at_exit_of_a_worker(outbox: Outbox) -> None:
    """multiprocessing ends its processes without Python's own exit functions, but calls those that were registered with it."""
    util: Any = sys.modules.get("multiprocessing.util")
    process: Any = sys.modules.get("multiprocessing.process")
    if util is not None and process is not None and process.parent_process() is not None:
        util.Finalize(outbox, outbox.flush, args=(_AT_EXIT,), exitpriority=10)


def _after_fork_in_child() -> None:
    for outbox in list(_outboxes):
        outbox.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
