"""suggest_*: studies without a declared space, and declared ones."""

from __future__ import annotations

from typing import Callable

import numpy
import pytest

import parzen

Make = Callable[..., parzen.Study]


def test_define_by_run(make_study: Make) -> None:
    study = make_study({}, sampler="tpe", seed=1)
    for _ in range(15):
        trial = study.ask()
        assert trial.params == {}
        x = trial.suggest_float("x", 1e-3, 1, log=True)
        n = trial.suggest_int("n", 0, 10, step=5)
        kind = trial.suggest_categorical("kind", ["a", None, 1, 1.0, True])
        assert 1e-3 <= x <= 1 and type(x) is float and n in (0, 5, 10) and type(n) is int
        if kind == "a":
            trial.suggest_float("y", 0, 1, step=0.25)
        assert trial.params["x"] == x and trial.params["n"] == n and repr(trial.params["kind"]) == repr(kind)
        assert trial.suggest_float("x", 1e-3, 1, log=True) == x  # the same name, the same value
        trial.tell(x + n)
    kept = study.trial(14)
    assert kept.params == trial.params and list(kept.params)[:3] == ["x", "n", "kind"]
    assert kept.distributions["x"] == parzen.Float(1e-3, 1, log=True)
    assert kept.distributions["n"] == parzen.Int(0, 10, step=5)
    assert kept.distributions["kind"] == parzen.Categorical(["a", None, 1, 1.0, True])
    assert any("y" in t.params for t in study.trials())


def test_bad_suggestions(make_study: Make) -> None:
    trial = make_study({}).ask()
    trial.suggest_float("x", 0, 1)
    for call in (
        lambda: trial.suggest_float("y", 1, 0),
        lambda: trial.suggest_float("y", 0, 1, log=True),
        lambda: trial.suggest_int("x", 0, 1),  # was a float
        lambda: trial.suggest_categorical("y", []),
        lambda: trial.suggest_categorical("y", [1, 1]),
        lambda: trial.suggest_float("", 0, 1),
        lambda: trial.suggest_float(3, 0, 1),  # type: ignore[arg-type]
        lambda: trial.suggest_float("y", "0", 1),  # type: ignore[arg-type]
    ):
        with pytest.raises(parzen.InvalidArgument):
            call()
    assert list(trial.params) == ["x"]
    trial.tell(1)
    with pytest.raises(parzen.FailedPrecondition):
        trial.suggest_float("z", 0, 1)


def test_numpy_arguments(make_study: Make) -> None:
    trial = make_study({}).ask()
    assert 0 <= trial.suggest_float("x", numpy.float32(0), numpy.int64(1)) <= 1
    assert trial.suggest_int("n", numpy.int8(3), 3) == 3
    assert trial.suggest_categorical("c", [numpy.str_("a")]) == "a"


def test_declared_space(make_study: Make) -> None:
    study = make_study(
        {
            "x": parzen.Float(0, 1),
            "n": parzen.Int(1, 8),
            "c": parzen.Categorical(["a", 1]),
            "y": parzen.Float(0, 1, when={"c": ["a"]}),
        }
    )
    study.enqueue({"c": 1})
    trial = study.ask()
    assert trial.suggest_float("x", 0, 1) == trial.params["x"]
    assert trial.suggest_int("n", 1, 8) == trial.params["n"]
    assert trial.suggest_categorical("c", ["a", 1]) == trial.params["c"] == 1
    assert trial.suggest_float("x", -1, 2) == trial.params["x"]  # another range that has its value
    assert trial.distributions["x"] == parzen.Float(0, 1)
    for call in (
        lambda: trial.suggest_float("x", 2, 3),
        lambda: trial.suggest_int("x", 0, 1),
        lambda: trial.suggest_float("z", 0, 1),
        lambda: trial.suggest_float("y", 0, 1),  # inactive
    ):
        with pytest.raises(parzen.InvalidArgument):
            call()
    assert set(trial.params) == {"x", "n", "c"}


def test_enqueued_values_are_suggested(make_study: Make) -> None:
    study = make_study({})
    study.enqueue({"x": 0.25, "c": "b", "n": 4})
    trial = study.ask()
    assert trial.suggest_float("x", 0, 1) == 0.25
    assert trial.suggest_categorical("c", ["a", "b"]) == "b"
    assert trial.suggest_int("n", 1, 8) == 4
    assert 0 <= trial.suggest_float("y", 0, 1) <= 1
    assert study.trial(0).params["x"] == 0.25


def test_imports_need_distributions(make_study: Make) -> None:
    study = make_study({}, sampler="tpe")
    with pytest.raises(parzen.InvalidArgument, match="distribution"):
        study.add_trial({"x": 0.5}, 1)
    study.add_trial({"x": 0.5}, 1, distributions={"x": parzen.Float(0, 1)})
    assert study.trial(0).distributions == {"x": parzen.Float(0, 1)}
    with pytest.raises(parzen.InvalidArgument, match="distributions"):
        study.add_trial({"x": 0.5}, 1, distributions={"x": (0, 1)})  # type: ignore[dict-item]
