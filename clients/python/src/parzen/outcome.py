"""What came out of a trial, as Tell takes it."""

from __future__ import annotations

from typing import Any

from parzen._proto import parzen_pb2
from parzen.errors import InvalidArgument
from parzen.state import State, encode_state
from parzen.values import as_bool, as_choice, as_text, encode_named, encode_objectives


def encode_outcome(
    handle: parzen_pb2.TrialHandle,
    values: Any,
    *,
    state: Any = None,
    constraints: Any = None,
    metrics: Any = None,
    reason: Any = None,
    infeasible: bool = False,
    preempted: bool = False,
) -> parzen_pb2.Outcome:
    """The arguments are those of :meth:`Trial.tell`."""
    infeasible, preempted = as_bool("infeasible", infeasible), as_bool("preempted", preempted)
    if infeasible and preempted:
        raise InvalidArgument("preempted: a trial is infeasible or preempted, not both", metadata={"field": "preempted"})
    failed = infeasible or preempted or (reason is not None and values is None)
    word = _state_of(values, failed) if state is None else as_choice("state", state, ["complete", "pruned", "failed"])
    if word != "failed" and (infeasible or preempted or reason is not None):
        raise InvalidArgument(
            f"state: {word!r} has no reason and is neither infeasible nor preempted; only 'failed' is",
            metadata={"field": "state"},
        )
    outcome = parzen_pb2.Outcome(
        trial=handle,
        state=encode_state("state", word),
        values=[] if values is None else encode_objectives("values", values),
        constraints=encode_named("constraints", constraints),
        metrics=encode_named("metrics", metrics),
    )
    if word == "failed":
        kinds = parzen_pb2.Failure
        outcome.failure.kind = kinds.INFEASIBLE if infeasible else kinds.PREEMPTED if preempted else kinds.CRASHED
        outcome.failure.reason = "" if reason is None else as_text("reason", reason)
    return outcome


def _state_of(values: Any, failed: bool) -> str:
    """The state that is meant where none is given."""
    if failed:
        return State.FAILED.value
    if values is None:
        raise InvalidArgument(
            "values: None given: tell what came out, or state='pruned' or 'failed'", metadata={"field": "values"}
        )
    return State.COMPLETE.value
