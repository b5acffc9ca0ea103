"""A study's definition, as CreateStudy takes it."""

from __future__ import annotations

from typing import Any, List

from parzen._proto import parzen_pb2
from parzen.errors import InvalidArgument
from parzen.pruners import encode_pruner
from parzen.samplers import encode_sampler
from parzen.space import encode_space
from parzen.study_info import encode_direction
from parzen.values import as_bool, as_float, as_int, as_items, as_mapping, as_text, encode_attribute

_INT32_MAX = 2**31 - 1


def encode_target(target: Any) -> List[float]:
    """One number an objective; a single one may stand alone."""
    if target is None:
        return []
    if isinstance(target, (str, bytes)) or not hasattr(target, "__len__"):
        return [as_float("target", target)]
    return [as_float(f"target[{i}]", item) for i, item in enumerate(as_items("target", target, "a number or a list"))]


def encode_warm_start(warm_start_from: Any, request: parzen_pb2.CreateStudyRequest) -> None:
    """None, "auto", or a list of studies' names."""
    if warm_start_from is None:
        return
    accepted = "None, 'auto' or a list of studies' names"
    if isinstance(warm_start_from, str):
        if warm_start_from != "auto":
            raise InvalidArgument(
                f"warm_start_from: {warm_start_from!r} is not accepted; accepted: {accepted}, such as [{warm_start_from!r}]",
                metadata={"field": "warm_start_from"},
            )
        request.warm_start_auto = True
        return
    names = as_items("warm_start_from", warm_start_from, accepted)
    request.warm_start_from.extend(as_text(f"warm_start_from[{i}]", name) for i, name in enumerate(names))


def encode_study(
    name: Any,
    space: Any,
    *,
    direction: Any,
    directions: Any,
    metric_names: Any,
    sampler: Any,
    seed: Any,
    pruner: Any,
    max_trials: Any,
    max_duration: Any,
    target: Any,
    patience: Any,
    max_retries: Any,
    allow_repeats: Any,
    user_attrs: Any,
) -> parzen_pb2.Study:
    """The arguments are those of :meth:`Client.create_study`."""
    if directions is not None and direction != "minimize":
        raise InvalidArgument("direction: give direction or directions, not both", metadata={"field": "direction"})
    words = [direction] if directions is None else as_items("directions", directions, "a list of 'minimize' and 'maximize'")
    study = parzen_pb2.Study(
        name=as_text("name", name),
        directions=[encode_direction(word) for word in words],
        sampler=encode_sampler(sampler, seed),
        max_retries=as_int("max_retries", max_retries, -_INT32_MAX, _INT32_MAX),
    )
    if space is not None:
        study.space.CopyFrom(encode_space(space))
    config = encode_pruner(pruner)
    if config is not None:
        study.pruner.CopyFrom(config)
    if metric_names is not None:
        study.metric_names.extend(as_text("metric_names", n) for n in as_items("metric_names", metric_names, "a list of str"))
    if max_trials is not None:
        study.max_trials = as_int("max_trials", max_trials)
    if max_duration is not None:
        study.max_duration = as_float("max_duration", max_duration)
    study.target.extend(encode_target(target))
    if patience is not None:
        study.patience = as_int("patience", patience)
    # Sent only where wanted: reproducing Optuna implies it, which an explicit False would contradict.
    if as_bool("allow_repeats", allow_repeats):
        study.allow_repeats = True
    for key, value in as_mapping("user_attrs", user_attrs or {}).items():
        study.user_attrs.append(encode_attribute("user_attrs", key, value))
    return study
