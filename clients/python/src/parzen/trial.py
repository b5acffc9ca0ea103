"""One evaluation of an objective: its parameters, and what came out."""

from __future__ import annotations

import datetime
import enum
import math
import warnings
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Type, TypeVar, Union

from parzen._proto import parzen_pb2
from parzen.connection import new_request_id
from parzen.errors import Error, InvalidArgument, Pruned
from parzen.space import Categorical, Float, Int, Parameter, decode_distribution, encode_distribution, same_distribution
from parzen.study_info import check_uid
from parzen.values import (
    ParamValue,
    as_bool,
    as_choice,
    as_float,
    as_int,
    as_text,
    clip_utf8,
    decode_attributes,
    decode_time,
    decode_value,
    encode_attribute,
    encode_named,
    encode_objectives,
    encode_value,
)

if TYPE_CHECKING:
    from parzen.client import Client

_MAX_REASON_BYTES = 4096


class State(str, enum.Enum):
    """A trial's state. Equal to its value: ``trial.state == "complete"``."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"

    def __str__(self) -> str:
        return self.value


STATES = [state.value for state in State]


def encode_state(field: str, state: Union[str, State]) -> Any:
    return parzen_pb2.Trial.State.Value(as_choice(field, state, STATES).upper())


_T = TypeVar("_T", bound=ParamValue)


class Trial:
    """A trial as the server knew it when this object was made, and the calls that its worker makes.

    In a ``with`` block an exception fails the trial (and goes on), :class:`parzen.Pruned` prunes it (and goes no further). Pickles by
    its server's address and its handle (study uid, number, attempt) with what is known of it.

    A trial from ``ask`` has a lease, which the client renews in the background while this object lives and the trial is not told. Where
    the lease was lost all the same (the machine slept, the network was cut), the next ``report`` raises :class:`parzen.LeaseLost`; a
    result is still welcome as long as no other worker has told one.
    """

    def __init__(self, client: "Client", message: parzen_pb2.Trial) -> None:
        self._client = client
        self._set_message(message)
        self._held = False
        self._should_prune = False
        self._stop_requested = False

    def _set_message(self, message: parzen_pb2.Trial) -> None:
        self._message = message
        self._params: Optional[Dict[str, ParamValue]] = None

    # ------------------------------------------------------------------------------------------------------ what is known

    @property
    def number(self) -> int:
        """0, 1, 2, ... within the study."""
        return int(self._message.handle.number)

    @property
    def id(self) -> int:
        """Unique on the server."""
        return int(self._message.id)

    @property
    def study_name(self) -> str:
        return str(self._message.study)

    @property
    def attempt(self) -> int:
        """0, and one more with every retry."""
        return int(self._message.handle.attempt)

    @property
    def lost_leases(self) -> int:
        """How often its lease ran out; counted against max_retries."""
        return int(self._message.lost_leases)

    @property
    def state(self) -> State:
        """:class:`parzen.State`: "waiting", "running", "complete", "pruned" or "failed"."""
        return State[parzen_pb2.Trial.State.Name(self._message.state)]

    @property
    def params(self) -> Dict[str, ParamValue]:
        """Name -> value, in the order of the space or as suggested; inactive parameters are absent."""
        if self._params is None:
            self._params = {param.name: decode_value(param.value) for param in self._message.params}
        return self._params

    @property
    def distributions(self) -> Dict[str, Parameter]:
        """Name -> Float | Int | Categorical that the value was suggested from."""
        decoded = ((param.name, decode_distribution(param.distribution)) for param in self._message.params)
        return {name: parameter for name, parameter in decoded if parameter is not None}

    @property
    def values(self) -> Optional[List[float]]:
        """One value an objective; None until told."""
        return list(self._message.values) or None

    @property
    def value(self) -> Optional[float]:
        """The objective's value; None until told. For several objectives see ``values``."""
        values = self._message.values
        if len(values) > 1:
            raise InvalidArgument(f"value: trial {self.number} has {len(values)} objectives: use .values")
        return values[0] if values else None

    @property
    def intermediate(self) -> Dict[int, float]:
        """Step -> reported value."""
        return {item.step: item.value for item in self._message.intermediate_values}

    @property
    def constraints(self) -> Dict[str, float]:
        """Name -> value; feasible at <= 0."""
        return {item.name: item.value for item in self._message.constraints}

    @property
    def metrics(self) -> Dict[str, float]:
        """Name -> value: what was told beside the objectives."""
        return {item.name: item.value for item in self._message.metrics}

    @property
    def user_attrs(self) -> Dict[str, Any]:
        return decode_attributes(self._message.user_attrs)

    @property
    def system_attrs(self) -> Dict[str, Any]:
        return decode_attributes(self._message.system_attrs)

    @property
    def worker(self) -> Optional[str]:
        """Who runs or ran it; None before it was asked for."""
        return self._message.worker or None

    @property
    def created(self) -> Optional[datetime.datetime]:
        return decode_time(self._message, "create_time")

    @property
    def started(self) -> Optional[datetime.datetime]:
        """When it was handed out, UTC."""
        return decode_time(self._message, "start_time")

    @property
    def finished(self) -> Optional[datetime.datetime]:
        """When it ended, UTC."""
        return decode_time(self._message, "finish_time")

    @property
    def failure(self) -> Optional[str]:
        """Of a failed trial: "crashed", "preempted" or "infeasible"; else None."""
        if not self._message.HasField("failure"):
            return None
        kind = self._message.failure.kind or parzen_pb2.Failure.CRASHED
        return str(parzen_pb2.Failure.Kind.Name(kind)).lower()

    @property
    def reason(self) -> Optional[str]:
        """Of a failed trial: why; else None."""
        return self._message.failure.reason if self._message.HasField("failure") else None

    @property
    def enqueued(self) -> bool:
        return bool(self._message.enqueued)

    @property
    def imported(self) -> bool:
        return bool(self._message.imported)

    @property
    def fixed_params(self) -> List[str]:
        """Names of the parameters that were enqueued, not sampled."""
        return list(self._message.fixed_params)

    @property
    def revision(self) -> int:
        """The study's revision of the trial's latest change."""
        return int(self._message.revision)

    @property
    def is_finished(self) -> bool:
        return self.state in (State.COMPLETE, State.PRUNED, State.FAILED)

    # ------------------------------------------------------------------------------------------------------ define-by-run

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False, step: Optional[float] = None) -> float:
        """A real number in [low, high]; see :class:`parzen.Float`.

        The same name answers the same value within a trial, as long as the value lies in what is asked for. In a study with a declared
        space the name must be declared, and active in this trial.
        """
        return float(self._suggest(name, Float(low, high, log=log, step=step)))  # type: ignore[arg-type]

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False, step: int = 1) -> int:
        """A whole number in [low, high]; see :class:`parzen.Int`."""
        return int(self._suggest(name, Int(low, high, log=log, step=step)))  # type: ignore[arg-type]

    def suggest_categorical(self, name: str, choices: Sequence[_T]) -> _T:
        """One of the choices: None, bool, int, float and str; see :class:`parzen.Categorical`."""
        return self._suggest(name, Categorical(choices))  # type: ignore[return-value]

    def _suggest(self, name: str, parameter: Parameter) -> ParamValue:
        name = as_text("name", name)
        for param in self._message.params:
            if param.name == name and same_distribution(param.distribution, parameter):
                return decode_value(param.value)
        request = parzen_pb2.SuggestRequest(
            request_id=new_request_id(), trial=self._message.handle, name=name, distribution=encode_distribution(parameter)
        )
        value = self._call("Suggest", request).value
        param = next((p for p in self._message.params if p.name == name), None)
        if param is None:
            param = self._message.params.add(name=name)
        param.value.CopyFrom(value)
        if not param.HasField("distribution"):
            param.distribution.CopyFrom(request.distribution)
        self._params = None
        return decode_value(value)

    # ----------------------------------------------------------------------------------------------------------- results

    def report(self, value: float, step: int) -> None:
        """Records an intermediate value; NaN and infinities are allowed. The answer is what ``should_prune`` says.

        Args:
            value: what the objective is so far, in the study's direction.
            step: >= 0, such as the epoch; a step reported again is replaced.

        Raises:
            LeaseLost: the trial has passed to another worker; stop.
        """
        report = parzen_pb2.IntermediateReport(trial=self._message.handle, step=as_int("step", step), value=as_float("value", value))
        request = parzen_pb2.ReportRequest(request_id=new_request_id(), reports=[report])
        advice = self._call("Report", request).advice[0]
        self._should_prune = advice.should_prune
        self._stop_requested = advice.stop_requested
        kept = [item for item in self._message.intermediate_values if item.step != report.step]
        kept.append(parzen_pb2.IntermediateValue(step=report.step, value=report.value))
        kept.sort(key=lambda item: item.step)
        del self._message.intermediate_values[:]
        self._message.intermediate_values.extend(kept)

    def should_prune(self) -> bool:
        """Whether to end the trial now, with ``raise parzen.Pruned`` or by telling what there is: ``stop_requested``, or the server answered
        to the last ``report`` that it does not promise to become one of the best (never in this version of the server)."""
        return self._should_prune or self._stop_requested

    @property
    def stop_requested(self) -> bool:
        """Somebody asked for the trial to end (:meth:`Study.stop`), as of the last ``report`` or renewal of the lease: tell what there
        is."""
        return self._stop_requested

    def tell(
        self,
        values: Union[None, float, Sequence[float]] = None,
        *,
        state: Union[None, str, State] = None,
        constraints: Optional[Mapping[str, float]] = None,
        metrics: Optional[Mapping[str, float]] = None,
        reason: Optional[str] = None,
        infeasible: bool = False,
        preempted: bool = False,
    ) -> None:
        """Says what came out; durable when it returns. The same outcome again is fine.

        Args:
            values: the loss, or one value an objective; infinities are allowed. A NaN warns, and the trial is recorded as failed
                ("crashed"), with a ``reason`` that says so; a pruned trial keeps its values, NaN too.
            state: "complete" (where values are given), "pruned" (values optional) or "failed".
            constraints: name -> value, feasible at <= 0.
            metrics: name -> value, kept and shown, not optimized.
            reason: why it failed, at most 4 KiB; without ``state`` it means "failed".
            infeasible: it failed because the point itself is bad: samplers learn from it.
            preempted: it did not fail, but has to end here: it goes back to the queue with its parameters and is handed out again; this does
                not count towards max_retries. Without ``state`` it means "failed".

        Raises:
            OutcomeDiffers: the trial has another outcome already.
            LeaseLost: the trial has passed to another worker (only a result is still welcome then).
        """
        infeasible, preempted = as_bool("infeasible", infeasible), as_bool("preempted", preempted)
        if infeasible and preempted:
            raise InvalidArgument("preempted: a trial is infeasible or preempted, not both", metadata={"field": "preempted"})
        if state is None:
            if infeasible or preempted or (reason is not None and values is None):
                word = State.FAILED.value
            elif values is None:
                raise InvalidArgument(
                    "values: None given: tell what came out, or state='pruned' or 'failed'", metadata={"field": "values"}
                )
            else:
                word = State.COMPLETE.value
        else:
            word = as_choice("state", state, ["complete", "pruned", "failed"])
        if word != "failed" and (infeasible or preempted or reason is not None):
            raise InvalidArgument(
                f"state: {word!r} has no reason and is neither infeasible nor preempted; only 'failed' is", metadata={"field": "state"}
            )
        outcome = parzen_pb2.Outcome(
            trial=self._message.handle,
            state=encode_state("state", word),
            values=[] if values is None else encode_objectives("values", values),
            constraints=encode_named("constraints", constraints),
            metrics=encode_named("metrics", metrics),
        )
        if word == "failed":
            kind = "INFEASIBLE" if infeasible else "PREEMPTED" if preempted else "CRASHED"
            outcome.failure.kind = parzen_pb2.Failure.Kind.Value(kind)
            outcome.failure.reason = "" if reason is None else as_text("reason", reason)
        if word == "complete" and any(math.isnan(value) for value in outcome.values):
            warnings.warn(f"trial {self.number} is told NaN: it is recorded as failed", RuntimeWarning, stacklevel=2)
        self._tell(outcome)

    def _tell(self, outcome: parzen_pb2.Outcome) -> None:
        told = self._call("Tell", parzen_pb2.TellRequest(request_id=new_request_id(), outcomes=[outcome])).trials[0]
        self._client._leases.release(self)
        self._held = False
        # The answer is a basic view: what it leaves out stays as it was. So does the attempt, which says who this is.
        told.handle.CopyFrom(self._message.handle)
        for field in ("params", "intermediate_values", "user_attrs", "system_attrs"):
            told.ClearField(field)
            getattr(told, field).extend(getattr(self._message, field))
        self._message = told

    def set_user_attr(self, key: str, value: Any) -> None:
        """Keeps a JSON value with the trial, in any state."""
        request = parzen_pb2.UpdateTrialRequest(
            request_id=new_request_id(), trial=self._message.handle, user_attrs=[encode_attribute("user_attrs", key, value)]
        )
        self._call("UpdateTrial", request)
        kept = [a for a in self._message.user_attrs if a.key != key]
        del self._message.user_attrs[:]
        self._message.user_attrs.extend([*kept, *request.user_attrs])

    def refresh(self) -> "Trial":
        """Reads the trial anew; returns itself. Its attempt stays the one that this object holds."""
        request = parzen_pb2.GetTrialRequest(study=self._message.study, number=self.number, view=parzen_pb2.FULL)
        message = self._call("GetTrial", request)
        check_uid(self._message.study, self._message.handle.study_uid, message.handle.study_uid)
        message.handle.CopyFrom(self._message.handle)
        self._set_message(message)
        return self

    def _hold(self) -> None:
        """Has the client renew the lease, where there is one."""
        if self._message.lease_seconds > 0:
            self._held = True
            self._client._leases.hold(self, self._message.lease_seconds)

    def _call(self, method: str, request: Any) -> Any:
        return self._client._connection.call(method, request)

    # ------------------------------------------------------------------------------------------------------- with, pickle

    def __enter__(self) -> "Trial":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], traceback: object) -> bool:
        if error is None:
            if self.state == State.RUNNING:
                warnings.warn(f"trial {self.number} was not told anything: it is still running", RuntimeWarning, stacklevel=2)
            return False
        if self.state != State.RUNNING:
            return isinstance(error, Pruned)
        if isinstance(error, Pruned):
            self.tell(state=State.PRUNED)
            return True
        self._tell_failure(error)
        return False

    def _tell_failure(self, error: BaseException) -> None:
        """Fails the trial because of ``error``, which goes on: a failure to say so must not replace it."""
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        try:
            self.tell(state=State.FAILED, reason=clip_utf8(text, _MAX_REASON_BYTES))
        except Error as e:
            warnings.warn(f"trial {self.number} failed, and the server could not be told: {e}", RuntimeWarning, stacklevel=3)

    def __getstate__(self) -> Dict[str, Any]:
        return {"client": self._client, "trial": self._message.SerializeToString(), "held": self._held}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        Trial.__init__(self, state["client"], parzen_pb2.Trial.FromString(state["trial"]))
        if state.get("held"):
            self._hold()

    def __repr__(self) -> str:
        outcome = "" if self.values is None else f", values={self.values!r}"
        return f"parzen.Trial({self.study_name!r}, {self.number}, {self.state.value!r}, params={self.params!r}{outcome})"
