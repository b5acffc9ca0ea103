"""What Optuna programs read: the same from memory as from the database, in replies of any size, and nothing of what is gone."""

import math
import threading

import grpc
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages._grpc.auto_generated import api_pb2, api_pb2_grpc
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial

import parzen

MINIMIZE = [StudyDirection.MINIMIZE]


@pytest.fixture
def stub(server):
    options = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(server.address, options=options) as channel:
        yield api_pb2_grpc.StorageServiceStub(channel)


def fill(storage, trial_id, n):
    storage.set_trial_param(trial_id, "x", -0.0, FloatDistribution(-1, 1))
    storage.set_trial_param(trial_id, "n", n, IntDistribution(0, 99))
    storage.set_trial_param(trial_id, "x", 0.25, FloatDistribution(-1, 1))
    storage.set_trial_param(trial_id, "k", 1, CategoricalDistribution(["b", None, "a"]))
    for step, value in [(7, 1.5), (0, math.nan), (3, -math.inf), (2**40, 5e-324), (7, -0.0)]:
        storage.set_trial_intermediate_value(trial_id, step, value)
    for key, value in [("z", [1]), ("a", "é"), ("z", {"b": math.inf}), ("", None)]:
        storage.set_trial_user_attr(trial_id, key, value)
        storage.set_trial_system_attr(trial_id, key, value)
    storage.set_trial_system_attr(trial_id, "constraints", [n - 3.5, math.inf])
    storage.set_trial_system_attr(trial_id, "completed_rung_0", 1.5)


def test_memory_and_database_say_the_same(storage, stub):
    """Few trials that are in memory are answered from there, many from the database."""
    study_id = storage.create_new_study(MINIMIZE)
    ids = [storage.create_new_trial(study_id) for _ in range(40)]
    for n, trial_id in enumerate(ids[:6]):
        fill(storage, trial_id, n)
    storage.set_trial_state_values(ids[0], TrialState.COMPLETE, [0.5])
    storage.set_trial_state_values(ids[1], TrialState.PRUNED)
    storage.set_trial_state_values(ids[2], TrialState.FAIL)
    storage.set_trial_state_values(ids[3], TrialState.WAITING)
    storage.set_trial_state_values(ids[4], TrialState.COMPLETE, [math.nan])
    ids.append(storage.create_new_trial(study_id, create_trial(state=TrialState.WAITING, system_attrs={"fixed_params": {"x": 0.5}})))
    ids.append(storage.create_new_trial(study_id, create_trial(value=1.0, user_attrs={"large": "x" * 50_000})))
    every = stub.GetTrials(api_pb2.GetTrialsRequest(study_id=study_id, trial_id_greater_than=-1)).trials
    assert [trial.trial_id for trial in every] == ids
    for trial in every:
        alone = stub.GetTrial(api_pb2.GetTrialRequest(trial_id=trial.trial_id)).trial
        assert alone.SerializeToString(deterministic=True) == trial.SerializeToString(deterministic=True)
        few = stub.GetTrials(api_pb2.GetTrialsRequest(study_id=study_id, included_trial_ids=[trial.trial_id], trial_id_greater_than=ids[-1]))
        assert few.trials[0].SerializeToString(deterministic=True) == trial.SerializeToString(deterministic=True)


def test_a_trial_that_has_ended_is_read_as_it_is_by_now(storage, stub, server):
    """The native API may still change a trial that has ended; what the server has kept of it in memory goes then."""
    import parzen

    with parzen.Client(server.address) as client:
        native = client.create_study("ended", {}).ask()
        native.tell(0.5)
        study_id = storage.get_study_id_from_name("ended")
        request = api_pb2.GetTrialRequest(trial_id=storage.get_trial_id_from_study_id_trial_number(study_id, 0))
        assert dict(stub.GetTrial(request).trial.user_attributes) == {}
        native.set_user_attr("note", "kept")
        assert dict(stub.GetTrial(request).trial.user_attributes) == {"note": '"kept"'}


@pytest.mark.parametrize("count", [999, 1000, 2300])
def test_many_trials_in_one_reply(storage, stub, server, count):
    """They are read some at a time; the reply has each of them once, by number."""
    study_id = storage.create_new_study(MINIMIZE, "many")
    first = storage.create_new_trial(study_id)
    with parzen.Client(server.address) as client:
        client.study("many").add_trials([({}, float(i)) for i in range(1, count)])

    def numbers(after, included=()):
        request = api_pb2.GetTrialsRequest(study_id=study_id, included_trial_ids=included, trial_id_greater_than=after)
        return [trial.number for trial in stub.GetTrials(request).trials]

    assert numbers(-1) == list(range(count))
    assert numbers(first + 10, [first + 3, first + count - 1, first + count, first + 3]) == [3, *range(11, count)]
    assert numbers(first + count - 2, range(first, first + count)) == list(range(count))
    assert numbers(first + count) == []
    assert [trial.value for trial in storage.get_all_trials(study_id)] == [None, *map(float, range(1, count))]


def test_a_reply_of_many_megabytes(storage, connect, server):
    """The reply is not held to the limit of a request (--message-mib)."""
    study_id = storage.create_new_study(MINIMIZE)
    for _ in range(6):
        storage.set_trial_user_attr(storage.create_new_trial(study_id), "large", "x" * (3 << 20))
    trials = connect(server).get_all_trials(study_id, deepcopy=False)
    assert [len(trial.user_attrs["large"]) for trial in trials] == [3 << 20] * 6


@pytest.mark.parametrize("value", ["x" * (1 << 20), "é" * (1 << 18), "\ud800", "\udc00\ud800", 10**400, -(10**400), [[[[{}]]]] * 9])
def test_attributes_that_only_python_reads(storage, value):
    study_id = storage.create_new_study(MINIMIZE)
    trial_id = storage.create_new_trial(study_id)
    storage.set_study_user_attr(study_id, "key", value)
    storage.set_study_system_attr(study_id, "key", value)
    storage.set_trial_user_attr(trial_id, "key", value)
    storage.set_trial_system_attr(trial_id, "key", value)
    trial = storage.get_trial(trial_id)
    assert storage.get_study_user_attrs(study_id)["key"] == storage.get_study_system_attrs(study_id)["key"] == value
    assert trial.user_attrs["key"] == trial.system_attrs["key"] == value


def test_a_study_that_another_client_has_deleted_is_gone(storage, connect, server):
    """Optuna's own server answers on from its cache where it keeps studies in SQLite."""
    study_id = storage.create_new_study(MINIMIZE, "doomed")
    trial_id = storage.create_new_trial(study_id)
    ended = storage.create_new_trial(study_id)
    storage.set_trial_state_values(ended, TrialState.COMPLETE, [1.0])
    other = connect(server)
    assert len(other.get_all_trials(study_id)) == 2
    storage.delete_study(study_id)
    for call, arguments in [
        (other.get_all_trials, (study_id,)),
        (other.get_trial, (trial_id,)),
        (other.get_trial, (ended,)),
        (other.get_study_name_from_id, (study_id,)),
        (other.get_study_id_from_name, ("doomed",)),
        (other.get_best_trial, (study_id,)),
        (other.create_new_trial, (study_id,)),
        (other.delete_study, (study_id,)),
        (other.set_study_user_attr, (study_id, "a", 1)),
        (other.set_trial_user_attr, (trial_id, "a", 1)),
        (other.set_trial_param, (trial_id, "x", 0.5, FloatDistribution(0, 1))),
        (other.set_trial_intermediate_value, (trial_id, 0, 1.0)),
        (other.set_trial_state_values, (trial_id, TrialState.COMPLETE, [1.0])),
        (other.get_trial_id_from_study_id_trial_number, (study_id, 0)),
    ]:
        with pytest.raises(KeyError):
            call(*arguments)
    again = storage.create_new_study(MINIMIZE, "doomed")
    assert again > study_id and other.get_all_trials(again) == []


def test_two_workers_never_pop_the_same_waiting_trial(storage, connect, server):
    study = optuna.create_study(storage=storage, study_name="popped")
    for i in range(30):
        study.enqueue_trial({"x": float(i)})
    popped = []
    lock = threading.Lock()

    def work():
        mine = optuna.load_study(study_name="popped", storage=connect(server))
        for _ in range(10):
            trial = mine.ask()
            with lock:
                popped.append((trial.number, trial.suggest_float("x", 0, 99)))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(popped) == [(i, float(i)) for i in range(30)]
