"""Roles, prefixes and limits hold for Optuna's protocol."""

import grpc
import optuna
import pytest
from optuna.storages._grpc.auto_generated import api_pb2, api_pb2_grpc

from parzen.optuna import ParzenStorage, StorageError
from parzend import Parzend

MINIMIZE = [optuna.study.StudyDirection.MINIMIZE]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    tokens = folder / "tokens"
    tokens.write_text(
        "admin-token-0123456789 ada admin\nworker-token-0123456789 bob worker\n"
        "reader-token-0123456789 cy reader\nteam-token-0123456789 di worker team/\n"
    )
    tokens.chmod(0o600)
    server = Parzend(folder / "server", "--tokens", str(tokens)).start()
    yield server
    server.kill()


@pytest.fixture
def login(guarded):
    opened = []

    def make(name):
        opened.append(ParzenStorage(guarded.address, tls=False, token=f"{name}-token-0123456789", lease=None))
        return opened[-1]

    yield make
    for storage in opened:
        storage.close()


def refused(call, *arguments):
    with pytest.raises(StorageError) as error:
        call(*arguments)
    return error.value.code().name, error.value.error.reason


def test_without_a_token_nothing_is_answered(guarded):
    proxy = optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=guarded.port)
    with pytest.raises(grpc.RpcError) as error:
        proxy.get_all_studies()
    assert error.value.code() == grpc.StatusCode.UNAUTHENTICATED
    proxy.close()


def test_readers_read_and_workers_work(login):
    study_id = login("admin").create_new_study(MINIMIZE, "shared")
    worker, reader = login("worker"), login("reader")
    study = optuna.create_study(storage=worker, study_name="shared", load_if_exists=True)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    study.set_user_attr("owner", "bob")
    assert len(reader.get_all_trials(study_id)) == 3
    assert refused(reader.create_new_trial, study_id) == ("PERMISSION_DENIED", "ROLE_TOO_LOW")
    assert refused(reader.set_study_user_attr, study_id, "a", 1) == ("PERMISSION_DENIED", "ROLE_TOO_LOW")
    assert refused(worker.delete_study, study_id) == ("PERMISSION_DENIED", "ROLE_TOO_LOW")
    assert refused(worker.create_new_study, MINIMIZE, "new") == ("PERMISSION_DENIED", "ROLE_TOO_LOW")


def test_a_prefix_hides_everything_else(login):
    admin, team = login("admin"), login("team")
    hidden = admin.create_new_study(MINIMIZE, "hidden")
    trial = admin.create_new_trial(hidden)
    visible = admin.create_new_study(MINIMIZE, "team/one")
    assert [study.study_name for study in team.get_all_studies()] == ["team/one"]
    team.set_trial_user_attr(team.create_new_trial(visible), "a", 1)
    for call, arguments in [
        (team.get_study_id_from_name, ("hidden",)),
        (team.get_study_name_from_id, (hidden,)),
        (team.get_study_directions, (hidden,)),
        (team.get_study_user_attrs, (hidden,)),
        (team.get_study_system_attrs, (hidden,)),
        (team.get_all_trials, (hidden,)),
        (team.get_trial, (trial,)),
        (team.create_new_trial, (hidden,)),
        (team.set_study_system_attr, (hidden, "a", 1)),
        (team.set_trial_user_attr, (trial, "a", 1)),
        (team.set_trial_system_attr, (trial, "a", 1)),
        (team.set_trial_intermediate_value, (trial, 0, 1.0)),
        (team.set_trial_state_values, (trial, optuna.trial.TrialState.FAIL)),
        (team.set_trial_param, (trial, "x", 0.5, optuna.distributions.FloatDistribution(0, 1))),
        (team.get_trial_id_from_study_id_trial_number, (hidden, 0)),
    ]:
        assert refused(call, *arguments) == ("PERMISSION_DENIED", "OUTSIDE_PREFIX")
    assert admin.get_trial(trial).state == optuna.trial.TrialState.RUNNING


def test_a_request_that_is_too_large_is_refused(server):
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(server.address, options=options) as channel:
        stub = api_pb2_grpc.StorageServiceStub(channel)
        with pytest.raises(grpc.RpcError) as error:
            stub.SetStudyUserAttribute(api_pb2.SetStudyUserAttributeRequest(study_id=1, key="a", value="1" * (5 << 20)))
        assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
