"""One server's channel: calls with retries, safe across fork.

A channel is opened at the first call, not before. UNAVAILABLE is tried again with exponential backoff and jitter until the call's
timeout; the request, its request_id included, stays the same, so that the server answers a repeat with what it recorded.

Fork: gRPC's core survives a fork only while no call is in flight. So before a fork new calls wait, watches are cancelled (they
reconnect from their last revision) and running calls get a few seconds to end; the child forgets the parent's channel without
touching it and opens its own at its first call.
"""

from __future__ import annotations

import os
import random
import threading
import time
import uuid
import weakref
from typing import Any, Callable, Dict, List, Optional, Set

# Read by gRPC when it is first imported; without it a forked child's first calls fail. Hence errors.py, which imports gRPC too,
# comes after.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "1")

import grpc  # noqa: E402

from parzen._proto import parzen_pb2  # noqa: E402
from parzen.errors import Code, Error, FailedPrecondition, InvalidArgument, Unavailable, from_rpc_error  # noqa: E402
from parzen.tls import Tls  # noqa: E402

_SERVICE = parzen_pb2.DESCRIPTOR.services_by_name["Optimizer"]
_STREAMING = frozenset(["WatchStudy"])

_FIRST_BACKOFF = 0.05  # seconds
_MAX_BACKOFF = 2.0  # seconds
_FORK_PATIENCE = 10.0  # seconds that a fork waits for calls in flight

_CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # A server that comes back is found within the backoff above, not within gRPC's two minutes.
    ("grpc.initial_reconnect_backoff_ms", 50),
    # In truth how long an attempt may take: a far or busy server needs its time.
    ("grpc.min_reconnect_backoff_ms", 20000),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.enable_retries", 0),
    ("grpc.keepalive_time_ms", 30000),
    ("grpc.keepalive_timeout_ms", 10000),
    ("grpc.use_local_subchannel_pool", 1),
]


def new_request_id() -> str:
    # uuid4 reads the operating system's generator, so that forked children never draw the same.
    return str(uuid.uuid4())


class _Gate:
    """Lets calls run, and a fork wait until none does."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._running = 0
        self._closed = False
        self._streams: Set[Any] = set()

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
            self._streams.add(call)

    def remove_stream(self, call: Any) -> None:
        with self._condition:
            self._streams.discard(call)

    def before_fork(self) -> None:
        deadline = time.monotonic() + _FORK_PATIENCE
        with self._condition:
            self._closed = True
            streams = list(self._streams)
        for call in streams:
            call.cancel()
        with self._condition:
            while self._running and time.monotonic() < deadline:
                self._condition.wait(0.05)

    def after_fork_in_parent(self) -> None:
        with self._condition:
            self._closed = False
            self._condition.notify_all()


_gate = _Gate()
_connections: "weakref.WeakSet[Connection]" = weakref.WeakSet()
# Channels and calls that belong to a parent process. Never used nor closed here: their threads exist in the parent only.
_inherited: List[Any] = []


def _after_fork_in_child() -> None:
    global _gate
    _inherited.extend(_gate._streams)
    _gate = _Gate()
    for connection in list(_connections):
        connection._forget_channel()


_hooks_lock = threading.Lock()
_hooks_registered = False


def _register_fork_hooks() -> None:
    """To be called after gRPC has registered its own hooks, at its first channel: the last registered runs first before a fork,
    and once gRPC's have run, its threads deliver no cancellation any more."""
    global _hooks_registered
    with _hooks_lock:
        if not _hooks_registered and hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=lambda: _gate.before_fork(),
                after_in_parent=lambda: _gate.after_fork_in_parent(),
                after_in_child=_after_fork_in_child,
            )
        _hooks_registered = True


class _Channel:
    """A gRPC channel and the service's methods on it, by name."""

    def __init__(self, address: str, tls: Optional[Tls]) -> None:
        if tls is None:
            self.channel = grpc.insecure_channel(address, options=_CHANNEL_OPTIONS)
        else:
            name = [] if tls.server_name is None else [("grpc.ssl_target_name_override", tls.server_name)]
            self.channel = grpc.secure_channel(address, tls.credentials(), options=_CHANNEL_OPTIONS + name)
        _register_fork_hooks()
        self.methods: Dict[str, Callable[..., Any]] = {}
        for method in _SERVICE.methods:
            make = self.channel.unary_stream if method.name in _STREAMING else self.channel.unary_unary
            self.methods[method.name] = make(
                f"/{_SERVICE.full_name}/{method.name}",
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=getattr(parzen_pb2, method.output_type.name).FromString,
            )


class Connection:
    """Calls one server. Any thread may use it.

    Args:
        address: "host:port", or what gRPC takes as a target.
        timeout: seconds for a whole call, retries included; None: no limit.
        tls: None: plain text.
        token: shown with every call; None: none.
    """

    def __init__(self, address: str, timeout: Optional[float], tls: Optional[Tls] = None, token: Optional[str] = None) -> None:
        self.address = address
        self.timeout = timeout
        self.tls = tls
        self._metadata = None if token is None else [("authorization", "Bearer " + token)]
        self._lock = threading.Lock()
        self._channel: Optional[_Channel] = None
        self._closed = False
        _connections.add(self)

    def _open(self) -> _Channel:
        with self._lock:
            if self._closed:
                raise FailedPrecondition("the client is closed", reason="CLIENT_CLOSED")
            if self._channel is None:
                self._channel = _Channel(self.address, self.tls)
            return self._channel

    def _forget_channel(self) -> None:
        self._lock = threading.Lock()
        if self._channel is not None:
            _inherited.append(self._channel)
            self._channel = None

    def close(self) -> None:
        with self._lock:
            channel, self._channel, self._closed = self._channel, None, True
        if channel is not None:
            channel.channel.close()

    def call(self, method: str, request: Any, timeout: Optional[float] = None) -> Any:
        """The answer, or a parzen.Error. ``timeout``: instead of the connection's."""
        timeout = self.timeout if timeout is None else timeout
        deadline = None if timeout is None else time.monotonic() + timeout
        attempt = 0
        while True:
            try:
                with _gate:
                    return self._open().methods[method](request, timeout=_remaining(deadline), metadata=self._metadata)
            except grpc.RpcError as rpc_error:
                error = from_rpc_error(rpc_error)
            except ValueError as e:
                error = self._local_error(e)
            attempt += 1
            if error.code != Code.UNAVAILABLE:
                raise error from None
            if not sleep_before_retry(attempt, deadline):
                message = f"{self.address} does not answer {method} after {attempt} attempts in {timeout:g} s: {error.message}"
                raise Unavailable(message, reason=error.reason, metadata=error.metadata) from None

    def stream(self, method: str, request: Any, timeout: Optional[float] = None) -> "Stream":
        """Opens a server stream that lasts ``timeout`` seconds at most; an error comes with its first message."""
        with _gate:
            try:
                return Stream(self._open().methods[method](request, timeout=timeout, metadata=self._metadata))
            except ValueError as e:
                raise self._local_error(e) from None

    def _local_error(self, e: ValueError) -> Error:
        # grpcio raises ValueError for a closed channel, protobuf for a message that cannot be encoded.
        if isinstance(e, Error):
            raise e
        if self._closed:
            return FailedPrecondition("the client is closed", reason="CLIENT_CLOSED")
        return InvalidArgument(str(e))


class Stream:
    """A server stream. A fork cancels it: then, and in the child, its error is CANCELLED."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self._pid = os.getpid()
        _gate.add_stream(call)

    def next(self) -> Any:
        """The next message; StopIteration at the end, a parzen.Error where the stream fails."""
        if self._pid != os.getpid():
            raise Error("the stream belongs to the parent process", code=Code.CANCELLED)
        gate = _gate
        try:
            with gate:
                return next(self._call)
        except grpc.RpcError as rpc_error:
            gate.remove_stream(self._call)
            raise from_rpc_error(rpc_error) from None
        except StopIteration:
            gate.remove_stream(self._call)
            raise

    def cancel(self) -> None:
        if self._pid == os.getpid():
            _gate.remove_stream(self._call)
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
