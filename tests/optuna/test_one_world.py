"""Studies and trials of parzen.v1 and of Optuna's protocol are the same ones."""

import math

import optuna
import parzen
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState


@pytest.fixture
def client(server):
    with parzen.Client(server.address) as connected:
        yield connected


@pytest.fixture
def study(client, storage):
    return client.create_study(
        "native",
        {"x": parzen.Float(0.25, 1, step=0.25), "n": parzen.Int(1, 8, log=True), "k": parzen.Categorical(["a", None, 2])},
        sampler="random",
        seed=1,
    )


def test_a_native_study_loads_in_optuna(study, storage):
    trials = [study.ask() for _ in range(3)]
    trials[0].report(0.5, step=3)
    trials[0].tell(1.5, constraints={"memory": -1.0})
    trials[1].report(0.75, step=2)
    trials[1].tell(state="pruned")
    loaded = optuna.load_study(study_name="native", storage=storage)
    first, second, third = loaded.trials
    assert first.params == trials[0].params and first.value == 1.5 and first.intermediate_values == {3: 0.5}
    assert first.constraints == {"memory": -1.0}
    assert first.distributions == {
        "x": FloatDistribution(0.25, 1, step=0.25),
        "n": IntDistribution(1, 8, log=True),
        "k": CategoricalDistribution(["a", None, 2]),
    }
    assert (second.state, second.value) == (TrialState.PRUNED, 0.75)
    assert third.state == TrialState.RUNNING and third.datetime_start is not None
    assert loaded.best_trial.number == 0


def test_both_kinds_of_workers_share_a_study(study, storage):
    loaded = optuna.load_study(study_name="native", storage=storage)

    def objective(trial):
        return trial.suggest_float("x", 0.25, 1, step=0.25) + trial.suggest_int("n", 1, 8, log=True)

    for _ in range(5):
        loaded.optimize(objective, n_trials=1)
        trial = study.ask()
        trial.tell(trial.params["x"] + trial.params["n"])
    assert [t.number for t in loaded.trials] == list(range(10)) == [t.number for t in study.trials()]
    assert [t.value for t in loaded.trials] == [t.value for t in study.trials()]
    assert loaded.best_value == study.best_trial.value


def test_an_optuna_study_is_a_native_one(client, storage):
    made = optuna.create_study(study_name="foreign", storage=storage, directions=["minimize", "maximize"])
    made.set_metric_names(["loss", "accuracy"])
    made.set_user_attr("owner", "ada")

    def objective(trial):
        return trial.suggest_float("x", 1e-3, 1, log=True), trial.suggest_categorical("k", ["a", "b"]) == "a"

    made.optimize(objective, n_trials=3)
    found = client.study("foreign")
    assert "foreign" in [study.name for study in client.studies()]
    assert found.user_attrs == {"owner": "ada"}
    assert [t.values for t in found.trials()] == [t.values for t in made.trials]
    assert [t.params for t in found.trials()] == [t.params for t in made.trials]
    trial = found.ask()
    assert trial.suggest_categorical("k", ["a", "b"]) in ("a", "b")
    assert 1e-3 <= trial.suggest_float("x", 1e-3, 1, log=True) <= 1
    trial.tell([0.5, 1.0])
    assert made.trials[3].params == trial.params and made.trials[3].values == [0.5, 1.0]


def test_a_trial_that_is_complete_without_values(client, storage):
    """To Optuna it is what it was told; nobody can learn from it."""
    study_id = storage.create_new_study([optuna.study.StudyDirection.MINIMIZE], "valueless")
    trial_id = storage.create_new_trial(study_id)
    assert storage.set_trial_state_values(trial_id, TrialState.COMPLETE, None)
    ended = storage.get_trial(trial_id)
    assert ended.state == TrialState.COMPLETE and ended.values is None and ended.datetime_complete is not None
    template = optuna.trial.create_trial(value=0.5)
    template.values = None
    copied = storage.get_trial(storage.create_new_trial(study_id, template))
    assert copied.state == TrialState.COMPLETE and copied.values is None
    with pytest.raises(optuna.exceptions.UpdateFinishedTrialError):
        storage.set_trial_state_values(trial_id, TrialState.COMPLETE, [0.5])
    assert [t.state for t in client.study("valueless").trials()] == ["failed", "failed"]
    study = optuna.load_study(study_name="valueless", storage=storage)
    study.tell(study.ask(), 0.25)
    assert client.study("valueless").best_trial.number == 2


def test_what_is_enqueued_natively_waits_for_optuna(study, storage):
    study.enqueue({"x": 0.5, "n": 3})
    loaded = optuna.load_study(study_name="native", storage=storage)
    assert loaded.trials[0].state == TrialState.WAITING
    assert loaded.trials[0].system_attrs["fixed_params"] == {"x": 0.5, "n": 3}

    def objective(trial):
        return trial.suggest_float("x", 0.25, 1, step=0.25) * trial.suggest_int("n", 1, 8, log=True)

    loaded.optimize(objective, n_trials=1)
    assert loaded.trials[0].params == {"x": 0.5, "n": 3} and loaded.trials[0].value == 1.5
    assert study.trials()[0].state == "complete"


def test_what_is_enqueued_by_optuna_waits_for_native_workers(study, client, storage):
    optuna.load_study(study_name="native", storage=storage).enqueue_trial({"x": 0.75, "k": 2})
    trial = study.ask()
    assert trial.number == 0 and trial.params["x"] == 0.75 and trial.params["k"] == 2 and 1 <= trial.params["n"] <= 8

    optuna.create_study(study_name="by-run", storage=storage).enqueue_trial({"x": 0.125})
    trial = client.study("by-run").ask()
    assert trial.number == 0 and trial.suggest_float("x", 0, 1) == 0.125


def test_what_is_enqueued_define_by_run_reaches_optuna(client, storage):
    client.create_study("by-run").enqueue({"x": 0.125, "k": "b"})
    loaded = optuna.load_study(study_name="by-run", storage=storage)
    assert loaded.trials[0].system_attrs["fixed_params"] == {"x": 0.125, "k": "b"}
    trial = loaded.ask()
    assert trial.suggest_float("x", 0, 1) == 0.125 and trial.suggest_categorical("k", ["a", "b"]) == "b"


@pytest.mark.parametrize("listed", [False, True])
def test_constraints_count_natively(client, storage, listed):
    made = optuna.create_study(study_name="constrained", storage=storage)
    for value, constraints in ((1.0, [0.5, -1.0]), (2.0, [-0.5, math.inf]), (3.0, [-1.0, 0.0])):
        trial = made.ask()
        if listed:
            storage.set_trial_system_attr(trial._trial_id, "constraints", constraints)
        else:
            for name, constraint in zip("ab", constraints):
                storage.set_trial_system_attr(trial._trial_id, f"constraints:{name}", constraint)
        made.tell(trial, value)
    assert client.study("constrained").best_trial.number == 2
    names = "01" if listed else "ab"
    assert made.trials[1].constraints == dict(zip(names, [-0.5, math.inf]))


def test_metric_names_of_a_native_study(client, storage):
    client.create_study("named", directions=["minimize", "minimize"], metric_names=["loss", "time"])
    assert optuna.load_study(study_name="named", storage=storage).metric_names == ["loss", "time"]


def test_a_bound_and_a_pause_hold_for_optuna_too(client, storage):
    study = client.create_study("bounded", max_trials=3)
    loaded = optuna.load_study(study_name="bounded", storage=storage)
    loaded.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    study.pause()
    with pytest.raises(Exception, match="paused"):
        loaded.ask()
    study.resume()
    loaded.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    with pytest.raises(Exception, match="finished"):
        loaded.ask()
    assert len(study.trials()) == 3
