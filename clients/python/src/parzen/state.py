"""The states of a trial."""

from __future__ import annotations

import enum
from typing import Any, Iterable, List, Union

from parzen._proto import parzen_pb2
from parzen.values import as_choice, as_items


class State(str, enum.Enum):
    """A trial's state. Equal to its value: ``trial.state == "complete"``."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"

    def __str__(self) -> str:
        return self.value


#: One state, or several: ``"complete"`` or ``["waiting", State.RUNNING]``; None: all.
States = Union[None, str, State, Iterable[Union[str, State]]]

_WORDS = [state.value for state in State]


def encode_state(field: str, state: Union[str, State]) -> Any:
    return parzen_pb2.Trial.State.Value(as_choice(field, state, _WORDS).upper())


def encode_states(states: States) -> List[Any]:
    if states is None:
        return []
    if isinstance(states, str):
        states = [states]
    if isinstance(states, (set, frozenset)):
        states = sorted(states, key=str)
    return [encode_state("states", state) for state in as_items("states", states, "a list of states")]
