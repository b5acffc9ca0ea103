"""Pruning in a study that native workers and Optuna's share."""

import math

import optuna
import parzen
import pytest
from optuna.trial import TrialState

from parzen.optuna import ParzenPruner, ParzenStorage
from parzend import Parzend


@pytest.fixture
def client(server):
    with parzen.Client(server.address) as connected:
        yield connected


@pytest.fixture
def create(client, storage):
    """Makes a native study, and the same as Optuna sees it."""

    def make(optuna_pruner=None, **options):
        study = client.create_study("curves", {"x": parzen.Float(0, 1)}, sampler="random", **options)
        return study, optuna.load_study(study_name="curves", storage=storage, pruner=optuna_pruner)

    return make


def run(loaded, curve):
    trial = loaded.ask()
    trial.suggest_float("x", 0, 1)
    for step, value in enumerate(curve):
        trial.report(value, step)
    loaded.tell(trial, curve[-1])


def test_what_optunas_workers_report_counts_for_the_studys_pruner(create):
    study, loaded = create(pruner="median")
    for n in range(5):
        run(loaded, [1.0 + n, 0.1 * n])
    trial = study.ask()
    trial.report(2.5, step=0)
    assert not trial.should_prune()
    trial.report(0.31, step=1)
    assert trial.should_prune()
    assert trial.prune_reason == "pruned at step 1: 0.31 is worse than the median 0.2 of 5 trials"


def test_rungs_are_shared(create):
    study, loaded = create(pruner=parzen.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2))
    theirs = loaded.ask()
    theirs.report(0.5, 1)
    first = study.ask()
    first.report(0.1, step=1)
    assert not first.should_prune()
    second = study.ask()
    second.report(0.2, step=1)
    assert second.should_prune()
    loaded.tell(theirs, state=TrialState.PRUNED)


def halving(**options):
    return {"min_resource": 1, "reduction_factor": 2, **options}


def test_the_rungs_of_native_trials_are_those_of_optunas_pruner(create):
    study, loaded = create(optuna.pruners.SuccessiveHalvingPruner(**halving()), pruner=parzen.SuccessiveHalvingPruner(**halving()))
    for value in (0.1, 0.2):
        trial = study.ask()
        for step in (1, 2):
            trial.report(value * step, step=step)
        assert trial.should_prune() == (value == 0.2)
    assert [t.system_attrs.get("completed_rung_0") for t in loaded.trials] == [0.1, 0.2]
    assert [t.system_attrs.get("completed_rung_1") for t in loaded.trials] == [0.2, 0.4]
    theirs = loaded.ask()
    theirs.report(0.15, 1)
    assert theirs.should_prune()  # of 0.1, 0.2 and 0.15 one goes on
    better = loaded.ask()
    better.report(0.05, 1)
    assert not better.should_prune()


@pytest.mark.parametrize("kind", ["asha", "hyperband"])
@pytest.mark.parametrize("restarted", [False, True])
def test_the_rungs_that_optunas_pruner_keeps_are_the_studys(tmp_path, connect, kind, restarted):
    server = Parzend(tmp_path).start()
    ours, theirs = {
        "asha": (parzen.SuccessiveHalvingPruner(**halving()), optuna.pruners.SuccessiveHalvingPruner(**halving())),
        "hyperband": (parzen.HyperbandPruner(1, 1, 2), optuna.pruners.HyperbandPruner(1, 1, 2)),  # one bracket
    }[kind]
    with parzen.Client(server.address) as client:
        study = client.create_study("rungs", {"x": parzen.Float(0, 1)}, sampler="random", pruner=ours)
        loaded = optuna.load_study(study_name="rungs", storage=connect(server), pruner=theirs)
        for value in (0.1, -math.inf):
            trial = loaded.ask()
            trial.report(value, 1)
            assert not trial.should_prune()
        assert loaded.trials[1].system_attrs["completed_rung_0"] == -math.inf
        loaded.tell(trial, state=TrialState.PRUNED)
        if restarted:
            server.kill()
            server.start()
        native = study.ask()
        native.report(0.05, step=1)
        assert native.should_prune()  # better than 0.1, worse than the best
    server.kill()


def test_a_pruned_trial_has_its_last_finite_value(create, storage):
    study, loaded = create()
    told = loaded.ask()
    for step, value in enumerate([3.0, 2.0, math.nan]):
        told.report(value, step)
    loaded.tell(told, state=TrialState.PRUNED)  # Optuna's client gives no value: the last one is NaN
    assert study.trial(told.number).value == 2.0
    assert loaded.trials[told.number].value == 2.0
    given = loaded.ask()
    given.report(3.0, 0)
    storage.set_trial_state_values(given._trial_id, TrialState.PRUNED, [7.0])
    assert study.trial(given.number).value == 7.0
    silent = loaded.ask()
    loaded.tell(silent, state=TrialState.PRUNED)
    assert study.trial(silent.number).value is None
    assert loaded.trials[silent.number].value is None


def test_a_failure_keeps_no_reason_of_pruning(create):
    study, loaded = create(pruner=parzen.ThresholdPruner(upper=1))
    trial = study.ask()
    trial.report(2, step=0)
    assert trial.should_prune()
    loaded._storage.set_trial_state_values(loaded.trials[0]._trial_id, TrialState.FAIL)
    failed = study.trial(0)
    assert (failed.state, failed.prune_reason, failed.reason or "") == ("failed", None, "")


@pytest.mark.parametrize(
    "kind, options",
    [
        (optuna.pruners.MedianPruner, {"n_startup_trials": 2}),
        (optuna.pruners.SuccessiveHalvingPruner, {}),
        (optuna.pruners.HyperbandPruner, {"max_resource": 4}),
    ],
)
def test_optunas_own_pruners_decide_as_in_memory(create, kind, options):
    """In the client, beside a pruner of the study's own."""
    _, shared = create(kind(**options), pruner="asha")
    alone = optuna.create_study(study_name="curves", pruner=kind(**options))
    answers = []
    for study in (shared, alone):
        said = []
        for n in range(12):
            trial = study.ask()
            trial.suggest_float("x", 0, 1)
            for step in range(1, 6):
                trial.report((n * 7 % 5) / step, step)
                said.append(trial.should_prune())
            study.tell(trial, n * 7 % 5)
        answers.append(said)
    assert answers[0] == answers[1]
    assert True in answers[0]


def test_an_optuna_worker_asks_the_studys_own_pruner(client, server):
    study = client.create_study("served", {"x": parzen.Float(0, 1)}, sampler="random", pruner="median")
    for n in range(5):
        with study.ask() as trial:
            trial.report(0.1 * n, step=3)
            trial.tell(0.1 * n)
    storage = ParzenStorage(server.address)
    loaded = optuna.load_study(study_name="served", storage=storage, pruner=ParzenPruner())
    for lease in (120, None):
        storage._lease = lease  # with its handle at hand, and without
        trial = loaded.ask()
        assert not trial.should_prune()
        trial.report(0.05, 2)
        assert not trial.should_prune()
        trial.report(0.5, 3)
        assert not trial.should_prune()  # its best is still good
        loaded.tell(trial, state=TrialState.PRUNED)
        bad = loaded.ask()
        bad.report(0.5, 3)
        assert bad.should_prune()
        loaded.tell(bad, state=TrialState.PRUNED)
        assert study.trial(bad.number).prune_reason == "pruned at step 3: 0.5 is worse than the median 0.2 of 5 trials"
    storage.close()


def test_the_servers_pruner_needs_the_servers_storage():
    study = optuna.create_study(pruner=ParzenPruner())
    trial = study.ask()
    trial.report(1.0, 1)
    with pytest.raises(parzen.InvalidArgument, match="no ParzenStorage"):
        trial.should_prune()


def test_limits_hold_for_optuna_too(create):
    study, loaded = create(target=0.5)
    run(loaded, [1.0])
    assert study.state == "active"
    run(loaded, [0.4])
    assert study.state == "finished" and study.finish_reason == "target"
    with pytest.raises(Exception, match="its target has been reached"):
        loaded.ask()
    with pytest.raises(parzen.StudyFinished):
        study.ask()


def test_a_duration_that_is_over_refuses_optunas_next_trial(client, storage):
    study = client.create_study("short", max_duration=0.001)
    loaded = optuna.load_study(study_name="short", storage=storage)
    trial = loaded.ask()
    with pytest.raises(Exception, match="max_duration"):
        while True:
            loaded.ask()
    loaded.tell(trial, 1.0)
    assert study.finish_reason == "max_duration"
