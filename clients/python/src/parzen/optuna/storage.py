"""ParzenStorage: Optuna's GrpcStorageProxy over a connection that is secured, retried and leased."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from typing import Any, Callable, Container, Dict, List, Optional, Sequence, Union

import grpc
from optuna.distributions import BaseDistribution, distribution_to_json, json_to_distribution
from optuna.storages import GrpcStorageProxy
from optuna.trial import FrozenTrial, TrialState

from parzen._proto import optuna_pb2, parzen_pb2
from parzen.connection import new_request_id
from parzen.errors import Error
from parzen.lease import Lease
from parzen.optuna.pending import PendingParams
from parzen.optuna.service import StorageError, frozen_trial, storage_service, trials_service
from parzen.session import Session
from parzen.tls import Tls
from parzen.values import as_float, invalid

try:
    from optuna.storages._grpc.client import GrpcClientCache
except ImportError as e:  # its insides have moved
    raise ImportError("parzen.optuna works with Optuna 4.2 to 5.0") from e
try:
    from optuna.exceptions import UpdateFinishedTrialError
except ImportError:  # until 4.3 Optuna has no name of its own for it
    UpdateFinishedTrialError = RuntimeError

_MIN_LEASE, _MAX_LEASE = 1.0, 86400.0  # seconds
_ENDS = {
    TrialState.COMPLETE: optuna_pb2.AdvanceTrialRequest.COMPLETE,
    TrialState.PRUNED: optuna_pb2.AdvanceTrialRequest.PRUNED,
    TrialState.FAIL: optuna_pb2.AdvanceTrialRequest.FAIL,
}


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
        self._stub = storage_service(self._session, self._lease)
        self.trials = trials_service(self._session, self._lease)
        self._cache = GrpcClientCache(self._stub)
        self._uids: Dict[int, int] = {}  # by the study's id
        self._leases: Dict[int, Lease] = {}  # by the trial's id
        self._pending = PendingParams(self)
        self._samplers: Dict[int, Any] = {}  # weak, by the study's id
        self._answered = threading.local()  # the trial that the thread's last change of one was answered with

    def wait_server_ready(self, timeout: Optional[float] = None) -> None:
        """Waits until the server answers; ConnectionError where it does not within ``timeout`` seconds."""
        try:
            self._session.call("GetServerInfo", parzen_pb2.GetServerInfoRequest(), timeout)
        except Error as e:
            raise ConnectionError(e.message) from e

    def close(self) -> None:
        """Closes the connection; leases are renewed no more."""
        for trial_id in self._pending.trials():
            with contextlib.suppress(KeyError, UpdateFinishedTrialError):  # its study was deleted, or somebody has ended it
                self.send_params(trial_id)
        self._leases.clear()
        self._session.close()

    def sample_with(self, study_id: int, sampler: Any) -> None:
        """From now on trials of the study begin with the suggestions of a :class:`ParzenSampler`."""
        self._samplers[study_id] = weakref.ref(sampler)

    # --- Trials: what a trial says goes in few calls.

    def create_new_trial(self, study_id: int, template_trial: Optional[FrozenTrial] = None) -> int:
        if template_trial is not None:
            trial_id: int = super().create_new_trial(study_id, template_trial)
            if template_trial.state == TrialState.RUNNING:
                self._hold(trial_id, attempt=0)
            return trial_id

        def begin(sampling: Any = None, expected: Sequence[Any] = ()) -> Any:
            return self.trials.BeginTrial(
                optuna_pb2.BeginTrialRequest(study_id=study_id, sampling=sampling, expected=expected)
            )

        sampler = self._samplers.get(study_id, lambda: None)()
        try:
            answer = begin() if sampler is None else sampler.begin(study_id, begin)
        except StorageError as e:
            if e.code() == grpc.StatusCode.NOT_FOUND:
                raise KeyError from e
            raise
        for named in answer.joint.space:
            self._pending.know(answer.trial_id, named.name, named.distribution)
        self._uids[study_id] = answer.study_uid
        self._hold(answer.trial_id, attempt=0)
        self._answered.trial = frozen_trial(answer.trial) if answer.trial else None
        return int(answer.trial_id)

    def set_trial_param(
        self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution
    ) -> None:
        text = distribution_to_json(distribution)
        param = optuna_pb2.ChosenParam(name=param_name, value=param_value_internal, distribution=text)
        self._answered.trial = None
        if self._pending.put(trial_id, param):
            return
        super().set_trial_param(trial_id, param_name, param_value_internal, distribution)
        self._pending.know(trial_id, param_name, text)

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Optional[Sequence[float]] = None) -> bool:
        def otherwise() -> bool:
            return bool(super(ParzenStorage, self).set_trial_state_values(trial_id, state, values))

        self._answered.trial = None
        if state in _ENDS:
            advance = optuna_pb2.AdvanceTrialRequest(trial_id=trial_id, end=_ENDS[state], values=values or ())
            updated = self._advance(advance, otherwise)
        else:
            self.send_params(trial_id)
            updated = otherwise()
        if state != TrialState.RUNNING:
            self._pending.shut(trial_id)
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

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        def otherwise() -> bool:
            super(ParzenStorage, self).set_trial_intermediate_value(trial_id, step, intermediate_value)
            return True

        self._answered.trial = None
        advance = optuna_pb2.AdvanceTrialRequest(trial_id=trial_id, intermediate_values={step: intermediate_value})
        self._advance(advance, otherwise)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        self.send_params(trial_id)
        super().set_trial_user_attr(trial_id, key, value)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        self.send_params(trial_id)
        super().set_trial_system_attr(trial_id, key, value)

    def send_params(self, trial_id: int) -> bytes:
        """Sends what waits for a trial, which is about to be changed or looked at; the trial as it is then, serialized, where the
        server has answered with it, or nothing."""
        self._answered.trial = None
        params = self._pending.take(trial_id)
        if not params:
            return b""
        answer = self._try_advance(optuna_pb2.AdvanceTrialRequest(trial_id=trial_id, params=params))
        return b"" if answer is None else bytes(answer.trial)

    def _advance(self, request: Any, otherwise: Callable[[], bool]) -> bool:
        """Changes a trial, and sends what waits for it, in one call; ``otherwise()`` for a trial that this process does not run."""
        trial_id = request.trial_id
        if not self._pending.is_open(trial_id):
            return otherwise()
        request.params.extend(self._pending.take(trial_id))
        answer = self._try_advance(request)
        if answer is None:
            return otherwise()
        if request.end != optuna_pb2.AdvanceTrialRequest.NOT_ENDED:
            self._answered.trial = frozen_trial(answer.trial)
        return True

    def _try_advance(self, request: Any) -> Any:
        """The answer; None where the trial does not run any more, and nothing but its parameters was set."""
        try:
            return self.trials.AdvanceTrial(request)
        except StorageError as e:
            if e.error.reason != "TRIAL_NOT_RUNNING":
                _raise_as_optuna(e)
        # Its lease ran out: the trial waits, and may still be changed, by one thing after the other.
        self._pending.shut(request.trial_id)
        for param in request.params:
            self._set_param(request.trial_id, param)
        return None

    def _set_param(self, trial_id: int, param: Any) -> None:
        super().set_trial_param(trial_id, param.name, param.value, json_to_distribution(param.distribution))

    # --- Reading: what this process has set is there.

    def get_trial(self, trial_id: int) -> FrozenTrial:
        # What a change was answered with is the trial, as it was then: for the first look at one that has just begun, which nobody
        # else knows, and for one that has ended, which nobody changes.
        answered = getattr(self._answered, "trial", None)
        self._answered.trial = None
        if answered is not None and answered._trial_id == trial_id:
            return answered
        text = self.send_params(trial_id)
        return frozen_trial(text) if text else super().get_trial(trial_id)

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Optional[Container[TrialState]] = None
    ) -> List[FrozenTrial]:
        if isinstance(states, (tuple, list, set, frozenset)) and set(states) == {TrialState.WAITING}:
            try:
                answer = self.trials.GetWaitingTrials(optuna_pb2.GetWaitingTrialsRequest(study_id=study_id))
            except StorageError as e:
                if e.code() == grpc.StatusCode.NOT_FOUND:
                    raise KeyError from e
                raise
            return [frozen_trial(text) for text in answer.trials]
        for trial_id in self._pending.trials(study_id):
            self.send_params(trial_id)
        trials: List[FrozenTrial] = super().get_all_trials(study_id, deepcopy, states)
        return trials

    def _hold(self, trial_id: int, attempt: Optional[int]) -> None:
        """Renews the lease of a trial that this process runs from now on; ``attempt`` None: as the server says."""
        self._pending.open(trial_id)
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


def _raise_as_optuna(error: StorageError) -> None:
    """As Optuna's client raises what the server refused."""
    if error.code() == grpc.StatusCode.NOT_FOUND:
        raise KeyError from error
    if error.code() == grpc.StatusCode.FAILED_PRECONDITION:
        raise UpdateFinishedTrialError from error
    raise error
