"""parzen.optuna.ParzenSampler: Optuna's published sampler tests, and that it suggests what Optuna's own TPESampler does."""

import math
import pickle
import time

import optuna
import parzen
import pytest
from optuna.testing.pytest_samplers import BasicSamplerTestCase, MultiObjectiveSamplerTestCase, RelativeSamplerTestCase
from optuna.trial import TrialState

from parzen.optuna import ParzenSampler, ParzenStorage

OPTUNA = "optuna-5.0"
SAMPLERS = {
    "tpe": lambda: ParzenSampler("tpe"),
    "tpe, own streams": lambda: ParzenSampler(parzen.Tpe(n_startup_trials=0)),
    "gp-ei": lambda: ParzenSampler("gp-ei"),
    "qmc": lambda: ParzenSampler("qmc"),
}


@pytest.fixture(params=["ParzenStorage", "GrpcStorageProxy"])
def kept(request, server, connect):
    """A storage of either kind, without studies."""
    storage = ParzenStorage(server.address) if request.param == "ParzenStorage" else connect(server)
    yield storage
    for study in storage.get_all_studies():
        storage.delete_study(study._study_id)
    storage.close()


@pytest.fixture
def parzen_storage(server):
    storage = ParzenStorage(server.address)
    yield storage
    for study in storage.get_all_studies():
        storage.delete_study(study._study_id)
    storage.close()


class _OnParzen:
    """The published tests make their studies in memory; here they are kept by the server."""

    @pytest.fixture(autouse=True)
    def studies_on_parzen(self, parzen_storage, monkeypatch):
        get_storage = optuna.storages.get_storage
        monkeypatch.setattr(optuna.storages, "get_storage", lambda s: parzen_storage if s is None else get_storage(s))


@pytest.mark.parametrize("name", ["tpe", "gp-ei", "qmc"])
class TestBasic(_OnParzen, BasicSamplerTestCase):
    @pytest.fixture
    def sampler(self, name):
        return SAMPLERS[name]


@pytest.mark.parametrize("name", ["tpe", "tpe, own streams", "gp-ei"])
class TestRelative(_OnParzen, RelativeSamplerTestCase):
    @pytest.fixture
    def sampler(self, name):
        return SAMPLERS[name]


@pytest.mark.parametrize("name", ["tpe", "gp-ei"])
class TestMultiObjective(_OnParzen, MultiObjectiveSamplerTestCase):
    @pytest.fixture
    def sampler(self, name):
        return SAMPLERS[name]


def objective(trial):
    x = trial.suggest_float("x", -5, 5)
    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    kind = trial.suggest_categorical("kind", ["a", "b", None])
    loss = x * x + lr + {"a": 0, "b": 1, None: 2}[kind]
    if kind == "a":
        loss += trial.suggest_int("depth", 1, 9)
    for step in range(3):
        trial.report(loss - step, step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return loss


def several(trial):
    x, y = trial.suggest_float("x", 0, 1), trial.suggest_int("y", 0, 10)
    trial.set_constraint("sum", x + y - 8)
    return x, (1 - x) * y


def run(storage, sampler, function, n_trials=32, directions=("minimize",), pruner=None):
    study = optuna.create_study(
        storage=storage, sampler=sampler, directions=directions, pruner=pruner or optuna.pruners.NopPruner()
    )
    study.enqueue_trial({"x": 0.5})
    study.optimize(function, n_trials=n_trials)
    return study.trials


def same(trials, wanted):
    """Whether they are one by one the same, up to the last bits of a float: libraries of mathematics differ in them."""

    def close(a, b):
        return a == b or (isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12))

    return len(trials) == len(wanted) and all(
        t.state == w.state
        and t.params.keys() == w.params.keys()
        and all(type(t.params[name]) is type(w.params[name]) and close(t.params[name], w.params[name]) for name in w.params)
        and all(close(a, b) for a, b in zip(t.values or [], w.values or []))
        for t, w in zip(trials, wanted)
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "options",
    [{}, {"multivariate": False}, {"group": True}, {"constant_liar": False}, {"n_startup_trials": 3, "n_ei_candidates": 5}],
    ids=str,
)
def test_its_suggestions_are_those_of_optuna(kept, options):
    wanted = run(None, optuna.samplers.TPESampler(seed=3, **options), objective, pruner=optuna.pruners.MedianPruner())
    sampler = ParzenSampler(parzen.Tpe(reproduce=OPTUNA, **options), seed=3)
    assert same(run(kept, sampler, objective, pruner=optuna.pruners.MedianPruner()), wanted)
    assert any(t.state == TrialState.PRUNED for t in wanted)


@pytest.mark.filterwarnings("ignore")
def test_several_objectives_with_constraints(kept):
    directions = ("minimize", "maximize")
    wanted = run(None, optuna.samplers.TPESampler(seed=3), several, directions=directions)
    assert same(run(kept, ParzenSampler("tpe", seed=3), several, directions=directions), wanted)


@pytest.mark.filterwarnings("ignore")
def test_constraints_func(parzen_storage):
    def constraint(trial):
        return [trial.params["x"] - 2]

    wanted = run(None, optuna.samplers.TPESampler(seed=3, constraints_func=constraint), objective)
    assert same(run(parzen_storage, ParzenSampler("tpe", seed=3, constraints_func=constraint), objective), wanted)


def test_it_reads_what_other_samplers_are_about_to_try(kept):
    study = optuna.create_study(storage=kept, sampler=optuna.samplers.TPESampler(seed=1))
    study.optimize(objective, n_trials=12)
    for _ in range(3):
        study.ask().suggest_float("x", -5, 5)  # of a joint part with more
    trial = kept.get_trial(kept.create_new_trial(study._study_id))
    draws = []
    for sampler in (optuna.samplers.TPESampler(seed=7), ParzenSampler("tpe", seed=7)):
        study._thread_local.cached_all_trials = None
        space = sampler.infer_relative_search_space(study, trial)
        draws.append((space, sampler.sample_relative(study, trial, space)))
    assert draws[0][0] == draws[1][0] and draws[0][1] == pytest.approx(draws[1][1]) and draws[0][1]
    # And so does Optuna's what this one is about to try.
    assert kept.get_trial(trial._trial_id).system_attrs["tpe:relative_params:0"]


def test_five_calls_a_trial(parzen_storage, monkeypatch):
    calls = []
    call = type(parzen_storage._session).call

    def counted(self, method, *args, **kwargs):
        if "Heartbeat" not in method:
            calls.append(method)
        return call(self, method, *args, **kwargs)

    monkeypatch.setattr(type(parzen_storage._session), "call", counted)

    def ten(trial):
        loss = sum(trial.suggest_float(f"x{i}", 0, 1) for i in range(10))
        trial.report(loss, 0)
        return loss

    study = optuna.create_study(storage=parzen_storage, sampler=ParzenSampler("tpe", seed=1))
    study.optimize(ten, n_trials=1)
    for _ in range(20):
        calls.clear()
        study.optimize(ten, n_trials=1)
        assert len(calls) <= 5, calls
    trials = study.trials
    assert len(trials) == 21 and all(len(t.params) == 10 and t.state == TrialState.COMPLETE for t in trials)
    assert all(t.value == pytest.approx(sum(t.params.values())) for t in trials)


def test_parameters_of_a_long_trial_are_sent_meanwhile(parzen_storage, connect, server):
    study = optuna.create_study(storage=parzen_storage, sampler=ParzenSampler("random"))
    study.optimize(objective, n_trials=2)
    trial = study.ask()
    x = trial.suggest_float("x", -5, 5)
    assert study.trials[-1].params == {"x": x}  # this process sees it at once
    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    other = connect(server)
    for _ in range(100):
        params = other.get_trial(trial._trial_id).params
        if params == {"x": x, "lr": lr}:
            break
        time.sleep(0.05)
    assert params == {"x": x, "lr": lr}


@pytest.mark.parametrize("name", ["tpe", "gp-ei"])
def test_threads(parzen_storage, name):
    study = optuna.create_study(storage=parzen_storage, sampler=SAMPLERS[name]())
    study.optimize(lambda t: t.suggest_float("x", 0, 1) + t.suggest_int("y", 0, 100), n_trials=24, n_jobs=4)
    trials = study.trials
    assert [t.number for t in trials] == list(range(24))
    assert len({(t.params["x"], t.params["y"]) for t in trials}) == 24


def test_what_was_drawn_before_a_new_seed_is_not_used_after_it(parzen_storage):
    """study.optimize(n_jobs=...) seeds the sampler anew for each trial, while others have begun and not yet asked."""
    sampler = ParzenSampler("tpe", seed=1)
    study = optuna.create_study(storage=parzen_storage, sampler=sampler)
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=1)
    sampler.reseed_rng()
    first, second = study.ask(), study.ask()
    x = first.suggest_float("x", 0, 1)
    sampler.reseed_rng()
    assert second.suggest_float("x", 0, 1) != x


def test_seeds_and_copies(parzen_storage):
    study = optuna.create_study(storage=parzen_storage)
    trial = parzen_storage.get_trial(parzen_storage.create_new_trial(study._study_id))
    distribution = optuna.distributions.FloatDistribution(0, 1)

    def draw(sampler):
        return sampler.sample_independent(study, trial, "x", distribution)

    first = ParzenSampler("tpe", seed=4)
    a, b = draw(first), draw(first)
    assert a != b
    copy = pickle.loads(pickle.dumps(first))
    assert draw(copy) == draw(first)  # it goes on where the other stood
    assert draw(ParzenSampler("tpe", seed=4)) == a
    first.reseed_rng()
    assert draw(first) not in (a, b)
    assert draw(ParzenSampler("tpe")) != draw(ParzenSampler("tpe"))


def test_what_it_refuses(parzen_storage):
    study = optuna.create_study(sampler=ParzenSampler("tpe"))
    with pytest.raises(parzen.InvalidArgument, match="ParzenStorage"):
        study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=1)
    with pytest.raises(parzen.InvalidArgument, match="sampler"):
        ParzenSampler("tpee")
    with pytest.raises(parzen.InvalidArgument, match="seed"):
        ParzenSampler("tpe", seed=-1)
    study = optuna.create_study(storage=parzen_storage, sampler=ParzenSampler(parzen.Tpe(n_ei_candidates=0)))
    with pytest.raises(ValueError, match="n_ei_candidates"):
        study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=1)
