"""What the integrations have in common; each with its real library: tests/full/integrations."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Callable, List, Optional

import numpy as np
import pytest

import parzen
from conftest import Server
from parzen.integrations._reporter import Reporter

MakeStudy = Callable[..., parzen.Study]


def test_a_step_is_reported(make_study: MakeStudy) -> None:
    trial = make_study().ask()
    report = Reporter(trial, "loss")
    for step in range(3):
        report(step, {"loss": np.float32(0.5), "other": 7})
    report(1, {"loss": 0.25})
    assert trial.refresh().intermediate == {0: 0.5, 1: 0.25, 2: 0.5}


def test_several_objectives_are_a_list_even_of_one(make_study: MakeStudy) -> None:
    trial = make_study(directions=["minimize", "maximize"]).ask()
    sent: List[Any] = []
    trial.report = lambda value, step: sent.append(value)  # type: ignore[method-assign]
    Reporter(trial, ["loss", lambda: 3.0])(0, {"loss": 0.5})
    Reporter(trial, ("loss",))(0, {"loss": 0.5})
    Reporter(trial, lambda: 2.0)(0, {})
    assert sent == [[0.5, 3.0], [0.5], 2.0]


def test_a_trial_that_should_end_raises_pruned(make_study: MakeStudy) -> None:
    study = make_study()
    with study.ask() as trial:
        study.stop(trial.number)
        Reporter(trial, "loss")(0, {"loss": 0.5})
        raise AssertionError("it went on")
    assert study.trial(trial.number).state == "pruned"


def test_a_metric_that_is_not_there_is_named_with_those_that_are(make_study: MakeStudy) -> None:
    trial = make_study().ask()
    with pytest.raises(parzen.InvalidArgument, match="metric: 'val_los' was not measured; there is 'loss', 'val_loss'"):
        Reporter(trial, "val_los")(0, {"val_loss": 1, "loss": 2})
    with pytest.raises(parzen.InvalidArgument, match="nothing at all"):
        Reporter(trial, "val_los")(0, {})


@pytest.mark.parametrize("metric", [None, 3, [], ["loss", 3]])
def test_a_metric_is_a_name_or_a_function(make_study: MakeStudy, metric: Any) -> None:
    trial = make_study().ask()
    with pytest.raises(parzen.InvalidArgument, match="metric"):
        Reporter(trial, metric)


def test_a_trial_is_a_trial(make_study: MakeStudy) -> None:
    with pytest.raises(parzen.InvalidArgument, match="trial: .* is not what study.ask"):
        Reporter(7, "loss")  # type: ignore[arg-type]


def test_a_lost_lease_ends_the_training_and_the_next_attempt_reports_anew(make_study: MakeStudy) -> None:
    study = make_study()
    lost = study.ask()
    report = Reporter(lost, "loss")
    report(0, {"loss": 1})
    lost.give_back("the machine is wanted elsewhere")
    again = study.ask()
    with pytest.raises(parzen.LeaseLost):
        report(1, {"loss": 1})
    assert again.number == lost.number and again.refresh().intermediate == {}
    Reporter(again, "loss")(5, {"loss": 2})  # from a checkpoint of step 4
    assert again.refresh().intermediate == {5: 2}


def test_a_server_that_is_away_costs_a_decision_and_not_the_training(own_server: Server) -> None:
    with parzen.Client(own_server.address, timeout=4) as client:
        trial = client.create_study("s", {"x": parzen.Float(0, 1)}, sampler="random").ask(lease=None)
        report = Reporter(trial, "loss")
        report(0, {"loss": 1})
        own_server.kill()
        with pytest.warns(RuntimeWarning, match="trial 0 goes on: step 1 could not be reported"):
            report(1, {"loss": 1})
        own_server.start()
        report(2, {"loss": 1})
        assert sorted(trial.refresh().intermediate) == [0, 2]


class Ranks:
    """The broadcast of several processes that train one model: hands on what that of rank 0 put in."""

    def __init__(self) -> None:
        self.heard: Optional[Exception] = None

    def of(self, rank: int) -> Callable[[Optional[Exception]], Optional[Exception]]:
        def broadcast(end: Optional[Exception]) -> Optional[Exception]:
            if rank == 0:
                self.heard = end
            return self.heard

        return broadcast


@pytest.mark.parametrize("known", [True, False], ids=["the framework knows the rank", "it does not"])
def test_all_ranks_end_by_the_decision_of_rank_0(make_study: MakeStudy, known: bool) -> None:
    study = make_study()
    trial, ranks = study.ask(), Ranks()
    first, second = Reporter(trial, "loss", ranks.of(0)), Reporter(trial if known else None, "loss", ranks.of(1))
    for reporter, rank in ((first, 0), (second, 1)):
        reporter(0, {"loss": 1 + rank}, rank=rank if known else None)
    assert trial.refresh().intermediate == {0: 1}
    study.stop(trial.number)
    for reporter, rank in ((first, 0), (second, 1)):
        with pytest.raises(parzen.Pruned):
            reporter(1, {"loss": 1}, rank=rank if known else None)
    with pytest.raises(parzen.InvalidArgument, match="'loss' was not measured"):  # no rank waits for another for ever
        first(2, {}, rank=0)
    with pytest.raises(parzen.InvalidArgument, match="'loss' was not measured"):
        second(2, {"loss": 1}, rank=1)


def test_no_trial_needs_a_way_to_hear_of_the_end() -> None:
    with pytest.raises(parzen.InvalidArgument, match="trial: None is for processes of a rank above 0"):
        Reporter(None, "loss")(0, {"loss": 1})


FRAMEWORKS = {
    "lightning": ["lightning", "pytorch_lightning"],
    "keras": ["keras"],
    "xgboost": ["xgboost"],
    "lightgbm": ["lightgbm"],
    "sklearn": ["sklearn"],
}


@pytest.mark.parametrize("module", FRAMEWORKS)
def test_a_framework_that_is_not_installed_is_named(module: str) -> None:
    program = f"""
import sys
import parzen
assert not [name for name in sys.modules if name.split(".")[0] in {sum(FRAMEWORKS.values(), [])!r}]
assert "parzen.integrations" not in sys.modules
for name in {FRAMEWORKS[module]!r}:
    sys.modules[name] = None  # as if it were not installed
import parzen.integrations.{module}
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith(f"ImportError: parzen.integrations.{module} needs ") and "pip install " in last, ended.stderr
