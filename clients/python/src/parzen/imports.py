"""Finished trials from elsewhere, as AddTrials takes them."""

from __future__ import annotations

from typing import Any, List

from parzen._proto import parzen_pb2
from parzen.errors import InvalidArgument
from parzen.space import Parameter, encode_distribution
from parzen.state import encode_state
from parzen.trial_view import TrialView
from parzen.values import (
    as_choice,
    as_float,
    as_int,
    as_items,
    as_mapping,
    as_text,
    encode_attribute,
    encode_named,
    encode_objectives,
    encode_params,
    invalid,
)


def encode_import(
    params: Any,
    values: Any,
    *,
    state: Any = None,
    intermediate: Any = None,
    constraints: Any = None,
    metrics: Any = None,
    user_attrs: Any = None,
    reason: Any = None,
    infeasible: bool = False,
    distributions: Any = None,
) -> parzen_pb2.Trial:
    """A finished trial; the arguments are those of :meth:`Study.add_trial`."""
    failed = infeasible or reason is not None
    word = ("failed" if failed else "complete") if state is None else as_choice("state", state, ["complete", "pruned", "failed"])
    if failed and word != "failed":
        raise InvalidArgument(
            f"state: {word!r} has no reason and is not infeasible; only 'failed' is", metadata={"field": "state"}
        )
    message = parzen_pb2.Trial(
        state=encode_state("state", word),
        params=encode_params("params", params),
        values=[] if values is None else encode_objectives("values", values),
        constraints=encode_named("constraints", constraints),
        metrics=encode_named("metrics", metrics),
    )
    for step, value in as_mapping("intermediate", intermediate or {}).items():
        added = message.intermediate_values.add(step=as_int("intermediate", step))
        if isinstance(value, (list, tuple)) and value:
            added.values.extend(as_float(f"intermediate[{step!r}]", item) for item in value)
            added.value = added.values[0]
        else:
            added.value = as_float(f"intermediate[{step!r}]", value)
    for key, value in as_mapping("user_attrs", user_attrs or {}).items():
        message.user_attrs.append(encode_attribute("user_attrs", key, value))
    if word == "failed":
        message.failure.kind = parzen_pb2.Failure.INFEASIBLE if infeasible else parzen_pb2.Failure.CRASHED
        message.failure.reason = "" if reason is None else as_text("reason", reason)
    by_name = as_mapping("distributions", distributions or {})
    for param in message.params:
        if param.name in by_name:
            parameter = by_name[param.name]
            if not isinstance(parameter, Parameter):
                raise invalid(f"distributions[{param.name!r}]", parameter, "a parzen.Float, parzen.Int or parzen.Categorical")
            param.distribution.CopyFrom(encode_distribution(parameter))
    return message


def import_of(trial: parzen_pb2.Trial) -> parzen_pb2.Trial:
    """A trial as a server sent it, without what only that server's study can say of it."""
    message = parzen_pb2.Trial()
    message.CopyFrom(trial)
    for field in ("handle", "study", "id", "revision", "enqueued", "imported", "fixed_params"):
        message.ClearField(field)
    for field in ("sampled_at_revision", "told_at_revision", "definition_version", "algorithm_version"):
        message.ClearField(field)
    return message


def encode_imports(trials: Any) -> List[parzen_pb2.Trial]:
    """Finished trials; ``trials`` is that of :meth:`Study.add_trials`. Errors name the item by its index."""
    messages = []
    for i, item in enumerate(as_items("trials", trials, "a list of (params, values)")):
        if isinstance(item, TrialView):
            messages.append(import_of(item.message))
            continue
        pair = as_items(f"trials[{i}]", item, "a pair (params, values)")
        if len(pair) != 2:
            raise InvalidArgument(f"trials[{i}]: {len(pair)} items given; a pair (params, values) is accepted")
        try:
            messages.append(encode_import(pair[0], pair[1]))
        except InvalidArgument as e:
            raise InvalidArgument(f"trials[{i}].{e.message}", metadata=e.metadata) from None
    return messages
