"""Requests that nobody would send: valid shapes of every message, found by reflection, filled with extremes."""

from __future__ import annotations

import math
import random

from google.protobuf import descriptor as d

from wire import METHODS, message_class

INTEGERS = [0, 1, -1, 2, 7, 1000, 1001, 2**31 - 1, -(2**31), 2**53, 2**53 + 1, 2**63 - 1, -(2**63)]
DOUBLES = [0.0, -0.0, 1.0, -1.0, 0.1, 1e-320, 1e308, -1e308, math.inf, -math.inf, math.nan]
TEXTS = ["", "s", "x", "lr", "depth", "kernel", "dynamic", "a" * 256, "a" * 257, "\x00", "é\u2028\U0001f600", "../../etc/passwd", "'; DROP TABLE studies; --",
         "%s%n", "{}", "[[1]]", '"', "null", "NaN", "00000000-0000-0000-0000-000000000000", "9" * 400, "state", "space"]
F = d.FieldDescriptor


def scalar(rng: random.Random, field: d.FieldDescriptor, known: dict):
    if field.name in known and rng.random() < 0.7:
        return rng.choice(known[field.name])
    kind = field.cpp_type
    if kind in (F.CPPTYPE_INT32, F.CPPTYPE_ENUM):
        if kind == F.CPPTYPE_ENUM and rng.random() < 0.8:
            return rng.choice(field.enum_type.values).number
        return rng.choice([i for i in INTEGERS if -(2**31) <= i < 2**31])
    if kind == F.CPPTYPE_INT64:
        return rng.choice(INTEGERS)
    if kind == F.CPPTYPE_UINT32:
        return rng.choice([0, 1, 2**32 - 1])
    if kind == F.CPPTYPE_UINT64:
        return rng.choice([0, 1, 2**64 - 1])
    if kind in (F.CPPTYPE_DOUBLE, F.CPPTYPE_FLOAT):
        return rng.choice(DOUBLES)
    if kind == F.CPPTYPE_BOOL:
        return rng.random() < 0.5
    text = rng.choice(TEXTS)
    return text.encode() if field.type == F.TYPE_BYTES else text


def is_repeated(field) -> bool:
    return field.is_repeated if hasattr(type(field), "is_repeated") else field.label == F.LABEL_REPEATED


def fill(rng: random.Random, message, known: dict, depth: int = 0) -> None:
    for field in message.DESCRIPTOR.fields:
        if rng.random() < (0.35 if depth else 0.15):
            continue
        if is_repeated(field):
            for _ in range(rng.choice([0, 1, 1, 2, 5])):
                if field.message_type is None:
                    getattr(message, field.name).append(scalar(rng, field, known))
                elif depth < 7:
                    fill(rng, getattr(message, field.name).add(), known, depth + 1)
        elif field.message_type is None:
            setattr(message, field.name, scalar(rng, field, known))
        elif depth < 7:
            child = getattr(message, field.name)
            child.SetInParent()
            if field.name in known and rng.random() < 0.7:
                child.CopyFrom(rng.choice(known[field.name]))
            else:
                fill(rng, child, known, depth + 1)


def request(rng: random.Random, method: str, known: dict) -> bytes:
    """One request's bytes; one in four is damaged afterwards."""
    message = message_class(METHODS[method].input_type)()
    fill(rng, message, known)
    data = bytearray(message.SerializeToString())
    if rng.random() < 0.25 and data:
        for _ in range(rng.randint(1, 4)):
            action = rng.randrange(3)
            at = rng.randrange(len(data)) if data else 0
            if action == 0 and data:
                data[at] ^= 1 << rng.randrange(8)
            elif action == 1:
                del data[at:]
            else:
                data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 8)))
    return bytes(data)
