"""The studies that the tests of the page look at, and what each plot must show of them."""

from __future__ import annotations

import math
import random
from typing import Any, Dict, List

import parzen

SPACE = {
    "lr": parzen.Float(1e-5, 1e-1, log=True),
    "depth": parzen.Int(1, 8),
    "kernel": parzen.Categorical(["rbf", "poly", "linear"]),
    "gamma": parzen.Float(0, 1, when={"kernel": ["rbf"]}),
    "batch": parzen.Categorical([16, 32, 64]),
    "dropout": parzen.Float(0, 0.5, step=0.05),
}
STEPS = 5


def loss(params: Dict[str, Any]) -> float:
    return float((math.log10(params["lr"]) + 3) ** 2 / 4 + abs(params["depth"] - 5) / 8 + params.get("gamma", 0.2) + 0.01)


def run(study: parzen.Study, trials: int, steps: int = 0) -> None:
    """Tells most trials, prunes some and fails some."""
    for _ in range(trials):
        trial = study.ask()
        value = loss(trial.params)
        for step in range(steps):
            trial.report(value + math.exp(-step), step=step)
        if steps and trial.number % 13 == 5:
            trial.tell(state="pruned")
        elif trial.number % 17 == 7:
            trial.tell(state="failed", reason="CUDA out of memory")
        else:
            trial.tell(value)


def expected(study: parzen.Study, curves: bool = False) -> Dict[str, Any]:
    """What the page must show, from the trials as the client reads them."""
    trials = study.trials()
    complete = [trial for trial in trials if trial.state == "complete"]
    params: List[str] = []
    for trial in trials:
        params += [name for name in trial.params if name not in params]
    started = [trial for trial in trials if trial.started is not None]
    marks = {"history": len(complete), "parallel": len(complete), "slices": min(12, len(params)), "timeline": len(started)}
    marks["importances"] = len({name for trial in complete for name in trial.params})
    if curves:
        marks["curves"] = len([trial for trial in trials if study.trial(trial.number).intermediate])
    answer = {"trials": len(trials), "params": len(params), "marks": marks}
    answer["ended"] = len([trial for trial in trials if trial.state in ("complete", "pruned", "failed")])
    if complete and len(complete[0].values or []) > 1:
        marks["pareto"] = len(complete)
        answer["front"] = len(study.best_trials)
    return answer


def make(client: parzen.Client) -> Dict[str, Any]:
    random.seed(1)
    answer: Dict[str, Any] = {}
    digits = client.create_study("digits", SPACE, sampler="tpe", seed=1, max_trials=400)
    run(digits, 160, STEPS)
    digits.ask()
    answer["digits"] = expected(digits, curves=True)
    trials = digits.trials()
    answer["digits"].update(
        failed=len([trial for trial in trials if trial.state == "failed"]),
        filtered=len([t for t in trials if t.state == "complete" and t.params["kernel"] == "rbf" and t.params["lr"] < 0.01]),
        best=digits.best_trial.number,
        explained=next(t.number for t in trials if t.number > 100 and t.state == "complete"),
        steps=STEPS,
    )
    live = client.create_study("live", SPACE, sampler="random", seed=2)
    run(live, 30)
    answer["live"] = expected(live)
    acts = client.create_study("acts", SPACE, sampler="random", seed=3)
    run(acts, 20)
    answer["acts"] = expected(acts)
    two = client.create_study("loss vs. time/two", {"a": parzen.Float(0, 1), "b": parzen.Float(0, 1)}, directions=["minimize", "maximize"],
                              sampler="random", seed=4)
    for _ in range(60):
        trial = two.ask()
        trial.tell([trial.params["a"], trial.params["a"] + trial.params["b"]])
    answer["loss vs. time/two"] = expected(two)
    three = client.create_study("three", {"a": parzen.Float(0, 1), "b": parzen.Float(0, 1)}, directions=["minimize"] * 3, sampler="random", seed=5)
    for _ in range(60):
        trial = three.ask()
        a, b = trial.params["a"], trial.params["b"]
        trial.tell([a, b, 2 - a - b + random.random()])
    answer["three"] = expected(three)
    by_run = client.create_study("by-run", seed=6)
    for _ in range(30):
        trial = by_run.ask()
        lr = trial.suggest_float("lr", 1e-4, 1, log=True)
        trial.tell(math.log(lr) ** 2 + trial.suggest_int("layers", 1, 4))
    answer["by-run"] = expected(by_run)
    empty = client.create_study("empty", {"x": parzen.Float(0, 1)})
    answer["empty"] = {"trials": len(empty.trials()), "params": 0, "ended": 0, "marks": {"history": 0}}
    return answer
