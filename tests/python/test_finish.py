"""A study that ends by itself: max_trials, max_duration, target, patience."""

from __future__ import annotations

import time
from typing import Callable, List

import pytest

import parzen
from conftest import Server

MakeStudy = Callable[..., parzen.Study]


def tell(study: parzen.Study, values: List[float]) -> None:
    for value in values:
        study.ask().tell(value)


def test_a_target_that_is_reached(make_study: MakeStudy) -> None:
    study = make_study(target=0.5)
    late = study.ask()
    tell(study, [2, 1, 0.6])
    assert study.state == "active" and study.finish_reason is None
    tell(study, [0.5])
    assert study.state == "finished" and study.finish_reason == "target"
    with pytest.raises(parzen.StudyFinished, match="its target has been reached"):
        study.ask()
    late.tell(3)  # what runs may be told
    with pytest.raises(parzen.StudyFinished, match="set another to go on"):
        study.resume()
    study.update(target=0.1)
    assert study.state == "active" and study.target == [0.1] and study.finish_reason is None
    tell(study, [0.05])
    assert study.finish_reason == "target"


def test_a_target_of_several_objectives_is_reached_in_all(make_study: MakeStudy) -> None:
    study = make_study(directions=["minimize", "maximize"], target=[1, 5])
    for values in ([0, 0], [2, 9], [1.5, 5]):
        study.ask().tell(values)
    assert study.state == "active"
    study.ask().tell([1, 6])
    assert study.finish_reason == "target"


def test_an_infeasible_trial_reaches_nothing(make_study: MakeStudy) -> None:
    study = make_study(target=1)
    study.ask().tell(0, constraints={"c": 1})
    assert study.state == "active"


def test_patience_that_is_at_an_end(make_study: MakeStudy) -> None:
    study = make_study(patience=3)
    tell(study, [5, 6, 7, 4, 4, 9])
    assert study.state == "active"
    study.ask().tell(state="pruned")  # no complete trial
    assert study.state == "active"
    tell(study, [4])
    assert study.finish_reason == "patience"
    study.update(patience=5)
    tell(study, [8, 8])
    assert study.finish_reason == "patience"
    study.update(patience=0)
    assert study.patience is None and study.state == "active"


def test_a_duration_that_is_over(make_study: MakeStudy) -> None:
    study = make_study(max_duration=1)
    assert study.max_duration == 1
    time.sleep(1)  # before the first ask: does not count
    first = study.ask()
    time.sleep(1)
    with pytest.raises(parzen.StudyFinished, match="max_duration"):
        study.ask()
    assert study.finish_reason == "max_duration"
    first.tell(1)
    study.update(max_duration=60)
    tell(study, [1])


def test_why_it_ended_outlives_the_server(own_server: Server) -> None:
    with parzen.Client(own_server.address, timeout=120) as client:
        space = {"x": parzen.Float(0, 1)}
        patient = client.create_study("patient", space, patience=3, sampler="random")
        tell(patient, [1, 2, 3])
        asked = client.create_study("asked", space, max_duration=1e-3, sampler="random")
        trial = asked.ask(lease=None)
        called = client.create_study("called", space, sampler="random")
        called.finish()
        own_server.kill()
        own_server.start()
        tell(patient, [4])
        assert patient.finish_reason == "patience"
        with pytest.raises(parzen.StudyFinished, match="max_duration"):
            asked.ask()
        trial.tell(1)
        assert called.finish_reason == "call"
        called.resume()
        assert called.finish_reason is None
        counted = client.create_study("counted", space, max_trials=1, sampler="random")
        tell(counted, [1])
        assert counted.finish_reason == "max_trials"


def test_optimize_ends_with_the_study(make_study: MakeStudy) -> None:
    study = make_study(patience=4)
    study.optimize(lambda trial: 1.0, n_trials=100)
    assert study.counts["complete"] == 5


@pytest.mark.parametrize(
    "options, message",
    [
        ({"max_duration": -1}, "max_duration: is -1; seconds above 0"),
        ({"max_duration": float("nan")}, "max_duration"),
        ({"target": [1, 2]}, "target: has 2 values for 1 objectives"),
        ({"target": float("nan")}, "target: is NaN"),
        ({"patience": 0}, "patience: is 0; 1 or more"),
        ({"target": "low"}, "target"),
    ],
)
def test_limits_that_are_none_are_refused(make_study: MakeStudy, options: dict, message: str) -> None:
    with pytest.raises(parzen.InvalidArgument, match=message):
        make_study(**options)


def test_another_limit_is_another_definition(make_study: MakeStudy) -> None:
    make_study(patience=3, max_duration=5, target=1)
    make_study(patience=3, max_duration=5, target=[1.0], exist_ok=True)
    with pytest.raises(parzen.AlreadyExists, match="patience: 3 there, 4 here"):
        make_study(patience=4, max_duration=5, target=1, exist_ok=True)
