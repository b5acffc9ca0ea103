"""A parzend for Optuna's own client, which is used as it is: GrpcStorageProxy."""

import pathlib
import sys
import warnings

import optuna
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "wire"))

from parzend import Parzend  # noqa: E402

# GrpcStorageProxy and Optuna's testing module announce themselves as experimental.
warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for all tests that do not restart theirs."""
    parzend = Parzend(tmp_path_factory.mktemp("parzend")).start()
    yield parzend
    parzend.kill()


@pytest.fixture
def connect():
    """Makes an Optuna storage of a server; closed at the end."""
    storages = []

    def make(parzend):
        storages.append(optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=parzend.port))
        return storages[-1]

    yield make
    for storage in storages:
        storage.close()


@pytest.fixture
def storage(server, connect):
    """An Optuna storage without studies."""
    proxy = connect(server)
    yield proxy
    for study in proxy.get_all_studies():
        proxy.delete_study(study._study_id)
