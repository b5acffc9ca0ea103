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


def _branches(trial: parzen.Trial) -> float:
    """A smooth function with a branch, as a program."""
    x = trial.suggest_float("x", -2, 2)
    if trial.suggest_categorical("kind", ["flat", "deep"]) == "flat":
        return (x - 0.4) ** 2 + 0.5
    lr = trial.suggest_float("lr", 1e-5, 1, log=True)
    n = trial.suggest_int("n", 1, 9)
    return (x + 0.7) ** 2 + 0.1 * (numpy.log10(lr) + 2.3) ** 2 + 0.02 * (n - 4) ** 2


def test_programs_are_searched_jointly(client: parzen.Client, name: str) -> None:
    def mean_best(sampler: object) -> float:
        found = []
        for seed in range(5):
            study = client.create_study(f"{name} {sampler} {seed}", {}, sampler=sampler, seed=seed)  # type: ignore[arg-type]
            for _ in range(30):
                trial = study.ask()
                trial.tell(_branches(trial))
            found.append(study.best_trial.value or 0.0)
        return sum(found) / len(found)

    gp = mean_best("gp-ei")
    assert gp < 0.2 * mean_best("tpe")
    assert mean_best(None) == gp  # the default is gp-ei there, to the bit


def test_explain(make_study: Make) -> None:
    study = make_study({}, sampler="gp-ei", seed=1)
    study.enqueue({"x": 0.25, "kind": "deep"})
    study.optimize(_branches, n_trials=40, n_jobs=4)
    methods = set()
    for trial in study.trials():
        explained = study.explain(trial.number)  # replayed and compared by the server, whatever began among others
        assert sorted(name for group in explained.groups for name in group.parameters) == sorted(trial.params)
        for group in explained.groups:
            methods.add(group.method)
            if group.winner is None:
                continue
            winner = group.candidates[group.winner].params
            assert {name: winner[name] for name in group.parameters} == {name: trial.params[name] for name in group.parameters}
    assert methods >= {"fixed", "startup", "gp-ei"}
