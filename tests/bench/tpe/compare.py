#!/usr/bin/env python3
"""Milliseconds of processor time an ask: Parzen, Rustuna and Optuna on the same history, in memory, one thread each, in one run.

An ask suggests all parameters of a new trial; the trial is told between asks, outside of what is timed. All samplers have their defaults but for
`multivariate` and the seed. The history is uniformly random with the sum of squares as its loss.

    --sizes 100,1000,...   lengths of the history
    --optuna-most N        no Optuna beyond that length (it takes seconds an ask at 100,000)
"""

import argparse
import os
import struct
import subprocess
import tempfile
import time
import warnings

warnings.simplefilter("ignore")

import numpy as np  # noqa: E402

CHOICES = 4
SPACES = {"floats": (10, 0, 0), "mixed": (7, 3, 8)}  # floats, categoricals, running trials


def history(size, space):
    floats, categoricals, _ = SPACES[space]
    random = np.random.RandomState(size)
    x = random.uniform(-5, 5, size=(size, floats))
    c = random.randint(0, CHOICES, size=(size, categoricals)).astype(float)
    loss = (x**2).sum(axis=1) + c.sum(axis=1)
    return np.concatenate([x, c, loss[:, None]], axis=1)


def asks_of(size):
    return {100: 200, 1000: 100, 10000: 20}.get(size, 5)


def parzen(driver, rows, space, multivariate):
    floats, categoricals, running = SPACES[space]
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(struct.pack("q", len(rows)) + rows.tobytes())
    try:
        arguments = [driver, file.name, str(floats), str(categoricals), str(CHOICES), str(running), str(int(multivariate)), "200"]
        return float(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout)
    finally:
        os.unlink(file.name)


def suggest(trial, space):
    floats, categoricals, _ = SPACES[space]
    params = {f"x{i}": trial.suggest_float(f"x{i}", -5, 5) for i in range(floats)}
    params.update({f"c{i}": trial.suggest_categorical(f"c{i}", [f"k{j}" for j in range(CHOICES)]) for i in range(categoricals)})
    return params


def timed(study, space, asks, tell):
    for _ in range(SPACES[space][2]):
        suggest(study.ask(), space)
    suggest_and_tell = []
    for i in range(asks + 1):
        begin = time.process_time()
        trial = study.ask()
        suggest(trial, space)
        elapsed = time.process_time() - begin
        if i > 0:  # the first warms caches up
            suggest_and_tell.append(elapsed)
        tell(study, trial, 1000.0)
    return 1e3 * sum(suggest_and_tell) / len(suggest_and_tell)


def params_of(row, space):
    floats, categoricals, _ = SPACES[space]
    params = {f"x{i}": float(row[i]) for i in range(floats)}
    params.update({f"c{i}": f"k{int(row[floats + i])}" for i in range(categoricals)})
    return params


def rustuna(rows, space, multivariate, asks):
    import rustuna

    floats, categoricals, _ = SPACES[space]
    distribution = rustuna.distributions.Distribution
    distributions = {f"x{i}": distribution.float(-5, 5) for i in range(floats)}
    distributions.update({f"c{i}": distribution.categorical([f"k{j}" for j in range(CHOICES)]) for i in range(categoricals)})
    study = rustuna.create_study(sampler=rustuna.samplers.TPESampler(seed=1, multivariate=multivariate))
    for row in rows:
        study.add_trial(rustuna.create_trial(value=float(row[-1]), params=params_of(row, space), distributions=distributions))
    return timed(study, space, asks, lambda s, t, value: s.tell(t.number, value))


def optuna(rows, space, multivariate, asks):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    floats, categoricals, _ = SPACES[space]
    distributions = {f"x{i}": optuna.distributions.FloatDistribution(-5, 5) for i in range(floats)}
    for i in range(categoricals):
        distributions[f"c{i}"] = optuna.distributions.CategoricalDistribution([f"k{j}" for j in range(CHOICES)])
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1, multivariate=multivariate))
    for row in rows:
        study.add_trial(optuna.trial.create_trial(value=float(row[-1]), params=params_of(row, space), distributions=distributions))
    return timed(study, space, asks, lambda s, t, value: s.tell(t, value))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--sizes", default="100,1000,10000,100000")
    parser.add_argument("--optuna-most", type=int, default=100000)
    options = parser.parse_args()
    print(f"{'space':<8}{'mode':<14}{'trials':>8}{'Parzen ms':>12}{'Rustuna ms':>12}{'Optuna ms':>12}{'x Rustuna':>11}{'x Optuna':>10}")
    for space in SPACES:
        for multivariate in (True, False):
            for size in map(int, options.sizes.split(",")):
                rows = history(size, space)
                ours = parzen(options.driver, rows, space, multivariate)
                asks = asks_of(size)
                rust = rustuna(rows, space, multivariate, asks)
                known = size <= options.optuna_most
                theirs = optuna(rows, space, multivariate, max(1, asks // (1 if size <= 1000 else 5))) if known else float("nan")
                mode = "multivariate" if multivariate else "univariate"
                print(
                    f"{space:<8}{mode:<14}{size:>8}{ours:>12.3f}{rust:>12.3f}{theirs:>12.2f}{rust / ours:>11.1f}{theirs / ours:>10.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
