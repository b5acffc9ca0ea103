"""Trials as a pandas DataFrame.

Columns: ``number``, ``state``, ``value`` (or ``values_<metric name or index>`` for several objectives), ``params_<name>``,
``constraints_<name>``, ``metrics_<name>``, ``user_attrs_<key>``, ``worker``, ``started``, ``finished``, ``duration``,
``failure``, ``reason``. What a trial does not have is None, NaN or, among whole numbers, ``<NA>``: whole numbers stay whole.

``parzen import STUDY trials.csv`` reads what ``frame.to_csv("trials.csv")`` writes (docs/cli.md). A CSV file does not tell text
from numbers where the study's space does not, as in attributes: ``study.add_trials(other.trials())`` copies everything.
"""

from __future__ import annotations

import json
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
        ["number", "state", *value_columns, "worker", "started", "finished", "duration", "failure", "reason"]
    )
    for row in rows:
        seen.update(dict.fromkeys(row))
    columns = sorted(
        seen, key=lambda column: next((i for i, group in enumerate(groups) if column.startswith(group)), len(groups))
    )
    frame = pandas.DataFrame(
        {column: _column(pandas, [row.get(column) for row in rows]) for column in columns}, columns=pandas.Index(columns)
    )
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
    row.update(worker=trial.worker, started=trial.started, finished=trial.finished)
    row.update(failure=trial.failure, reason=trial.reason)
    return row


def _column(pandas: Any, cells: List[Any]) -> Any:
    """As pandas makes a column of these, but that 1 does not become 1.0 because it is missing elsewhere or stands beside 2.5."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {int} and None in cells and all(cell is None or -(2**63) <= cell < 2**63 for cell in cells):
        return pandas.Series(cells, dtype="Int64")
    if int in kinds and (float in kinds or None in cells):
        return pandas.Series(cells, dtype=object)
    if kinds <= {dict, list}:
        return pandas.Series([_as_json(cell) for cell in cells], dtype=object)
    return pandas.Series(cells)


class _JsonList(List[Any]):
    def __str__(self) -> str:
        return json.dumps(self, ensure_ascii=False)


class _JsonDict(Dict[str, Any]):
    def __str__(self) -> str:
        return json.dumps(self, ensure_ascii=False)


def _as_json(cell: Any) -> Any:
    """A list or a dict that to_csv writes as JSON."""
    return _JsonList(cell) if isinstance(cell, list) else _JsonDict(cell) if isinstance(cell, dict) else cell
