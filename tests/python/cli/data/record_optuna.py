"""Makes studies with the Optuna that is installed, in an SQLite file, and writes beside it what Optuna itself says of them.

    python record_optuna.py optuna-5     # makes optuna-5.db.gz and optuna-5.json
"""

import gzip
import json
import math
import os
import pathlib
import sqlite3
import sys

os.environ["TZ"] = "UTC"

import optuna  # noqa: E402

optuna.logging.set_verbosity(optuna.logging.ERROR)


def space(trial):
    trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    trial.suggest_float("momentum", 0.0, 1.0)
    trial.suggest_float("dropout", 0.0, 0.9, step=0.1)
    trial.suggest_int("depth", 1, 9)
    trial.suggest_int("width", 16, 512, log=True)
    trial.suggest_int("batch", 8, 64, step=8)
    trial.suggest_categorical("mixed", [None, True, 1, 1.5, "1", "ünï", math.inf])
    if trial.suggest_categorical("kernel", ["rbf", "poly"]) == "rbf":
        trial.suggest_float("gamma", -1.0, 1.0)


def single(storage):
    study = optuna.create_study(storage=storage, study_name="single", direction="maximize", sampler=optuna.samplers.TPESampler(seed=1))
    study.set_user_attr("owner", {"name": "me", "list": [1, 2.5, None]})
    study.set_metric_names(["accuracy"])
    for i in range(25):
        trial = study.ask()
        space(trial)
        trial.report(0.1 * i, step=0)
        trial.report(math.nan if i % 5 == 0 else math.inf, step=7)
        trial.set_user_attr("note", f"trial {i}")
        if hasattr(trial, "set_constraint"):
            trial.set_constraint("memory", i - 20.5)
        if i % 4 == 1:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        elif i % 4 == 2:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, [1 / 3 + i, -math.inf, math.inf][i % 3])
    study.enqueue_trial({"lr": 0.001, "kernel": "poly"})
    running = study.ask()
    space(running)
    study.enqueue_trial({"mixed": None, "depth": 3}, user_attrs={"why": "a guess"})


def several(storage):
    sampler = optuna.samplers.NSGAIISampler(seed=1, population_size=4, constraints_func=lambda trial: trial.user_attrs["limits"])
    study = optuna.create_study(storage=storage, study_name="several", directions=["minimize", "maximize"], sampler=sampler)

    def objective(trial):
        x, y = trial.suggest_float("x", 0, 5), trial.suggest_int("y", -3, 3)
        trial.set_user_attr("limits", [x - 2.5, -1.0])
        return x * x, float(y)

    study.optimize(objective, n_trials=12)


def told(value):
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value


def constraints(system_attrs):
    named = {str(i): value for i, value in enumerate(system_attrs.get("constraints") or [])}
    named.update({key.partition(":")[2]: value for key, value in system_attrs.items() if key.startswith("constraints:")})
    return named


def expected(storage):
    said = {}
    for summary in optuna.get_all_study_summaries(storage=storage):
        study = optuna.load_study(study_name=summary.study_name, storage=storage)
        trials = []
        for t in study.trials:
            trials.append(
                {
                    "number": t.number,
                    "state": t.state.name,
                    "params": {name: told(value) for name, value in t.params.items()},
                    "values": None if t.values is None else [told(value) for value in t.values],
                    "intermediate": [[step, told(value)] for step, value in sorted(t.intermediate_values.items())],
                    "user_attrs": t.user_attrs,
                    "constraints": constraints(t.system_attrs),
                    "started": None if t.datetime_start is None else t.datetime_start.isoformat(),
                    "finished": None if t.datetime_complete is None else t.datetime_complete.isoformat(),
                }
            )
        said[study.study_name] = {"directions": [d.name for d in study.directions], "user_attrs": study.user_attrs, "trials": trials}
    return said


def main() -> None:
    target = pathlib.Path(sys.argv[1])
    file = target.with_suffix(".db")
    file.unlink(missing_ok=True)
    storage = f"sqlite:///{file}"
    single(storage)
    several(storage)
    said = {"optuna": optuna.__version__, "studies": expected(storage)}
    with sqlite3.connect(file, isolation_level=None) as db:
        db.execute("PRAGMA page_size = 1024")
        db.execute("VACUUM")
    target.with_suffix(".db.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))
    target.with_suffix(".json").write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n")
    file.unlink()


if __name__ == "__main__":
    main()
