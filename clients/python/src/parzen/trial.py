"""One evaluation of an objective: its parameters, and what came out."""

from __future__ import annotations

import math
import warnings
from typing import Any, Dict, Mapping, Optional, Sequence, Type, TypeVar, Union

from parzen._proto import parzen_pb2
from parzen.connection import new_request_id
from parzen.errors import EnqueuedOutOfRange, Error, InvalidArgument, NotFound, Pruned
from parzen.lease import Lease
from parzen.outcome import encode_outcome
from parzen.session import Session
from parzen.space import Categorical, Float, Int, Parameter, encode_distribution, same_distribution
from parzen.state import State
from parzen.study_info import check_uid
from parzen.trial_view import TrialView
from parzen.values import ParamValue, as_float, as_int, as_items, as_text, clip_utf8, decode_value, encode_attribute, invalid

_MAX_REASON_BYTES = 4096
_GIVE_BACK = 2.0  # seconds that giving a trial back may hold up a program that wants to end

_T = TypeVar("_T", bound=ParamValue)


class Trial(TrialView):
    """A trial as the server knew it when this object was made, and the calls that its worker makes.

    In a ``with`` block an exception fails the trial (and goes on), :class:`parzen.Pruned` prunes it (and goes no further).
    Pickles by its server's address and its handle (study uid, number, attempt) with what is known of it.

    A trial from ``ask`` has a lease, which the client renews in the background while this object lives and the trial is not told.
    Where the lease was lost all the same (the machine slept, the network was cut), the next ``report`` raises
    :class:`parzen.LeaseLost`; a result is still welcome as long as no other worker has told one.
    """

    def __init__(self, session: Session, message: parzen_pb2.Trial) -> None:
        super().__init__(message)
        self._session = session
        self._lease: Optional[Lease] = None  # while the session renews it
        self._should_prune = False
        self._stop_requested = False

    # ------------------------------------------------------------------------------------------------------ define-by-run

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False, step: Optional[float] = None) -> float:
        """A real number in [low, high]; see :class:`parzen.Float`.

        The same name answers the same value within a trial, as long as the value lies in what is asked for. In a study with a
        declared space the name must be declared, and active in this trial.
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
        try:
            value = self._call("Suggest", request).value
        except InvalidArgument as e:
            if name not in self._message.fixed_params or any(param.name == name for param in self._message.params):
                raise
            message = f"{name!r} of trial {self.number} was enqueued, and is not what is asked for now: {e.message}"
            raise EnqueuedOutOfRange(message, reason=e.reason, metadata=e.metadata) from None
        known = next((p for p in self._message.params if p.name == name), None)
        param = self._message.params.add(name=name) if known is None else known
        param.value.CopyFrom(value)
        if not param.HasField("distribution"):
            param.distribution.CopyFrom(request.distribution)
        self._params = None
        return decode_value(value)

    # ----------------------------------------------------------------------------------------------------------- results

    def report(self, value: Union[float, Sequence[float]], step: int) -> None:
        """Records an intermediate value; NaN and infinities are allowed. The answer is what ``should_prune`` says.

        Args:
            value: what the objective is so far, in the study's direction; for several objectives a list, one each.
            step: >= 0, such as the epoch; a step reported again is replaced.

        Raises:
            LeaseLost: the trial has passed to another worker; stop.
        """
        report = parzen_pb2.IntermediateReport(trial=self._message.handle, step=as_int("step", step))
        if isinstance(value, (str, bytes)) or not hasattr(value, "__len__") or getattr(value, "ndim", 1) == 0:
            report.value = as_float("value", value)
        else:
            items = as_items("value", value, "a number or a list")
            report.values.extend(as_float(f"value[{i}]", item) for i, item in enumerate(items))
            if not report.values:
                raise invalid("value", value, "a number, or one an objective")
        request = parzen_pb2.ReportRequest(request_id=new_request_id(), reports=[report])
        advice = self._call("Report", request).advice[0]
        self._should_prune = advice.should_prune
        if advice.should_prune:
            self._message.prune_reason = advice.reason
        self._stop_requested = advice.stop_requested
        if self._lease is not None:
            self._lease.stop_requested = advice.stop_requested
        self._keep(report)

    def _keep(self, report: parzen_pb2.IntermediateReport) -> None:
        """The report among the others, by step."""
        values = self._message.intermediate_values
        first = report.values[0] if report.values else report.value
        value = parzen_pb2.IntermediateValue(step=report.step, value=first, values=report.values)
        if not values or values[-1].step < report.step:  # as a rule; a trial of many steps does not sort them at each
            values.append(value)
            return
        kept = [item for item in values if item.step != report.step] + [value]
        kept.sort(key=lambda item: item.step)
        del values[:]
        values.extend(kept)

    def should_prune(self) -> bool:
        """Whether to end the trial now, with ``raise parzen.Pruned`` or by telling what there is: ``stop_requested``, or the
        study's pruner found the last ``report`` not worth going on with. No call: it came with the answer to ``report``."""
        return self._should_prune or self.stop_requested

    @property
    def stop_requested(self) -> bool:
        """Somebody asked for the trial to end (:meth:`Study.stop`), as of the last ``report`` or renewal of the lease: tell what
        there is."""
        return self._stop_requested if self._lease is None else self._lease.stop_requested

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

        Where the server does not answer within the client's timeout the outcome is not lost: it raises Unavailable or
        DeadlineExceeded, and goes on telling in the background (``is_being_told``) while the process lives, and a few seconds
        longer.

        Args:
            values: the loss, or one value an objective; infinities are allowed. A NaN warns, and the trial is recorded as failed
                ("infeasible": the point is bad), with a ``reason`` that says so; a pruned trial keeps its values, NaN too.
            state: "complete" (where values are given), "pruned" (values optional) or "failed".
            constraints: name -> value, feasible at <= 0.
            metrics: name -> value, kept and shown, not optimized.
            reason: why it failed, at most 4 KiB; without ``state`` it means "failed".
            infeasible: it failed because the point itself is bad: samplers learn from it.
            preempted: it did not fail, but has to end here: it goes back to the queue with its parameters and is handed out
                again; this does not count towards max_retries. Without ``state`` it means "failed".

        Raises:
            OutcomeDiffers: the trial has another outcome already.
            LeaseLost: the trial has passed to another worker (only a result is still welcome then).
        """
        outcome = encode_outcome(
            self._message.handle,
            values,
            state=state,
            constraints=constraints,
            metrics=metrics,
            reason=reason,
            infeasible=infeasible,
            preempted=preempted,
        )
        if outcome.state == parzen_pb2.Trial.COMPLETE and any(math.isnan(value) for value in outcome.values):
            warnings.warn(f"trial {self.number} is told NaN: it is recorded as failed", RuntimeWarning, stacklevel=2)
        self._tell(outcome)

    def _tell(self, outcome: parzen_pb2.Outcome, timeout: Optional[float] = None) -> None:
        outbox = self._session.outbox
        outbox.withdraw(self._message.handle)
        request = parzen_pb2.TellRequest(request_id=new_request_id(), outcomes=[outcome])
        try:
            response = self._call("Tell", request, timeout)
        except Error as e:
            if not e.is_transient:
                raise
            outbox.add(request, self._set_told)
            message = f"{e.message}; what trial {self.number} was told is kept and told again in the background"
            raise type(e)(message, code=e.code, reason=e.reason, metadata=e.metadata) from None
        except BaseException:  # Ctrl-C while the server does not answer
            outbox.add(request, self._set_told)
            raise
        self._set_told(response)

    @property
    def is_being_told(self) -> bool:
        """Whether an outcome was told that the server has not answered yet: it is told again in the background."""
        outcome = self._session.outbox.outcome(self._message.handle)
        return outcome is not None and outcome.failure.kind != parzen_pb2.Failure.PREEMPTED

    def give_back(self, reason: str) -> None:
        """Tells, without ever raising a parzen.Error, that the trial was interrupted through no fault of its own: it goes back to
        the queue with its parameters (preempted). Where the server does not answer within some seconds it is told in the
        background."""
        outcome = encode_outcome(self._message.handle, None, preempted=True, reason=clip_utf8(reason, _MAX_REASON_BYTES))
        outbox = self._session.outbox
        if len(outbox) > 0:  # the server is away
            outbox.add(parzen_pb2.TellRequest(request_id=new_request_id(), outcomes=[outcome]), self._set_told)
            return
        timeout = self._session.timeout
        try:
            self._tell(outcome, _GIVE_BACK if timeout is None else min(timeout, _GIVE_BACK))
        except Error:
            pass  # it has ended, or has passed to another worker; or the outbox has it

    def _set_told(self, response: parzen_pb2.TellResponse) -> None:
        told = response.trials[0]
        self.release()
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

    def hold(self) -> None:
        """Has the client renew the lease in the background, where there is one, until the trial is told or this object is
        dropped. A trial from ``ask`` is held already."""
        if self._message.lease_seconds > 0:
            self._lease = Lease(self._message.handle, self._message.lease_seconds)
            self._session.leases.hold(self._lease)

    def release(self) -> None:
        """Has the client renew the lease no more: it runs out, and the server hands the trial out again unless it has ended."""
        self._session.leases.release(self._message.handle)
        if self._lease is not None:
            self._stop_requested = self._lease.stop_requested
            self._lease = None

    @property
    def held(self) -> bool:
        """Whether the client renews the lease."""
        return self._lease is not None and self._session.leases.holds(self._lease)

    def _call(self, method: str, request: Any, timeout: Optional[float] = None) -> Any:
        try:
            return self._session.call(method, request, timeout)
        except NotFound as e:
            if e.reason != "NO_SUCH_STUDY":
                raise
            # The server was asked by uid, and knows no name any more.
            raise NotFound(
                f"study {self.study_name!r} has been deleted: {e.message}", reason=e.reason, metadata=e.metadata
            ) from None

    # ------------------------------------------------------------------------------------------------------- with, pickle

    def __enter__(self) -> "Trial":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], traceback: object) -> bool:
        if self.is_being_told:
            return isinstance(error, Pruned)  # what was told counts, whatever came after
        if error is None:
            if self.state == State.RUNNING:
                warnings.warn(f"trial {self.number} was not told anything: it is still running", RuntimeWarning, stacklevel=2)
            return False
        if self.state != State.RUNNING:
            return isinstance(error, Pruned)
        if isinstance(error, Pruned):
            self.tell(state=State.PRUNED)
            return True
        self.end_by(error)
        return False

    def end_by(self, error: BaseException, *, crash: bool = False) -> None:
        """Tells that ``error``, which goes on, ended the trial. A crash fails it; what interrupts a program (Ctrl-C,
        ``sys.exit``, a cancelled task), or a server that does not answer, gives it back. Raises no parzen.Error: that must not
        replace ``error``.

        Args:
            crash: what interrupts a program is a crash, too.
        """
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        if not isinstance(error, Exception) and not crash:
            self.give_back(f"interrupted by {text}")
        elif isinstance(error, Error) and error.is_transient:
            self.give_back(text)
        else:
            self.fail(text)

    def fail(self, reason: str) -> None:
        """Tells a crash; warns where the server could not be told."""
        try:
            self.tell(state=State.FAILED, reason=clip_utf8(reason, _MAX_REASON_BYTES))
        except Error as e:
            warnings.warn(f"trial {self.number} failed, and the server could not be told: {e}", RuntimeWarning, stacklevel=4)

    def __getstate__(self) -> Dict[str, Any]:
        return {"session": self._session, "trial": self._message.SerializeToString(), "held": self._lease is not None}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        Trial.__init__(self, state["session"], parzen_pb2.Trial.FromString(state["trial"]))
        if state["held"]:
            self.hold()

    def __repr__(self) -> str:
        outcome = "" if self.values is None else f", values={self.values!r}"
        return f"parzen.Trial({self.study_name!r}, {self.number}, {self.state.value!r}, params={self.params!r}{outcome})"
