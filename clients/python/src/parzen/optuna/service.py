"""The server's side of an Optuna program: parzen.v1.OptunaTrials, and what Optuna's own client calls, over one session."""

from __future__ import annotations

import datetime
import functools
import json
import uuid
from typing import Any, Callable, List, Optional, Tuple

import grpc
from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.storages._grpc import servicer
from optuna.storages._grpc.auto_generated import api_pb2
from optuna.trial import FrozenTrial

from parzen._proto import optuna_pb2
from parzen.channel import add_service
from parzen.errors import Error
from parzen.session import Session

_STORAGE = api_pb2.DESCRIPTOR.services_by_name["StorageService"]
_TRIALS = optuna_pb2.DESCRIPTOR.services_by_name["OptunaTrials"]
add_service(_STORAGE, api_pb2)
add_service(_TRIALS, optuna_pb2)

# What begins to run a trial is told who runs it.
_BEGINS = frozenset(["CreateNewTrial", "SetTrialStateValues", "BeginTrial"])
_WRITES_NOTHING = ("Get", "Sample")


class StorageError(grpc.RpcError):  # type: ignore[misc]
    """An error of the server, as Optuna's client looks at it.

    Attributes:
        error: the :class:`parzen.Error`, with its reason.
    """

    def __init__(self, error: Error) -> None:
        super().__init__(str(error))
        self.error = error

    def code(self) -> grpc.StatusCode:
        return getattr(grpc.StatusCode, str(self.error.code))

    def details(self) -> str:
        return self.error.message


class _Service:
    """A service's methods, each tried until it is answered, and done once."""

    def __init__(self, service: Any, session: Session, lease: Optional[float]) -> None:
        self._service = service
        self._session = session
        self._lease = lease

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        if name not in self._service.methods_by_name:
            raise AttributeError(name)

        def call(request: Any) -> Any:
            try:
                return self._session.call(f"/{self._service.full_name}/{name}", request, extra=self._extra(name))
            except Error as e:
                raise StorageError(e) from e

        return call

    def _extra(self, name: str) -> List[Tuple[str, Any]]:
        if name.startswith(_WRITES_NOTHING):
            return []
        extra: List[Tuple[str, Any]] = [("parzen-request-id-bin", uuid.uuid4().bytes)]
        if name in _BEGINS:
            extra.append(("parzen-worker", self._session.worker))
            if self._lease is not None:
                extra.append(("parzen-lease-seconds", repr(self._lease)))
        return extra


def storage_service(session: Session, lease: Optional[float]) -> Any:
    """What Optuna's client calls."""
    return _Service(_STORAGE, session, lease)


def trials_service(session: Session, lease: Optional[float]) -> Any:
    """parzen.v1.OptunaTrials."""
    return _Service(_TRIALS, session, lease)


@functools.lru_cache(maxsize=1024)
def distribution_of(text: str) -> BaseDistribution:
    """Of its JSON. A study has few, and each trial has them all."""
    return json_to_distribution(text)


def frozen_trial(text: bytes) -> FrozenTrial:
    """Of a serialized optuna.Trial: what Optuna's own client makes of it."""
    trial = api_pb2.Trial.FromString(text)
    distributions = {name: distribution_of(json_text) for name, json_text in trial.distributions.items()}
    return FrozenTrial(
        number=trial.number,
        trial_id=trial.trial_id,
        state=servicer._from_proto_trial_state(trial.state),
        value=None,
        values=list(trial.values) or None,
        datetime_start=_datetime(trial.datetime_start),
        datetime_complete=_datetime(trial.datetime_complete),
        params={name: distributions[name].to_external_repr(value) for name, value in trial.params.items()},
        distributions=distributions,
        user_attrs={key: json.loads(value) for key, value in trial.user_attributes.items()},
        system_attrs={key: json.loads(value) for key, value in trial.system_attributes.items()},
        intermediate_values=dict(trial.intermediate_values),
    )


def _datetime(text: str) -> Optional[datetime.datetime]:
    return datetime.datetime.fromisoformat(text) if text else None
