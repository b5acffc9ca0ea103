"""How a study chooses its next point: Random, Qmc, Tpe and GpEi, or one of their names."""

from __future__ import annotations

import dataclasses
from typing import Any, Dict, Optional, Union

from parzen._proto import parzen_pb2
from parzen.errors import InvalidArgument
from parzen.values import as_bool, as_choice, as_float, as_int, invalid

_MAX_SEED = 2**64 - 1


@dataclasses.dataclass(frozen=True)
class Random:
    """Uniform, each parameter for itself.

    Args:
        seed: 0 to 2**64 - 1; None: drawn by the server and recorded.
    """

    seed: Optional[int] = None


@dataclasses.dataclass(frozen=True)
class Qmc:
    """A scrambled Sobol sequence: covers the space more evenly than Random.

    Args:
        seed: of the scrambling, 0 to 2**64 - 1; None: drawn by the server and recorded.
    """

    seed: Optional[int] = None


@dataclasses.dataclass(frozen=True)
class Tpe:
    """The tree-structured Parzen estimator, with the options of Optuna's TPESampler under their names.

    None means the default of the version reproduced, or of Optuna 5.0.

    Args:
        reproduce: "optuna-5.0" or "optuna-2.9.1": draws as that version's sampler with the same seed draws, suggestion for
            suggestion. None: the same algorithm on a random stream of each trial's own.
        tie_order: with reproduce: how NumPy ordered equal observations, "simd" (the default for 5.0) or "scalar" (2.9.1);
            docs/samplers.md says which machine has which.
        seed: 0 to 2**64 - 1; None: drawn by the server and recorded.
        n_startup_trials: random trials before the first estimate, default 10.
        n_ei_candidates: candidates drawn from the better trials' density, 1 to 10,000, default 24.
        multivariate: parameters are suggested jointly. Default: for one objective (5.0), never (2.9.1).
        group: with multivariate: groups of parameters that occur together.
        constant_liar: running trials count as bad ones. Default True (5.0), False (2.9.1).
        consider_endpoints: default False.
        consider_magic_clip: default True.
        consider_prior: with reproduce="optuna-2.9.1" only, default True; else without effect, as in Optuna 5.0.
        prior_weight: >= 0, default 1.
    """

    reproduce: Optional[str] = None
    tie_order: Optional[str] = None
    seed: Optional[int] = None
    n_startup_trials: Optional[int] = None
    n_ei_candidates: Optional[int] = None
    multivariate: Optional[bool] = None
    group: Optional[bool] = None
    constant_liar: Optional[bool] = None
    consider_endpoints: Optional[bool] = None
    consider_magic_clip: Optional[bool] = None
    consider_prior: Optional[bool] = None
    prior_weight: Optional[float] = None


@dataclasses.dataclass(frozen=True)
class GpEi:
    """A Gaussian process with expected improvement.

    Args:
        seed: 0 to 2**64 - 1; None: drawn by the server and recorded.
        n_startup_trials: trials of the initial design, >= 1; None: 5.
    """

    seed: Optional[int] = None
    n_startup_trials: Optional[int] = None


Sampler = Union[Random, Qmc, Tpe, GpEi]

# Each by the name of its field in SamplerConfig.
_BY_FIELD: Dict[str, Any] = {"random": Random, "qmc": Qmc, "tpe": Tpe, "gp_ei": GpEi}
_BY_NAME = {field.replace("_", "-"): cls for field, cls in _BY_FIELD.items()}
_REPRODUCE = {
    "optuna-2.9.1": parzen_pb2.TpeSampler.OPTUNA_2_9_1,
    "optuna-5.0": parzen_pb2.TpeSampler.OPTUNA_5_0,
}
_TIE_ORDER = {"simd": parzen_pb2.TpeSampler.SIMD, "scalar": parzen_pb2.TpeSampler.SCALAR}
_ACCEPTED = "None, 'random', 'qmc', 'tpe', 'gp-ei', or a parzen.Random, parzen.Qmc, parzen.Tpe or parzen.GpEi"


def encode_sampler(sampler: Any, seed: Any) -> parzen_pb2.SamplerConfig:
    """The sampler and create_study's own seed; two different seeds are refused."""
    if isinstance(sampler, str):
        if sampler not in _BY_NAME:
            raise invalid("sampler", sampler, _ACCEPTED)
        sampler = _BY_NAME[sampler]()
    if sampler is not None and not isinstance(sampler, (Random, Qmc, Tpe, GpEi)):
        raise invalid("sampler", sampler, _ACCEPTED)
    config = parzen_pb2.SamplerConfig()
    own_seed = None if sampler is None else sampler.seed
    if own_seed is not None and seed is not None and own_seed != seed:
        raise InvalidArgument(
            f"seed: {seed} given to create_study and {own_seed} to the sampler: give one, or the same twice",
            metadata={"field": "seed"},
        )
    seed = own_seed if seed is None else seed
    if seed is not None:
        config.seed = as_int("seed", seed, 0, _MAX_SEED)
    if sampler is None:
        return config
    message = getattr(config, next(field for field, cls in _BY_FIELD.items() if type(sampler) is cls))
    message.SetInParent()
    for option in dataclasses.fields(sampler):
        value = getattr(sampler, option.name)
        if option.name != "seed" and value is not None:
            _set_option(message, option.name, value)
    return config


def _set_option(message: Any, name: str, value: Any) -> None:
    if name == "reproduce":
        message.reproduce = _REPRODUCE[as_choice(name, value, list(_REPRODUCE))]
    elif name == "tie_order":
        message.tie_order = _TIE_ORDER[as_choice(name, value, list(_TIE_ORDER))]
    elif name in ("n_startup_trials", "n_ei_candidates"):
        setattr(message, name, as_int(name, value))
    elif name == "prior_weight":
        message.prior_weight = as_float(name, value)
    else:
        setattr(message, name, as_bool(name, value))


def decode_sampler(config: parzen_pb2.SamplerConfig) -> Optional[Sampler]:
    """The sampler with the seed that is used; None where the server chooses (auto)."""
    kind = config.WhichOneof("kind")
    if kind is None:
        return None
    cls = _BY_FIELD[kind]
    message = getattr(config, kind)
    options = {}
    for option in dataclasses.fields(cls):
        if option.name == "reproduce":
            options["reproduce"] = next((word for word, value in _REPRODUCE.items() if value == message.reproduce), None)
        elif option.name == "tie_order":
            options["tie_order"] = next((word for word, value in _TIE_ORDER.items() if value == message.tie_order), None)
        elif option.name != "seed" and message.HasField(option.name):
            options[option.name] = getattr(message, option.name)
    sampler: Sampler = cls(seed=config.seed if config.HasField("seed") else None, **options)
    return sampler
