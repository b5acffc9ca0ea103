#!/usr/bin/env python3
"""Trains XGBoost on scikit-learn's breast cancer data, with several workers at once; boosting stops where it will not end as the best.

    pip install "parzen[xgboost]" scikit-learn
    python3 examples/pruning/boosting.py 127.0.0.1:7070      # in as many processes as you like
"""

import sys

import parzen
import xgboost
from parzen.integrations.xgboost import PruningCallback
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

features, labels = load_breast_cancer(return_X_y=True)
train_x, valid_x, train_y, valid_y = train_test_split(features, labels, random_state=0)
train, valid = xgboost.DMatrix(train_x, train_y), xgboost.DMatrix(valid_x, valid_y)
space = {"eta": parzen.Float(0.01, 0.5, log=True), "max_depth": parzen.Int(1, 8), "subsample": parzen.Float(0.5, 1)}

with parzen.Client(sys.argv[1]) as client:
    study = client.create_study("pruned-boosting", space, seed=1, max_trials=30, exist_ok=True)
    while True:
        try:
            trial = study.ask()
        except (parzen.StudyFinished, parzen.AllHandedOut):
            break
        with trial:
            losses: dict = {}
            options = {"objective": "binary:logistic", "eval_metric": "logloss", "nthread": 1, **trial.params}
            xgboost.train(options, train, 60, evals=[(valid, "valid")], evals_result=losses, verbose_eval=False,
                          callbacks=[PruningCallback(trial, "valid-logloss")])
            trial.tell(losses["valid"]["logloss"][-1])
    print("best loss", study.best_trial.value, study.best_trial.params)
