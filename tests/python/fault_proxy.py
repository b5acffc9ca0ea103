"""A gRPC proxy between client and server that breaks calls on demand, without knowing what they say."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from concurrent import futures
from typing import Any, Dict, List

import grpc

_STREAMS = {"WatchStudy"}


class FaultProxy(grpc.GenericRpcHandler):
    """Forwards calls byte for byte.

    ``break_calls(method, how, times)`` schedules faults for the next calls of a method:
        "before"  UNAVAILABLE, the server has not seen the call
        "after"   UNAVAILABLE, the server has done it, its answer is lost
        "denied"  PERMISSION_DENIED without details, as some other proxy would say it
        "slow"    the answer comes two seconds late; "slow 5": five
    """

    def __init__(self, target: str) -> None:
        self.requests: Dict[str, List[bytes]] = defaultdict(list)
        self._faults: Dict[str, List[str]] = defaultdict(list)
        self._lock = threading.Lock()
        self._streams: List[Any] = []
        # no limit of its own: the server under test may hold studies of many megabytes
        self._channel = grpc.insecure_channel(target, options=[("grpc.max_receive_message_length", -1)])
        self._server = grpc.server(futures.ThreadPoolExecutor(16), options=[("grpc.max_receive_message_length", -1)])
        self._server.add_generic_rpc_handlers((self,))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def break_calls(self, method: str, how: str, times: int = 1) -> None:
        with self._lock:
            self._faults[method].extend([how] * times)

    def break_streams(self) -> None:
        with self._lock:
            streams, self._streams = self._streams, []
        for stream in streams:
            stream.cancel()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        path = details.method
        method = path.rpartition("/")[2]
        if method in _STREAMS:
            return grpc.unary_stream_rpc_method_handler(lambda request, context: self._stream(path, method, request, context))
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self._unary(path, method, request, context))

    def _unary(self, path: str, method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        with self._lock:
            self.requests[method].append(request)
            fault = self._faults[method].pop(0) if self._faults[method] else ""
        if fault == "before":
            context.abort(grpc.StatusCode.UNAVAILABLE, "the proxy lost the call")
        if fault == "denied":
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "the proxy says no")
        try:
            answer: bytes = self._channel.unary_unary(path)(request, timeout=30)
        except grpc.RpcError as e:
            _pass_on(e, context)
        if fault == "after":
            context.abort(grpc.StatusCode.UNAVAILABLE, "the proxy lost the answer")
        if fault.startswith("slow"):
            time.sleep(float(fault[4:] or 2))
        return answer

    def _stream(self, path: str, method: str, request: bytes, context: grpc.ServicerContext) -> Any:
        call = self._channel.unary_stream(path)(request)
        with self._lock:
            self.requests[method].append(request)
            self._streams.append(call)
        context.add_callback(call.cancel)
        try:
            yield from call
        except grpc.RpcError as e:
            if e.code() == grpc.StatusCode.CANCELLED:
                context.abort(grpc.StatusCode.UNAVAILABLE, "the proxy lost the stream")
            _pass_on(e, context)

    def __enter__(self) -> "FaultProxy":
        self._server.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.break_streams()
        self._server.stop(None).wait()
        self._channel.close()


def _pass_on(error: grpc.RpcError, context: grpc.ServicerContext) -> None:
    context.set_trailing_metadata(error.trailing_metadata() or ())
    context.abort(error.code(), error.details())
