#!/usr/bin/env python3
"""Trains XGBoost on scikit-learn's breast cancer data and prints the loss of a held-out part: no line knows of Parzen.

    pip install xgboost scikit-learn
    parzen study create xgboost --file examples/xgboost/study.yaml
    parzen worker xgboost --jobs 2 -- python3 examples/xgboost/train.py --eta {eta} --max-depth {max_depth} \\
        --subsample {subsample} --booster {booster} --rate-drop {rate_drop:-0}
"""

import argparse

import xgboost
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--eta", type=float, required=True)
parser.add_argument("--max-depth", type=int, required=True)
parser.add_argument("--subsample", type=float, required=True)
parser.add_argument("--booster", choices=["gbtree", "dart"], required=True)
parser.add_argument("--rate-drop", type=float, default=0)
parser.add_argument("--rounds", type=int, default=30)
arguments = parser.parse_args()

features, labels = load_breast_cancer(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(features, labels, test_size=0.3, random_state=0)
train, test = xgboost.DMatrix(train_x, train_y), xgboost.DMatrix(test_x, test_y)
options = {"objective": "binary:logistic", "eval_metric": "logloss", "nthread": 1, "seed": 0, "booster": arguments.booster,
           "eta": arguments.eta, "max_depth": arguments.max_depth, "subsample": arguments.subsample}
if arguments.booster == "dart":
    options["rate_drop"] = arguments.rate_drop

losses: dict = {}
xgboost.train(options, train, arguments.rounds, evals=[(test, "test")], evals_result=losses, verbose_eval=False)
for step, loss in enumerate(losses["test"]["logloss"], start=1):
    print("step", step, loss)  # intermediate values
print("loss:", losses["test"]["logloss"][-1])
