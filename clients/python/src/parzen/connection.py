"""Calls to a server, or to one of several, with retries, safe across forks.

A channel is opened at the first call, not before. What the server may not have heard or answered is tried again with exponential
backoff and jitter until the call's timeout; the request, its request_id included, stays the same, so that the server answers a
repeat with what it recorded.

A connection can die without a word: a NAT forgets it, a cable is pulled, the server's machine is paused. So the first attempt is
bounded to some seconds; where it times out and nothing was answered on the channel meanwhile, the next one goes over a new
channel. What takes the server itself long (a thousand suggestions, say) is then waited for as long as the server answers to being
asked whether it is there.

Where there are several addresses, all of the same studies, an attempt that finds nobody at one is followed by one at the next,
and all calls stay there until that one is gone, too. A study's calls go straight to the server that owns it, once another one has
said which that is; where it fails, they go back to the addresses that were given.
"""

from __future__ import annotations

import os
import random
import threading
import time
import uuid
import weakref
from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence, Tuple

import grpc

from parzen import fork
from parzen.address import addresses_in, proxy_of
from parzen.channel import Channel, Metadata
from parzen.errors import Code, DeadlineExceeded, Error, FailedPrecondition, InvalidArgument, Unavailable, from_rpc_error
from parzen.owners import Owners, Study, study_of
from parzen.tls import Tls, Token

_FIRST_BACKOFF = 0.05  # seconds
_MAX_BACKOFF = 2.0  # seconds
_PATIENCE = 5.0  # seconds until a channel is doubted
_INTRODUCTION = 1.0  # seconds that an owner's server has to show that it is there


def new_request_id() -> str:
    # uuid4 reads the operating system's generator, so that forked children never draw the same.
    return str(uuid.uuid4())


# What ends with one of these at a study's owner is tried where the client was told to go.
_SHUNNED_FOR = frozenset([Code.UNAVAILABLE, Code.UNAUTHENTICATED, Code.PERMISSION_DENIED, Code.UNIMPLEMENTED, Code.INTERNAL])


class _Attempt(NamedTuple):
    """How one attempt of a call ended."""

    answer: Any
    error: Optional[Error] = None
    at_once: bool = False  # the next attempt need not wait


class Connection:
    """Calls one server. Any thread may use it.

    Args:
        address: "host:port", or what gRPC takes as a target; or several of them, with commas between them.
        timeout: seconds for a whole call, retries included; None: no limit.
        tls: None: plain text.
        token: shown with every call; None: none.
    """

    def __init__(self, address: str, timeout: Optional[float], tls: Optional[Tls] = None, token: Optional[Token] = None) -> None:
        self.address = address
        self.timeout = timeout
        self.tls = tls
        self.token = token
        self._addresses = addresses_in(address)
        self._at = 0  # which of them is called
        self._lock = threading.Lock()
        self._channel: Optional[Channel] = None
        self._channels: "weakref.WeakSet[Channel]" = weakref.WeakSet()  # those that were dropped, too, while calls run on them
        self._was_open = False
        self._closed = False
        # A token is shown in plain text only where whoever made this connection wants it.
        self._owners = Owners(self._addresses, elsewhere=tls is not None or token is None)
        self._straight: Dict[str, Optional[Channel]] = {}  # to owners, by address; None: it is being tried
        self._storage_id: Optional[str] = None
        fork.register(self)

    def _open(self) -> Channel:
        if not fork.forked_cleanly():
            message = "this process was forked while gRPC calls were in flight that could not be cancelled: start it with 'spawn'"
            raise FailedPrecondition(message, reason="UNCLEAN_FORK")
        with self._lock:
            if self._closed:
                raise FailedPrecondition("the client is closed", reason="CLIENT_CLOSED")
            if self._channel is None:
                try:
                    self._channel = Channel(self._addresses[self._at], self.tls)
                except InvalidArgument as e:
                    if not self._was_open:
                        raise
                    raise Unavailable(e.message) from None  # files that were good once are being replaced
                self._channels.add(self._channel)
                self._was_open = True
            return self._channel

    def _drop(self, channel: Channel) -> None:
        """The next call opens another channel; calls that run on this one may go on."""
        with self._lock:
            if self._channel is channel:
                self._channel = None

    def _move_on(self, channel: Channel) -> bool:
        """The next call goes to the next address, unless another thread has seen to that. False where there is but one."""
        if len(self._addresses) == 1:
            return False
        with self._lock:
            if self._channel is channel:
                self._channel = None
                self._at = (self._at + 1) % len(self._addresses)
        return True

    def _open_straight(self, study: Optional[Study], remaining: Optional[float]) -> Optional[Channel]:
        """A channel to the study's owner, where that is known, is not called anyhow, and has the same studies."""
        owner = self._owners.of(study)
        if owner is None or owner == self._addresses[self._at]:
            return None
        with self._lock:
            if self._closed or owner in self._straight:
                return self._straight.get(owner)
            self._straight[owner] = None
        found = None
        try:
            bound = _INTRODUCTION if remaining is None else min(_INTRODUCTION, remaining / 4)  # of each of two questions
            found = self._introduce(owner, bound)
        finally:
            with self._lock:
                self._straight.pop(owner, None)
                if found is not None and not self._closed:
                    self._straight[owner] = found
                    self._channels.add(found)
            if found is None:
                self._owners.shun(owner)
        return found

    def _is_in_use(self, channel: Optional[Channel]) -> bool:
        """Whether nobody has dropped or closed it."""
        with self._lock:
            return channel is self._channel or channel in self._straight.values()

    def _introduce(self, owner: str, timeout: float) -> Optional[Channel]:
        """The address may mean another machine here than where the servers are."""
        if self._storage_id is None:
            self._storage_id = self._open().storage_id(timeout, self._metadata())
        try:
            channel = Channel(owner, self.tls)
        except InvalidArgument:
            return None
        if self._storage_id is not None and channel.storage_id(timeout, self._metadata()) == self._storage_id:
            return channel
        channel.close()
        return None

    def _leave(self, channel: Channel) -> bool:
        """Where the channel went straight to an owner: calls go by the addresses that were given again."""
        with self._lock:
            owners = [owner for owner, straight in self._straight.items() if straight is channel]
            for owner in owners:
                del self._straight[owner]
        for owner in owners:
            self._owners.shun(owner)
        return bool(owners)

    def abandon(self) -> None:
        with self._lock:
            channels = list(self._channels)
            self._channels.clear()
            self._straight.clear()
            self._channel = None
        for channel in channels:
            channel.close()

    def forget(self) -> None:
        self._lock = threading.Lock()
        for channel in list(self._channels):
            fork.inherit(channel)
        self._channels = weakref.WeakSet()
        self._straight = {}
        self._owners = Owners(self._addresses, elsewhere=self.tls is not None or self.token is None)
        self._channel = None

    def close(self) -> None:
        self._closed = True
        self.abandon()

    def call(self, method: str, request: Any, timeout: Optional[float] = None, extra: Sequence[Tuple[str, Any]] = ()) -> Any:
        """The answer, or a parzen.Error. ``timeout``: instead of the connection's. ``extra``: metadata besides the token's."""
        timeout = self.timeout if timeout is None else timeout
        begun = time.monotonic()
        deadline = None if timeout is None else begun + timeout
        attempts = failures = 0
        slowly = False
        nobody: Optional[Error] = None  # of the attempt before, where that found no server
        while True:
            started = time.monotonic()
            attempt = self._attempt(method, request, deadline, slowly, extra)
            if attempt.error is None:
                return attempt.answer
            error = attempt.error
            attempts += 1
            slowly = slowly or error.code == Code.DEADLINE_EXCEEDED
            if attempt.at_once and (deadline is None or time.monotonic() < deadline):
                nobody = None
                continue
            if error.code == Code.DEADLINE_EXCEEDED:
                if nobody is not None and time.monotonic() - started < started - begun:  # an attempt cut short says nothing new
                    raise self._gave_up(method, attempts, timeout, nobody) from None
                raise DeadlineExceeded(f"{self.address} did not answer {method} within {timeout:g} s{self._through()}") from None
            if error.code not in (Code.UNAVAILABLE, Code.CANCELLED):
                raise error from None
            failures += 1
            nobody = error if error.code == Code.UNAVAILABLE else None
            if failures % len(self._addresses) and error.code == Code.UNAVAILABLE:
                continue  # one may be there that has not been asked
            if not sleep_before_retry(failures // len(self._addresses), deadline):
                raise self._gave_up(method, attempts, timeout, error) from None

    def _attempt(
        self, method: str, request: Any, deadline: Optional[float], slowly: bool, extra: Sequence[Tuple[str, Any]]
    ) -> _Attempt:
        channel = None
        started = time.monotonic()
        metadata = self._metadata()
        study = study_of(request)

        def heard(trailing: Any) -> None:
            self._owners.learn(study, trailing)

        try:
            with fork.gate():
                straight = self._open_straight(study, _remaining(deadline))
                channel = straight or self._open()
                remaining = _remaining(deadline)
                sent = [*(metadata or ()), *extra] or None
                if slowly:
                    answer = channel.call_slowly(method, request, remaining, sent, _PATIENCE, heard)
                else:
                    # An owner that says nothing leaves time for the others.
                    most = remaining if straight is None or remaining is None else remaining / 2
                    bound = _PATIENCE if most is None else min(_PATIENCE, most)
                    answer = channel.call(method, request, bound, sent, heard)
        except grpc.RpcError as rpc_error:
            return self._failed(channel, from_rpc_error(rpc_error), started, metadata)
        except grpc.FutureCancelledError:
            return _Attempt(None, Error("the call was cancelled", code=Code.CANCELLED), at_once=True)
        except Unavailable as e:
            return _Attempt(None, e)
        except ValueError as e:
            # grpcio raises ValueError for a closed channel, protobuf for a message that cannot be encoded.
            if isinstance(e, Error):
                raise
            if self._closed:
                raise FailedPrecondition("the client is closed", reason="CLIENT_CLOSED") from None
            if channel is not None and not self._is_in_use(channel):
                return _Attempt(None, Error(str(e), code=Code.CANCELLED), at_once=True)
            raise InvalidArgument(str(e)) from None
        if answer is None:
            if not self._leave(channel) and not self._move_on(channel):
                self._drop(channel)
            return _Attempt(None, Unavailable("the server does not answer on this connection"))
        return _Attempt(answer)

    def _failed(self, channel: Optional[Channel], error: Error, started: float, metadata: Metadata) -> _Attempt:
        """What to do after an error: whether the next attempt is over the same channel, and whether it may come at once."""
        assert channel is not None  # what else fails raises no RpcError
        if error.code in _SHUNNED_FOR and self._leave(channel):
            return _Attempt(None, error, at_once=True)
        if error.code == Code.DEADLINE_EXCEEDED:
            silent = channel.is_silent(started)
            if silent and self._leave(channel):
                return _Attempt(None, error, at_once=True)
            moved = (silent or not channel.has_answered()) and self._move_on(channel)
            if silent and not moved:
                self._drop(channel)
            return _Attempt(None, error, at_once=True)
        if error.code == Code.CANCELLED:
            if self._closed:
                raise FailedPrecondition("the client is closed", reason="CLIENT_CLOSED") from None
            given_up = not self._is_in_use(channel)  # by a fork, or by another thread
            return _Attempt(None, error, at_once=given_up)
        if error.code == Code.UNAVAILABLE and not self._move_on(channel) and channel.is_outdated():
            self._drop(channel)
        return _Attempt(None, error, at_once=error.code == Code.UNAUTHENTICATED and self._metadata() != metadata)

    def _gave_up(self, method: str, attempts: int, timeout: Optional[float], error: Error) -> Unavailable:
        within = "" if timeout is None else f" in {timeout:g} s"
        message = f"{self.address} does not answer {method} after {attempts} attempts{within}{self._through()}: {error.message}"
        return Unavailable(message, reason=error.reason, metadata=error.metadata)

    def _through(self) -> str:
        proxy = proxy_of(self._addresses[self._at])
        return "" if proxy is None else f" (through {proxy})"

    def stream(self, method: str, request: Any, timeout: Optional[float] = None) -> "Stream":
        """Opens a server stream that lasts ``timeout`` seconds at most; an error comes with its first message."""
        study = study_of(request)
        with fork.gate():
            straight = self._open_straight(study, timeout)
            channel = straight or self._open()

            def heard(metadata: Any) -> bool:
                self._owners.learn(study, metadata)
                return straight is None and self._owners.of(study) not in (None, self._addresses[self._at])

            def failed(error: Error) -> Error:
                if error.code in _SHUNNED_FOR and self._leave(channel):
                    return Unavailable(error.message, reason=error.reason, metadata=error.metadata)  # perhaps only there
                if error.code == Code.UNAVAILABLE:
                    self._move_on(channel)
                return error

            try:
                call = channel.methods[method](request, timeout=timeout, metadata=self._metadata())
                return Stream(call, heard, failed)
            except ValueError as e:
                if self._closed:
                    raise FailedPrecondition("the client is closed", reason="CLIENT_CLOSED") from None
                if not self._is_in_use(channel):
                    raise Error("the channel was closed", code=Code.CANCELLED) from None
                raise InvalidArgument(str(e)) from None

    def _metadata(self) -> Metadata:
        token = None if self.token is None else self.token.read()
        return None if token is None else [("authorization", "Bearer " + token)]


class Stream:
    """A server stream. A fork cancels it: then, and in the child, its error is CANCELLED.

    Args:
        call: gRPC's.
        heard: told what metadata came before the first message; whether a new stream would go straight to the study's owner.
        failed: told the error with which it ends; the one to raise.

    Attributes:
        is_forwarded: another server than the study's owner sends it, since its first message; a new stream would go there.
    """

    def __init__(self, call: Any, heard: Callable[[Any], bool], failed: Callable[[Error], Error]) -> None:
        self.is_forwarded = False
        self._call = call
        self._heard: Optional[Callable[[Any], bool]] = heard  # None: it has been told
        self._failed = failed
        self._pid = os.getpid()
        fork.gate().add_stream(call)

    def next(self) -> Any:
        """The next message; StopIteration at the end, a parzen.Error where the stream fails."""
        if self._pid != os.getpid():
            raise Error("the stream belongs to the parent process", code=Code.CANCELLED)
        gate = fork.gate()
        try:
            with gate:
                message = next(self._call)
                if self._heard is not None:
                    self.is_forwarded = self._heard(self._call.initial_metadata())
                    self._heard = None
                return message
        except grpc.RpcError as rpc_error:
            gate.remove_stream(self._call)
            raise self._failed(from_rpc_error(rpc_error)) from None
        except StopIteration:
            gate.remove_stream(self._call)
            raise

    def cancel(self) -> None:
        if self._pid == os.getpid():
            fork.gate().remove_stream(self._call)
            self._call.cancel()


def _remaining(deadline: Optional[float]) -> Optional[float]:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def sleep_before_retry(attempt: int, deadline: Optional[float]) -> bool:
    """Sleeps before retry ``attempt`` (1, 2, ...); False, without sleeping, where the deadline would pass."""
    backoff = min(_MAX_BACKOFF, _FIRST_BACKOFF * 2 ** min(attempt - 1, 10)) * random.uniform(0.5, 1.0)
    if deadline is not None and time.monotonic() + backoff >= deadline:
        return False
    time.sleep(backoff)
    return True
