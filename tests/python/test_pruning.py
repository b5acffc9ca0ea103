"""Pruning: Optuna's recorded decisions through a real server that is killed in the middle of each study, and what a worker sees.

PRUNING_STUDIES=all replays all recorded studies, PRUNING_RECORDINGS=FILE those of another file (tests/golden/record_pruning.py).
"""

from __future__ import annotations

import concurrent.futures
import gzip
import json
import math
import os
import pathlib
from typing import Any, Callable, Dict, List, Optional

import pytest

import parzen
from conftest import Server

RECORDINGS = pathlib.Path(__file__).resolve().parents[1] / "golden" / "pruning-5.0.jsonl.gz"
EVERYTHING = os.environ.get("PRUNING_STUDIES") == "all"
SAMPLE = 2  # studies of each kind of pruner
MAKERS = {
    "nop": parzen.NopPruner,
    "median": parzen.MedianPruner,
    "percentile": parzen.PercentilePruner,
    "asha": parzen.SuccessiveHalvingPruner,
    "hyperband": parzen.HyperbandPruner,
    "threshold": parzen.ThresholdPruner,
    "wilcoxon": parzen.WilcoxonPruner,
}


def recordings() -> List[Dict[str, Any]]:
    with gzip.open(os.environ.get("PRUNING_RECORDINGS", str(RECORDINGS)), "rt") as lines:
        records = [json.loads(line) for line in lines]
    if EVERYTHING:
        return records
    kinds: Dict[str, List[Dict[str, Any]]] = {}
    for record in records:
        kinds.setdefault(record["pruner"]["kind"], []).append(record)
    return [record for of_kind in kinds.values() for record in of_kind[:SAMPLE]]


def make_pruner(entry: Optional[Dict[str, Any]]) -> Any:
    if entry is None:
        return None
    if entry["kind"] == "patient":
        return parzen.PatientPruner(make_pruner(entry["wrapped"]), **entry["kw"])
    return MAKERS[entry["kind"]](**entry["kw"])


class Replay:
    """One recorded study against the server, in two halves."""

    def __init__(self, client: parzen.Client, record: Dict[str, Any]) -> None:
        self.record = record
        self.study = client.create_study(
            record["name"],
            {"x": parzen.Float(0, 1)},
            direction=record["direction"],
            sampler="random",
            pruner=make_pruner(record["pruner"]),
        )
        self.trials: Dict[int, parzen.Trial] = {}
        self.wrong: List[str] = []
        self.decisions = 0

    def run(self, events: List[Dict[str, Any]]) -> None:
        for event in events:
            if "ask" in event:
                self.trials[event["ask"]] = self.study.ask(lease=None)
                assert self.trials[event["ask"]].number == event["ask"]
            elif "report" in event:
                self.report(self.trials[event["report"]], event)
            else:
                self.tell(self.trials.pop(event["tell"]), event)

    def report(self, trial: parzen.Trial, event: Dict[str, Any]) -> None:
        if event["step"] not in trial.intermediate:  # Optuna leaves a step that is reported again alone
            trial.report(event["value"], step=event["step"])
        self.decisions += 1
        if trial.should_prune() != event["prune"]:
            self.wrong.append(f"{self.record['name']} {self.record['pruner']}: {event}")
        assert bool(trial.prune_reason) or not trial.should_prune()

    def tell(self, trial: parzen.Trial, event: Dict[str, Any]) -> None:
        state = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}[event["state"]]
        trial.tell(event.get("value"), state=state, constraints=event.get("constraints"))

    def half(self, second: bool) -> None:
        events = self.record["events"]
        middle = len(events) // 2
        self.run(events[middle:] if second else events[:middle])


def test_every_decision_is_optunas_though_the_server_is_killed(own_server: Server) -> None:
    with parzen.Client(own_server.address, timeout=120) as client:
        replays = [Replay(client, record) for record in recordings()]
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda replay: replay.half(False), replays))
            own_server.kill()
            own_server.start()
            list(pool.map(lambda replay: replay.half(True), replays))
    assert not [line for replay in replays for line in replay.wrong]
    decisions = sum(replay.decisions for replay in replays)
    print(f"{decisions} decisions")
    assert decisions > 2000


MakeStudy = Callable[..., parzen.Study]


def complete(study: parzen.Study, curves: List[List[Any]]) -> None:
    for curve in curves:
        with study.ask() as trial:
            for step, value in enumerate(curve):
                trial.report(value, step=step)
            trial.tell(curve[-1])


def test_a_pruned_trial_says_why(make_study: MakeStudy) -> None:
    study = make_study(pruner="median")
    complete(study, [[0.1, 0.01 * n] for n in range(5)])
    with study.ask() as trial:
        trial.report(0.05, step=0)
        assert not trial.should_prune() and trial.prune_reason is None
        trial.tell(0.05)
    with study.ask() as trial:
        trial.report(float("nan"), step=0)
        assert trial.should_prune()
        trial.report(0.31, step=1)
        assert trial.should_prune()
        assert trial.prune_reason == "pruned at step 1: 0.31 is worse than the median 0.02 of 5 trials"
        raise parzen.Pruned
    told = study.trial(trial.number)
    assert told.state == "pruned" and told.value == 0.31
    assert told.prune_reason == trial.prune_reason
    assert study.explain(trial.number).trial.prune_reason == trial.prune_reason


def test_whoever_goes_on_may(make_study: MakeStudy) -> None:
    study = make_study(pruner=parzen.ThresholdPruner(upper=1))
    trial = study.ask()
    trial.report(2, step=0)
    assert trial.should_prune()
    trial.report(0.5, step=1)
    assert not trial.should_prune()
    trial.tell(0.5)
    assert study.best_trial.number == trial.number


def test_a_pruned_trials_value_is_the_last_finite_one(make_study: MakeStudy) -> None:
    study = make_study()
    trial = study.ask()
    for step, value in enumerate([3.0, 2.0, math.inf, math.nan]):
        trial.report(value, step=step)
    trial.tell(state="pruned")
    trial.tell(state="pruned")  # the same again
    assert study.trial(trial.number).value == 2.0
    silent = study.ask()
    silent.tell(state="pruned")
    assert study.trial(silent.number).value is None


def test_two_objectives(make_study: MakeStudy) -> None:
    study = make_study(directions=["minimize", "maximize"])
    complete(study, [[[n, -n], [n, -n]] for n in range(6)])
    trial = study.ask()
    trial.report([9, -9], step=1)
    assert trial.should_prune()
    assert "[9, -9]" in str(trial.prune_reason)
    trial.tell(state="pruned")
    assert study.trial(trial.number).values == [9, -9]
    assert study.trial(trial.number).intermediate == {1: [9, -9]}
    good = study.ask()
    good.report([-1, 1], step=1)
    assert not good.should_prune()
    good.report(100, step=2)  # the first objective alone: recorded, nothing decided
    assert not good.should_prune()
    with pytest.raises(parzen.InvalidArgument, match="reports 3 values; the study has 2 objectives"):
        good.report([1, 2, 3], step=3)


@pytest.mark.parametrize(
    "pruner",
    [
        parzen.NopPruner(),
        parzen.MedianPruner(n_startup_trials=1, n_warmup_steps=2, interval_steps=3, n_min_trials=4),
        parzen.PercentilePruner(12.5),
        parzen.SuccessiveHalvingPruner(),
        parzen.SuccessiveHalvingPruner(min_resource=2, bootstrap_count=3),
        parzen.HyperbandPruner(min_resource=2, max_resource=9, reduction_factor=2),
        parzen.HyperbandPruner(),
        parzen.ThresholdPruner(lower=-math.inf, upper=0.1),
        parzen.PatientPruner(parzen.PatientPruner(None, 1), patience=2, min_delta=0.25),
        parzen.WilcoxonPruner(p_threshold=0.3),
    ],
)
def test_a_pruner_comes_back_as_it_was_given(make_study: MakeStudy, pruner: Any) -> None:
    study = make_study(pruner=pruner)
    assert study.pruner == pruner
    assert make_study(pruner=pruner, exist_ok=True).pruner == pruner
    with pytest.raises(parzen.AlreadyExists, match="pruner: "):
        make_study(pruner=parzen.WilcoxonPruner(p_threshold=0.001), exist_ok=True)


@pytest.mark.parametrize(
    "pruner, message",
    [
        ("best", "'none', 'median'"),
        ("percentile", "a pruner such as"),
        (parzen.PercentilePruner(101), "percentile must be between 0 and 100, but is 101"),
        (parzen.MedianPruner(n_startup_trials=-1), "n_startup_trials must be at least 0, but is -1"),
        (parzen.ThresholdPruner(), "lower or upper must be given"),
        (parzen.SuccessiveHalvingPruner(min_resource="low"), "'auto'"),
        (parzen.SuccessiveHalvingPruner(bootstrap_count=1), "bootstrap_count above 0 needs a min_resource"),
        (parzen.PatientPruner(None, patience=-1), "patience must be at least 0"),
        (3, "a pruner such as"),
    ],
)
def test_a_pruner_that_is_none_is_refused(make_study: MakeStudy, pruner: Any, message: str) -> None:
    with pytest.raises(parzen.InvalidArgument, match=message):
        make_study(pruner=pruner)


def test_names_are_pruners_with_their_defaults(make_study: MakeStudy) -> None:
    assert make_study(pruner="asha").pruner == parzen.SuccessiveHalvingPruner()


def test_auto_extrapolates_and_takes_the_median_for_several_objectives_and_beside_optuna(client: parzen.Client, name: str) -> None:
    def decided(study: parzen.Study, width: int = 1) -> Optional[str]:
        assert study.pruner is None
        for n in range(5):
            with study.ask() as trial:
                for step in range(4):
                    trial.report([1 / (1 + step)] * width if width > 1 else 1 / (1 + step), step=step)
                trial.tell([0.25] * width)
        trial = study.ask()
        for step in range(2):
            trial.report([5.0] * width if width > 1 else 5.0, step=step)
        assert trial.should_prune()
        return trial.prune_reason

    space = {"x": parzen.Float(0, 1)}
    assert "ends better than the best 0.25" in str(decided(client.create_study(name, space)))
    assert "better" in str(decided(client.create_study(f"{name}-2", space, directions=["minimize", "minimize"]), 2))
    optuna = client.create_study(f"{name}-3", space, sampler=parzen.Tpe(reproduce="optuna-5.0"))
    assert "is worse than the median" in str(decided(optuna))


def test_a_trial_that_is_run_again_starts_without_its_reports(make_study: MakeStudy) -> None:
    study = make_study(pruner=parzen.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2))
    first, second = study.ask(), study.ask()
    first.report(0.1, step=1)
    assert not first.should_prune()
    second.report(0.2, step=1)
    assert second.should_prune()
    first.tell(state="failed", preempted=True)
    again = study.ask()
    assert again.number == first.number and again.intermediate == {} and again.prune_reason is None
    again.report(0.15, step=1)
    assert not again.should_prune()  # its own 0.1 does not stand in its way
