"""Sends finished trials in batches, so that it is always known how many are in, and a second run adds none twice."""

from __future__ import annotations

import hashlib
import logging
import re
import uuid
from typing import Any, Iterator, List, NamedTuple, Sequence, Tuple

from parzen._proto import parzen_pb2
from parzen.connection import new_request_id
from parzen.errors import Error
from parzen.session import Session

_log = logging.getLogger("parzen")

# A message is at most 4 MiB and 10,000 trials; half of that leaves room for what surrounds it.
_BATCH_BYTES = 2 * 1024 * 1024
_BATCH_TRIALS = 5_000

# Of request ids that are made from what is sent.
_NAMESPACE = uuid.UUID("8d6ee0ee-3a4c-4b3c-9d0e-6d3c3f0e6a51")

_INDEX = re.compile(r"\btrials\[(\d+)\]")


class Batch(NamedTuple):
    """Trials that are recorded as a whole or not at all."""

    first: int  # index of the first in the whole list
    trials: List[parzen_pb2.Trial]
    later: List[Tuple[int, parzen_pb2.UpdateTrialRequest]]  # index in the batch, and attributes that no message had room for


def batches(messages: Sequence[parzen_pb2.Trial]) -> Iterator[Batch]:
    """Splits trials so that each call stays within the server's limits. Where the list begins as another does, so do the
    batches."""
    batch = Batch(0, [], [])
    size = 0
    for i, message in enumerate(messages):
        message, later = _without_excess(message)
        message_size = message.ByteSize() + 8
        if batch.trials and (size + message_size > _BATCH_BYTES or len(batch.trials) == _BATCH_TRIALS):
            yield batch
            batch, size = Batch(i, [], []), 0
        batch.later.extend((len(batch.trials), request) for request in later)
        batch.trials.append(message)
        size += message_size
    if batch.trials:
        yield batch


def _without_excess(message: parzen_pb2.Trial) -> Tuple[parzen_pb2.Trial, List[parzen_pb2.UpdateTrialRequest]]:
    """A trial that is larger than a message may be, without the attributes that make it so, and those in messages of their
    own."""
    excess = message.ByteSize() - _BATCH_BYTES
    if excess <= 0:
        return message, []
    small, later = parzen_pb2.Trial(), [parzen_pb2.UpdateTrialRequest()]
    small.CopyFrom(message)
    for field in ("user_attrs", "system_attrs"):
        small.ClearField(field)
        for attribute in getattr(message, field):
            if excess <= 0:
                getattr(small, field).append(attribute)
                continue
            excess -= attribute.ByteSize()
            if later[-1].ByteSize() + attribute.ByteSize() > _BATCH_BYTES:
                later.append(parzen_pb2.UpdateTrialRequest())
            getattr(later[-1], field).append(attribute)
    return small, [request for request in later if request.ByteSize() > 0]


def send(session: Session, study: str, uid: int, messages: Sequence[parzen_pb2.Trial], repeat: bool) -> List[int]:
    """Adds trials to a study; their numbers. ``repeat``: also those that the same call has added before."""
    numbers: List[int] = []
    try:
        for batch in batches(messages):
            numbers.extend(_send_batch(session, study, uid, batch, repeat))
    except Error as e:
        if len(messages) == 1:
            raise
        raise _stopped(e, len(numbers), len(messages), repeat) from None
    except BaseException:
        _log.warning("add_trials was interrupted: %s", _where(len(numbers), len(messages), repeat))
        raise
    return numbers


def _send_batch(session: Session, study: str, uid: int, batch: Batch, repeat: bool) -> List[int]:
    request = parzen_pb2.AddTrialsRequest(study=study, study_uid=uid, trials=batch.trials)
    request.request_id = new_request_id() if repeat else _id_of(uid, batch.first, request)
    try:
        response = session.call("AddTrials", request)
    except Error as e:
        message = _INDEX.sub(lambda match: f"trials[{int(match[1]) + batch.first}]", e.message)
        raise type(e)(message, code=e.code, reason=e.reason, metadata=e.metadata) from None
    for i, (index, update) in enumerate(batch.later):
        number = response.first_number + index
        update.trial.CopyFrom(parzen_pb2.TrialHandle(study_uid=uid, number=number))
        update.request_id = new_request_id() if repeat else _id_of(uid, i, update)
        session.call("UpdateTrial", update)
    return list(range(response.first_number, response.first_number + response.count))


def _id_of(uid: int, place: int, request: Any) -> str:
    """The same for the same trials at the same place, in any process: a second run of an import is the same requests again."""
    digest = hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
    return str(uuid.uuid5(_NAMESPACE, f"{uid} {place} {digest}"))


def _stopped(e: Error, done: int, total: int, repeat: bool) -> Error:
    return type(e)(f"{e.message}; {_where(done, total, repeat)}", code=e.code, reason=e.reason, metadata=e.metadata)


def _where(done: int, total: int, repeat: bool) -> str:
    if repeat:
        return f"{done} of {total} trials are in: the first {done}"
    return f"{done} of {total} trials are in, the first ones; add_trials with the whole list again adds the rest, and none twice"
