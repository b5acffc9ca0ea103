"""tests/data/conformance/cases.json through the Python client; clients/typescript/test/conformance.test.ts runs the same cases."""

from __future__ import annotations

import json
import math
import pathlib
from typing import Any, Dict, List, Optional

import pytest

import parzen

CASES = json.loads((pathlib.Path(__file__).resolve().parents[1] / "data/conformance/cases.json").read_text())


def number(value: Any) -> Any:
    """Non-finite numbers are written as proto3 JSON has them."""
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else value


def same(found: Any, wanted: Any) -> bool:
    wanted = number(wanted)
    return bool(found == wanted) or (isinstance(wanted, float) and math.isnan(wanted) and math.isnan(found))


def parameter(text: Dict[str, Any]) -> Any:
    when = text.get("when")
    if "categorical" in text:
        return parzen.Categorical(text["categorical"], when=when)
    kind = parzen.Float if "float" in text else parzen.Int
    low, high = text.get("float") or text["int"]
    return kind(low, high, log=text.get("log", False), step=text.get("step"), when=when)


class Run:
    """Takes a case's steps."""

    def __init__(self, study: parzen.Study) -> None:
        self.study = study
        self.running: Dict[str, parzen.Trial] = {}

    def ask(self, step: Dict[str, Any]) -> None:
        trial = self.study.ask()
        self.running[step["as"]] = trial
        assert trial.number == step.get("number", trial.number)
        for name, value in step.get("params", {}).items():
            assert trial.params[name] == value
        assert trial.params == step.get("exactly", trial.params)

    def tell(self, step: Dict[str, Any]) -> None:
        options = {name: step[name] for name in ("state", "reason", "infeasible", "preempted") if name in step}
        values: Optional[List[float]] = [number(value) for value in step["values"]] if "values" in step else None
        self.running[step["trial"]].tell(values, **options)

    def report(self, step: Dict[str, Any]) -> None:
        trial = self.running[step["trial"]]
        trial.report(number(step["value"]), step=step["step"])
        assert trial.should_prune() == step.get("prune", False)

    def suggest(self, step: Dict[str, Any]) -> None:
        trial, name = self.running[step["trial"]], step["name"]
        if "categorical" in step:
            value = trial.suggest_categorical(name, step["categorical"])
        elif "float" in step:
            value = trial.suggest_float(name, *step["float"])
        else:
            value = trial.suggest_int(name, *step["int"])
        assert value == step.get("is", value)

    def recommended(self, step: Dict[str, Any]) -> None:
        found = self.study.recommended_trials
        wanted = [(number, step["basis"], step["objectives"], step["objectives"]) for number in step["numbers"]]
        assert [(one.number, one.basis, len(one.expected_values), len(one.standard_deviations)) for one in found] == wanted
        assert [one.expected_values for one in found] == step.get("expected", [one.expected_values for one in found])
        if step["objectives"] == 1:
            assert self.study.recommended_trial.number == step["numbers"][0]

    def importances(self, step: Dict[str, Any]) -> None:
        found = self.study.importances(step.get("objective"))
        assert found == step.get("are", found)
        if "first" in step:
            assert next(iter(found)) == step["first"] and sum(found.values()) == pytest.approx(1) and list(found.values()) == sorted(found.values(), reverse=True)

    def take(self, step: Dict[str, Any]) -> None:
        do, study = step["do"], self.study
        if do in ("ask", "tell", "report", "suggest", "recommended", "importances"):
            getattr(self, do)(step)
        elif do in ("pause", "resume", "finish"):
            getattr(study, do)()
        elif do == "stop":
            study.stop(step["number"])
        elif do == "enqueue":
            study.enqueue(step["params"])
        elif do == "import":
            study.add_trial(step["params"], step["values"])
        elif do == "states":
            assert [str(trial.state.value) for trial in study.trials()] == step["are"]
        elif do == "reason":
            assert study.trial(step["number"]).reason == step["is"]
        elif do == "intermediate":
            found = list(study.trial(step["number"]).intermediate.items())
            assert [at for at, _ in found] == [at for at, _ in step["is"]] and all(same(a[1], b[1]) for a, b in zip(found, step["is"]))
        elif do == "front":
            assert [trial.number for trial in study.best_trials] == step["is"]
        else:
            assert do == "best"
            best = study.best_trial
            assert best is not None and best.number == step["number"] and best.values == [number(value) for value in step["values"]]


@pytest.mark.filterwarnings("ignore")  # a loss that is NaN warns
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(client: parzen.Client, case: Dict[str, Any]) -> None:
    definition = {name: value for name, value in case["study"].items() if name != "space"}
    space = {name: parameter(text) for name, text in case["study"].get("space", {}).items()}
    run = Run(client.create_study(f"conformance: {case['name']}", space, **definition))
    for step in case["steps"]:
        if "error" not in step:
            run.take(step)
            continue
        with pytest.raises(parzen.Error) as refused:
            run.take(step)
        assert [refused.value.code, refused.value.reason] == step["error"]
