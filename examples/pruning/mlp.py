#!/usr/bin/env python3
"""Trains MLPs on scikit-learn's digits, epoch by epoch; those that will not be the best are stopped early.

    pip install "parzen[sklearn]"
    python3 examples/pruning/mlp.py 127.0.0.1:7070
"""

import sys

import parzen
from parzen.integrations.sklearn import fit
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

EPOCHS = 30
features, labels = load_digits(return_X_y=True)
train_x, valid_x, train_y, valid_y = train_test_split(features / 16, labels, random_state=0)


def objective(trial: parzen.Trial) -> float:
    model = MLPClassifier((trial.params["width"],), learning_rate_init=trial.params["lr"], alpha=trial.params["alpha"], random_state=0)
    return fit(trial, model, train_x, train_y, lambda m: log_loss(valid_y, m.predict_proba(valid_x)), epochs=EPOCHS)


with parzen.Client(sys.argv[1]) as client:
    space = {"width": parzen.Int(8, 128, log=True), "lr": parzen.Float(1e-4, 1e-1, log=True), "alpha": parzen.Float(1e-6, 1, log=True)}
    study = client.create_study("pruned-mlp", space, seed=1, exist_ok=True)
    study.optimize(objective, n_trials=30)
    trials = study.trials()
    print(f"best loss {study.best_trial.value:.4f}; {sum(t.state == 'pruned' for t in trials)} of {len(trials)} trials stopped early,",
          f"{sum(len(t.intermediate) for t in trials)} of {len(trials) * EPOCHS} epochs trained")
