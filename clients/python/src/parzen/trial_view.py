"""A trial as a server described it."""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Optional

from parzen._proto import parzen_pb2
from parzen.errors import InvalidArgument
from parzen.space import Parameter, decode_distribution
from parzen.state import State
from parzen.values import ParamValue, decode_attributes, decode_time, decode_value


class TrialView:
    """What a :class:`parzen.Trial` can say without asking the server: what was known when it was last read."""

    def __init__(self, message: parzen_pb2.Trial) -> None:
        self._set_message(message)

    def _set_message(self, message: parzen_pb2.Trial) -> None:
        self._message = message
        self._params: Optional[Dict[str, ParamValue]] = None

    @property
    def message(self) -> parzen_pb2.Trial:
        """The trial as it travels (parzen.v1.Trial); not to be changed."""
        return self._message

    @property
    def number(self) -> int:
        """0, 1, 2, ... within the study."""
        return int(self._message.handle.number)

    @property
    def id(self) -> int:
        """Unique on the server."""
        return int(self._message.id)

    @property
    def study_name(self) -> str:
        return str(self._message.study)

    @property
    def attempt(self) -> int:
        """0, and one more with every retry."""
        return int(self._message.handle.attempt)

    @property
    def lost_leases(self) -> int:
        """How often its lease ran out; counted against max_retries."""
        return int(self._message.lost_leases)

    @property
    def state(self) -> State:
        """:class:`parzen.State`: "waiting", "running", "complete", "pruned" or "failed"."""
        return State[parzen_pb2.Trial.State.Name(self._message.state)]

    @property
    def params(self) -> Dict[str, ParamValue]:
        """Name -> value, in the order of the space or as suggested; inactive parameters are absent."""
        if self._params is None:
            self._params = {param.name: decode_value(param.value) for param in self._message.params}
        return self._params

    @property
    def distributions(self) -> Dict[str, Parameter]:
        """Name -> Float | Int | Categorical that the value was suggested from."""
        decoded = ((param.name, decode_distribution(param.distribution)) for param in self._message.params)
        return {name: parameter for name, parameter in decoded if parameter is not None}

    @property
    def values(self) -> Optional[List[float]]:
        """One value an objective; None until told."""
        return list(self._message.values) or None

    @property
    def value(self) -> Optional[float]:
        """The objective's value; None until told. For several objectives see ``values``."""
        values = self._message.values
        if len(values) > 1:
            raise InvalidArgument(f"value: trial {self.number} has {len(values)} objectives: use .values")
        return values[0] if values else None

    @property
    def intermediate(self) -> Dict[int, Any]:
        """Step -> reported value; for several objectives a list."""
        items = self._message.intermediate_values
        return {item.step: list(item.values) if len(item.values) > 1 else item.value for item in items}

    @property
    def prune_reason(self) -> Optional[str]:
        """What the latest advice to prune it was founded on, in words; None where there was none."""
        return self._message.prune_reason or None

    @property
    def constraints(self) -> Dict[str, float]:
        """Name -> value; feasible at <= 0."""
        return {item.name: item.value for item in self._message.constraints}

    @property
    def metrics(self) -> Dict[str, float]:
        """Name -> value: what was told beside the objectives."""
        return {item.name: item.value for item in self._message.metrics}

    @property
    def user_attrs(self) -> Dict[str, Any]:
        return decode_attributes(self._message.user_attrs)

    @property
    def system_attrs(self) -> Dict[str, Any]:
        return decode_attributes(self._message.system_attrs)

    @property
    def worker(self) -> Optional[str]:
        """Who runs or ran it; None before it was asked for."""
        return self._message.worker or None

    @property
    def created(self) -> Optional[datetime.datetime]:
        return decode_time(self._message, "create_time")

    @property
    def started(self) -> Optional[datetime.datetime]:
        """When it was handed out, UTC."""
        return decode_time(self._message, "start_time")

    @property
    def finished(self) -> Optional[datetime.datetime]:
        """When it ended, UTC."""
        return decode_time(self._message, "finish_time")

    @property
    def failure(self) -> Optional[str]:
        """Of a failed trial: "crashed", "preempted" or "infeasible"; else None."""
        if not self._message.HasField("failure"):
            return None
        kind = self._message.failure.kind or parzen_pb2.Failure.CRASHED
        return str(parzen_pb2.Failure.Kind.Name(kind)).lower()

    @property
    def reason(self) -> Optional[str]:
        """Of a failed trial: why; else None."""
        return self._message.failure.reason if self._message.HasField("failure") else None

    @property
    def enqueued(self) -> bool:
        return bool(self._message.enqueued)

    @property
    def imported(self) -> bool:
        return bool(self._message.imported)

    @property
    def fixed_params(self) -> List[str]:
        """Names of the parameters that were enqueued, not sampled."""
        return list(self._message.fixed_params)

    @property
    def revision(self) -> int:
        """The study's revision of the trial's latest change."""
        return int(self._message.revision)

    @property
    def is_finished(self) -> bool:
        return self.state in (State.COMPLETE, State.PRUNED, State.FAILED)
