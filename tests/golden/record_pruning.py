#!/usr/bin/env python3
"""Records what Optuna 5.0's pruners decide on random studies, in the format that README.md describes.

    record_pruning.py STUDIES SEED OUTPUT.jsonl.gz      needs optuna==5.0.0, numpy==2.4.6 and scipy==1.17.1

The recordings beside this file were not made by it; it makes others like them, and stranger ones: steps reported again, wide and odd options, long
trials, equal values, huge values, infeasible trials, names that are not ASCII.
"""

import gzip
import json
import random
import sys
import warnings

warnings.simplefilter("ignore")

import optuna  # noqa: E402
from optuna.trial import TrialState  # noqa: E402

optuna.logging.set_verbosity(optuna.logging.ERROR)
MAKERS = {
    "median": optuna.pruners.MedianPruner,
    "percentile": optuna.pruners.PercentilePruner,
    "asha": optuna.pruners.SuccessiveHalvingPruner,
    "hyperband": optuna.pruners.HyperbandPruner,
    "threshold": optuna.pruners.ThresholdPruner,
    "wilcoxon": optuna.pruners.WilcoxonPruner,
}


def some(rng, **options):
    return {name: rng.choice(choices) for name, choices in options.items() if rng.random() < 0.6}


def percentile_options(rng):
    return some(rng, n_startup_trials=[0, 1, 2, 5, 9], n_warmup_steps=[0, 1, 3, 10], interval_steps=[1, 2, 3, 7], n_min_trials=[1, 2, 4])


def draw_options(rng, kind):
    if kind == "median":
        return percentile_options(rng)
    if kind == "percentile":
        percentile = rng.choice([0.0, 100.0, 50.0, 10.0, 25.0, 33.3, 66.6, 99.9, 1e-9, rng.uniform(0, 100)])
        return {"percentile": percentile, **percentile_options(rng)}
    if kind == "asha":
        options = some(rng, min_resource=["auto", 1, 2, 3, 7], reduction_factor=[2, 3, 4, 10], min_early_stopping_rate=[0, 1, 2, 5])
        if options.get("min_resource", "auto") != "auto":
            options.update(some(rng, bootstrap_count=[0, 1, 3]))
        return options
    if kind == "hyperband":
        options = some(rng, min_resource=[1, 2, 3], max_resource=["auto", 1, 2, 9, 16, 27, 81, 243, 1000], reduction_factor=[2, 3, 4, 7])
        if options.get("max_resource", "auto") != "auto":
            options.update(some(rng, bootstrap_count=[0, 1, 2]))
        return options
    if kind == "threshold":
        options = some(rng, lower=[-1.0, 0.0, 0.3, float("-inf")], n_warmup_steps=[0, 2, 5], interval_steps=[1, 2, 4])
        return {"upper": rng.choice([1.0, 2.0, 5.0]), **options}
    return some(rng, p_threshold=[0.0, 0.01, 0.1, 0.3, 0.5, 0.9, 1.0], n_startup_steps=[0, 2, 4, 20])


def draw_pruner(rng, depth=0):
    kind = rng.choice([*MAKERS, "patient"] if depth < 3 else list(MAKERS))
    if kind != "patient":
        options = draw_options(rng, kind)
        return {"kind": kind, "kw": options}, MAKERS[kind](**options)
    description, wrapped = (None, None) if rng.random() < 0.3 else draw_pruner(rng, depth + 1)
    options = {"patience": rng.choice([0, 1, 2, 5]), **some(rng, min_delta=[0.0, 0.05, 0.5])}
    return {"kind": kind, "kw": options, "wrapped": description}, optuna.pruners.PatientPruner(wrapped, **options)


class Curves:
    """How the trials of one study report."""

    def __init__(self, rng):
        self.rng = rng
        self.digits = rng.choice([None, None, 1, 0])
        self.noise = rng.choice([0.01, 0.1, 0.5])
        self.odd = rng.choice([0, 0, 0.01, 0.1])
        self.scale = rng.choice([1, 1, 1, 1e-300, 1e300])
        self.stride = rng.choice([1, 1, 1, 2, 5])
        self.length = rng.choice([5, 15, 30, 70])
        self.disorder = rng.choice([0, 0, 0.1, 1])
        self.repeat = rng.choice([0, 0, 0.1])

    def steps(self):
        begin = self.rng.choice([0, 0, 1])
        steps = list(range(begin, begin + self.stride * max(1, int(self.length * self.rng.choice([1, 1, self.rng.random()]))), self.stride))
        steps = [step for step in steps if self.rng.random() > 0.05] or [begin]
        if self.rng.random() < self.disorder:
            self.rng.shuffle(steps)
        for _ in range(int(self.repeat * len(steps))):
            steps.insert(self.rng.randrange(len(steps)), self.rng.choice(steps))
        return steps

    def value(self, level, step):
        if self.rng.random() < self.odd:
            return self.rng.choice([float("nan"), float("inf"), float("-inf"), 0.0])
        value = level + 2 / (1 + step) + self.rng.gauss(0, self.noise)
        value = value if self.digits is None else round(value, self.digits)
        return value * self.scale


def record(rng, name):
    description, pruner = draw_pruner(rng)
    direction = rng.choice(["minimize", "maximize"])
    study = optuna.create_study(direction=direction, pruner=pruner, study_name=name, storage=optuna.storages.InMemoryStorage())
    curves = Curves(rng)
    obedience, infeasible = rng.choice([1, 0.8, 0]), rng.choice([0, 0, 0.3])
    events, running = [], []
    left = rng.choice([10, 30, 60])
    workers = rng.choice([1, 2, 8])
    while running or left:
        if left and len(running) < workers:
            left -= 1
            trial = study.ask()
            events.append({"ask": trial.number})
            running.append((trial, curves.steps(), rng.random() * 2))
            continue
        entry = rng.choice(running)
        trial, steps, level = entry
        state = None
        if steps:
            step = steps.pop(0)
            value = curves.value(level, step)
            trial.report(value, step)
            prune = bool(trial.should_prune())
            events.append({"report": trial.number, "step": step, "value": value, "prune": prune})
            if prune and rng.random() < obedience:
                state = TrialState.PRUNED
            elif rng.random() < 0.002:
                state = TrialState.FAIL
        else:
            state = TrialState.COMPLETE
        if state is None:
            continue
        running.remove(entry)
        event = {"tell": trial.number, "state": state.name}
        if state == TrialState.COMPLETE:
            event["value"] = rng.choice([round(level, 1), level])
            if infeasible:
                event["constraints"] = {"c": rng.choice([-1.0, 0.0, 1.0])}
                trial.set_constraint("c", event["constraints"]["c"])
        study.tell(trial, event.get("value"), state=state)
        events.append(event)
    return {"name": name, "optuna": optuna.__version__, "direction": direction, "pruner": description, "events": events}


def main():
    studies, seed, path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    with gzip.open(path, "wt") as out:
        for i in range(studies):
            rng = random.Random(f"{seed}/{i}")
            out.write(json.dumps(record(rng, rng.choice(["s", "étude", "a b/c", "x" * 300]) + f"-{seed}-{i}")) + "\n")


if __name__ == "__main__":
    main()
