"""Errors: one class a canonical gRPC code, and one for each reason that programs handle."""

from __future__ import annotations

import enum
import re
from typing import Any, Dict, Mapping, Optional, Tuple, Type

import grpc

from parzen._proto import error_pb2


class Code(str, enum.Enum):
    """A canonical gRPC status code. Equal to its name: ``error.code == "NOT_FOUND"``."""

    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    ABORTED = "ABORTED"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    UNIMPLEMENTED = "UNIMPLEMENTED"
    INTERNAL = "INTERNAL"
    UNAVAILABLE = "UNAVAILABLE"
    DATA_LOSS = "DATA_LOSS"
    UNAUTHENTICATED = "UNAUTHENTICATED"

    def __str__(self) -> str:
        return self.value


# What the server says no to, whenever it is asked.
_FINAL = frozenset(
    [
        Code.INVALID_ARGUMENT,
        Code.NOT_FOUND,
        Code.ALREADY_EXISTS,
        Code.FAILED_PRECONDITION,
        Code.ABORTED,
        Code.OUT_OF_RANGE,
        Code.UNIMPLEMENTED,
    ]
)
# Of those the message says "try again".
_PASSING_LIMITS = frozenset(["LIMIT_CALLS", "LIMIT_REQUESTS", "LIMIT_MEMORY"])


class Error(Exception):
    """Base of everything that Parzen raises.

    Attributes:
        message: what went wrong, for people: the field, the value and what would be accepted.
        code: the canonical code, a :class:`Code`.
        reason: for programs, such as ``"STUDY_FINISHED"`` or ``"BAD_FIELD"``; empty where the server gave none.
        metadata: what belongs to the reason, such as ``{"field": "max_trials"}``.
    """

    default_code = Code.UNKNOWN
    default_reason = ""

    def __init__(
        self,
        message: str,
        *,
        code: Optional[Code] = None,
        reason: Optional[str] = None,
        metadata: Optional[Mapping[str, str]] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code: Code = self.default_code if code is None else code
        self.reason: str = self.default_reason if reason is None else reason
        self.metadata: Dict[str, str] = dict(metadata or {})

    def __str__(self) -> str:
        return self.message

    @property
    def is_transient(self) -> bool:
        """Whether the same call may succeed later, as it is: the server was away, busy, or did not know the token. The trial that
        the call was about has not failed by it."""
        if self.code == Code.RESOURCE_EXHAUSTED:
            return not self.reason.startswith("LIMIT_") or self.reason in _PASSING_LIMITS
        return self.code not in _FINAL

    def __reduce__(self) -> Tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.code, self.reason, self.metadata)


def _rebuild(cls: Type[Error], message: str, code: Code, reason: str, metadata: Dict[str, str]) -> Error:
    return cls(message, code=code, reason=reason, metadata=metadata)


class InvalidArgument(Error, ValueError):
    """An argument is wrong; the message names the field, the value and what is accepted."""

    default_code = Code.INVALID_ARGUMENT
    default_reason = "BAD_FIELD"


class EnqueuedOutOfRange(InvalidArgument):
    """A value that was enqueued does not lie in the range or among the choices that the trial asks for. It is this trial's fault
    only: :meth:`Study.optimize` fails it and goes on."""


class NotFound(Error, LookupError):
    """No such study or trial, or the study has been deleted."""

    default_code = Code.NOT_FOUND


class AlreadyExists(Error):
    """Another study has the name; the message says what differs."""

    default_code = Code.ALREADY_EXISTS


class FailedPrecondition(Error):
    """The study or the trial is not in a state that allows the call."""

    default_code = Code.FAILED_PRECONDITION


class StudyFinished(FailedPrecondition):
    """The study will never hand out a trial again."""

    default_reason = "STUDY_FINISHED"


class StudyPaused(FailedPrecondition):
    """Asks are refused until the study is resumed."""

    default_reason = "STUDY_PAUSED"


class AllHandedOut(FailedPrecondition):
    """max_trials is reached and some trials still run: a retry of one may come, so a worker may wait and ask again."""

    default_reason = "ALL_HANDED_OUT"


class SpaceExhausted(FailedPrecondition):
    """Every point of a finite space has been handed out."""

    default_reason = "SPACE_EXHAUSTED"


class OutcomeDiffers(FailedPrecondition):
    """The trial has another outcome already; the message says which."""

    default_reason = "OUTCOME_DIFFERS"


class Aborted(Error):
    """Something else got there first."""

    default_code = Code.ABORTED


class LeaseLost(Aborted):
    """The trial has passed to another attempt; nothing was recorded."""

    default_reason = "LEASE_LOST"


class ResourceExhausted(Error):
    """A limit of the server: its disk, a page, the number of watches."""

    default_code = Code.RESOURCE_EXHAUSTED


class Unavailable(Error):
    """The server could not be reached within the timeout, although the call was tried again and again."""

    default_code = Code.UNAVAILABLE


class DeadlineExceeded(Error):
    """The call took longer than the timeout."""

    default_code = Code.DEADLINE_EXCEEDED


class Unimplemented(Error, NotImplementedError):
    """This version does not have it yet; the message names it."""

    default_code = Code.UNIMPLEMENTED
    default_reason = "NOT_IMPLEMENTED"


class PermissionDenied(Error):
    """The token does not allow the call."""

    default_code = Code.PERMISSION_DENIED


class Unauthenticated(Error):
    """The server wants a token, or another one."""

    default_code = Code.UNAUTHENTICATED


class Pruned(Exception):
    """Raise it inside ``with study.ask() as trial`` or an objective: the trial ends as PRUNED. It is no error."""


_BY_CODE: Dict[Code, Type[Error]] = {
    cls.default_code: cls
    for cls in (
        InvalidArgument,
        NotFound,
        AlreadyExists,
        FailedPrecondition,
        Aborted,
        ResourceExhausted,
        Unavailable,
        DeadlineExceeded,
        Unimplemented,
        PermissionDenied,
        Unauthenticated,
    )
}
_BY_REASON: Dict[str, Type[Error]] = {
    cls.default_reason: cls for cls in (StudyFinished, StudyPaused, AllHandedOut, SpaceExhausted, OutcomeDiffers, LeaseLost)
}

_DETAILS_KEY = "grpc-status-details-bin"
_ERROR_INFO_TYPE = "google.rpc.ErrorInfo"


_TOO_LARGE = re.compile(r"message larger than max \((\d+) vs\. (\d+)\)")


def from_rpc_error(rpc_error: grpc.RpcError) -> Error:
    """The Parzen error for a failed call: its class by reason, else by code."""
    code = Code[rpc_error.code().name]
    message = rpc_error.details() or ""
    too_large = _TOO_LARGE.search(message)
    if code == Code.RESOURCE_EXHAUSTED and too_large is not None:  # gRPC's own words, which name no field and no setting
        message = f"the request has {too_large[1]} bytes; this server accepts at most {too_large[2]} (parzend --message-mib)"
        return ResourceExhausted(message, reason="LIMIT_MESSAGE")
    info = _error_info(rpc_error)
    reason = info.reason if info is not None else ""
    metadata = dict(info.metadata) if info is not None else {}
    cls = _BY_REASON.get(reason)
    if cls is None or cls.default_code != code:
        cls = _BY_CODE.get(code, Error)
    return cls(message or f"the call failed with {code}", code=code, reason=reason, metadata=metadata)


def _error_info(rpc_error: grpc.RpcError) -> Optional[error_pb2.ErrorInfo]:
    for key, value in rpc_error.trailing_metadata() or ():
        if key != _DETAILS_KEY:
            continue
        try:
            for detail in error_pb2.ErrorStatus.FromString(value).details:
                if detail.type_url.rpartition("/")[2] == _ERROR_INFO_TYPE:
                    info: error_pb2.ErrorInfo = error_pb2.ErrorInfo.FromString(detail.value)
                    return info
        except Exception:  # a proxy's garbage: protobuf's DecodeError class differs between its implementations
            return None
    return None
