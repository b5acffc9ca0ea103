"""What a study is: its definition, its state and its counts."""

from __future__ import annotations

import datetime
import enum
from typing import Any, Dict, List, NamedTuple, Optional

from parzen._proto import parzen_pb2
from parzen.errors import InvalidArgument, NotFound
from parzen.pruners import Pruner, decode_pruner
from parzen.samplers import Sampler, decode_sampler
from parzen.session import Session
from parzen.space import Parameter, decode_space
from parzen.values import as_choice, decode_attributes, decode_time

_DIRECTIONS = ["minimize", "maximize"]


class StudyState(str, enum.Enum):
    """A study's state. Equal to its value: ``study.state == "active"``."""

    ACTIVE = "active"
    PAUSED = "paused"
    FINISHED = "finished"

    def __str__(self) -> str:
        return self.value


class WarmStartSource(NamedTuple):
    """An earlier study, as it was when a new one learned from it."""

    study: str
    uid: int
    revision: int
    trials: int  # that counted


def encode_direction(word: Any) -> Any:
    return parzen_pb2.Direction.Value(as_choice("direction", word, _DIRECTIONS).upper())


def check_uid(study: str, wanted: int, found: int) -> None:
    """Raises where what was read by a study's name belongs to another study, which has the name now."""
    if found != wanted:
        raise NotFound(f"study {study!r} has been deleted; another study has its name now", reason="NO_SUCH_STUDY")


class StudyInfo:
    """What :class:`parzen.Study` can say without its trials.

    ``name``, ``uid``, ``directions``, ``space`` and what else defines a study are as this object last read them; ``state``,
    ``counts`` and ``user_attrs`` are read from the server each time.
    """

    def __init__(self, session: Session, name: str, uid: int) -> None:
        self._session = session
        self._name = name
        self._uid = uid
        self._cached: Optional[parzen_pb2.Study] = None

    def _call(self, method: str, request: Any) -> Any:
        return self._session.call(method, request)

    def _check_exists(self) -> None:
        """Raises where what was found by the study's name, which was nothing, was found in another study that has the name
        now."""
        self._read()

    def _read(self) -> parzen_pb2.Study:
        message: parzen_pb2.Study = self._call("GetStudy", parzen_pb2.GetStudyRequest(study=self._name))
        check_uid(self._name, self._uid, message.uid)
        self._cached = message
        return message

    @property
    def _definition(self) -> parzen_pb2.Study:
        return self._read() if self._cached is None else self._cached

    @property
    def name(self) -> str:
        return self._name

    @property
    def uid(self) -> int:
        """Random, never used again on this server."""
        return self._uid

    @property
    def directions(self) -> List[str]:
        """ "minimize" or "maximize", one an objective."""
        return [parzen_pb2.Direction.Name(d or parzen_pb2.MINIMIZE).lower() for d in self._definition.directions] or ["minimize"]

    @property
    def direction(self) -> str:
        """Of a single objective."""
        directions = self.directions
        if len(directions) > 1:
            raise InvalidArgument(f"direction: study {self._name!r} has {len(directions)} objectives: use .directions")
        return directions[0]

    @property
    def metric_names(self) -> List[str]:
        return list(self._definition.metric_names)

    @property
    def space(self) -> Dict[str, Parameter]:
        """Name -> Float | Int | Categorical; empty: define-by-run."""
        return decode_space(self._definition.space)

    @property
    def sampler(self) -> Optional[Sampler]:
        """With the seed that is used; None: the server chooses."""
        return decode_sampler(self._definition.sampler)

    @property
    def pruner(self) -> Optional[Pruner]:
        """None where the server chooses (auto), and in a study from before there were pruners, which prunes nothing."""
        return decode_pruner(self._definition.pruner)

    @property
    def seed(self) -> int:
        return int(self._definition.sampler.seed)

    @property
    def max_trials(self) -> Optional[int]:
        return self._definition.max_trials if self._definition.HasField("max_trials") else None

    @property
    def max_duration(self) -> Optional[float]:
        """Seconds after the first ask."""
        return self._definition.max_duration if self._definition.HasField("max_duration") else None

    @property
    def target(self) -> Optional[List[float]]:
        """One an objective."""
        return list(self._definition.target) or None

    @property
    def patience(self) -> Optional[int]:
        """Complete trials without a better one."""
        return self._definition.patience if self._definition.HasField("patience") else None

    @property
    def warm_start(self) -> List[WarmStartSource]:
        """The earlier studies that it learned from when it was made (``create_study(warm_start_from=)``)."""
        return [WarmStartSource(s.study, s.uid, s.revision, s.trials) for s in self._definition.warm_start]

    @property
    def created(self) -> Optional[datetime.datetime]:
        return decode_time(self._definition, "create_time")

    @property
    def state(self) -> StudyState:
        """:class:`parzen.StudyState`, read from the server: "active", "paused" or "finished"."""
        return StudyState[parzen_pb2.Study.State.Name(self._read().state)]

    @property
    def finish_reason(self) -> Optional[str]:
        """Why it is finished: "max_trials", "max_duration", "target", "patience" or "call"; read from the server."""
        return self._read().finish_reason or None

    @property
    def counts(self) -> Dict[str, int]:
        """How many trials are in each state, and how many were imported; read from the server."""
        counts = self._read().counts
        return {name: getattr(counts, name) for name in ("waiting", "running", "complete", "pruned", "failed", "imported")}

    @property
    def user_attrs(self) -> Dict[str, Any]:
        """Read from the server; set them by ``set_user_attr``."""
        return decode_attributes(self._read().user_attrs)
