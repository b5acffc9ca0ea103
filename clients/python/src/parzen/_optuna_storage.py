"""Reading Optuna's storages: SQLite files by their tables (Optuna 2.4 to 5), everything else through Optuna itself."""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
import os
import sqlite3
import urllib.parse
from typing import Any, Dict, Iterator, List, Optional, Tuple


class Unreadable(Exception):
    """Nothing can be read; the message says why."""


@dataclasses.dataclass
class OptunaTrial:
    number: int
    state: str  # RUNNING, WAITING, COMPLETE, PRUNED or FAIL
    params: List[Tuple[str, float, str]]  # name, internal value, distribution as JSON
    values: List[float]
    intermediate: List[Tuple[int, float]]
    user_attrs: Dict[str, str]  # JSON texts
    system_attrs: Dict[str, str]
    started: Optional[datetime.datetime]  # local, without a zone
    finished: Optional[datetime.datetime]


@dataclasses.dataclass
class OptunaStudy:
    name: str
    directions: List[str]
    user_attrs: Dict[str, str]
    system_attrs: Dict[str, str]
    trials: Iterator[OptunaTrial]  # by number


def read_studies(url: str, only: Optional[str]) -> Iterator[OptunaStudy]:
    """The studies at a URL, or the one of this name. Raises :class:`Unreadable`."""
    path = _sqlite_path(url)
    studies = _SqliteFile(path).studies() if path is not None else _through_optuna(url)
    found = False
    for study in studies:
        if only is None or study.name == only:
            found = True
            yield study
    if not found:
        raise Unreadable(f"{url} has no study" + ("" if only is None else f" {only!r}"))


def _sqlite_path(url: str) -> Optional[str]:
    if "://" not in url:
        return url
    scheme, _, rest = url.partition(":///")
    if scheme.partition("+")[0] != "sqlite":
        return None
    return urllib.parse.unquote(rest.partition("?")[0])


# ----------------------------------------------------------------------------------------------------------------- SQLite


class _SqliteFile:
    def __init__(self, path: str) -> None:
        if not os.path.isfile(path):
            raise Unreadable(f"there is no file {path}")
        try:
            self._db = sqlite3.connect(f"file:{urllib.parse.quote(os.path.abspath(path))}?mode=ro", uri=True)
            tables = {row[0] for row in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        except sqlite3.Error as e:
            raise Unreadable(f"{path} cannot be read: {e}") from None
        needed = {"studies", "study_directions", "trials", "trial_params", "trial_values", "trial_intermediate_values"}
        if "studies" not in tables:
            raise Unreadable(f"{path} is no Optuna storage: it has no table 'studies'")
        if not needed <= tables:
            raise Unreadable(f"{path} was written by an Optuna before 2.4; 'optuna storage upgrade' makes it readable")

    def _has(self, table: str, column: str) -> bool:
        return any(row[1] == column for row in self._db.execute(f"PRAGMA table_info({table})"))

    def studies(self) -> Iterator[OptunaStudy]:
        for study_id, name in self._db.execute("SELECT study_id, study_name FROM studies ORDER BY study_id").fetchall():
            directions = self._db.execute(
                "SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective", (study_id,)
            ).fetchall()
            yield OptunaStudy(
                name,
                [row[0] for row in directions],
                self._attributes("study_user_attributes", "study_id", study_id),
                self._attributes("study_system_attributes", "study_id", study_id),
                self._trials(study_id),
            )

    def _attributes(self, table: str, key: str, owner: int) -> Dict[str, str]:
        return dict(self._db.execute(f"SELECT key, value_json FROM {table} WHERE {key} = ?", (owner,)).fetchall())

    def _trials(self, study_id: int) -> Iterator[OptunaTrial]:
        rows = self._db.execute(
            "SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials WHERE study_id = ? ORDER BY number",
            (study_id,),
        ).fetchall()
        for trial_id, number, state, started, finished in rows:
            params = self._db.execute(
                "SELECT param_name, param_value, distribution_json FROM trial_params WHERE trial_id = ? ORDER BY param_id",
                (trial_id,),
            ).fetchall()
            yield OptunaTrial(
                number,
                state,
                params,
                [value for _, value in self._numbers("trial_values", "objective", "value", trial_id)],
                self._numbers("trial_intermediate_values", "step", "intermediate_value", trial_id),
                self._attributes("trial_user_attributes", "trial_id", trial_id),
                self._attributes("trial_system_attributes", "trial_id", trial_id),
                None if started is None else datetime.datetime.fromisoformat(started),
                None if finished is None else datetime.datetime.fromisoformat(finished),
            )

    def _numbers(self, table: str, index: str, column: str, trial_id: int) -> List[Tuple[int, float]]:
        """Non-finite numbers have a type of their own since Optuna 3.0; NaN was NULL before."""
        kind = f"{column}_type" if self._has(table, f"{column}_type") else "NULL"
        rows = self._db.execute(f"SELECT {index}, {column}, {kind} FROM {table} WHERE trial_id = ? ORDER BY {index}", (trial_id,))
        return [(at, _number_of(value, word)) for at, value, word in rows.fetchall()]


def _number_of(value: Optional[float], kind: Optional[str]) -> float:
    if kind == "INF_POS":
        return math.inf
    if kind == "INF_NEG":
        return -math.inf
    return math.nan if value is None else float(value)


# ----------------------------------------------------------------------------------------------------------------- Optuna


def _through_optuna(url: str) -> Iterator[OptunaStudy]:
    try:
        import optuna
    except ImportError:
        raise Unreadable(f"{url} is no SQLite file, and Optuna, which could open it, is not installed here") from None
    try:
        storage = optuna.storages.get_storage(url)
        studies = storage.get_all_studies()
    except Exception as e:  # whatever the database's driver raises
        raise Unreadable(f"Optuna cannot open {url}: {e}") from None
    for study in studies:
        study_id = storage.get_study_id_from_name(study.study_name)
        yield OptunaStudy(
            study.study_name,
            [direction.name for direction in study.directions],
            _texts(study.user_attrs),
            _texts(study.system_attrs),
            (_trial_of(optuna, trial) for trial in sorted(storage.get_all_trials(study_id), key=lambda t: t.number)),
        )


def _texts(attributes: Dict[str, Any]) -> Dict[str, str]:
    return {key: json.dumps(value) for key, value in attributes.items()}


def _trial_of(optuna: Any, trial: Any) -> OptunaTrial:
    params = []
    for name, value in trial.params.items():
        distribution = trial.distributions[name]
        params.append((name, distribution.to_internal_repr(value), optuna.distributions.distribution_to_json(distribution)))
    return OptunaTrial(
        trial.number,
        trial.state.name,
        params,
        list(trial.values or []),
        sorted(trial.intermediate_values.items()),
        _texts(trial.user_attrs),
        _texts(trial.system_attrs),
        trial.datetime_start,
        trial.datetime_complete,
    )
