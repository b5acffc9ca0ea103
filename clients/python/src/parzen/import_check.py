"""Looks through finished trials before the first of them is sent, so that one that the server would refuse leaves nothing half
done.

What is said here is what a study's definition says; the server has the last word.
"""

from __future__ import annotations

from typing import Any, Dict, Sequence

from parzen._proto import parzen_pb2
from parzen.errors import InvalidArgument
from parzen.space import UNSET, Categorical, Float, Int, Parameter, decode_space
from parzen.values import ParamValue, decode_value


def check_imports(study: parzen_pb2.Study, trials: Sequence[parzen_pb2.Trial]) -> None:
    """Raises InvalidArgument for the first trial that does not fit the study; the message names its index."""
    space = decode_space(study.space)
    objectives = len(study.directions) or 1
    for i, trial in enumerate(trials):
        wrong = _wrong_values(trial, objectives) or (_wrong_params(trial, space) if space else _wrong_dynamic(trial))
        if wrong:
            raise InvalidArgument(f"trials[{i}]: {wrong}; nothing has been recorded", metadata={"field": f"trials[{i}]"})


def _wrong_values(trial: parzen_pb2.Trial, objectives: int) -> str:
    count = len(trial.values)
    if trial.state == parzen_pb2.Trial.COMPLETE and count != objectives:
        return f"values: {count} given; the study has {objectives} objectives"
    if trial.state == parzen_pb2.Trial.PRUNED and count not in (0, objectives):
        return f"values: {count} given; a pruned trial has none, or one for each of the {objectives} objectives"
    return ""


def _wrong_dynamic(trial: parzen_pb2.Trial) -> str:
    missing = [param.name for param in trial.params if not param.HasField("distribution")]
    return f"params: {missing[0]!r} has no distribution; a define-by-run study needs it" if missing else ""


def _wrong_params(trial: parzen_pb2.Trial, space: Dict[str, Parameter]) -> str:
    given: Dict[str, ParamValue] = {param.name: decode_value(param.value) for param in trial.params}
    unknown = [name for name in given if name not in space]
    if unknown:
        return f"params: {unknown[0]!r} is no parameter of the study; accepted: {', '.join(map(repr, space))}"
    for name, value in given.items():
        if not _contains(space[name], value):
            return f"params[{name!r}]: value is {value!r}; accepted: {space[name]!r}"
    return "" if _may_lack(trial) else _wrong_structure(given, space)


def _may_lack(trial: parzen_pb2.Trial) -> bool:
    """A run that crashed may have done so before all was known."""
    return trial.state == parzen_pb2.Trial.FAILED and trial.failure.kind != parzen_pb2.Failure.INFEASIBLE


def _wrong_structure(given: Dict[str, ParamValue], space: Dict[str, Parameter]) -> str:
    """Each active parameter is there, or has a default, and no other is."""
    has: Dict[str, Any] = {}
    for name, parameter in space.items():
        active = all(
            parent in has and any(_same(has[parent], value) for value in values)
            for parent, values in (parameter.when or {}).items()
        )
        if name in given and not active:
            return f"params: {name!r} does not exist where {_condition(parameter)} does not hold"
        if name in given:
            has[name] = given[name]
        elif active and parameter.default is not UNSET:
            has[name] = parameter.default
        elif active:
            return f"params: {name!r} is missing; each active parameter without a default is needed"
    return ""


def _condition(parameter: Parameter) -> str:
    return " and ".join(f"{parent!r} in {list(values)!r}" for parent, values in (parameter.when or {}).items())


def _same(a: ParamValue, b: ParamValue) -> bool:
    return type(a) is type(b) and a == b


def _contains(parameter: Parameter, value: ParamValue) -> bool:
    """Whether the value lies in the range, or is a choice. The grid of a step is left to the server, which decides it in
    decimal."""
    if isinstance(parameter, Categorical):
        return any(_same(choice, value) for choice in parameter.choices)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    assert isinstance(parameter, (Float, Int))
    return parameter.low <= value <= parameter.high and (isinstance(parameter, Float) or value == int(value))
