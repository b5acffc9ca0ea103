"""A run in MLflow for each trial. pip install mlflow optuna-integration"""

import optuna
from optuna_integration.mlflow import MLflowCallback

from parzen.optuna import ParzenStorage

study = optuna.create_study(storage=ParzenStorage(), study_name="mlflow", load_if_exists=True)
callback = MLflowCallback(tracking_uri="sqlite:///mlflow.db", metric_name="loss")
study.optimize(lambda trial: trial.suggest_float("x", -10, 10) ** 2, n_trials=10, callbacks=[callback])
print(study.best_params)
