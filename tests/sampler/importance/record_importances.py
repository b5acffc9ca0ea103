#!/usr/bin/env python3
"""Records small studies and what Optuna says of their parameters' importance: pip install optuna==5.0.0; writes importances.jsonl.

One study a line: name, directions, trials as `parzen export` writes them (with distributions), importances."""

import json
import math
import pathlib
import random
import warnings

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def smooth(t):
    x, y = t.suggest_float("x", -5, 5), t.suggest_float("y", -5, 5)
    return x**2 + 0.1 * y


def kinds(t):
    lr = t.suggest_float("lr", 1e-5, 1e-1, log=True)
    drop = t.suggest_float("drop", 0, 0.9, step=0.1)
    depth, width, units = t.suggest_int("depth", 1, 8), t.suggest_int("width", 16, 256, step=16), t.suggest_int("units", 1, 1000, log=True)
    act = t.suggest_categorical("act", ["relu", "tanh", None, 2, 2.5, False])
    t.suggest_float("fixed", 3, 3)
    return abs(math.log10(lr) + 3) + abs(drop - 0.4) + abs(depth - 3) / 4 + width / 512 + abs(math.log(units) - 3) / 10 + (act == "tanh")


def conditional(t):
    kernel = t.suggest_categorical("kernel", ["rbf", "poly", "linear"])
    c = t.suggest_float("c", 1e-3, 1e3, log=True)
    loss = abs(math.log10(c)) / 3
    if kernel == "rbf":
        loss += abs(t.suggest_float("gamma", 0, 1) - 0.3)
    if kernel == "poly":
        loss += abs(t.suggest_int("degree", 1, 6) - 3) / 5 + 0.2
    return loss + (0.5 if kernel == "linear" else 0)


def moving(t):  # the range depends on another parameter: several regimes
    wide = t.suggest_categorical("wide", [True, False])
    return abs(t.suggest_float("x", 0, 10 if wide else 1) - 0.7)


def coarse(t):  # many equal losses
    return float(round(t.suggest_float("x", 0, 3)) + round(t.suggest_int("n", 0, 20) / 10))


def rough(t):  # some fail, some are pruned, some infinite
    x, y = t.suggest_float("x", 0, 1), t.suggest_int("y", 0, 9)
    if y == 9:
        raise ValueError("bad")
    if y == 8:
        raise optuna.TrialPruned
    return math.inf if y == 7 else (x - 0.5) ** 2 + y / 20


def two(t):
    x, y = t.suggest_float("x", 0, 5), t.suggest_float("y", 0, 3)
    t.suggest_int("noise", 0, 100)
    return 4 * x**2 + 4 * y**2, (x - 5) ** 2 + (y - 5) ** 2


def two_coarse(t):
    a, b = t.suggest_int("a", 0, 6), t.suggest_int("b", 0, 6)
    t.suggest_float("noise", 0, 1)
    return float(a + b // 2), float(6 - a + b)


def three(t):
    x, y, z = (t.suggest_float(name, 0, 1) for name in "xyz")
    g = (z - 0.5) ** 2
    return (1 + g) * x * y, (1 + g) * x * (1 - y), (1 + g) * (1 - x)


def nested(t):  # conditions of two levels, on a choice and on an int; some parameters in a few trials only
    model = t.suggest_categorical("model", ["net", "tree", "line"])
    loss = 0.3 * ("net", "tree", "line").index(model)
    if model == "net":
        layers = t.suggest_int("layers", 1, 4)
        for i in range(layers):
            loss += abs(math.log2(t.suggest_int(f"units{i}", 4, 256, log=True)) - 5) / 10
        if layers > 2:
            loss += abs(t.suggest_float("drop", 0, 0.5, step=0.05) - 0.2)
    if model == "tree":
        loss += abs(t.suggest_int("leaves", 2, 64, step=2) - 20) / 40
        if t.suggest_categorical("boost", [True, False]):
            loss += abs(math.log10(t.suggest_float("rate", 1e-4, 1, log=True)) + 1.5) / 4
    return loss


def choices(t):  # many choices, two, one; losses that hang on them only
    a = t.suggest_categorical("a", list("abcdefghijkl"))
    b, c = t.suggest_categorical("b", [1, 2]), t.suggest_categorical("c", ["only"])
    t.suggest_categorical("noise", [0.5, 1.5, 2.5])
    return "gaebckdlfhij".index(a) / 4 + b + (c == "other")


def steep(t):  # most losses far off, a few near the best; wide and narrow ranges
    x, y = t.suggest_float("x", -1e6, 1e6), t.suggest_float("y", 1e-12, 1e12, log=True)
    z, n = t.suggest_float("z", 0.1, 0.1001), t.suggest_int("n", -5, 5)
    return math.exp(abs(x) / 1e5) + abs(math.log10(y)) ** 3 + 1e4 * (z - 0.1) + n**2


def two_conditional(t):
    kind = t.suggest_categorical("kind", ["a", "b"])
    x = t.suggest_float("x", 0, 1)
    y = t.suggest_int("y", 0, 9) / 9 if kind == "b" else 0.5
    return x + y, (1 - x) + (kind == "a") * 0.2 + y**2


def distribution_json(d):
    if isinstance(d, CategoricalDistribution):
        return {"type": "categorical", "choices": list(d.choices)}
    out = {"type": "float" if isinstance(d, FloatDistribution) else "int", "low": d.low, "high": d.high}
    if d.log:
        out["log"] = True
    if d.step is not None and not (out["type"] == "int" and d.step == 1):
        out["step"] = d.step
    return out


def double_json(value):
    return value if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def record(name, objective, n_trials, directions=("minimize",), sampler=None, seed=0):
    random.seed(seed)
    study = optuna.create_study(directions=list(directions), sampler=sampler or optuna.samplers.RandomSampler(seed=seed))
    study.optimize(objective, n_trials=n_trials, catch=(ValueError,))
    states = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}
    trials = []
    for t in study.trials:
        line = {"number": t.number, "state": states[t.state.name], "params": t.params}
        line["distributions"] = {k: distribution_json(d) for k, d in t.distributions.items()}
        line["values"] = [double_json(v) for v in t.values or []] if t.state.name == "COMPLETE" else []
        trials.append(line)
    return {"name": name, "directions": list(directions), "trials": trials, "importances": optuna.importance.get_param_importances(study)}


STUDIES = [
    ("smooth", smooth, 60),
    ("smooth, maximized", smooth, 60, ["maximize"]),
    ("every kind of parameter", kinds, 120),
    ("every kind, by TPE", kinds, 80, ["minimize"], optuna.samplers.TPESampler(seed=3)),
    ("conditions", conditional, 100),
    ("a range that moves", moving, 60),
    ("many ties", coarse, 60),
    ("failures and infinities", rough, 80),
    ("two trials", smooth, 2),
    ("one trial", smooth, 1),
    ("two objectives", two, 100, ["minimize", "minimize"]),
    ("two objectives, opposed", two, 70, ["maximize", "minimize"]),
    ("two objectives with ties", two_coarse, 90, ["minimize", "minimize"]),
    ("three objectives", three, 90, ["minimize", "minimize", "minimize"]),
    ("nested conditions", nested, 120),
    ("nested conditions, by TPE", nested, 90, ["minimize"], optuna.samplers.TPESampler(seed=15), 15),
    ("nested conditions, another seed", nested, 60),
    ("choices only", choices, 100),
    ("choices only, by TPE", choices, 60, ["minimize"], optuna.samplers.TPESampler(seed=18), 18),
    ("steep", steep, 90),
    ("steep, maximized", steep, 60, ["maximize"]),
    ("every kind, another seed", kinds, 50),
    ("every kind, maximized", kinds, 70, ["maximize"]),
    ("conditions, eleven trials", conditional, 11),
    ("conditions, maximized", conditional, 60, ["maximize"]),
    ("two objectives with a condition", two_conditional, 80, ["minimize", "minimize"]),
    ("two objectives with a condition, opposed", two_conditional, 50, ["maximize", "minimize"]),
    ("failures and infinities, another seed", rough, 50),
]

if __name__ == "__main__":
    with (pathlib.Path(__file__).parent / "importances.jsonl").open("w") as out:
        for i, study in enumerate(STUDIES):
            out.write(json.dumps(record(*study, seed=i + 1) if len(study) < 5 else record(*study), separators=(",", ":")) + "\n")
