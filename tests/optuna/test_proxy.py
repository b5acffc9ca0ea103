"""What Optuna programs do, through an unmodified GrpcStorageProxy."""

import datetime
import json
import math
import threading

import grpc
import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages._grpc.auto_generated import api_pb2, api_pb2_grpc
from optuna.trial import TrialState, create_trial


def objective(trial):
    x = trial.suggest_float("x", -3, 3)
    n = trial.suggest_int("n", 1, 9, step=2)
    kind = trial.suggest_categorical("kind", ["a", None, True, 1.5, 7])
    trial.report(x, 0)
    trial.set_user_attr("seen", {"x": x, "kind": kind})
    return x * x + n


@pytest.fixture
def stub(server):
    with grpc.insecure_channel(server.address) as channel:
        yield api_pb2_grpc.StorageServiceStub(channel)


def code_of(call, *arguments):
    with pytest.raises(grpc.RpcError) as error:
        call(*arguments)
    return error.value.code()


def test_a_study_is_optimized_as_in_memory(storage):
    def run(where):
        study = optuna.create_study(storage=where, sampler=optuna.samplers.TPESampler(seed=3))
        study.optimize(objective, n_trials=30)
        return [
            (t.number, t.state, t.params, t.values, t.intermediate_values, t.user_attrs, t.distributions) for t in study.trials
        ]

    assert run(storage) == run(None)


def test_trials_survive_a_power_cut(tmp_path, connect):
    from parzend import Parzend

    server = Parzend(tmp_path).start()
    study = optuna.create_study(storage=connect(server), study_name="s", directions=["minimize", "maximize"])
    study.set_user_attr("nan", math.nan)
    study.enqueue_trial({"x": 1.0})
    study.optimize(lambda trial: (trial.suggest_float("x", 0, 1, log=False), trial.suggest_int("n", 1, 4, log=True)), n_trials=5)
    study.ask({"x": FloatDistribution(0, 1)})
    before = study.trials
    server.kill()
    server.start()
    after = optuna.load_study(storage=connect(server), study_name="s")
    assert after.trials == before
    assert math.isnan(after.user_attrs["nan"]) and after.directions == study.directions
    after.optimize(lambda trial: (trial.suggest_float("x", 0, 1), trial.suggest_int("n", 1, 4, log=True)), n_trials=2)
    assert [t.number for t in after.trials] == list(range(8))
    server.kill()


def test_a_waiting_trial_is_taken_once(storage):
    study = optuna.create_study(storage=storage)
    for i in range(20):
        study.enqueue_trial({"x": float(i)})
    ids = [t._trial_id for t in study.trials]
    taken = []

    def take():
        for trial_id in ids:
            if storage.set_trial_state_values(trial_id, TrialState.RUNNING):
                taken.append(trial_id)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == ids
    study.optimize(lambda trial: trial.suggest_float("x", 0, 99), n_trials=1)
    assert len(study.trials) == 21


def test_enqueued_values_are_used_by_several_workers(storage):
    study = optuna.create_study(storage=storage)
    for i in range(12):
        study.enqueue_trial({"x": i / 100, "kind": None})
    study.optimize(objective, n_trials=12, n_jobs=4)
    assert sorted(t.params["x"] for t in study.trials) == [i / 100 for i in range(12)]
    assert all(t.params["kind"] is None for t in study.trials)


@pytest.mark.parametrize("state", list(TrialState))
def test_a_template_comes_back_whole(storage, state):
    ended = state.is_finished()
    template = create_trial(
        state=state,
        values=[1.5, -math.inf] if state == TrialState.COMPLETE else None,
        params={"x": 0.1, "n": 4, "k": "b", "l": 1e-3},
        distributions={
            "x": FloatDistribution(0, 1),
            "n": IntDistribution(0, 8, step=4),
            "k": CategoricalDistribution(["a", "b", None]),
            "l": FloatDistribution(1e-5, 1, log=True),
        },
        user_attrs={"u": {"deep": [1, None, "ä"]}},
        system_attrs={"s": [math.inf]},
        intermediate_values={0: 1.0, 7: math.inf},
    )
    template.datetime_start = datetime.datetime(2024, 2, 29, 12, 30, 1, 234567)
    template.datetime_complete = datetime.datetime(2024, 3, 1) if ended else None
    study = optuna.create_study(storage=storage, directions=["minimize", "maximize"])
    study.add_trial(template)
    (kept,) = study.trials
    template.number, template._trial_id = kept.number, kept._trial_id
    assert kept == template


def test_a_template_that_does_not_fit_the_study_is_refused(storage):
    study = optuna.create_study(storage=storage)
    study.add_trial(create_trial(value=0.0, params={"x": 0.5}, distributions={"x": FloatDistribution(0, 1)}))
    with pytest.raises(grpc.RpcError, match="another kind"):
        study.add_trial(create_trial(value=0.0, params={"x": 1}, distributions={"x": IntDistribution(0, 1)}))
    assert len(study.trials) == 1


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, None, True, 10**30, "ü\n\"\\", [], {}, {"NaN": [math.nan, {"a": "Inf"}]}, "x" * 3_000_000],
)
def test_attributes_of_any_json_and_size(storage, value):
    study = optuna.create_study(storage=storage)
    trial_id = storage.create_new_trial(study._study_id)
    storage.set_trial_user_attr(trial_id, "key", value)
    storage.set_trial_system_attr(trial_id, "", value)
    study.set_user_attr("k" * 1000, value)
    trial = storage.get_trial(trial_id)
    expected = json.dumps(value)
    assert json.dumps(trial.user_attrs["key"]) == json.dumps(trial.system_attrs[""]) == expected
    assert json.dumps(study.user_attrs["k" * 1000]) == expected


def test_a_distribution_text_is_given_back_as_received(stub):
    study = stub.CreateNewStudy(api_pb2.CreateNewStudyRequest(directions=[0], study_name="texts")).study_id
    trial = stub.CreateNewTrial(api_pb2.CreateNewTrialRequest(study_id=study, template_trial_is_none=True)).trial_id
    texts = {
        "old": '{"name":"UniformDistribution",  "attributes": {"high": 1.0, "low": 0.0}}',
        "odd": '{"name": "CategoricalDistribution", "attributes": {"choices": [NaN, [1, 2], "NaN", {"a": Infinity}]}}',
        "int": '{"attributes": {"low": 1, "high": 10, "step": 3, "log": false}, "name": "IntDistribution"}',
    }
    for name, text in texts.items():
        request = api_pb2.SetTrialParameterRequest(trial_id=trial, param_name=name, param_value_internal=1, distribution=text)
        stub.SetTrialParameter(request)
    assert dict(stub.GetTrial(api_pb2.GetTrialRequest(trial_id=trial)).trial.distributions) == texts
    stub.DeleteStudy(api_pb2.DeleteStudyRequest(study_id=study))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "{}",
        '{"name": "Nonsense", "attributes": {}}',
        '{"name": "FloatDistribution", "attributes": {"low": 0.0}}',
        '{"name": "FloatDistribution", "attributes": {"low": 2.0, "high": 1.0, "log": false, "step": null}}',
        '{"name": "CategoricalDistribution", "attributes": {"choices": []}}',
    ],
)
def test_a_distribution_that_is_none_is_refused(stub, storage, text):
    study = storage.create_new_study([optuna.study.StudyDirection.MINIMIZE])
    trial = storage.create_new_trial(study)
    request = api_pb2.SetTrialParameterRequest(trial_id=trial, param_name="x", param_value_internal=0, distribution=text)
    assert code_of(stub.SetTrialParameter, request) == grpc.StatusCode.INVALID_ARGUMENT


def test_unknown_states_and_texts_are_refused(stub, storage):
    study = storage.create_new_study([optuna.study.StudyDirection.MINIMIZE])
    trial = storage.create_new_trial(study)
    wrong_state = api_pb2.SetTrialStateValuesRequest(trial_id=trial, state=9)
    assert code_of(stub.SetTrialStateValues, wrong_state) == grpc.StatusCode.INVALID_ARGUMENT
    two_values = api_pb2.SetTrialStateValuesRequest(trial_id=trial, state=1, values=[1, 2])
    assert code_of(stub.SetTrialStateValues, two_values) == grpc.StatusCode.INVALID_ARGUMENT
    no_json = api_pb2.SetTrialUserAttributeRequest(trial_id=trial, key="a", value="{")
    assert code_of(stub.SetTrialUserAttribute, no_json) == grpc.StatusCode.INVALID_ARGUMENT
    no_study = api_pb2.CreateNewStudyRequest(study_name="none")
    assert code_of(stub.CreateNewStudy, no_study) == grpc.StatusCode.INVALID_ARGUMENT
    for trial_id in (-1, 0, 1, 2**62, trial + 1):
        assert code_of(stub.GetTrial, api_pb2.GetTrialRequest(trial_id=trial_id)) == grpc.StatusCode.NOT_FOUND
    assert storage.get_trial(trial).state == TrialState.RUNNING


def test_ids_grow_and_are_never_used_again(storage):
    direction = [optuna.study.StudyDirection.MINIMIZE]
    first = storage.create_new_study(direction, "again")
    first_trial = storage.create_new_trial(first)
    storage.delete_study(first)
    second = storage.create_new_study(direction, "again")
    assert second > first and storage.create_new_trial(second) > first_trial
    with pytest.raises(KeyError):
        storage.get_trial(first_trial)
    assert storage.get_study_id_from_name("again") == second


def test_trials_after_an_id_and_those_included(stub, storage):
    study = storage.create_new_study([optuna.study.StudyDirection.MINIMIZE])
    other = storage.create_new_study([optuna.study.StudyDirection.MINIMIZE])
    ids = [storage.create_new_trial(study) for _ in range(10)]
    foreign = storage.create_new_trial(other)

    def get(after, *included):
        request = api_pb2.GetTrialsRequest(study_id=study, included_trial_ids=included, trial_id_greater_than=after)
        return [trial.trial_id for trial in stub.GetTrials(request).trials]

    assert get(-1) == ids == get(0)
    assert get(ids[6]) == ids[7:]
    assert get(ids[6], ids[2], ids[0], ids[2], ids[8], foreign, -5, ids[9] + 1) == [ids[0], ids[2], *ids[7:]]
    assert get(ids[9]) == [] == get(2**62) == get(foreign)


def test_an_empty_name_is_a_name(storage):
    study = storage.create_new_study([optuna.study.StudyDirection.MAXIMIZE], "")
    assert storage.get_study_id_from_name("") == study
    assert [s.study_name for s in storage.get_all_studies()] == [""]


def test_pruners_and_samplers_of_all_kinds_run(storage):
    def pruned(trial):
        x = trial.suggest_float("x", -1, 1)
        for step in range(5):
            trial.report(x * (5 - step), step)
            if trial.should_prune():
                raise optuna.TrialPruned()
        return x

    samplers = [
        lambda: optuna.samplers.NSGAIISampler(seed=1, population_size=5),
        lambda: optuna.samplers.TPESampler(seed=1, multivariate=True),
    ]
    for make_sampler in samplers:
        for pruner in (optuna.pruners.SuccessiveHalvingPruner(), optuna.pruners.HyperbandPruner(max_resource=5)):
            study = optuna.create_study(storage=storage, sampler=make_sampler(), pruner=pruner)
            study.optimize(pruned, n_trials=12)
            assert all(trial.state.is_finished() for trial in study.trials)
            for trial in study.get_trials(states=[TrialState.PRUNED]):
                assert trial.value == trial.intermediate_values[trial.last_step]


def test_failures_are_recorded(storage):
    study = optuna.create_study(storage=storage)
    study.optimize(lambda trial: math.nan, n_trials=1)
    study.optimize(lambda trial: 1 / 0, n_trials=1, catch=ZeroDivisionError)
    assert [trial.state for trial in study.trials] == [TrialState.FAIL, TrialState.FAIL]


def test_numpy_values(storage):
    study = optuna.create_study(storage=storage)
    study.optimize(lambda trial: np.float32(trial.suggest_int("i", 0, 3)), n_trials=2)
    assert all(isinstance(trial.value, float) for trial in study.trials)
