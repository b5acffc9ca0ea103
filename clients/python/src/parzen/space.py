"""What can be suggested: Float, Int and Categorical parameters."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from parzen._proto import parzen_pb2
from parzen.errors import InvalidArgument
from parzen.values import (
    ParamValue,
    as_bool,
    as_float,
    as_int,
    as_items,
    as_mapping,
    as_text,
    decode_value,
    encode_value,
    invalid,
)


class _Unset:
    def __repr__(self) -> str:
        return "<unset>"

    def __reduce__(self) -> str:
        return "UNSET"


UNSET = _Unset()


class Parameter:
    """What Float, Int and Categorical have in common.

    Two parameters are equal where their distribution, condition and default are.

    Attributes:
        when: the condition, ``{parent: (value, ...)}``; None: always active.
        default: for a parameter added to a study that has trials: the value that those are taken to have had.
    """

    when: Optional[Dict[str, Tuple[ParamValue, ...]]]
    default: Any
    _distribution: parzen_pb2.Distribution

    def __init__(self, distribution: parzen_pb2.Distribution, when: Any, default: Any) -> None:
        self._distribution = distribution
        self.default = default
        if when is None:
            self.when = None
            return
        conditions = as_mapping("when", when)
        if len(conditions) != 1:
            raise invalid("when", when, "a dict of one parent and the list of its values, such as {'kernel': ['rbf']}")
        self.when = {
            as_text("when", parent): tuple(as_items(f"when[{parent!r}]", values, "a list of values of the parent"))
            for parent, values in conditions.items()
        }

    def _key(self) -> Tuple[Any, ...]:
        message = self._encode("")
        return (message.SerializeToString(deterministic=True),)

    def _encode(self, name: str) -> parzen_pb2.Parameter:
        message = parzen_pb2.Parameter(name=name, distribution=self._distribution)
        for parent, values in (self.when or {}).items():
            message.when.parent = parent
            message.when.values.extend(encode_value(f"when[{parent!r}]", value) for value in values)
        if self.default is not UNSET:
            message.default_value.CopyFrom(encode_value("default", self.default))
        return message

    def _arguments(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        text = self._arguments()
        if self.when is not None:
            text += f", when={ {parent: list(values) for parent, values in self.when.items()}!r}"
        if self.default is not UNSET:
            text += f", default={self.default!r}"
        return f"{type(self).__name__}({text})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Parameter):
            return NotImplemented
        return type(self) is type(other) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> Tuple[Any, ...]:
        return decode_parameter_bytes, (self._encode("").SerializeToString(),)


class Float(Parameter):
    """A real number in [low, high].

    Args:
        low, high: finite bounds, low <= high, both included.
        log: sampled uniformly in its logarithm; low > 0. Not together with step.
        step: values are low + k * step; > 0, and divides high - low (decided in decimal).
        when: ``{parent: [values]}``: exists only where the parent (a Categorical or an Int, declared before) has one of the
        values.
        default: for a parameter added to a study that has trials: the value that those are taken to have had.
    """

    def __init__(
        self,
        low: float,
        high: float,
        *,
        log: bool = False,
        step: Optional[float] = None,
        when: Optional[Mapping[str, Sequence[ParamValue]]] = None,
        default: Any = UNSET,
    ) -> None:
        self.low = as_float("low", low)
        self.high = as_float("high", high)
        self.log = as_bool("log", log)
        self.step = None if step is None else as_float("step", step)
        distribution = parzen_pb2.Distribution()
        distribution.float.low = self.low
        distribution.float.high = self.high
        distribution.float.log = self.log
        if self.step is not None:
            distribution.float.step = self.step
        super().__init__(distribution, when, default)

    def _arguments(self) -> str:
        text = f"{self.low!r}, {self.high!r}"
        if self.log:
            text += ", log=True"
        if self.step is not None:
            text += f", step={self.step!r}"
        return text


class Int(Parameter):
    """A whole number in [low, high].

    Args:
        low, high: bounds within +-2**53, low <= high, both included.
        log: sampled uniformly in its logarithm; low >= 1 and step 1.
        step: values are low + k * step; >= 1, and divides high - low.
        when, default: as for :class:`Float`.
    """

    def __init__(
        self,
        low: int,
        high: int,
        *,
        log: bool = False,
        step: int = 1,
        when: Optional[Mapping[str, Sequence[ParamValue]]] = None,
        default: Any = UNSET,
    ) -> None:
        self.low = as_int("low", low)
        self.high = as_int("high", high)
        self.log = as_bool("log", log)
        self.step = 1 if step is None else as_int("step", step)
        distribution = parzen_pb2.Distribution()
        distribution.int.low = self.low
        distribution.int.high = self.high
        distribution.int.log = self.log
        # Sent only where it is not the default, so that equal distributions are equal messages.
        if self.step != 1:
            distribution.int.step = self.step
        super().__init__(distribution, when, default)

    def _arguments(self) -> str:
        text = f"{self.low!r}, {self.high!r}"
        if self.log:
            text += ", log=True"
        if self.step != 1:
            text += f", step={self.step!r}"
        return text


class Categorical(Parameter):
    """One of some choices.

    Args:
        choices: a list of 1 to 10,000 of None, bool, int, float and str, compared by type and value: 1, 1.0 and True differ. No
            set: its order differs from process to process.
        when, default: as for :class:`Float`.
    """

    def __init__(
        self,
        choices: Sequence[ParamValue],
        *,
        when: Optional[Mapping[str, Sequence[ParamValue]]] = None,
        default: Any = UNSET,
    ) -> None:
        distribution = parzen_pb2.Distribution()
        distribution.categorical.choices.extend(
            encode_value(f"choices[{i}]", choice)
            for i, choice in enumerate(as_items("choices", choices, "a list of None, bool, int, float and str"))
        )
        distribution.categorical.SetInParent()
        self.choices: Tuple[ParamValue, ...] = tuple(decode_value(c) for c in distribution.categorical.choices)
        super().__init__(distribution, when, default)

    def _arguments(self) -> str:
        return repr(list(self.choices))


Space = Mapping[str, Parameter]


def _check_choices(parameter: Parameter) -> None:
    """The server would name the choice by its place in the message."""
    for i, choice in enumerate(parameter.choices if isinstance(parameter, Categorical) else ()):
        if choice != choice:
            raise invalid(f"choices[{i}]", choice, "a choice: NaN equals nothing, not even itself")


def encode_distribution(parameter: Parameter) -> parzen_pb2.Distribution:
    _check_choices(parameter)
    return parameter._distribution


def decode_distribution(message: parzen_pb2.Distribution) -> Optional[Parameter]:
    """The parameter, without its condition; None where the message has no distribution."""
    return decode_parameter(parzen_pb2.Parameter(distribution=message))


def decode_parameter(message: parzen_pb2.Parameter) -> Optional[Parameter]:
    when = None
    if message.HasField("when"):
        when = {message.when.parent: [decode_value(value) for value in message.when.values]}
    default = decode_value(message.default_value) if message.HasField("default_value") else UNSET
    kind = message.distribution.WhichOneof("kind")
    if kind == "float":
        f = message.distribution.float
        return Float(f.low, f.high, log=f.log, step=f.step if f.HasField("step") else None, when=when, default=default)
    if kind == "int":
        i = message.distribution.int
        return Int(i.low, i.high, log=i.log, step=i.step if i.HasField("step") else 1, when=when, default=default)
    if kind == "categorical":
        choices = [decode_value(choice) for choice in message.distribution.categorical.choices]
        return Categorical(choices, when=when, default=default)
    return None


def decode_parameter_bytes(data: bytes) -> Optional[Parameter]:
    return decode_parameter(parzen_pb2.Parameter.FromString(data))


def encode_space(space: Any) -> parzen_pb2.SearchSpace:
    """A dict of name -> Float | Int | Categorical, in declared order."""
    message = parzen_pb2.SearchSpace()
    for name, parameter in as_mapping("space", space).items():
        name = as_text("space", name)
        if not isinstance(parameter, Parameter):
            raise invalid(f"space[{name!r}]", parameter, "a parzen.Float, parzen.Int or parzen.Categorical")
        try:
            _check_choices(parameter)
            message.parameters.append(parameter._encode(name))
        except InvalidArgument as e:
            raise InvalidArgument(f"space[{name!r}].{e.message}", metadata=e.metadata) from None
    return message


def decode_space(message: parzen_pb2.SearchSpace) -> Dict[str, Parameter]:
    space: Dict[str, Parameter] = {}
    for parameter in message.parameters:
        decoded = decode_parameter(parameter)
        if decoded is not None:
            space[parameter.name] = decoded
    return space


def same_distribution(message: parzen_pb2.Distribution, parameter: Parameter) -> bool:
    decoded = decode_distribution(message)
    return decoded is not None and decoded._distribution == parameter._distribution
