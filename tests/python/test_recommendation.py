"""study.recommended_trial: the trial whose value without noise is expected to be best."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

import parzen

SPACE = {"x": parzen.Float(0, 1)}


def bowl(x: float) -> float:
    return (x - 0.3) ** 2


def noisy_study(client: parzen.Client, name: str, **options: Any) -> parzen.Study:
    """A bowl under noise, and at its edge one run with all the luck there is."""
    study = client.create_study(name, SPACE, seed=1, **options)
    noise = random.Random(1)
    sign = -1 if options.get("direction") == "maximize" else 1
    study.add_trials([({"x": i / 40}, sign * (bowl(i / 40) + noise.gauss(0, 0.02))) for i in range(40)])
    study.add_trial({"x": 0.9}, sign * -0.05)
    return study


@pytest.mark.parametrize("sampler", [None, "tpe", "random"])
def test_luck_is_not_trusted(client: parzen.Client, name: str, sampler: Any) -> None:
    study = noisy_study(client, name, sampler=sampler)
    assert study.best_trial.params == {"x": 0.9}
    best = study.recommended_trial
    assert best.basis == "model" and best.number == best.trial.number
    assert abs(best.params["x"] - 0.3) < 0.15
    assert abs(best.expected_value - bowl(best.params["x"])) < 0.02
    assert 0 < best.standard_deviation < 0.05


def test_maximized_values_keep_their_sign(client: parzen.Client, name: str) -> None:
    best = noisy_study(client, name, direction="maximize").recommended_trial
    assert abs(best.params["x"] - 0.3) < 0.15 and abs(best.expected_value) < 0.03


def test_the_front_of_several_objectives(client: parzen.Client, name: str) -> None:
    study = client.create_study(name, SPACE, directions=["minimize", "maximize"])
    study.add_trials([({"x": i / 20}, [i / 20, 1 - abs(i / 20 - 0.5)]) for i in range(20)])
    with pytest.raises(parzen.FailedPrecondition):
        study.recommended_trial
    front = study.recommended_trials
    xs = [best.params["x"] for best in front]
    assert xs == sorted(xs) and len(xs) >= 8 and max(xs) <= 0.6 and min(xs) < 0.1
    for best in front:
        assert len(best.expected_values) == len(best.standard_deviations) == 2
        assert abs(best.expected_values[0] - best.params["x"]) < 0.05


def test_infeasible_failed_and_diverged_trials_are_not_recommended(client: parzen.Client, name: str) -> None:
    study = client.create_study(name, SPACE, seed=1)
    for i in range(12):
        trial = study.ask()
        if i == 5:
            trial.tell(state="failed")
        else:
            trial.tell(1e9 if i == 7 else bowl(trial.params["x"]), constraints={"c": trial.params["x"] - 0.25})
    best = study.recommended_trial
    assert best.trial.params["x"] <= 0.25
    assert best.number not in (5, 7)


def test_no_complete_trial_is_an_error_that_says_so(client: parzen.Client, name: str) -> None:
    study = client.create_study(name, SPACE)
    study.ask().tell(state="failed")
    with pytest.raises(parzen.NotFound, match="no complete and feasible trial yet") as error:
        study.recommended_trial
    assert error.value.reason == "NO_SUCH_TRIAL"


def test_told_values_where_no_model_can_be_made(client: parzen.Client, name: str) -> None:
    study = client.create_study(name, SPACE)
    study.ask().tell(0.25)
    best = study.recommended_trial
    assert (best.number, best.expected_value, best.standard_deviation, best.basis) == (0, 0.25, 0.0, "told_values")


def test_define_by_run_rests_on_the_parameters_that_all_have(client: parzen.Client, name: str) -> None:
    study = client.create_study(name, sampler="random", seed=1)
    for i in range(15):
        trial = study.ask()
        x = trial.suggest_float("x", 0, 1)
        if i % 2:
            trial.suggest_int("n", 1, 9)
        trial.tell(bowl(x))
    best = study.recommended_trial
    assert best.basis == "common_parameters" and best.number == study.best_trial.number
    assert math.isclose(best.expected_value, study.best_value, abs_tol=0.01)
