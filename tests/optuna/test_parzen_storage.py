"""parzen.optuna.ParzenStorage: retries, exactly once, leases, pickling."""

import pickle
import threading
import time
import uuid

import optuna
import parzen
import pytest
from optuna.storages._grpc.auto_generated import api_pb2
from optuna.testing.pytest_storages import StorageTestCase
from optuna.trial import TrialState

from parzen.connection import Connection
from parzen.optuna import ParzenSampler, ParzenStorage
from parzend import Parzend

MINIMIZE = [optuna.study.StudyDirection.MINIMIZE]


@pytest.fixture
def storage(server):
    kept = ParzenStorage(server.address)
    yield kept
    for study in kept.get_all_studies():
        kept.delete_study(study._study_id)
    kept.close()


class TestContract(StorageTestCase):
    """Optuna's contract again; see test_contract.py."""

    test_get_all_trials_params_order = None


def test_import_parzen_leaves_optuna_alone():
    import subprocess
    import sys

    subprocess.run([sys.executable, "-c", "import parzen, sys; assert 'optuna' not in sys.modules"], check=True)


def test_work_goes_on_over_power_cuts(tmp_path):
    server = Parzend(tmp_path).start()
    storage = ParzenStorage(server.address, timeout=60)
    study = optuna.create_study(storage=storage, study_name="s")

    def objective(trial):
        trial.report(1.0, 0)
        trial.set_user_attr("seen", trial.number)
        return trial.suggest_float("x", 0, 1)

    done = threading.Event()

    def cut():
        while not done.wait(0.3):
            server.kill()
            server.start()

    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        study.optimize(objective, n_trials=60, n_jobs=3)
    finally:
        done.set()
        cutter.join()
    trials = study.trials
    assert [t.number for t in trials] == list(range(60))
    assert {t.state for t in trials} == {TrialState.COMPLETE}
    assert all(t.user_attrs == {"seen": t.number} and t.intermediate_values == {0: 1.0} for t in trials)
    storage.close()
    server.kill()


def test_a_trial_takes_few_calls(storage, monkeypatch):
    study = optuna.create_study(storage=storage, sampler=ParzenSampler("tpe", seed=1))

    def run(reports):
        trial = study.ask()
        for i in range(10):
            trial.suggest_float(f"x{i}", 0, 1)
        for step in range(reports):
            trial.report(0.5, step)
        assert study.tell(trial, 0.5).params == trial.params

    for _ in range(3):
        run(0)
    called = []
    call = Connection.call
    monkeypatch.setattr(Connection, "call", lambda self, method, *rest: called.append(method.split("/")[-1]) or call(self, method, *rest))
    run(0)
    assert called == ["GetWaitingTrials", "BeginTrial", "AdvanceTrial", "AdvanceTrial"]
    called.clear()
    run(1)
    assert called == ["GetWaitingTrials", "BeginTrial", "AdvanceTrial", "GetTrial", "AdvanceTrial"]


def test_trials_read_as_by_optunas_own_client(storage, server, connect):
    study = optuna.create_study(storage=storage)
    for end in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL):
        trial = study.ask()
        trial.suggest_float("lr", 1e-5, 1, log=True)
        trial.suggest_int("n", 1, 9, step=2)
        trial.suggest_categorical("kind", ["a", 1, True, None])
        trial.set_user_attr("note", {"of": [1, 2.5, None]})
        trial.report(0.25, 3)
        trial.suggest_float("late", 0, 1, step=0.25)
        running = storage.get_trial(trial._trial_id)  # as the answer to what was sent for it
        assert running == connect(server).get_trial(trial._trial_id) and running.state == TrialState.RUNNING
        told = study.tell(trial, 0.5 if end == TrialState.COMPLETE else None, end)
        assert told == connect(server).get_trial(trial._trial_id)


def test_a_repeated_request_is_done_once(storage, server):
    study = storage.create_new_study(MINIMIZE)
    request = api_pb2.CreateNewTrialRequest(study_id=study, template_trial_is_none=True)
    extra = [("parzen-request-id-bin", uuid.uuid4().bytes)]
    with parzen.Client(server.address) as client:
        call = client._session.call
        ids = {call("/optuna.StorageService/CreateNewTrial", request, extra=extra).trial_id for _ in range(3)}
        assert len(ids) == 1 and len(storage.get_all_trials(study)) == 1
        request.study_id += 1
        with pytest.raises(parzen.Error):
            call("/optuna.StorageService/CreateNewTrial", request, extra=extra)
        for name, value in (("parzen-request-id-bin", b"short"), ("parzen-lease-seconds", "-1"), ("parzen-lease-seconds", "nan")):
            with pytest.raises(parzen.InvalidArgument, match=name):
                call("/optuna.StorageService/CreateNewTrial", request, extra=[(name, value)])


def test_the_trials_of_a_dead_process_are_taken_up(server, storage):
    dead = ParzenStorage(server.address, lease=3, worker="dead")
    study = optuna.create_study(storage=dead, study_name="leased")
    trial = study.ask()
    x = trial.suggest_float("x", 0, 1)
    time.sleep(4)
    assert study.trials[0].state == TrialState.RUNNING  # renewed
    with parzen.Client(server.address) as client:
        assert client.study("leased").trials()[0].worker == "dead"
    dead.close()
    deadline = time.monotonic() + 60
    while storage.get_trial(trial._trial_id).state == TrialState.RUNNING and time.monotonic() < deadline:
        time.sleep(0.05)
    taken = optuna.load_study(study_name="leased", storage=storage).ask()
    assert taken.number == 0 and taken.suggest_float("x", 0, 1) == x


def test_it_pickles(storage):
    study = optuna.create_study(storage=storage, study_name="pickled")
    study.optimize(lambda trial: 1.0, n_trials=1)
    copy = pickle.loads(pickle.dumps(storage))
    assert len(copy.get_all_trials(study._study_id)) == 1
    copy.close()


def test_bad_arguments_are_named():
    with pytest.raises(parzen.InvalidArgument, match="lease"):
        ParzenStorage("127.0.0.1:7070", lease=0.5)
    with pytest.raises(parzen.InvalidArgument, match="address"):
        ParzenStorage("nowhere")
