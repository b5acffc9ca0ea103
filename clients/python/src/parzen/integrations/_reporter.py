"""What all integrations do with a measurement: report it, and raise where the trial should end."""

from __future__ import annotations

import warnings
from typing import Any, Callable, Mapping, Optional, Sequence, Union

from parzen.errors import Error, InvalidArgument, Pruned
from parzen.trial import Trial
from parzen.values import as_items, invalid

# The name that the framework gives it, or a function that measures it.
Metric = Union[str, Callable[[], float]]
Metrics = Union[Metric, Sequence[Metric]]
# Hands on, in every process, what that of rank 0 put in.
Broadcast = Callable[[Optional[Exception]], Optional[Exception]]


class Reporter:
    """Called with each step's measurements, by every process that trains.

    Args:
        trial: None in processes of a rank above 0 that have none.
        metric: one, or a list with one an objective.
        broadcast: None where one process trains, or where the framework's own is given to each call.
    """

    def __init__(self, trial: Optional[Trial], metric: Metrics, broadcast: Optional[Broadcast] = None) -> None:
        if trial is not None and not isinstance(trial, Trial):
            raise invalid("trial", trial, "what study.ask() returned, or None in processes of a rank above 0")
        self._trial = trial
        self._several = not (isinstance(metric, str) or callable(metric))
        self._metrics: Sequence[Any] = as_items("metric", metric, "a name or a list") if self._several else [metric]
        if not self._metrics or not all(isinstance(item, str) or callable(item) for item in self._metrics):
            raise invalid("metric", metric, "a name or a function without arguments, or a list of them, one an objective")
        self._broadcast = broadcast

    def __call__(
        self, step: int, measured: Mapping[str, Any], *, rank: Optional[int] = None, broadcast: Optional[Broadcast] = None
    ) -> None:
        """Rank 0 reports; where the trial should end all ranks raise the same.

        Args:
            rank: None where the framework does not know: the process that has the trial is that of rank 0.
            broadcast: the framework's, used where the caller of the integration gave none.
        """
        broadcast = self._broadcast or broadcast
        end: Optional[Exception] = None
        if rank == 0 or rank is None and (self._trial is not None or broadcast is None):
            try:
                self._report(step, measured)
            except Exception as e:
                end = e
        if broadcast is not None:  # the others wait for it, whatever happened
            end = broadcast(end)
        if end is not None:
            raise end

    def _report(self, step: int, measured: Mapping[str, Any]) -> None:
        if self._trial is None:
            raise InvalidArgument("trial: None is for processes of a rank above 0, which hear of the end through a broadcast")
        values = [item() if callable(item) else self._find(item, measured) for item in self._metrics]
        report(self._trial, values if self._several else values[0], step)

    @staticmethod
    def _find(name: str, measured: Mapping[str, Any]) -> Any:
        if name in measured:
            return measured[name]
        there = ", ".join(sorted(map(repr, measured))) or "nothing at all"
        raise InvalidArgument(f"metric: {name!r} was not measured; there is {there}", metadata={"field": "metric"})


def report(trial: Trial, value: Any, step: int) -> None:
    """Raises Pruned where the trial should end; warns where the server cannot be reached."""
    try:
        trial.report(value, step=step)
    except Error as e:
        if not e.is_transient:
            raise
        warnings.warn(f"trial {trial.number} goes on: step {step} could not be reported: {e}", RuntimeWarning, stacklevel=2)
        return
    if trial.should_prune():
        reason = None if trial.stop_requested else trial.prune_reason
        raise Pruned(f"trial {trial.number}: {reason or f'told to stop at step {step}'}")


def missing(module: str, framework: str, package: str) -> ImportError:
    """What an integration raises whose framework is not installed."""
    return ImportError(f"parzen.integrations.{module} needs {framework}: pip install {package}")
