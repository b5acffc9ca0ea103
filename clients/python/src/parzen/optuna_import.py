"""Optuna's studies as JSON Lines, as ``parzen import`` reads them (docs/cli.md).

    python -m parzen.optuna_import URL [--study NAME]

An SQLite URL (``sqlite:///study.db``, or a file's path) is read with Python's own sqlite3 and is not changed; Optuna need not be
installed. Any other URL is opened by Optuna itself. Exit code 2: there is nothing to read, and one line on stderr says why.

What becomes of a study:

- It is define-by-run, as it was: each trial's parameters carry the distributions that they were suggested from.
- Numbers, states, values, intermediate values, attributes and times are kept. Optuna's times are local ones without a zone: those
  of this machine. Constraints keep their names; those of a ``constraints_func``, which have none, are "0", "1", ... as Optuna 5
  calls them.
- WAITING trials stay enqueued with their fixed parameters, RUNNING ones stay running.
- Choices that are no null, bool, number or string become their JSON text, and so does NaN; a note on stderr says so.
"""

from __future__ import annotations

import argparse
import datetime
import decimal
import json
import math
import sys
from typing import Any, Dict, Iterator, List, Optional, Set, TextIO, Tuple

from parzen._optuna_storage import OptunaStudy, OptunaTrial, Unreadable, read_studies

_STATES = {"RUNNING": "running", "WAITING": "waiting", "COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}


def _number(value: float) -> Any:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _without_nan(value: Any) -> Any:
    """What JSON cannot say, as text."""
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    return value


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class _Notes:
    """Each note once."""

    def __init__(self) -> None:
        self._said: Set[str] = set()

    def __call__(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            print(f"parzen.optuna_import: {text}", file=sys.stderr)


def _choice(value: Any, name: str, note: _Notes) -> Any:
    """As a choice stands in a line; an infinite number is {"float": ...}, since its text would be a string."""
    if isinstance(value, float):
        if math.isnan(value):
            note(f"parameter {name!r}: the choice NaN becomes the text 'NaN'")
            return "NaN"
        return {"float": _number(value)} if math.isinf(value) else value
    if value is None or isinstance(value, (bool, int, str)):
        return value
    note(f"parameter {name!r}: choices that are no null, bool, number or string become their JSON text")
    return _dump(_without_nan(value))


def _high_on_grid(low: float, high: float, step: float) -> float:
    """The last value of the grid: old versions of Optuna left others to the sampler."""
    exact = [decimal.Decimal(repr(v)) for v in (low, high, step)]
    return float(exact[0] + (exact[1] - exact[0]) // exact[2] * exact[2])


def _distribution(text: str, name: str, note: _Notes) -> Tuple[Dict[str, Any], List[Any]]:
    """A distribution as a line has it, and a categorical's choices as Optuna numbers them."""
    loaded = json.loads(text)
    kind, of = loaded["name"], loaded["attributes"]
    if kind == "CategoricalDistribution":
        choices = [_choice(choice, name, note) for choice in of["choices"]]
        different: Dict[Tuple[type, str], Any] = {(type(choice), _dump(choice)): choice for choice in choices}
        return {"type": "categorical", "choices": list(different.values())}, choices
    low, high = of["low"], of["high"]
    step = of.get("step", of.get("q"))
    log = bool(of.get("log", False)) or kind in ("LogUniformDistribution", "IntLogUniformDistribution")
    if kind in ("FloatDistribution", "UniformDistribution", "LogUniformDistribution", "DiscreteUniformDistribution"):
        made: Dict[str, Any] = {"type": "float", "low": float(low), "high": float(high)}
        if kind == "UniformDistribution" or log:
            step = None
        if step is not None:
            made["high"] = _high_on_grid(float(low), float(high), float(step))
            made["step"] = float(step)
    elif kind in ("IntDistribution", "IntUniformDistribution", "IntLogUniformDistribution"):
        made = {"type": "int", "low": int(low), "high": int(high)}
        if step is not None and int(step) != 1 and not log:
            made["high"] = int(low) + (int(high) - int(low)) // int(step) * int(step)
            made["step"] = int(step)
    else:
        raise Unreadable(f"parameter {name!r} has the distribution {kind}, which is unknown here")
    if log:
        made["log"] = True
    return made, []


def _set_attributes(line: Dict[str, Any], name: str, attributes: Dict[str, str]) -> None:
    """Values by key, and the texts as they were where a line would write them in another way."""
    values, texts = {}, {}
    for key in sorted(attributes, key=str.encode):
        value = json.loads(attributes[key])
        values[key] = _without_nan(value)
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            continue  # NaN is no JSON: there is no text to keep
        if _dump(value) != attributes[key]:
            texts[key] = attributes[key]
    if values:
        line[name] = values
    if texts:
        line[name + "_text"] = texts


def _time(local: Optional[datetime.datetime]) -> Optional[str]:
    if local is None or not 1971 <= local.year <= 2260:
        return None
    return local.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _set_params(line: Dict[str, Any], trial: OptunaTrial, note: _Notes) -> None:
    params: Dict[str, Any] = {}
    distributions: Dict[str, Any] = {}
    for name, internal, text in trial.params:
        distributions[name], choices = _distribution(text, name, note)
        kind = distributions[name]["type"]
        params[name] = choices[int(internal)] if choices else int(round(internal)) if kind == "int" else float(internal)
    fixed = json.loads(trial.system_attrs["fixed_params"]) if "fixed_params" in trial.system_attrs else {}
    if trial.state == "WAITING":
        for name, value in fixed.items():
            params.setdefault(name, _choice(value, name, note))
    line["params"] = params
    if distributions:
        line["distributions"] = distributions
    if fixed:
        line["enqueued"] = True
        line["fixed_params"] = [name for name in fixed if name in params]


def _constraints(system_attrs: Dict[str, str]) -> Dict[str, float]:
    """Those of a constraints_func have no names; those of Trial.set_constraint (Optuna 5) do."""
    unnamed = json.loads(system_attrs.get("constraints", "null")) or []
    constraints = {str(i): float(value) for i, value in enumerate(unnamed)}
    for key in sorted(system_attrs):
        if key.startswith("constraints:") and len(key) > len("constraints:"):
            constraints[key[len("constraints:") :]] = float(json.loads(system_attrs[key]))
    return constraints


def study_line(study: OptunaStudy) -> str:
    names = json.loads(study.system_attrs.get("study:metric_names", "null"))
    made: Dict[str, Any] = {"name": study.name}
    made["directions"] = ["maximize" if word == "MAXIMIZE" else "minimize" for word in study.directions]
    if names and len(set(names)) == len(study.directions):
        made["metric_names"] = names
    made["space"] = {}
    made["sampler"] = "auto"
    _set_attributes(made, "user_attrs", study.user_attrs)
    _set_attributes(made, "system_attrs", study.system_attrs)
    made["state"] = "active"
    return _dump({"study": made})


def trial_line(trial: OptunaTrial, objectives: int, note: _Notes) -> str:
    line: Dict[str, Any] = {"number": trial.number, "state": _STATES[trial.state]}
    _set_params(line, trial, note)
    whole = trial.state in ("COMPLETE", "PRUNED") and len(trial.values) == objectives
    line["values"] = [_number(value) for value in trial.values] if whole else []
    if trial.intermediate:
        line["intermediate_values"] = [[step, _number(value)] for step, value in trial.intermediate]
    constraints = _constraints(trial.system_attrs)
    if constraints and not any(math.isnan(value) for value in constraints.values()):
        line["constraints"] = {name: _number(value) for name, value in constraints.items()}
    if trial.state == "FAIL":
        line["failure"] = {"kind": "crashed", "reason": ""}
    _set_attributes(line, "user_attrs", trial.user_attrs)
    _set_attributes(line, "system_attrs", trial.system_attrs)
    # What is created is asked for at once there; a waiting trial has no time at all.
    for key, at in (("created", trial.started), ("started", trial.started), ("finished", trial.finished)):
        time = _time(at)
        ended = trial.state not in ("RUNNING", "WAITING")
        if time is not None and (key == "created" or trial.state != "WAITING") and (key != "finished" or ended):
            line[key] = time
    line["imported"] = True
    return _dump(line)


def lines(url: str, study: Optional[str] = None) -> Iterator[str]:
    """The studies at a URL, or the one of this name. Raises :class:`Unreadable`."""
    note = _Notes()
    for read in read_studies(url, study):
        yield study_line(read)
        for trial in read.trials:
            yield trial_line(trial, len(read.directions), note)


def main(arguments: Optional[List[str]] = None, out: TextIO = sys.stdout) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m parzen.optuna_import", description="Optuna's studies as JSON Lines for 'parzen import'."
    )
    parser.add_argument("url", help="sqlite:///study.db, a path, or another URL that Optuna takes")
    parser.add_argument("--study", help="only the study of this name")
    options = parser.parse_args(arguments)
    try:
        for line in lines(options.url, options.study):
            out.write(line + "\n")
    except Unreadable as e:
        print(f"parzen.optuna_import: {e}", file=sys.stderr)
        return 2
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
