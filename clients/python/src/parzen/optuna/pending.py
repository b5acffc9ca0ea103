"""Parameters that were set in this process and not yet sent: they go with the trial's next change, or soon by themselves."""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import Any, Dict, List, Optional, Set, Tuple

_SOON = 0.2  # seconds that a parameter is kept to itself at most, while its trial says nothing else
_MOST_KNOWN = 10_000

_Key = Tuple[int, str, str]


class PendingParams:
    """Any thread may use it. A forked child begins without its parent's.

    What may wait is what the server is known to accept: the study has taken the same name with the same distribution before, and
    this process runs the trial.

    Args:
        owner: has ``send_params(trial_id)``, which takes and sends what waits for a trial.
    """

    def __init__(self, owner: Any) -> None:
        self._owner = weakref.ref(owner)
        self._start()

    def _start(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Condition()
        self._known: Set[_Key] = set()
        self._open: Set[int] = set()  # trials that this process runs
        self._waiting: Dict[int, List[Any]] = {}  # by trial
        self._due: Dict[int, float] = {}  # by trial
        self._thread: Optional[threading.Thread] = None

    def _after_fork(self) -> None:
        if self._pid != os.getpid():
            self._start()

    def open(self, trial_id: int) -> None:
        """This process runs the trial."""
        self._after_fork()
        with self._lock:
            self._open.add(trial_id)

    def is_open(self, trial_id: int) -> bool:
        self._after_fork()
        return trial_id in self._open

    def shut(self, trial_id: int) -> None:
        """It does so no more."""
        self._after_fork()
        with self._lock:
            self._open.discard(trial_id)

    def know(self, trial_id: int, name: str, distribution: str) -> None:
        """The server has accepted this."""
        self._after_fork()
        with self._lock:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known.add((trial_id >> 32, name, distribution))

    def put(self, trial_id: int, param: Any) -> bool:
        """Keeps a ChosenParam for later; False where it must be sent at once."""
        self._after_fork()
        with self._lock:
            if trial_id not in self._open or (trial_id >> 32, param.name, param.distribution) not in self._known:
                return False
            params = self._waiting.setdefault(trial_id, [])
            params[:] = [other for other in params if other.name != param.name]
            params.append(param)
            if trial_id not in self._due:
                self._due[trial_id] = time.monotonic() + _SOON
                if self._thread is None:
                    self._thread = threading.Thread(target=_send_due, args=(weakref.ref(self),), daemon=True)
                    self._thread.start()
            return True

    def take(self, trial_id: int) -> List[Any]:
        """What waits for a trial; nothing does from now on."""
        self._after_fork()
        with self._lock:
            self._due.pop(trial_id, None)
            return self._waiting.pop(trial_id, [])

    def trials(self, study_id: Optional[int] = None) -> List[int]:
        """Those for which something waits."""
        self._after_fork()
        with self._lock:
            return [trial_id for trial_id in self._waiting if study_id is None or trial_id >> 32 == study_id]

    def _next(self) -> Tuple[List[int], float]:
        """The trials whose parameters are due, and how long there is nothing else to do."""
        with self._lock:
            now = time.monotonic()
            due = [trial_id for trial_id, at in self._due.items() if at <= now]
            return due, max(0.0, min(self._due.values(), default=now + _SOON) - now)

    def _send(self, trial_id: int) -> None:
        owner = self._owner()
        if owner is not None:
            owner.send_params(trial_id)


def _send_due(ref: "weakref.ref[PendingParams]") -> None:
    """The thread that sends what is due, as long as there is anybody to send for."""
    while True:
        pending = ref()
        if pending is None or pending._pid != os.getpid():
            return
        due, pause = pending._next()
        for trial_id in due:
            try:
                pending._send(trial_id)
            except Exception:  # the trial's next change says what is wrong
                continue
        del pending
        if not due:
            time.sleep(max(pause, 0.01))
