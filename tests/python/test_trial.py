"""Trials through a real server: ask, tell, report, attributes."""

from __future__ import annotations

import datetime
import math
import pickle
import struct
import warnings
from typing import Callable

import numpy
import pytest

import parzen

Make = Callable[..., parzen.Study]


def bits(value: object) -> bytes:
    return struct.pack("<d", value)


def test_ask_and_tell(make_study: Make) -> None:
    study = make_study()
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=5)
    trial = study.ask()
    assert trial.number == 0 and trial.state == "running" and trial.state is parzen.State.RUNNING
    assert list(trial.params) == ["x", "n"]
    assert type(trial.params["x"]) is float and type(trial.params["n"]) is int
    assert trial.value is None and trial.values is None and trial.worker == "tester"
    assert trial.started is not None and trial.started > before and trial.finished is None
    assert trial.failure is None and trial.reason is None and not trial.is_finished
    assert trial.distributions == study.space
    trial.tell(0.31, constraints={"mem": -1.0}, metrics={"acc": 0.9, "nan": math.nan})
    for t in (trial, study.trial(0), study.trials()[0], study.best_trial):
        assert t.state == "complete" and t.value == 0.31 and t.values == [0.31]
        assert t.constraints == {"mem": -1.0} and t.metrics["acc"] == 0.9 and math.isnan(t.metrics["nan"])
        assert t.params == trial.params and t.distributions == study.space
        assert t.started is not None and t.finished is not None and t.started <= t.finished
        assert t.is_finished
    assert study.best_value == 0.31 and study.best_params == trial.params
    assert study.counts["complete"] == 1
    assert repr(trial).startswith("parzen.Trial(")


def test_ask_many(make_study: Make) -> None:
    study = make_study()
    trials = study.ask(count=8)
    assert [t.number for t in trials] == list(range(8))
    assert len({t.params["x"] for t in trials}) == 8
    assert len(study.ask(count=numpy.int64(1))) == 1
    for bad in (0, -1, 1001, "3", 2.5, 2**40):
        with pytest.raises(parzen.InvalidArgument, match="count"):
            study.ask(count=bad)  # type: ignore[call-overload]


def test_resume(make_study: Make, server: object, name: str) -> None:
    study = make_study()
    mine = study.ask()
    other = parzen.Client(server.address, worker="other").study(name)  # type: ignore[attr-defined]
    theirs = other.ask(resume=True)
    assert (mine.number, theirs.number) == (0, 1)
    again = study.ask(resume=True)
    assert again.number == 0 and again.params == mine.params and again.attempt == mine.attempt
    assert study.ask().number == 2  # without resume: a new one
    assert [t.number for t in study.ask(count=3, resume=True)] == [0, 2, 3]
    again.tell(1)
    assert study.ask(resume=True).number == 2


@pytest.mark.parametrize("value", [0.0, -0.0, math.inf, -math.inf, 5e-324, -1.7976931348623157e308, 0.1, 1 / 3])
def test_doubles_survive_bit_for_bit(make_study: Make, value: float) -> None:
    study = make_study({"c": parzen.Categorical([value])})
    trial = study.ask()
    assert bits(trial.params["c"]) == bits(value)
    trial.report(value, step=1)
    trial.tell(value, constraints={"c": value}, metrics={"m": value})
    t = study.trial(0)
    assert t.state == "complete"
    for kept in (t.value, t.params["c"], t.intermediate[1], t.constraints["c"], t.metrics["m"]):
        assert bits(kept) == bits(value)


def test_nan_fails_the_trial_and_warns(make_study: Make) -> None:
    study = make_study()
    trial = study.ask()
    with pytest.warns(RuntimeWarning, match="trial 0 is told NaN"):
        trial.tell(numpy.float32("nan"))
    for t in (trial, study.trial(0)):
        assert t.state == "failed" and t.values is None and t.failure == "infeasible" and t.reason == "the objective is NaN"
    with pytest.raises(parzen.NotFound):
        study.best_trial
    assert study.best_trials == []


def test_imported_nan_is_a_failed_trial_that_says_why(make_study: Make) -> None:
    study = make_study()
    params = {"x": 0.25, "n": 2}
    assert study.add_trial(params, math.nan) == 0
    assert study.add_trials([(params, 0.5), (params, numpy.float32("nan"))]) == [1, 2]
    assert study.add_trial(params, math.nan, state="pruned") == 3
    assert [t.state.value for t in study.trials()] == ["failed", "complete", "failed", "pruned"]
    for t in study.trials("failed"):
        assert t.values is None and t.failure == "infeasible" and t.reason == "an objective is NaN"
    assert math.isnan(study.trial(3).values[0])
    assert study.best_trial.number == 1


@pytest.mark.parametrize(
    "value", [1, True, numpy.float64(1), numpy.float32(1), numpy.int8(1), numpy.bool_(True), numpy.array(1.0), [1], numpy.array([1.0])]
)
def test_numbers_that_are_told(make_study: Make, value: object) -> None:
    trial = make_study().ask()
    trial.tell(value)  # type: ignore[arg-type]
    assert trial.value == 1.0


def test_bad_tells(make_study: Make) -> None:
    study = make_study()
    trial = study.ask()
    for arguments, options in (
        ((), {}),
        (("0.3",), {}),
        ((None,), {}),
        (([1, 2],), {}),
        (([],), {}),
        (({"loss": 1},), {}),
        ((1,), {"state": "running"}),
        ((1,), {"state": "done"}),
        ((1,), {"reason": "why"}),
        ((1,), {"state": "complete", "infeasible": True}),
        ((), {"state": "pruned", "reason": "why"}),
        ((1,), {"state": "failed"}),
        ((1,), {"constraints": [1]}),
        ((1,), {"constraints": {"a": "x"}}),
        ((1,), {"metrics": {3: 1}}),
        ((), {"reason": "x" * 5000}),
    ):
        with pytest.raises(parzen.InvalidArgument):
            trial.tell(*arguments, **options)  # type: ignore[arg-type]
        assert study.trial(0).state == "running"
    trial.tell(1)


def test_states(make_study: Make) -> None:
    study = make_study()
    t = study.ask(count=6)
    t[0].tell(state="pruned")
    t[1].tell(0.5, state=parzen.State.PRUNED)
    t[2].tell(state="FAILED", reason="out of ü memory")
    t[3].tell(infeasible=True, reason="no such kernel")
    t[4].tell(state="complete", values=2)
    kept = study.trials()
    assert [k.state.value for k in kept] == ["pruned", "pruned", "failed", "failed", "complete", "running"]
    assert [k.values for k in kept] == [None, [0.5], None, None, [2.0], None]
    assert [k.failure for k in kept] == [None, None, "crashed", "infeasible", None, None]
    assert [k.reason for k in kept] == [None, None, "out of ü memory", "no such kernel", None, None]
    assert [k.number for k in study.trials("failed")] == [2, 3]
    assert [k.number for k in study.trials(["running", parzen.State.COMPLETE])] == [4, 5]
    assert study.best_trial.number == 4
    with pytest.raises(parzen.InvalidArgument, match="states"):
        study.trials("done")


def test_same_outcome_twice(make_study: Make) -> None:
    study = make_study()
    trial = study.ask()
    copy = pickle.loads(pickle.dumps(trial))
    trial.tell(1.5)
    trial.tell(1.5)
    with pytest.raises(parzen.OutcomeDiffers, match="1.5") as e:
        copy.tell(2.5)
    assert e.value.code == "FAILED_PRECONDITION" and e.value.reason == "OUTCOME_DIFFERS"
    with pytest.raises(parzen.OutcomeDiffers):
        trial.tell(state="failed")
    assert study.trial(0).value == 1.5


def test_with_block(make_study: Make) -> None:
    study = make_study()
    with pytest.raises(ZeroDivisionError):
        with study.ask():
            1 / 0
    with study.ask():
        raise parzen.Pruned
    with pytest.raises(KeyError):
        with study.ask() as trial:
            trial.tell(3)
            raise KeyError("after the tell")
    with pytest.raises(RuntimeError):
        with study.ask():
            raise RuntimeError("ü" * 5000 + "\ud800")
    with pytest.raises(KeyboardInterrupt):
        with study.ask():
            raise KeyboardInterrupt
    with pytest.warns(RuntimeWarning, match="not told"):
        with study.ask():
            pass
    assert [t.state.value for t in study.trials()] == ["failed", "pruned", "complete", "failed", "running"]
    assert study.trial(0).reason == "ZeroDivisionError: division by zero"
    assert len(str(study.trial(3).reason).encode()) <= 4096
    assert study.trial(4).attempt == 1  # Ctrl-C gave it back


def test_a_failure_to_tell_does_not_hide_the_error(make_study: Make, client: parzen.Client, name: str) -> None:
    study = make_study()
    with pytest.warns(RuntimeWarning, match="could not be told"):
        with pytest.raises(ZeroDivisionError):
            with study.ask():
                client.delete_study(name)
                1 / 0


def test_reports(make_study: Make) -> None:
    study = make_study()
    trial = study.ask()
    assert trial.should_prune() is False
    trial.report(0.9, 1)
    trial.report(numpy.float32(0.5), step=numpy.int64(3))
    trial.report(math.nan, step=2)
    trial.report(0.7, step=3)  # replaces
    assert trial.should_prune() is False and trial.stop_requested is False
    for t in (trial, study.trial(0)):
        assert list(t.intermediate) == [1, 2, 3] and t.intermediate[3] == 0.7 and math.isnan(t.intermediate[2])
    for bad in (dict(value="x", step=1), dict(value=1, step=-1), dict(value=1, step=1.5), dict(value=1, step=None)):
        with pytest.raises(parzen.InvalidArgument):
            trial.report(**bad)  # type: ignore[arg-type]
    trial.tell(1)
    assert list(study.trial(0).intermediate) == [1, 2, 3]
    with pytest.raises(parzen.FailedPrecondition):
        trial.report(1, step=4)


def test_user_attrs(make_study: Make) -> None:
    study = make_study()
    trial = study.ask()
    trial.set_user_attr("path", "/ü/x")
    trial.set_user_attr("n", numpy.int64(3))
    trial.set_user_attr("n", {"a": [1, None]})
    trial.tell(1)
    trial.set_user_attr("later", True)
    for t in (trial, study.trial(0), study.trials()[0], pickle.loads(pickle.dumps(trial))):
        assert t.user_attrs == {"path": "/ü/x", "n": {"a": [1, None]}, "later": True}


def test_refresh(make_study: Make) -> None:
    study = make_study()
    trial = study.ask()
    study.trial(0).tell(2)
    assert trial.state == "running"
    assert trial.refresh() is trial and trial.state == "complete" and trial.value == 2


def test_multi_objective(make_study: Make) -> None:
    study = make_study(directions=["minimize", "maximize"])
    for values in ([1, 1], [2, 2], [3, 1], (0.5, 0.5), numpy.array([1.0, 1.0])):
        study.ask().tell(values)
    assert [t.number for t in study.best_trials] == [0, 1, 3, 4]
    assert study.trial(1).values == [2.0, 2.0]
    with pytest.raises(parzen.FailedPrecondition, match="best_trials"):
        study.best_trial
    with pytest.raises(parzen.InvalidArgument, match="values"):
        study.trial(1).value
    with pytest.raises(parzen.InvalidArgument):
        study.ask().tell(1)


def test_best_is_feasible(make_study: Make) -> None:
    study = make_study(direction="maximize")
    for value, constraint in ((1, 0.0), (5, 0.1), (3, -1.0), (3, -2.0)):
        study.ask().tell(value, constraints={"c": constraint})
    assert study.best_trial.number == 2


def test_type_distinct_choices(make_study: Make) -> None:
    choices = [None, True, False, 1, 0, 1.0, 0.0, "1", "True", "", "ü"]
    study = make_study({"c": parzen.Categorical(choices)})
    seen = [t.params["c"] for t in study.ask(count=len(choices))]
    key = lambda value: (type(value).__name__, repr(value))  # noqa: E731
    assert sorted(map(key, seen)) == sorted(map(key, choices))  # each once: the space is finite
    with pytest.raises(parzen.SpaceExhausted):
        study.ask()


def test_conditions(make_study: Make) -> None:
    study = make_study(
        {
            "kernel": parzen.Categorical(["rbf", "poly", 1]),
            "gamma": parzen.Float(0, 1, when={"kernel": ["rbf"]}),
            "degree": parzen.Int(2, 4, when={"kernel": ["poly"]}),
            "coef": parzen.Float(0, 1, when={"degree": [3]}),
        },
        sampler="tpe",
        seed=0,
    )
    seen = set()
    for trial in study.ask(count=60):
        p = trial.params
        assert ("gamma" in p) == (p["kernel"] == "rbf")
        assert ("degree" in p) == (p["kernel"] == "poly")
        assert ("coef" in p) == (p.get("degree") == 3)
        assert list(p) == [n for n in study.space if n in p]
        seen.add(tuple(p))
        trial.tell(1.0)
    assert len(seen) == 4


def test_enqueue(make_study: Make) -> None:
    study = make_study()
    waiting = study.enqueue({"x": numpy.float32(0.5)}, user_attrs={"from": "grandma"})
    assert waiting.number == 0 and waiting.state == "waiting" and waiting.worker is None and waiting.started is None
    study.enqueue({"n": 3.0, "x": 0})  # a whole number is an int, an int a float
    study.enqueue({})
    first, second, third, fresh = study.ask(count=4)
    assert first.params["x"] == 0.5 and 1 <= first.params["n"] <= 10 and first.enqueued
    assert first.fixed_params == ["x"] and first.user_attrs == {"from": "grandma"}
    assert second.params == {"x": 0.0, "n": 3} and [type(v) for v in second.params.values()] == [float, int]
    assert set(third.params) == {"x", "n"} and not fresh.enqueued
    for bad in ({"x": 2}, {"n": 2.5}, {"y": 1}, {"x": "0.5"}, {"x": math.nan}, {"n": None}):
        with pytest.raises(parzen.InvalidArgument):
            study.enqueue(bad)
    with pytest.raises(parzen.InvalidArgument, match="params"):
        study.enqueue([("x", 1)])  # type: ignore[arg-type]


def test_trial_not_found(make_study: Make) -> None:
    study = make_study()
    for number in (0, -1, 2**40):
        with pytest.raises(parzen.Error) as e:
            study.trial(number)
        assert e.value.code in ("NOT_FOUND", "INVALID_ARGUMENT")
    with pytest.raises(parzen.InvalidArgument, match="number"):
        study.trial("0")  # type: ignore[arg-type]


def test_explain(make_study: Make) -> None:
    study = make_study(sampler=parzen.Tpe(n_startup_trials=4), seed=1)
    study.optimize(lambda trial: abs(float(trial.params["x"])), n_trials=8)  # type: ignore[arg-type]
    explanation = study.explain(7)
    assert explanation.trial.number == 7 and explanation.trial.params == study.trial(7).params
    assert sorted(name for group in explanation.groups for name in group.parameters) == ["n", "x"]
    assert {group.method for group in explanation.groups} <= {"fixed", "single", "startup", "random", "qmc", "tpe", "gp-ei"}
    waiting = study.enqueue({})
    with pytest.raises(parzen.FailedPrecondition):
        study.explain(waiting.number)
    with pytest.raises(parzen.NotFound):
        study.explain(99)


def test_told_trials_do_not_warn(make_study: Make) -> None:
    study = make_study()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with study.ask() as trial:
            trial.tell(1)
