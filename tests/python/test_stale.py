"""Handles of studies that are gone, and values that no longer fit."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Callable

import pytest

import parzen
from conftest import Server

Make = Callable[..., parzen.Study]

GONE = "has been deleted; another study has its name now"


@pytest.mark.parametrize(
    "read",
    [
        lambda study: study.trials(),
        lambda study: study.trials("complete"),
        lambda study: study.trial(0),
        lambda study: study.best_trial,
        lambda study: study.best_trials,
        lambda study: study.best_value,
        lambda study: study.counts,
        lambda study: study.state,
        lambda study: study.user_attrs,
        lambda study: study.to_dataframe(),
        lambda study: study.explain(0),
        lambda study: study.stop(0),
        lambda study: next(study.watch(timeout=20)),
    ],
)
def test_a_study_that_was_deleted_and_made_again(make_study: Make, client: parzen.Client, name: str, read: Callable[[Any], Any]) -> None:
    """The new one is empty, so that no trial of another uid gives it away."""
    study = make_study()
    study.ask().tell(1)
    assert study.best_trial.value == 1
    client.delete_study(name)
    make_study()
    with pytest.raises(parzen.NotFound, match=GONE):
        read(study)


def test_an_empty_study_is_empty(make_study: Make) -> None:
    study = make_study()
    assert study.trials() == [] and study.best_trials == []
    with pytest.raises(parzen.NotFound, match="has no complete and feasible trial yet"):
        study.best_trial
    with pytest.raises(parzen.NotFound, match="has no trial 0"):
        study.trial(0)


@pytest.mark.parametrize(
    "call",
    [
        lambda trial: trial.tell(1),
        lambda trial: trial.report(1, step=1),
        lambda trial: trial.set_user_attr("a", 1),
        lambda trial: trial.suggest_float("y", 0, 1),
        lambda trial: trial.refresh(),
    ],
)
def test_a_worker_is_told_the_name_of_the_study_that_is_gone(
    make_study: Make, client: parzen.Client, name: str, call: Callable[[Any], Any]
) -> None:
    trial = make_study({}).ask()
    client.delete_study(name)
    with pytest.raises(parzen.NotFound, match=f"{name}"):
        call(trial)
    with pytest.raises(parzen.NotFound, match=f"{name}"):
        client.study(name)


# ------------------------------------------------------------------------------------------------- enqueued, and then out of range


def test_an_enqueued_value_that_no_longer_fits_fails_its_own_trial_only(make_study: Make) -> None:
    study = make_study({})
    study.enqueue({"x": 5.0})
    study.enqueue({"c": "b"})

    def objective(trial: parzen.Trial) -> float:
        return trial.suggest_float("x", 0, 1) + len(trial.suggest_categorical("c", ["a", "cc"]))

    with pytest.warns(RuntimeWarning, match="was enqueued, and is not what is asked for now") as caught:
        study.optimize(objective, n_trials=4, progress=False)
    assert len(caught) == 2
    first, second, *others = study.trials()
    assert first.state == "failed" and "'x' of trial 0 was enqueued" in str(first.reason) and "5" in str(first.reason)
    assert second.state == "failed" and "'c' of trial 1 was enqueued" in str(second.reason)
    assert [t.state.value for t in others] == ["complete", "complete"]


def test_an_enqueued_value_that_no_longer_fits_is_said_to_be_enqueued(make_study: Make) -> None:
    study = make_study({})
    study.enqueue({"x": 5.0})
    with pytest.raises(parzen.EnqueuedOutOfRange, match=r"'x' of trial 0 was enqueued.*5.*accepted: a number in \[0, 1\]"):
        with study.ask() as trial:
            trial.suggest_float("x", 0, 1)
    assert study.trial(0).state == "failed"
    trial = study.ask()
    trial.suggest_float("x", 0, 1)
    with pytest.raises(parzen.InvalidArgument) as e:
        trial.suggest_float("x", 5, 6)  # this one was sampled
    assert not isinstance(e.value, parzen.EnqueuedOutOfRange)


# ---------------------------------------------------------------------------------------------------------------- sets, numbers


@pytest.mark.parametrize(
    "make",
    [
        lambda: parzen.Categorical({"adam", "sgd"}),  # type: ignore[arg-type]
        lambda: parzen.Categorical(frozenset(["adam"])),  # type: ignore[arg-type]
        lambda: parzen.Float(0, 1, when={"kind": {"a", "b"}}),  # type: ignore[dict-item]
    ],
)
def test_sets_have_no_order(make: Callable[[], Any]) -> None:
    with pytest.raises(parzen.InvalidArgument, match="a set has no order"):
        make()


def test_nan_is_no_choice(make_study: Make, client: parzen.Client, name: str) -> None:
    choices = [1.0, float("nan")]
    with pytest.raises(parzen.InvalidArgument, match=r"space\['c'\]\.choices\[1\]: nan .* is not a choice: NaN equals nothing"):
        client.create_study(name, {"c": parzen.Categorical(choices)})
    with pytest.raises(parzen.InvalidArgument, match=r"^choices\[1\]: nan .* is not a choice"):
        make_study({}).ask().suggest_categorical("c", choices)


def test_sets_are_refused_wherever_order_counts(make_study: Make, client: parzen.Client, name: str) -> None:
    study = make_study({})
    with pytest.raises(parzen.InvalidArgument, match="a set has no order"):
        study.ask().suggest_categorical("c", {"a", "b"})  # type: ignore[arg-type]
    with pytest.raises(parzen.InvalidArgument, match="values: .* is not a number, or a list of numbers"):
        study.ask().tell({0.5})  # type: ignore[arg-type]
    for option in ("directions", "metric_names"):
        with pytest.raises(parzen.InvalidArgument, match=f"{option}: .*a set has no order"):
            client.create_study(name + "-2", {}, **{option: {"minimize"}})  # type: ignore[arg-type]
    # Where it does not, they are fine; so is what has an order.
    assert len(study.trials({"running", "waiting"})) == 2
    assert parzen.Categorical({"a": 1, "b": 2}.keys()).choices == ("a", "b")  # type: ignore[arg-type]


def test_a_program_that_keeps_numbers_only(server: Server, make_study: Make, name: str) -> None:
    """It asks in one process and tells by number in another one; as long as that takes, somebody has to keep the trial's lease."""
    make_study()
    program = f"""
import parzen
study = parzen.Client({server.address!r}, timeout=60).study({name!r})
print(study.ask().number)
"""
    number = int(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)
    study = parzen.Client(server.address, timeout=60).study(name)
    study.trial(number).tell(0.25)
    assert study.trial(number).value == 0.25
