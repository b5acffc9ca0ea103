"""study.optimize with Optuna's own callbacks and pruner; the suggestions are computed in the server."""

import optuna
from optuna.study import MaxTrialsCallback

from parzen.optuna import ParzenSampler, ParzenStorage


def objective(trial):
    lr = trial.suggest_float("lr", 1e-4, 1e-1, log=True)
    loss = 1.0
    for epoch in range(10):
        loss *= 1 - lr
        trial.report(loss, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return loss


study = optuna.create_study(
    storage=ParzenStorage(), study_name="callbacks", load_if_exists=True, sampler=ParzenSampler("tpe", seed=1)
)
study.optimize(objective, callbacks=[MaxTrialsCallback(30)])
print(study.best_params)
