#!/usr/bin/env python3
"""Optuna 4.2 and 4.9, each in an environment of its own, against one parzend: an unmodified program, and ParzenStorage with ParzenSampler.

    tests/full/optuna_clients.py    (needs a release build; makes build/full/optuna-VERSION)
"""

import pathlib
import subprocess
import sys
import tempfile
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "wire"))

from parzend import Parzend  # noqa: E402

VERSIONS = ["4.2.1", "4.9.0", "5.0.0"]

PROGRAM = """
import sys, warnings
import optuna
from optuna.trial import TrialState
from parzen.optuna import ParzenSampler, ParzenStorage

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.WARNING)
version, port = optuna.__version__, int(sys.argv[1])

def objective(trial):
    x = trial.suggest_float("x", -5, 5)
    n = trial.suggest_int("n", 1, 9, log=True)
    kind = trial.suggest_categorical("kind", ["a", 1, None])
    for step in range(3):
        trial.report(x * x + step, step)
        if trial.should_prune():
            raise optuna.TrialPruned
    trial.set_user_attr("seen", [version, trial.number])
    return x * x + n

def check(study, count):
    assert [t.number for t in study.trials] == list(range(count)), study.trials
    assert all(t.state in (TrialState.COMPLETE, TrialState.PRUNED) for t in study.trials)
    assert study.trials[0].params["x"] == 0.25
    assert all(t.user_attrs == {"seen": [version, t.number]} for t in study.trials if t.state == TrialState.COMPLETE)

proxy = optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=port)
study = optuna.create_study(storage=proxy, study_name="proxy " + version, sampler=optuna.samplers.TPESampler(seed=1))
study.enqueue_trial({"x": 0.25})
study.optimize(objective, n_trials=20, n_jobs=2)
check(study, 20)
storage = ParzenStorage(f"127.0.0.1:{port}")
study = optuna.create_study(storage=storage, study_name="parzen " + version, sampler=ParzenSampler("tpe", seed=1))
study.enqueue_trial({"x": 0.25})
study.optimize(objective, n_trials=20)
check(study, 20)
assert len(optuna.get_all_study_names(proxy)) % 2 == 0
storage.close()
print("Optuna", version, "runs")
"""


def main():
    with tempfile.TemporaryDirectory() as directory:
        server = Parzend(pathlib.Path(directory)).start()
        try:
            for version in VERSIONS:
                where = ROOT / "build" / "full" / f"optuna-{version}"
                python = where / "bin" / "python"
                if not python.exists():
                    venv.create(where, with_pip=True)
                packages = [f"optuna=={version}", str(ROOT / "clients" / "python"), "grpcio", "protobuf"]
                subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages], check=True)
                subprocess.run([python, "-c", PROGRAM, str(server.port)], check=True)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
