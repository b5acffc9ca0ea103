"""Python values to wire values and back, with errors that name the field.

NumPy scalars (and anything else with ``dtype`` and ``item()``) are accepted without importing NumPy.
"""

from __future__ import annotations

import datetime
import json
import operator
import re
from typing import Any, Iterable, List, Mapping, Sequence, Union

from parzen._proto import parzen_pb2
from parzen.errors import InvalidArgument

#: What a parameter can be: the int 1, the float 1.0 and True are three different choices.
ParamValue = Union[None, bool, int, float, str]

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1


def invalid(field: str, value: object, expected: str) -> InvalidArgument:
    """The error for an argument that cannot be sent at all."""
    shown = repr(value)
    if len(shown) > 200:
        shown = shown[:197] + "..."
    return InvalidArgument(f"{field}: {shown} ({type(value).__name__}) is not {expected}", metadata={"field": field})


def plain(value: Any) -> Any:
    """A NumPy scalar's Python value; anything else as it is."""
    if hasattr(value, "dtype") and hasattr(value, "item"):
        try:
            item = value.item()
        except (TypeError, ValueError):
            return value  # an array of more than one element: left for the caller to refuse
        # numpy.longdouble has no Python type of its own: its item() is itself again.
        return float(item) if hasattr(item, "dtype") else item
    return value


def as_text(field: str, value: Any) -> str:
    value = plain(value)
    if not isinstance(value, str):
        raise invalid(field, value, "a str")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise invalid(field, value, "text that UTF-8 can encode (it has lone surrogates)") from None
    return str(value)


def as_float(field: str, value: Any) -> float:
    value = plain(value)
    if isinstance(value, (str, bytes)) or not hasattr(value, "__float__") and not hasattr(value, "__index__"):
        raise invalid(field, value, "a number")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise invalid(field, value, "a number that a float can hold") from None


def as_int(field: str, value: Any, low: int = _INT64_MIN, high: int = _INT64_MAX) -> int:
    value = plain(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        result = operator.index(value)
    except TypeError:
        raise invalid(field, value, "a whole number") from None
    if isinstance(value, bool):
        raise invalid(field, value, "a whole number")
    if not low <= result <= high:
        raise invalid(field, value, f"in [{low}, {high}]")
    return result


def as_bool(field: str, value: Any) -> bool:
    value = plain(value)
    if not isinstance(value, bool):
        raise invalid(field, value, "True or False")
    return value


def as_items(field: str, value: Any, expected: str) -> List[Any]:
    """A list of what an iterable holds; strings and mappings are no lists. Nor are sets: their order differs from process to
    process, so that the same program would define another study each time."""
    if isinstance(value, (set, frozenset)):
        raise invalid(field, value, expected + ": a set has no order")
    if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__iter__"):
        raise invalid(field, value, expected)
    return list(value)


def as_mapping(field: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise invalid(field, value, "a dict")
    return value


def encode_value(field: str, value: Any) -> parzen_pb2.Value:
    value = plain(value)
    if value is None:
        return parzen_pb2.Value(null_value="NULL_VALUE")
    if isinstance(value, bool):
        return parzen_pb2.Value(bool_value=value)
    if isinstance(value, int):
        return parzen_pb2.Value(int_value=as_int(field, value))
    if isinstance(value, float):
        return parzen_pb2.Value(double_value=value)
    if isinstance(value, str):
        return parzen_pb2.Value(string_value=as_text(field, value))
    raise invalid(field, value, "None, a bool, an int, a float or a str")


def decode_value(value: parzen_pb2.Value) -> ParamValue:
    kind = value.WhichOneof("kind")
    if kind is None or kind == "null_value":
        return None
    decoded: ParamValue = getattr(value, kind)
    return decoded


def encode_params(field: str, params: Any) -> List[parzen_pb2.Param]:
    return [
        parzen_pb2.Param(name=as_text(field, name), value=encode_value(f"{field}[{name!r}]", value))
        for name, value in as_mapping(field, params).items()
    ]


def encode_named(field: str, named: Any) -> List[parzen_pb2.NamedValue]:
    return [
        parzen_pb2.NamedValue(name=as_text(field, name), value=as_float(f"{field}[{name!r}]", value))
        for name, value in as_mapping(field, {} if named is None else named).items()
    ]


def encode_objectives(field: str, values: Any) -> List[float]:
    """One loss or several: a number, or a sequence of them."""
    values = plain(values)
    if isinstance(values, (str, bytes, Mapping, set, frozenset)):
        raise invalid(field, values, "a number, or a list of numbers")
    if hasattr(values, "__iter__"):
        return [as_float(f"{field}[{i}]", value) for i, value in enumerate(values)]
    return [as_float(field, values)]


def _json_default(value: Any) -> Any:
    value = plain(value)
    if isinstance(value, (bool, int, float, str)):
        return value
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no JSON value")


def encode_attribute(field: str, key: Any, value: Any) -> parzen_pb2.Attribute:
    key = as_text(f"{field} key", key)
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_json_default)
        text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as e:
        raise invalid(f"{field}[{key!r}]", value, f"a JSON value: {e}") from None
    return parzen_pb2.Attribute(key=key, json=text)


def decode_attributes(attributes: Iterable[parzen_pb2.Attribute]) -> "dict[str, Any]":
    return {attribute.key: json.loads(attribute.json) for attribute in attributes}


def decode_time(message: Any, field: str) -> "datetime.datetime | None":
    """The Timestamp ``field`` of ``message`` as an aware datetime in UTC; None where it is unset."""
    if not message.HasField(field):
        return None
    stamp = getattr(message, field)
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return epoch + datetime.timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)


def as_choice(field: str, value: Any, accepted: Sequence[str]) -> str:
    """One of some words, in any case."""
    word = str(value.value if hasattr(value, "value") else value).lower()
    if word not in accepted:
        raise invalid(field, value, "one of " + ", ".join(repr(a) for a in accepted))
    return word


def clip_utf8(text: str, limit: int) -> str:
    """The beginning of ``text`` that fits into ``limit`` bytes of UTF-8; what UTF-8 cannot encode is replaced."""
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
