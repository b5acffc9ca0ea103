"""Trials as a pandas DataFrame.

Columns: ``number``, ``state``, ``value`` (or ``values_<metric name or index>`` for several objectives), ``params_<name>``,
``constraints_<name>``, ``metrics_<name>``, ``user_attrs_<key>``, ``worker``, ``started``, ``finished``, ``duration``, ``reason``.
What a trial does not have is None or NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Sequence

from parzen.trial_view import TrialView

if TYPE_CHECKING:
    import pandas


def to_dataframe(trials: Iterable[TrialView], directions: Sequence[str], metric_names: Sequence[str]) -> "pandas.DataFrame":
    try:
        import pandas
    except ImportError:
        raise ImportError("to_dataframe needs pandas: pip install parzen[pandas]") from None
    if len(directions) == 1:
        value_columns = ["value"]
    else:
        value_columns = [f"values_{name}" for name in metric_names or range(len(directions))]
    rows = [_row(trial, value_columns) for trial in trials]
    # Groups in this order, within a group as they first appear.
    groups = ("number", "state", "value", "params_", "constraints_", "metrics_", "user_attrs_", "worker", "started", "finished")
    seen: Dict[str, None] = dict.fromkeys(
        ["number", "state", *value_columns, "worker", "started", "finished", "duration", "reason"]
    )
    for row in rows:
        seen.update(dict.fromkeys(row))
    columns = sorted(
        seen, key=lambda column: next((i for i, group in enumerate(groups) if column.startswith(group)), len(groups))
    )
    frame = pandas.DataFrame([[row.get(column) for column in columns] for row in rows], columns=pandas.Index(columns))
    for column in ("started", "finished"):
        frame[column] = pandas.to_datetime(frame[column], utc=True)
    frame["duration"] = frame["finished"] - frame["started"]
    return frame


def _row(trial: TrialView, value_columns: List[str]) -> Dict[str, Any]:
    row: Dict[str, Any] = {"number": trial.number, "state": trial.state.value}
    row.update(zip(value_columns, trial.values or []))
    for prefix, items in (
        ("params_", trial.params),
        ("constraints_", trial.constraints),
        ("metrics_", trial.metrics),
        ("user_attrs_", trial.user_attrs),
    ):
        row.update({prefix + name: value for name, value in items.items()})
    row.update(worker=trial.worker, started=trial.started, finished=trial.finished, reason=trial.reason)
    return row
