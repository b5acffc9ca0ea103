"""The native API over the wire, without the client library: bytes in, status and reason out."""

from __future__ import annotations

import dataclasses
import uuid

import grpc
from google.protobuf import message as protobuf_message
from google.protobuf import message_factory

from parzen._proto import error_pb2
from parzen._proto import parzen_pb2 as pb

SERVICE = pb.DESCRIPTOR.services_by_name["Optimizer"]
METHODS = {method.name: method for method in SERVICE.methods}
STREAMS = {"WatchStudy"}


def message_class(descriptor):
    """The Python class of a message descriptor, with any protobuf from 3.20 on."""
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory().GetPrototype(descriptor)


@dataclasses.dataclass(frozen=True)
class Answer:
    code: str  # "OK", "INVALID_ARGUMENT", ...
    reason: str  # of the ErrorInfo; "" where there is none
    message: str
    response: object = None  # of a stream: its first message

    @property
    def ok(self) -> bool:
        return self.code == "OK"


def reason_of(error: grpc.RpcError) -> str:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status = error_pb2.ErrorStatus.FromString(value)
            info = error_pb2.ErrorInfo()
            for detail in status.details:
                info.ParseFromString(detail.value)
                return info.reason
    return ""


class Wire:
    """One channel. Requests may be messages or bytes of any kind."""

    def __init__(self, address: str, credentials: grpc.ChannelCredentials | None = None, token: str | None = None, timeout: float = 30.0):
        options = [
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_reconnect_backoff_ms", 500),
            ("grpc.initial_reconnect_backoff_ms", 50),
            ("grpc.enable_retries", 0),
        ]
        if credentials is None:
            self.channel = grpc.insecure_channel(address, options)
        else:
            self.channel = grpc.secure_channel(address, credentials, options)
        self.metadata = [("authorization", "Bearer " + token)] if token is not None else []
        self.timeout = timeout

    def close(self) -> None:
        self.channel.close()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, method: str, request, metadata=None, timeout: float | None = None, wait_for_ready: bool = False) -> Answer:
        data = request.SerializeToString() if isinstance(request, protobuf_message.Message) else bytes(request)
        response_class = message_class(METHODS[method].output_type)
        path = f"/{SERVICE.full_name}/{method}"
        arguments = dict(
            metadata=self.metadata if metadata is None else metadata,
            timeout=self.timeout if timeout is None else timeout,
            wait_for_ready=wait_for_ready,
        )
        try:
            if method in STREAMS:
                stream = self.channel.unary_stream(path, response_deserializer=response_class.FromString)(data, **arguments)
                try:
                    return Answer("OK", "", "", next(stream))
                finally:
                    stream.cancel()
            stub = self.channel.unary_unary(path, response_deserializer=response_class.FromString)
            return Answer("OK", "", "", stub(data, **arguments))
        except grpc.RpcError as error:
            return Answer(error.code().name, reason_of(error), error.details() or "")

    def must(self, method: str, request, **arguments):
        """The response of a call that has to succeed."""
        answer = self.call(method, request, **arguments)
        assert answer.ok, f"{method}: {answer}"
        return answer.response


def request_id() -> str:
    return str(uuid.uuid4())


def snapshot(wire: Wire) -> bytes:
    """Everything that can be read: two snapshots are equal where nothing has changed in between."""
    parts = []
    token = ""
    while True:
        page = wire.must("ListStudies", pb.ListStudiesRequest(page_size=1000, page_token=token))
        for study in page.studies:
            parts.append(study.SerializeToString(deterministic=True))
            trials_token = ""
            while True:
                trials = wire.must("ListTrials", pb.ListTrialsRequest(study=study.name, page_size=10000, page_token=trials_token, view=pb.FULL))
                parts += [trial.SerializeToString(deterministic=True) for trial in trials.trials]
                trials_token = trials.next_page_token
                if not trials_token:
                    break
        token = page.next_page_token
        if not token:
            return b"\0".join(parts)
