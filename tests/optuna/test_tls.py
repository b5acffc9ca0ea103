"""ParzenStorage, and the dashboard command that stands on it, over TLS with a token."""

import os
import pathlib
import subprocess
import sys

import optuna
import pytest

import parzen
from certificates import Authority
from parzen.optuna import ParzenSampler, ParzenStorage
from parzend import Parzend

ADMIN, READER = "admin-token-0123456789", "reader-token-0123456789"

# Stands in for the package optuna-dashboard: says which studies it is to show, and where.
DASHBOARD = """
def run_server(storage, host, port):
    shown = [(study.study_name, len(storage.get_all_trials(study._study_id))) for study in storage.get_all_studies()]
    print(shown, host, port)
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secured(authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp("secured")
    tokens = folder / "tokens"
    tokens.write_text(f"{ADMIN} ada admin\n{READER} cy reader\n")
    tokens.chmod(0o600)
    pair = authority.issue("server")
    server = Parzend(folder / "server", "--tls-cert", str(pair.certificate), "--tls-key", str(pair.key), "--tokens", str(tokens)).start()
    yield server
    server.kill()


@pytest.fixture
def token_file(tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{READER}\n")
    file.chmod(0o600)
    return file


def optimize(secured, authority, name):
    storage = ParzenStorage(secured.address, tls=parzen.Tls(ca=authority.certificate), token=ADMIN)
    study = optuna.create_study(storage=storage, study_name=name, sampler=ParzenSampler("tpe", seed=1))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=12)
    storage.close()


def dashboard(secured, folder, *options, **environment):
    (folder / "optuna_dashboard.py").write_text(DASHBOARD)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PARZEN_")}
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "parzen.optuna", "dashboard", secured.address, *map(str, options)],
        env={**inherited, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_study_over_tls_with_a_token(secured, authority, token_file):
    optimize(secured, authority, "over-tls")
    reader = ParzenStorage(secured.address, tls=parzen.Tls(ca=authority.certificate), token_file=token_file)
    study = optuna.load_study(storage=reader, study_name="over-tls")
    assert [trial.state for trial in study.trials] == [optuna.trial.TrialState.COMPLETE] * 12
    with pytest.raises(parzen.optuna.StorageError, match="reader"):
        study.set_user_attr("a", 1)
    reader.close()


def test_nobody_comes_in_without_either(secured, authority, tmp_path):
    unknown = ParzenStorage(secured.address, tls=parzen.Tls(ca=authority.certificate), token="unknown-token-0123456789")
    with pytest.raises(parzen.optuna.StorageError) as error:
        unknown.get_all_studies()
    assert error.value.error.reason == "TOKEN_UNKNOWN"
    unknown.close()
    stranger = Authority(pathlib.Path(tmp_path) / "stranger", "stranger")
    distrusting = ParzenStorage(secured.address, tls=parzen.Tls(ca=stranger.certificate), token=ADMIN, timeout=1)
    with pytest.raises(ConnectionError):
        distrusting.wait_server_ready(1)
    distrusting.close()


def test_the_dashboard_command(secured, authority, token_file, tmp_path):
    optimize(secured, authority, "on-the-dashboard")
    by_flags = dashboard(secured, tmp_path, "--tls-ca", authority.certificate, "--token-file", token_file, "--listen-port", 8123)
    assert by_flags.returncode == 0, by_flags.stderr
    assert "('on-the-dashboard', 12)" in by_flags.stdout and "127.0.0.1 8123" in by_flags.stdout
    by_environment = dashboard(secured, tmp_path, PARZEN_TLS_CA=str(authority.certificate), PARZEN_TOKEN=READER)
    assert by_environment.returncode == 0, by_environment.stderr
    assert "('on-the-dashboard', 12)" in by_environment.stdout


def test_the_dashboard_command_says_why_it_does_not_start(secured, authority, tmp_path):
    without_token = dashboard(secured, tmp_path, "--tls-ca", authority.certificate)
    assert without_token.returncode == 1 and "token" in without_token.stderr
