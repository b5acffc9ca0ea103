"""Which of several servers owns a study, as a server tells that had to forward a call: the next calls go straight there.

That is a hint and nothing more. An address is used only once the server there has shown that it has the same studies, and is left
for a while where it fails: calls go to the addresses that were given then, as if nothing had been told.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Dict, Optional, Sequence, Tuple, Union

from parzen.address import is_host_and_port

# In the trailing metadata of an answer that another server gave.
_HEADER = "parzen-owner"
_MOST = 4096  # studies that are remembered
_SHUNNED = 60.0  # seconds that an address is left alone after it has failed

Study = Union[str, Tuple[str, int]]  # its name, its uid or Optuna's id


def study_of(request: Any) -> Optional[Study]:
    """The one study that a request is for; None where there is none, or more than one."""
    fields = request.DESCRIPTOR.fields_by_name
    if "study" in fields:
        return (request.study if isinstance(request.study, str) else request.study.name) or None
    if "study_id" in fields:
        return ("id", request.study_id)
    if "trial_id" in fields:
        return ("id", request.trial_id >> 32)
    if "trial" in fields:
        return ("uid", request.trial.study_uid)
    for several in ("outcomes", "reports", "trials"):
        if several in fields:
            uids = {getattr(part, "trial", part).study_uid for part in getattr(request, several)}
            return ("uid", uids.pop()) if len(uids) == 1 else None
    return None


class Owners:
    """Any thread may use it.

    Args:
        addresses: those that were given.
        elsewhere: whether another may be called, too.
    """

    def __init__(self, addresses: Sequence[str], elsewhere: bool) -> None:
        self._addresses = addresses
        self._elsewhere = elsewhere
        self._lock = threading.Lock()
        self._owners: Dict[Study, str] = {}
        self._shunned: Dict[str, float] = {}  # until when

    def of(self, study: Optional[Study]) -> Optional[str]:
        """Where the study's owner is, if that is known."""
        return None if study is None else self._owners.get(study)

    def learn(self, study: Optional[Study], metadata: Any) -> None:
        """From the trailing metadata of an answer, or of an error."""
        told = next((value for key, value in metadata or () if key == _HEADER), None)
        if study is None or told is None or not is_host_and_port(told):
            return
        if not self._elsewhere and told not in self._addresses:
            return
        with self._lock:
            if time.monotonic() < self._shunned.get(told, 0.0):
                return
            if len(self._owners) >= _MOST:
                self._owners.clear()
            self._owners[study] = told

    def shun(self, address: str) -> None:
        """The address has failed."""
        with self._lock:
            self._shunned[address] = time.monotonic() + _SHUNNED
            self._owners = {study: owner for study, owner in self._owners.items() if owner != address}
