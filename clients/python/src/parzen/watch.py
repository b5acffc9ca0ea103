"""A study's changes as they happen."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any, Deque, List, Optional

from parzen._proto import parzen_pb2
from parzen.connection import Stream, sleep_before_retry
from parzen.errors import Code, Error, NotFound
from parzen.session import Session
from parzen.study_info import check_uid
from parzen.trial import Trial
from parzen.values import as_float

# The stream broke; the study has not ended. A fork cancels, a slow reader's stream is ended by the server.
_RECONNECT = frozenset([Code.UNAVAILABLE, Code.CANCELLED, Code.UNKNOWN, Code.INTERNAL, Code.DEADLINE_EXCEEDED])


class Watch:
    """Iterates over trials as they change; see :meth:`Study.watch`. ``close()`` ends it, from any thread; so does ``with``."""

    def __init__(
        self, session: Session, study: str, uid: int, after_revision: int, states: List[Any], timeout: Optional[float]
    ) -> None:
        self._session = session
        self._study = study
        self._uid = uid
        self._revision = after_revision
        self._states = states
        self._deadline = None if timeout is None else time.monotonic() + as_float("timeout", timeout)
        self._pending: Deque[Trial] = deque()
        self._pending_revision = after_revision
        self._stream: Optional[Stream] = None
        self._moved = False  # to the owner: once for each stream that breaks, should the owner prove to be no better
        self._lock = threading.Lock()
        self._closed = False

    @property
    def revision(self) -> int:
        """Everything up to this revision has been iterated over: where another watch may go on."""
        return self._revision

    def __iter__(self) -> "Watch":
        return self

    def __next__(self) -> Trial:
        while not self._pending:
            self._revision = self._pending_revision
            message = self._receive()
            # The first message of a stream has the study, whose name may be another one's since the last stream.
            if message.HasField("study"):
                try:
                    check_uid(self._study, self._uid, message.study.uid)
                except NotFound:
                    self.close()
                    raise
            self._pending.extend(Trial(self._session, trial) for trial in message.trials)
            self._pending_revision = max(self._revision, message.revision)
        trial = self._pending.popleft()
        self._revision = max(self._revision, trial.revision) if self._pending else self._pending_revision
        return trial

    def _receive(self) -> Any:
        """The next batch; after a break it reconnects for as long as the client's timeout."""
        give_up: Optional[float] = None
        attempt = 0
        while True:
            if self._closed or self._expired():
                self.close()
                raise StopIteration
            try:
                stream = self._open()
                message = stream.next()
                if stream.is_forwarded and not self._moved:
                    self._move(stream)
                return message
            except StopIteration:
                error = Error("the server ended the stream", code=Code.UNAVAILABLE)
            except Error as e:
                error = e
            self._stream = None
            self._moved = False
            if self._closed or self._expired():
                continue
            if error.reason != "SLOW_CONSUMER" and error.code not in _RECONNECT:
                raise error from None
            attempt += 1
            if attempt == 1 and self._session.timeout is not None:
                give_up = time.monotonic() + self._session.timeout
            if not sleep_before_retry(attempt, give_up):
                raise error from None

    def _expired(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline

    def _open(self) -> Stream:
        with self._lock:
            if self._stream is not None:
                return self._stream
        request = parzen_pb2.WatchStudyRequest(
            study=self._study, after_revision=self._pending_revision, view=parzen_pb2.FULL, states=self._states
        )
        remaining = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        stream = self._session.stream("WatchStudy", request, remaining)
        with self._lock:
            self._stream = stream
            closed = self._closed
        if closed:
            stream.cancel()  # close() has not seen it
        return stream

    def _move(self, stream: Stream) -> None:
        """The next stream goes straight to the study's owner, and goes on where this one has come to."""
        self._moved = True
        with self._lock:
            self._stream = None
        stream.cancel()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            stream, self._stream = self._stream, None
        if stream is not None:
            stream.cancel()

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
