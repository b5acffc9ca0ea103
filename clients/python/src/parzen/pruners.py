"""When a study tells a worker to stop a trial early: the pruners, or one of their names. docs/pruning.md compares them."""

from __future__ import annotations

import dataclasses
from typing import Any, Dict, Optional, Union

from parzen._proto import parzen_pb2
from parzen.values import as_float, as_int, invalid


@dataclasses.dataclass(frozen=True)
class NopPruner:
    """Never prunes."""


@dataclasses.dataclass(frozen=True)
class MedianPruner:
    """Prunes a trial whose best value is worse than the median of complete trials' values at the same step.

    Args:
        n_startup_trials: complete trials before the first decision.
        n_warmup_steps: no decision before this step.
        interval_steps: one decision in so many steps, counted from n_warmup_steps.
        n_min_trials: complete trials with a value at the step that a decision needs.
    """

    n_startup_trials: int = 5
    n_warmup_steps: int = 0
    interval_steps: int = 1
    n_min_trials: int = 1


@dataclasses.dataclass(frozen=True)
class PercentilePruner:
    """Like MedianPruner, with another percentile.

    Args:
        percentile: 0 to 100: the best so many percent go on.
    """

    percentile: float
    n_startup_trials: int = 5
    n_warmup_steps: int = 0
    interval_steps: int = 1
    n_min_trials: int = 1


@dataclasses.dataclass(frozen=True)
class SuccessiveHalvingPruner:
    """ASHA: at steps min_resource * reduction_factor ** (min_early_stopping_rate + 0, 1, 2, ...) the best 1 / reduction_factor of
    the trials that came so far go on.

    Args:
        min_resource: a step >= 1, or "auto": a hundredth of the last step of the longest complete trial.
        bootstrap_count: trials that must have come to a step before any goes on; above 0 it needs a min_resource.
    """

    min_resource: Union[str, int] = "auto"
    reduction_factor: int = 4
    min_early_stopping_rate: int = 0
    bootstrap_count: int = 0


@dataclasses.dataclass(frozen=True)
class HyperbandPruner:
    """Several successive halvings that begin at different steps; a trial's belongs to its number and the study's name.

    Args:
        max_resource: the number of steps, or "auto": that of the longest complete trial.
    """

    min_resource: int = 1
    max_resource: Union[str, int] = "auto"
    reduction_factor: int = 3
    bootstrap_count: int = 0


@dataclasses.dataclass(frozen=True)
class ThresholdPruner:
    """Prunes a trial that reports NaN, or a value outside of the bounds, one of which must be given."""

    lower: Optional[float] = None
    upper: Optional[float] = None
    n_warmup_steps: int = 0
    interval_steps: int = 1


@dataclasses.dataclass(frozen=True)
class PatientPruner:
    """Prunes a trial that has not improved for a while, if the wrapped pruner agrees.

    Args:
        wrapped_pruner: a pruner, or None: decides alone.
        patience: steps without improvement.
        min_delta: how much worse than the best before still counts as improvement.
    """

    wrapped_pruner: Optional["Pruner"]
    patience: int
    min_delta: float = 0.0


@dataclasses.dataclass(frozen=True)
class WilcoxonPruner:
    """Prunes a trial that a signed-rank test finds worse than the best one, over the steps (problem instances, folds) they share.

    Args:
        p_threshold: 0 to 1: the greater, the sooner.
        n_startup_steps: steps before the first decision.
    """

    p_threshold: float = 0.1
    n_startup_steps: int = 2


Pruner = Union[
    NopPruner,
    MedianPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    HyperbandPruner,
    ThresholdPruner,
    PatientPruner,
    WilcoxonPruner,
]

# Each by the name of its field in PrunerConfig.
_BY_FIELD: Dict[str, Any] = {
    "none": NopPruner,
    "median": MedianPruner,
    "percentile": PercentilePruner,
    "asha": SuccessiveHalvingPruner,
    "hyperband": HyperbandPruner,
    "threshold": ThresholdPruner,
    "patient": PatientPruner,
    "wilcoxon": WilcoxonPruner,
}
# Those that need no argument.
_BY_NAME = {name: _BY_FIELD[name] for name in ("none", "median", "asha", "hyperband", "wilcoxon")}
_ACCEPTED = "None, 'none', 'median', 'asha', 'hyperband', 'wilcoxon', or a pruner such as parzen.MedianPruner()"
_DOUBLES = ("percentile", "lower", "upper", "min_delta", "p_threshold")
# The same everywhere, but for this one.
_WIRE_NAMES = {"wrapped_pruner": "wrapped"}


def encode_pruner(pruner: Any) -> Optional[parzen_pb2.PrunerConfig]:
    """None where the server chooses (auto)."""
    if pruner is None:
        return None
    if isinstance(pruner, str):
        if pruner not in _BY_NAME:
            raise invalid("pruner", pruner, _ACCEPTED)
        pruner = _BY_NAME[pruner]()
    field = next((name for name, cls in _BY_FIELD.items() if type(pruner) is cls), None)
    if field is None:
        raise invalid("pruner", pruner, _ACCEPTED)
    config = parzen_pb2.PrunerConfig()
    message = getattr(config, field)
    message.SetInParent()
    for option in dataclasses.fields(pruner):
        _set_option(message, option.name, getattr(pruner, option.name))
    return config


def _set_option(message: Any, name: str, value: Any) -> None:
    if name == "wrapped_pruner":
        if value is not None:
            message.wrapped.CopyFrom(encode_pruner(value))
    elif name in _DOUBLES:
        if value is not None or name not in ("lower", "upper"):
            setattr(message, name, as_float(name, value))
    elif name in ("min_resource", "max_resource") and isinstance(value, str):
        if value != "auto":
            raise invalid(name, value, "a whole number >= 1, or 'auto'")
        if message.DESCRIPTOR.name == "HyperbandPruner" and name == "min_resource":
            raise invalid(name, value, "a whole number >= 1")
    else:
        setattr(message, name, as_int(name, value))


def decode_pruner(config: parzen_pb2.PrunerConfig) -> Optional[Pruner]:
    """None where the server chooses (auto)."""
    kind = config.WhichOneof("kind")
    if kind is None:
        return None
    cls = _BY_FIELD[kind]
    message = getattr(config, kind)
    options: Dict[str, Any] = {}
    for option in dataclasses.fields(cls):
        name = _WIRE_NAMES.get(option.name, option.name)
        if name == "wrapped":
            options[option.name] = decode_pruner(message.wrapped) if message.HasField("wrapped") else None
        elif message.HasField(name):
            options[option.name] = getattr(message, name)
    return cls(**options)  # type: ignore[no-any-return]
