"""XGBoost and LightGBM."""

from __future__ import annotations

import multiprocessing
import pathlib
import subprocess
import sys
import uuid
from typing import Any, Callable, Dict, List

import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.datasets import load_breast_cancer

import parzen
from conftest import EPOCHS
from parzen.integrations.lightgbm import PruningCallback as LightGbmCallback
from parzen.integrations.xgboost import PruningCallback as XgboostCallback

X, Y = load_breast_cancer(return_X_y=True)
TRAIN_X, VALID_X, TRAIN_Y, VALID_Y = X[::2], X[1::2], Y[::2], Y[1::2]
XGBOOST = {"objective": "binary:logistic", "eval_metric": "logloss", "nthread": 1, "max_depth": 2}
LIGHTGBM = {"objective": "binary", "metric": "binary_logloss", "num_threads": 1, "num_leaves": 4, "verbose": -1}


def test_xgboost(check: Callable[..., None]) -> None:
    def train(trial: parzen.Trial, metric: Any) -> List[float]:
        results: Dict[str, Any] = {}
        data, valid = xgboost.DMatrix(TRAIN_X, TRAIN_Y), xgboost.DMatrix(VALID_X, VALID_Y)
        xgboost.train(XGBOOST, data, EPOCHS, evals=[(valid, "valid")], evals_result=results, verbose_eval=False,
                      callbacks=[XgboostCallback(trial, metric)])
        return results["valid"]["logloss"]

    check(train, "valid-logloss")


def test_xgboost_cv(check: Callable[..., None]) -> None:
    def train(trial: parzen.Trial, metric: Any) -> List[float]:
        results = xgboost.cv(XGBOOST, xgboost.DMatrix(TRAIN_X, TRAIN_Y), EPOCHS, nfold=3, callbacks=[XgboostCallback(trial, metric)],
                             as_pandas=False)
        return results["test-logloss-mean"]

    check(train, "test-logloss")


def test_xgboost_goes_on_from_a_saved_model(client: parzen.Client) -> None:
    trial = client.create_study(f"study-{uuid.uuid4()}", {"x": parzen.Float(0, 1)}, sampler="random", pruner="none").ask()
    data, valid = xgboost.DMatrix(TRAIN_X, TRAIN_Y), xgboost.DMatrix(VALID_X, VALID_Y)
    model = None
    for _ in range(2):
        model = xgboost.train(XGBOOST, data, 3, evals=[(valid, "valid")], verbose_eval=False, xgb_model=model,
                              callbacks=[XgboostCallback(trial, "valid-logloss")])
    assert sorted(trial.refresh().intermediate) == [0, 1, 2, 3, 4, 5]


def _xgboost_rank(tracker: Dict[str, Any], trial: Any, rank: int, outcomes: Any) -> None:
    """One of two processes that train one model."""
    with xgboost.collective.CommunicatorContext(**tracker):
        mine = xgboost.collective.get_rank()
        data = xgboost.DMatrix(TRAIN_X[rank::2], TRAIN_Y[rank::2])
        valid = xgboost.DMatrix(VALID_X[rank::2], VALID_Y[rank::2])
        callback = XgboostCallback(trial if mine == 0 else None, "valid-logloss")
        try:
            xgboost.train(XGBOOST, data, EPOCHS, evals=[(valid, "valid")], verbose_eval=False, callbacks=[callback])
            outcomes.put((mine, "end"))
        except parzen.Pruned as e:
            outcomes.put((mine, str(e)))


def test_xgboost_in_two_processes(client: parzen.Client) -> None:
    from xgboost.tracker import RabitTracker

    pruner = parzen.ThresholdPruner(upper=1e-9, n_warmup_steps=3)
    study = client.create_study(f"study-{uuid.uuid4()}", {"x": parzen.Float(0, 1)}, sampler="random", pruner=pruner)
    trial = study.ask(lease=None)
    tracker = RabitTracker(n_workers=2, host_ip="127.0.0.1")
    tracker.start()
    context = multiprocessing.get_context("spawn")
    outcomes = context.Queue()
    processes = [context.Process(target=_xgboost_rank, args=(tracker.worker_args(), trial, rank, outcomes)) for rank in range(2)]
    for process in processes:
        process.start()
    seen = dict(outcomes.get(timeout=120) for _ in processes)
    for process in processes:
        process.join(60)
    assert seen[0] == seen[1] and "step 3" in seen[0]
    assert sorted(trial.refresh().intermediate) == [0, 1, 2, 3]


def test_lightgbm(check: Callable[..., None]) -> None:
    def train(trial: parzen.Trial, metric: Any) -> List[float]:
        results: Dict[str, Any] = {}
        data = lightgbm.Dataset(TRAIN_X, TRAIN_Y)
        valid = lightgbm.Dataset(VALID_X, VALID_Y, reference=data)
        lightgbm.train(LIGHTGBM, data, EPOCHS, valid_sets=[valid], valid_names=["valid"],
                       callbacks=[LightGbmCallback(trial, metric), lightgbm.record_evaluation(results)])
        return results["valid"]["binary_logloss"]

    check(train, "valid-binary_logloss")


def test_lightgbm_cv(check: Callable[..., None]) -> None:
    def train(trial: parzen.Trial, metric: Any) -> List[float]:
        results = lightgbm.cv(LIGHTGBM, lightgbm.Dataset(TRAIN_X, TRAIN_Y), EPOCHS, nfold=3, callbacks=[LightGbmCallback(trial, metric)])
        return results["valid binary_logloss-mean"]

    check(train, "valid-binary_logloss")


def test_lightgbm_stops_early_by_itself(client: parzen.Client) -> None:
    """Whatever else is called back: the integration reports every round up to the one that ends it."""
    trial = client.create_study(f"study-{uuid.uuid4()}", {"x": parzen.Float(0, 1)}, sampler="random", pruner="none").ask()
    noise = np.random.default_rng(0).integers(0, 2, len(VALID_Y))
    data = lightgbm.Dataset(TRAIN_X, TRAIN_Y)
    booster = lightgbm.train(LIGHTGBM, data, 100, valid_sets=[lightgbm.Dataset(VALID_X, noise, reference=data)],
                             callbacks=[lightgbm.early_stopping(3, verbose=False), LightGbmCallback(trial, "valid_0-binary_logloss")])
    assert max(trial.refresh().intermediate) == booster.best_iteration + 2 < 99


def test_no_trial_and_no_way_to_hear_of_the_end() -> None:
    data = lightgbm.Dataset(TRAIN_X, TRAIN_Y)
    valid = lightgbm.Dataset(VALID_X, VALID_Y, reference=data)
    with pytest.raises(parzen.InvalidArgument, match="rank above 0"):
        lightgbm.train(LIGHTGBM, data, 2, valid_sets=[valid], callbacks=[LightGbmCallback(None, "valid_0-binary_logloss")])


EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "examples" / "pruning"


@pytest.mark.parametrize("name", ["boosting", "mlp"])
def test_examples_stop_some_trials_early(client: parzen.Client, name: str) -> None:
    subprocess.run([sys.executable, str(EXAMPLES / f"{name}.py"), client.address], check=True, timeout=600)
    states = [trial.state.value for trial in client.study(f"pruned-{name}").trials()]
    assert len(states) == 30 and 5 < states.count("pruned") < 29 and states.count("failed") == 0, states
