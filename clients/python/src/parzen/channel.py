"""One gRPC channel to a server."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, Optional, Tuple

import grpc

from parzen import fork
from parzen._proto import parzen_pb2
from parzen.address import proxy_of
from parzen.tls import Tls

Metadata = Optional[List[Tuple[str, str]]]
Heard = Optional[Callable[[Any], None]]

_SERVICE = parzen_pb2.DESCRIPTOR.services_by_name["Optimizer"]
# Further services of the same server: the names of their methods' paths, and how each reads its answer.
_MORE_METHODS: Dict[str, Any] = {}
_STREAMING = frozenset(["WatchStudy"])

_CONNECTING = 20.0  # seconds that an attempt to connect may take: a far or busy server needs its time

_OPTIONS: List[Tuple[str, Any]] = [
    # Whatever a server accepted can be read again, in whatever pages it sends it.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # A server that comes back is found within the backoff of Connection, not within gRPC's two minutes.
    ("grpc.initial_reconnect_backoff_ms", 50),
    # In truth how long an attempt to connect may take.
    ("grpc.min_reconnect_backoff_ms", int(_CONNECTING * 1000)),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # A name that points elsewhere now is followed at the next attempt to connect, not after gRPC's 30 s.
    ("grpc.dns_min_time_between_resolutions_ms", 500),
    ("grpc.enable_retries", 0),
    # A connection that a NAT or a load balancer has dropped without a word is noticed while nothing is called, too. The server
    # allows a ping every 20 s.
    ("grpc.keepalive_time_ms", 30000),
    ("grpc.keepalive_timeout_ms", 5000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.use_local_subchannel_pool", 1),
]


def add_service(service: Any, messages: Any) -> None:
    """Channels opened from now on have the unary methods of another service, by their full paths, "/package.Service/Method".

    Args:
        service: its descriptor.
        messages: the module with its messages.
    """
    for method in service.methods:
        _MORE_METHODS[f"/{service.full_name}/{method.name}"] = getattr(messages, method.output_type.name).FromString


class Channel:
    """A channel and the service's methods on it, by name. Any thread may use it."""

    def __init__(self, address: str, tls: Optional[Tls]) -> None:
        options = list(_OPTIONS)
        if proxy_of(address) is None:
            options.append(("grpc.enable_http_proxy", 0))
        self._tls = tls
        self._stamp = None if tls is None else tls.stamp()
        if tls is None:
            self._channel = grpc.insecure_channel(address, options=options)
        else:
            if tls.server_name is not None:
                options.append(("grpc.ssl_target_name_override", tls.server_name))
            self._channel = grpc.secure_channel(address, tls.credentials(), options=options)
        fork.register_hooks()
        self._opened = time.monotonic()
        self._answered = 0.0  # when the server last said anything here; 0: never
        self.methods: Dict[str, Any] = {}
        for method in _SERVICE.methods:
            make = self._channel.unary_stream if method.name in _STREAMING else self._channel.unary_unary
            self.methods[method.name] = make(
                f"/{_SERVICE.full_name}/{method.name}",
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=getattr(parzen_pb2, method.output_type.name).FromString,
            )

        for path, read in _MORE_METHODS.items():
            self.methods[path] = self._channel.unary_unary(
                path, request_serializer=lambda message: message.SerializeToString(), response_deserializer=read
            )

    def call(self, method: str, request: Any, timeout: Optional[float], metadata: Metadata, heard: Heard = None) -> Any:
        """The answer, or grpc.RpcError. ``heard`` is told what metadata came behind either."""
        try:
            answer, ended = self.methods[method].with_call(request, timeout=timeout, metadata=metadata)
        except grpc.RpcError as e:
            self._note(e, heard)
            raise
        self._answered = time.monotonic()
        if heard is not None:
            heard(ended.trailing_metadata())
        return answer

    def call_slowly(
        self, method: str, request: Any, timeout: Optional[float], metadata: Metadata, patience: float, heard: Heard = None
    ) -> Any:
        """As ``call``, for what takes the server long: asks it every ``patience`` seconds whether it is still there. None where
        it is not; the call is cancelled then."""
        call = self.methods[method].future(request, timeout=timeout, metadata=metadata)
        answer = None
        try:
            while answer is None:
                try:
                    answer = call.result(timeout=patience)
                except grpc.FutureTimeoutError:
                    if not self._answers(metadata, patience):
                        call.cancel()
                        return None
        except grpc.RpcError as e:
            self._note(e, heard)
            raise
        except BaseException:  # Ctrl-C, or the channel was closed
            call.cancel()
            raise
        self._answered = time.monotonic()
        if heard is not None:
            heard(call.trailing_metadata())
        return answer

    def storage_id(self, timeout: float, metadata: Metadata) -> Optional[str]:
        """Of the server's database; None where it does not say in time."""
        try:
            info: parzen_pb2.ServerInfo = self.call("GetServerInfo", parzen_pb2.GetServerInfoRequest(), timeout, metadata)
        except grpc.RpcError:
            return None
        return info.storage_id or None

    def _answers(self, metadata: Metadata, timeout: float) -> bool:
        """Whether the server answers here, whatever it says."""
        asked = time.monotonic()
        try:
            self.call("GetServerInfo", parzen_pb2.GetServerInfoRequest(), timeout, metadata)
        except grpc.RpcError:
            return not self.is_silent(asked)
        return True

    def has_answered(self) -> bool:
        """Whether the server has ever said anything here."""
        return self._answered > 0

    def is_silent(self, since: float) -> bool:
        """Whether the server has said nothing here since then, by time.monotonic(), and has had the time to be connected to."""
        return self._answered < since and (self._answered > 0 or time.monotonic() - self._opened >= _CONNECTING)

    def _note(self, error: grpc.RpcError, heard: Heard) -> None:
        """A refusal is an answer, too; what gRPC itself makes up where there is none is not."""
        if heard is not None:
            heard(error.trailing_metadata())
        if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED):
            self._answered = time.monotonic()

    def is_outdated(self) -> bool:
        """Whether the files of its TLS have changed since it was opened."""
        return self._tls is not None and self._tls.stamp() != self._stamp

    def close(self) -> None:
        """Cancels what runs."""
        self._channel.close()
