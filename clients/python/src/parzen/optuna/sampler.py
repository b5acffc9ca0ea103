"""ParzenSampler: an Optuna sampler whose suggestions are computed in the server, from the history in its memory."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import secrets
import threading
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.samplers import BaseSampler
from optuna.samplers._base import _process_constraints_after_trial
from optuna.storages import GrpcStorageProxy
from optuna.trial import FrozenTrial, TrialState

from parzen._proto import optuna_pb2
from parzen.errors import InvalidArgument
from parzen.optuna.service import StorageError, distribution_of, trials_service
from parzen.optuna.storage import ParzenStorage
from parzen.samplers import GpEi, Qmc, Random, Sampler, Tpe, encode_sampler
from parzen.session import Session
from parzen.values import invalid

_NAMES = {Random: "random", Qmc: "qmc", Tpe: "tpe", GpEi: "gp-ei"}
# What the name of a sampler stands for. "tpe" is what an Optuna program expects of it: the suggestions of Optuna's own TPESampler.
_BY_NAME: Dict[str, Sampler] = {
    "random": Random(),
    "qmc": Qmc(),
    "tpe": Tpe(reproduce="optuna-5.0"),
    "gp-ei": GpEi(),
}
_ACCEPTED = "None, 'random', 'qmc', 'tpe', 'gp-ei', or a parzen.Random, parzen.Qmc, parzen.Tpe or parzen.GpEi"

_PIECE = 2045  # characters of an attribute

_Streams = Tuple[int, int]


@dataclasses.dataclass
class Draw:
    """What the server suggested for one trial.

    Attributes:
        space: what is sampled jointly, by name.
        values: of the joint part, internal form; None where each parameter is to be sampled on its own.
        before, after: the streams around the joint part.
        seed: of the streams, which begin anew where study.optimize seeds its threads.
        singles: parameters that the trial is likely to ask for next: name, distribution, value, streams after it.
        shared: whether the trial's system attributes have the joint part.
        inferred: whether the trial's search space was asked for; what is asked for without it is sampled in any case.
    """

    space: Dict[str, BaseDistribution]
    values: Optional[List[float]]
    before: _Streams
    after: _Streams
    seed: Optional[int]
    singles: List[Tuple[str, BaseDistribution, float, _Streams]] = dataclasses.field(default_factory=list)
    shared: bool = False
    inferred: bool = False


class ParzenSampler(BaseSampler):  # type: ignore[misc]
    """Samples in the server that keeps the study: no history is sent to this process.

    The study's storage is a :class:`ParzenStorage`, or Optuna's GrpcStorageProxy to a Parzen server.

    Args:
        sampler: "tpe" (the suggestions of Optuna's TPESampler, that is ``parzen.Tpe(reproduce="optuna-5.0")``), "gp-ei", "qmc",
            "random", None (the server chooses), or a :class:`parzen.Tpe`, :class:`parzen.GpEi`, ... with its options.
        seed: of this sampler; with ``reproduce``, that of Optuna's sampler. None: drawn anew, or, without ``reproduce``, the
            study's own, so that all processes draw from one set of streams.
        constraints_func: as Optuna's samplers have it; ``trial.set_constraint`` needs none.

    Seed and streams belong to this object, as in Optuna: two of them never disturb each other. Any thread may use it.
    """

    def __init__(
        self,
        sampler: Union[None, str, Sampler] = "tpe",
        seed: Optional[int] = None,
        *,
        constraints_func: Optional[Callable[[FrozenTrial], Sequence[float]]] = None,
    ) -> None:
        if isinstance(sampler, str):
            if sampler not in _BY_NAME:
                raise invalid("sampler", sampler, _ACCEPTED)
            sampler = _BY_NAME[sampler]
        config = encode_sampler(sampler, seed)  # checks both
        self._constraints_func = constraints_func
        self._seed: Optional[int] = config.seed if config.HasField("seed") else None
        self._reproduces = isinstance(sampler, Tpe) and sampler.reproduce is not None
        self._shares = sampler is None or (
            isinstance(sampler, Tpe)
            and (sampler.reproduce != "optuna-2.9.1" if sampler.constant_liar is None else sampler.constant_liar)
        )
        self._sampling = optuna_pb2.Sampling(sampler="auto" if sampler is None else _NAMES[type(sampler)])
        for option in () if sampler is None else dataclasses.fields(sampler):
            value = getattr(sampler, option.name)
            if option.name != "seed" and value is not None:
                self._sampling.options.append(_option(option.name, value))
        if self._reproduces and self._seed is None:
            self._seed = secrets.randbits(32)
        self._streams: _Streams = (0, 0)
        self._setup()

    def _setup(self) -> None:
        # Serial streams are drawn from by one thread at a time, in the server as here.
        self._lock: Any = threading.RLock() if self._reproduces else contextlib.nullcontext()
        self._sessions: Dict[str, Session] = {}  # to the servers of Optuna's own proxies
        self._draws: Dict[int, Draw] = {}  # by trial, while it runs
        self._asked: Dict[int, Dict[str, BaseDistribution]] = {}  # by trial: what it sampled on its own, in this order
        self._habits: Dict[int, Dict[str, BaseDistribution]] = {}  # by study: what its last trial sampled on its own

    # --- Optuna's interface.

    def reseed_rng(self) -> None:
        # Per-trial streams never repeat each other; the two serial ones would.
        if self._reproduces:
            with self._lock:
                self._seed = secrets.randbits(32)
                self._streams = (0, 0)

    def before_trial(self, study: Any, trial: FrozenTrial) -> None:
        if isinstance(study._storage, ParzenStorage):
            study._storage.sample_with(study._study_id, self)

    def infer_relative_search_space(self, study: Any, trial: FrozenTrial) -> Dict[str, BaseDistribution]:
        with self._lock:
            draw = self._draw_of(study, trial)
            if draw is None:
                request = optuna_pb2.SampleJointRequest(trial_id=trial._trial_id, sampling=self._message())
                draw = self._decode(_call(self._service(study).SampleJoint, request))
                self._draws[trial._trial_id] = draw
            draw.inferred = True
            return dict(draw.space)

    def sample_relative(
        self, study: Any, trial: FrozenTrial, search_space: Dict[str, BaseDistribution]
    ) -> Dict[str, Any]:
        if not search_space:
            return {}
        with self._lock:
            draw = self._draws.get(trial._trial_id)
            asked = draw is not None and (draw.inferred or draw.values is not None)
            if draw is not None and asked and self._suits(draw, search_space):
                self._streams = draw.after
                shared = draw.shared
                params = _external(draw)
            else:
                shared = False
                params = self._sample_space(study, trial, search_space, always=draw is None or not draw.inferred)
        if params and self._shares and not shared:
            _share(study, trial, params)
        return params

    def sample_independent(
        self, study: Any, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        with self._lock:
            self._asked.setdefault(trial._trial_id, {})[param_name] = param_distribution
            draw = self._draws.get(trial._trial_id)
            if draw is not None and draw.singles and self._follows(draw):
                name, distribution, value, streams = draw.singles.pop(0)
                if (name, distribution) == (param_name, param_distribution):
                    self._streams, draw.after = streams, streams
                    return param_distribution.to_external_repr(value)
                draw.singles = []
            parameter = optuna_pb2.NamedDistribution(name=param_name, distribution=distribution_to_json(param_distribution))
            request = optuna_pb2.SampleParameterRequest(
                trial_id=trial._trial_id, sampling=self._message(), parameter=parameter
            )
            answer = _call(self._service(study).SampleParameter, request)
            self._streams = (answer.streams.startup, answer.streams.tpe)
            return param_distribution.to_external_repr(answer.value)

    def after_trial(
        self, study: Any, trial: FrozenTrial, state: TrialState, values: Optional[Sequence[float]]
    ) -> None:
        with self._lock:
            self._draws.pop(trial._trial_id, None)
            asked = self._asked.pop(trial._trial_id, {})
            self._habits[study._study_id] = asked
        if self._constraints_func is not None:
            _process_constraints_after_trial(self._constraints_func, study, trial, state)

    # --- For ParzenStorage.

    def begin(self, study_id: int, begin: Callable[[Any, Any], Any]) -> Any:
        """Begins a trial with ``begin(sampling, expected)`` and keeps what the server suggested for it; returns its answer."""
        with self._lock:
            expected = [
                optuna_pb2.NamedDistribution(name=name, distribution=distribution_to_json(distribution))
                for name, distribution in self._habits.get(study_id, {}).items()
            ]
            answer = begin(self._message(), expected)
            if answer.HasField("joint"):
                draw = self._decode(answer.joint)
                draw.shared = True
                joint = draw.space if draw.values is not None else {}
                names = [(n, d) for n, d in self._habits.get(study_id, {}).items() if n not in joint]
                for (name, distribution), single in zip(names, answer.singles):
                    draw.singles.append(
                        (name, distribution, single.value, (single.streams.startup, single.streams.tpe))
                    )
                self._draws[answer.trial_id] = draw
            return answer

    # --- Inside.

    def _message(self) -> Any:
        message = optuna_pb2.Sampling()
        message.CopyFrom(self._sampling)
        if self._seed is not None:
            message.seed = self._seed
        message.streams.startup, message.streams.tpe = self._streams
        return message

    def _decode(self, part: Any) -> Draw:
        """What was drawn from where the streams stand."""
        return Draw(
            space={named.name: distribution_of(named.distribution) for named in part.space},
            values=list(part.values) or None,
            before=self._streams,
            after=(part.streams.startup, part.streams.tpe),
            seed=self._seed,
        )

    def _draw_of(self, study: Any, trial: FrozenTrial) -> Optional[Draw]:
        """What was suggested as the trial began, unless another trial has drawn from the streams since."""
        draw = self._draws.get(trial._trial_id)
        if draw is not None and (draw.seed, draw.before) != (self._seed, self._streams):
            return None
        return draw

    def _suits(self, draw: Draw, search_space: Dict[str, BaseDistribution]) -> bool:
        """Whether nothing was drawn since, and this is the space that was drawn from, in its order."""
        unmoved = (draw.seed, draw.before) == (self._seed, self._streams)
        return unmoved and list(draw.space.items()) == list(search_space.items())

    def _follows(self, draw: Draw) -> bool:
        """Whether the streams stand where the next of the draw's single parameters begins."""
        return (draw.seed, draw.after) == (self._seed, self._streams)

    def _sample_space(
        self, study: Any, trial: FrozenTrial, search_space: Dict[str, BaseDistribution], always: bool
    ) -> Dict[str, Any]:
        request = optuna_pb2.SampleJointRequest(
            trial_id=trial._trial_id, sampling=self._message(), has_space=True, always=always
        )
        for name, distribution in search_space.items():
            request.space.add(name=name, distribution=distribution_to_json(distribution))
        draw = self._decode(_call(self._service(study).SampleJoint, request))
        draw.space = {name: search_space[name] for name in draw.space}
        self._streams = draw.after
        return _external(draw)

    def _service(self, study: Any) -> Any:
        storage = study._storage
        if isinstance(storage, ParzenStorage):
            return storage.trials
        if not isinstance(storage, GrpcStorageProxy):
            raise InvalidArgument(
                f"storage: the study is in a {type(storage).__name__}; ParzenSampler samples studies that a Parzen server keeps: "
                "a parzen.optuna.ParzenStorage, or a GrpcStorageProxy to one, is accepted",
                metadata={"field": "storage"},
            )
        address = f"{storage._host}:{storage._port}"
        if address not in self._sessions:
            self._sessions[address] = Session(address, worker=None, timeout=30, tls=False)
        return trials_service(self._sessions[address], None)

    def __getstate__(self) -> Dict[str, Any]:
        state = dict(self.__dict__)
        for name in ("_lock", "_sessions", "_draws", "_asked", "_habits"):
            del state[name]
        state["_sampling"] = self._sampling.SerializeToString()
        return state

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._sampling = optuna_pb2.Sampling.FromString(state["_sampling"])
        self._setup()


def _external(draw: Draw) -> Dict[str, Any]:
    if draw.values is None:
        return {}
    return {
        name: distribution.to_external_repr(value) for (name, distribution), value in zip(draw.space.items(), draw.values)
    }


def _share(study: Any, trial: FrozenTrial, params: Dict[str, Any]) -> None:
    """Tells the samplers of other processes what a running trial is going to try, as Optuna's TPESampler does."""
    text = json.dumps(params)
    for begin in range(0, len(text), _PIECE):
        key = f"tpe:relative_params:{begin // _PIECE}"
        study._storage.set_trial_system_attr(trial._trial_id, key, text[begin : begin + _PIECE])


def _call(method: Callable[[Any], Any], request: Any) -> Any:
    try:
        return method(request)
    except StorageError as e:
        raise e.error from e


def _option(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return optuna_pb2.SamplerOption(name=name, flag=value)
    if isinstance(value, int):
        return optuna_pb2.SamplerOption(name=name, whole=value)
    if isinstance(value, float):
        return optuna_pb2.SamplerOption(name=name, number=value)
    return optuna_pb2.SamplerOption(name=name, text=value)
