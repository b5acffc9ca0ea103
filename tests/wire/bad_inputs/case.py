"""What a bad input is, and the answers that most of them must get."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from bad_inputs.fixture import Fixture

BAD = ("INVALID_ARGUMENT", "BAD_FIELD")
NO_STUDY = ("NOT_FOUND", "NO_SUCH_STUDY")
NO_TRIAL = ("NOT_FOUND", "NO_SUCH_TRIAL")


def limit(name: str) -> tuple[str, str]:
    return "RESOURCE_EXHAUSTED", "LIMIT_" + name


@dataclasses.dataclass(frozen=True)
class Case:
    method: str
    what: str
    make: Callable[["Fixture"], object]
    code: str
    reason: str
