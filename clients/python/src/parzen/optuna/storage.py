"""ParzenStorage: Optuna's GrpcStorageProxy over a connection that is secured, retried and leased."""

from __future__ import annotations

import os
import uuid
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

import grpc
from optuna.storages import GrpcStorageProxy
from optuna.storages._grpc.auto_generated import api_pb2
from optuna.trial import FrozenTrial, TrialState

from parzen._proto import parzen_pb2
from parzen.channel import add_service
from parzen.connection import new_request_id
from parzen.errors import Error
from parzen.lease import Lease
from parzen.session import Session
from parzen.tls import Tls
from parzen.values import as_float, invalid

try:
    from optuna.storages._grpc.client import GrpcClientCache
except ImportError as e:  # its insides have moved
    raise ImportError("parzen.optuna works with Optuna 4.2 to 5.0") from e

_SERVICE = api_pb2.DESCRIPTOR.services_by_name["StorageService"]
add_service(_SERVICE, api_pb2)

_MIN_LEASE, _MAX_LEASE = 1.0, 86400.0  # seconds


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


class _Stub:
    """What Optuna's client calls: each method tried until it is answered, and done once."""

    def __init__(self, session: Session, lease: Optional[float]) -> None:
        self._session = session
        self._lease = lease

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        if name not in _SERVICE.methods_by_name:
            raise AttributeError(name)

        def call(request: Any) -> Any:
            try:
                return self._session.call(f"/{_SERVICE.full_name}/{name}", request, extra=self._extra(name))
            except Error as e:
                raise StorageError(e) from e

        return call

    def _extra(self, name: str) -> List[Tuple[str, Any]]:
        if name.startswith("Get"):
            return []
        extra: List[Tuple[str, Any]] = [("parzen-request-id-bin", uuid.uuid4().bytes)]
        if name in ("CreateNewTrial", "SetTrialStateValues"):
            extra.append(("parzen-worker", self._session.worker))
            if self._lease is not None:
                extra.append(("parzen-lease-seconds", repr(self._lease)))
        return extra


class ParzenStorage(GrpcStorageProxy):  # type: ignore[misc]
    """An Optuna storage kept by a Parzen server.

    Args:
        address: "host:port"; None: the environment's PARZEN_ADDRESS, else 127.0.0.1:7070.
        tls: a :class:`parzen.Tls`, True (the authorities that gRPC ships), False; None: the environment's.
        token, token_file: shown with every call; None: the environment's PARZEN_TOKEN.
        lease: seconds after which the server hands a trial to another worker when this process is gone; its trials' leases are
            renewed in the background. None: no leases. A trial that was taken back waits, and study.optimize takes it up first.
        timeout: seconds for a whole call, retries included; None: no limit.
        worker: who runs the trials; None: host-pid-random.

    What the server has not answered is sent again, and done once. Any thread may use it; it may be pickled, but for its token.
    """

    def __init__(
        self,
        address: Optional[str] = None,
        *,
        tls: Union[None, bool, Tls] = None,
        token: Optional[str] = None,
        token_file: Union[None, str, "os.PathLike[str]"] = None,
        lease: Optional[float] = 120,
        timeout: Optional[float] = 30,
        worker: Optional[str] = None,
    ) -> None:
        if lease is not None:
            lease = as_float("lease", lease)
            if not _MIN_LEASE <= lease <= _MAX_LEASE:
                raise invalid("lease", lease, "seconds from 1 to 86,400, or None")
        self._lease = lease
        self._session = Session(address, worker=worker, timeout=timeout, tls=tls, token=token, token_file=token_file)
        self._setup()

    def _setup(self) -> None:
        self._stub = _Stub(self._session, self._lease)
        self._cache = GrpcClientCache(self._stub)
        self._uids: Dict[int, int] = {}  # by the study's id
        self._leases: Dict[int, Lease] = {}  # by the trial's id

    def wait_server_ready(self, timeout: Optional[float] = None) -> None:
        """Waits until the server answers; ConnectionError where it does not within ``timeout`` seconds."""
        try:
            self._session.call("GetServerInfo", parzen_pb2.GetServerInfoRequest(), timeout)
        except Error as e:
            raise ConnectionError(e.message) from e

    def close(self) -> None:
        """Closes the connection; leases are renewed no more."""
        self._leases.clear()
        self._session.close()

    def create_new_trial(self, study_id: int, template_trial: Optional[FrozenTrial] = None) -> int:
        trial_id: int = super().create_new_trial(study_id, template_trial)
        if template_trial is None or template_trial.state == TrialState.RUNNING:
            self._hold(trial_id, attempt=0)
        return trial_id

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Optional[Sequence[float]] = None) -> bool:
        updated: bool = super().set_trial_state_values(trial_id, state, values)
        if state != TrialState.RUNNING:
            held = self._leases.pop(trial_id, None)
            if held is not None:
                self._session.leases.release(held.handle)
        elif updated:
            self._hold(trial_id, attempt=None)
        return updated

    def should_prune(self, trial_id: int, step: int, value: float) -> bool:
        """Whether the study's own pruner finds that a trial of this process should stop, after what it has reported
        (:class:`parzen.optuna.ParzenPruner`)."""
        held = self._leases.get(trial_id)
        try:
            handle = self._handle(trial_id) if held is None else held.handle
            report = parzen_pb2.IntermediateReport(trial=handle, step=step, value=value)
            request = parzen_pb2.ReportRequest(request_id=new_request_id(), reports=[report])
            return bool(self._session.call("Report", request).advice[0].should_prune)
        except Error as e:
            raise StorageError(e) from e

    def _handle(self, trial_id: int) -> parzen_pb2.TrialHandle:
        name = self.get_study_name_from_id(trial_id >> 32)
        request = parzen_pb2.GetTrialRequest(study=name, number=trial_id & 0xFFFFFFFF)
        handle: parzen_pb2.TrialHandle = self._session.call("GetTrial", request).handle
        return handle

    def _hold(self, trial_id: int, attempt: Optional[int]) -> None:
        """Renews the lease of a trial that this process runs from now on; ``attempt`` None: as the server says."""
        if self._lease is None:
            return
        study_id, number = trial_id >> 32, trial_id & 0xFFFFFFFF
        try:
            if attempt is None or study_id not in self._uids:
                handle = self._handle(trial_id)
                self._uids[study_id], attempt = handle.study_uid, handle.attempt
        except Error as e:
            raise StorageError(e) from e
        lease = Lease(parzen_pb2.TrialHandle(study_uid=self._uids[study_id], number=number, attempt=attempt), self._lease)
        self._leases[trial_id] = lease
        self._session.leases.hold(lease)

    def __getstate__(self) -> Dict[str, Any]:
        return {"_lease": self._lease, "_session": self._session}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._setup()
