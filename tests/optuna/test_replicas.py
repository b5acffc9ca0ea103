"""Optuna programs on several servers over one PostgreSQL: whichever they call, the study's owner answers."""

import pathlib
import sys

import optuna
import pytest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "python"))

from parzend import Parzend  # noqa: E402
from postgres import Postgres, free_port, programs  # noqa: E402


@pytest.fixture
def replicas(tmp_path):
    if not programs().exists():
        pytest.skip("Debian's package postgresql-15 is not installed")
    postgres = Postgres()
    servers = []
    for i in range(3):
        port = free_port()
        server = Parzend(tmp_path / str(i), "--advertise", f"127.0.0.1:{port}")
        server.port, server.db = port, postgres.url
        servers.append(server.start())
    yield servers
    for server in servers:
        server.kill()
    postgres.remove()


def objective(trial):
    x = trial.suggest_float("x", -1, 1)
    trial.report(x, 0)
    trial.set_user_attr("square", x * x)
    return x * x


def test_a_study_on_all_of_them(replicas, connect):
    storages = [connect(server) for server in replicas]
    optuna.create_study(study_name="s", storage=storages[0], sampler=optuna.samplers.TPESampler(seed=1))
    for storage in storages:
        study = optuna.load_study(study_name="s", storage=storage, sampler=optuna.samplers.TPESampler(seed=1))
        study.optimize(objective, n_trials=5)
    # One that goes loses nothing, and the others go on.
    assert replicas[0].stop() == 0
    study.optimize(objective, n_trials=5)
    trials = study.trials
    assert [trial.number for trial in trials] == list(range(20))
    assert all(trial.value == trial.user_attrs["square"] for trial in trials)
    assert optuna.load_study(study_name="s", storage=storages[1]).best_value == min(trial.value for trial in trials)
