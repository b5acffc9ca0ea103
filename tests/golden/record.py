#!/usr/bin/env python3
"""Records what Optuna 5.0's TPESampler suggests on random spaces, options and histories, in the format that README.md describes.

    record.py STUDIES SEED OUTPUT.jsonl.gz        needs optuna==5.0.0 and numpy==2.4.6

The recordings beside this file were not made by it; it makes others like them, and stranger ones: NaN reports, infinite values, parameters
with one value, no start-up trials, wide grids. (No categorical has both 1 and True: Python takes them for the same choice, Parzen does not.)
"""

import gzip
import json
import math
import random
import sys
import warnings

warnings.simplefilter("ignore")

import numpy as np  # noqa: E402
import optuna  # noqa: E402
from optuna.samplers._tpe.sampler import TPESampler  # noqa: E402

optuna.logging.set_verbosity(optuna.logging.ERROR)
TIE = 1e-11


class Watched(TPESampler):
    """Notes where two different candidates scored within TIE of the best."""

    tie = False

    def _compute_acquisition_func(self, samples, below, above):
        scores = super()._compute_acquisition_func(samples, below, above)
        best = int(np.argmax(scores))
        near = np.nonzero(scores >= scores[best] - TIE)[0] if np.isfinite(scores[best]) else range(len(scores))
        for i in near:
            if any(v[i] != v[best] for v in samples.values()):
                self.tie = True
        return scores


def random_parameter(rng, name):
    kind = rng.choice(["float", "float", "log", "step", "int", "int", "intlog", "intstep", "cat", "single"])
    if kind == "float":
        low = round(rng.uniform(-10, 10), 3)
        return {"name": name, "type": "float", "low": low, "high": low + rng.choice([1, 10, 1e-3, 1e6])}
    if kind == "log":
        low = 10.0 ** rng.randint(-9, 1)
        return {"name": name, "type": "float", "low": low, "high": low * rng.choice([10, 1e3, 1e8]), "log": True}
    if kind == "step":
        step = rng.choice([0.1, 0.25, 0.5])
        low = rng.randint(-3, 3)
        return {"name": name, "type": "float", "low": float(low), "high": float(low + rng.choice([1, 2, 20, 500])), "step": step}
    if kind == "int":
        low = rng.randint(-20, 20)
        return {"name": name, "type": "int", "low": low, "high": low + rng.choice([1, 2, 5, 20, 100, 5000])}
    if kind == "intlog":
        low = rng.randint(1, 3)
        return {"name": name, "type": "int", "low": low, "high": low * rng.choice([4, 64, 10000]), "log": True}
    if kind == "intstep":
        step = rng.randint(2, 7)
        low = rng.randint(-20, 20)
        return {"name": name, "type": "int", "low": low, "high": low + step * rng.choice([1, 3, 30, 400]), "step": step}
    if kind == "cat":
        return {"name": name, "type": "categorical", "choices": rng.choice([["a", "b"], ["a", "b", "c", "d", "e"], [7, 2.5, "x", None, True]])}
    return rng.choice(
        [
            {"name": name, "type": "int", "low": 3, "high": 3},
            {"name": name, "type": "float", "low": 0.5, "high": 0.5},
            {"name": name, "type": "categorical", "choices": ["only"]},
        ]
    )


def random_space(rng):
    space = [random_parameter(rng, f"{rng.choice('pqxyz')}{i}") for i in range(rng.choice([1, 2, 3, 5, 8]))]
    if rng.random() < 0.4:
        space.insert(0, {"name": "branch", "type": "categorical", "choices": ["a", "b", "c"]})
        for parameter in space[1:]:
            if rng.random() < 0.6:
                parameter["when"] = {"param": "branch", "in": rng.sample(["a", "b", "c"], rng.choice([1, 2]))}
    return space


def random_options(rng):
    options = {"seed": rng.randrange(2**32)}
    for name, values in {
        "n_startup_trials": [0, 1, 3, 10, 20],
        "n_ei_candidates": [1, 2, 24, 60],
        "multivariate": [True, False],
        "constant_liar": [True, False],
        "consider_endpoints": [True],
        "consider_magic_clip": [False],
        "prior_weight": [0.0, 0.3, 1.0, 5.0],
    }.items():
        if rng.random() < 0.35:
            options[name] = rng.choice(values)
    if options.get("multivariate", True) and rng.random() < 0.25:
        options["group"] = True
    return options


def suggest(trial, space):
    params = {}
    for p in space:
        if "when" in p and params.get(p["when"]["param"], math.nan) not in p["when"]["in"]:
            continue
        if p["type"] == "float":
            value = trial.suggest_float(p["name"], p["low"], p["high"], log=p.get("log", False), step=p.get("step"))
        elif p["type"] == "int":
            value = trial.suggest_int(p["name"], p["low"], p["high"], log=p.get("log", False), step=p.get("step", 1))
        else:
            value = trial.suggest_categorical(p["name"], p["choices"])
        params[p["name"]] = value
    return params


def random_value(rng, parameter):
    if parameter["type"] == "categorical":
        return rng.choice(parameter["choices"])
    if parameter["type"] == "int":
        return rng.choice(range(parameter["low"], parameter["high"] + 1, parameter.get("step", 1)))
    if "step" in parameter:
        steps = round((parameter["high"] - parameter["low"]) / parameter["step"])
        return parameter["low"] + rng.randint(0, steps) * parameter["step"]
    return rng.choice([parameter["low"], parameter["high"], rng.uniform(parameter["low"], parameter["high"])])


def loss(rng, params, k):
    total = 0.0
    for name, value in params.items():
        total += math.sin(hash((str(value), k)) % 1000) if isinstance(value, (str, bool, type(None))) else math.cos(k + math.log1p(abs(value)))
    return rng.choice([total, total, total, round(total, 1), round(total), math.inf if rng.random() < 0.1 else total])


def record(rng, identity):
    space, options = random_space(rng), random_options(rng)
    directions = [rng.choice(["minimize", "maximize"]) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
    sampler = Watched(**options)
    study = optuna.create_study(directions=directions, sampler=sampler)
    constrained, workers = rng.random() < 0.25, rng.choice([1, 1, 4])
    events, running = [], {}
    for _ in range(rng.choice([25, 40, 80, 150])):
        if rng.random() < 0.04:
            # Only unconditional parameters, and those that their branch would allow too: Optuna ignores the rest.
            fixed = {p["name"]: random_value(rng, p) for p in space if rng.random() < 0.5}
            study.enqueue_trial(fixed)
            events.append({"enqueue": fixed})
        sampler.tie = False
        trial = study.ask()
        params = suggest(trial, space)
        events.append({"ask": trial.number, "params": params, **({"tie": True} if sampler.tie else {})})
        running[trial.number] = (trial, params)
        while len(running) > workers - 1 or (running and rng.random() < 0.3):
            number = rng.choice(sorted(running))
            trial, params = running.pop(number)
            tell = {"tell": number, "state": rng.choice(["COMPLETE"] * 8 + ["PRUNED", "FAIL"])}
            if constrained and rng.random() < 0.8:
                tell["constraints"] = {"c0": rng.uniform(-1, 0.5), "c1": round(rng.uniform(-1, 0.3), 1)}
                for name, value in tell["constraints"].items():
                    trial.set_constraint(name, value)
            if tell["state"] == "PRUNED" and len(directions) == 1:
                tell["intermediate"] = {str(step): rng.choice([loss(rng, params, step), math.nan]) for step in range(rng.randint(0, 4))}
                for step, value in tell["intermediate"].items():
                    trial.report(value, int(step))
            if tell["state"] == "COMPLETE":
                tell["values"] = [loss(rng, params, k) for k in range(len(directions))]
                study.tell(trial, tell["values"])
            else:
                study.tell(trial, state=getattr(optuna.trial.TrialState, tell["state"]))
            events.append(tell)
    return {"id": identity, "optuna": optuna.__version__, "tie_order": "simd", "sampler": options, "directions": directions, "space": space, "events": events}


def main():
    count, seed, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with gzip.open(path, "wt") as out:
        for i in range(count):
            out.write(json.dumps(record(random.Random(f"{seed}/{i}"), f"random-{seed}-{i}")) + "\n")


if __name__ == "__main__":
    main()
