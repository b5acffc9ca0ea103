"""LightGBM.

with study.ask() as trial:
    booster = lightgbm.train(params, train, 200, valid_sets=[valid], valid_names=["valid"],
                             callbacks=[PruningCallback(trial, "valid-binary_logloss")])
    trial.tell(booster.best_score["valid"]["binary_logloss"])
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from parzen.integrations._reporter import Broadcast, Metrics, Reporter, missing
from parzen.trial import Trial

try:
    import lightgbm as _lightgbm  # noqa: F401
except ImportError:
    raise missing("lightgbm", "LightGBM", "lightgbm") from None


class PruningCallback:
    """Reports after every boosting round; ends ``lightgbm.train`` (or ``cv``, with the mean over the folds, or ``LGBMModel.fit``)
    with parzen.Pruned.

    Args:
        trial: None in processes of a rank above 0, which then need ``broadcast``.
        metric: the name of the data in ``valid_names``, a hyphen and the metric's name ("valid-binary_logloss"; the data are
            called "valid_0", ... where they got no names, and "valid" by ``cv``); a list, one an objective; see
            parzen.integrations.
        broadcast: of several processes that train one model: a function that returns, in each, what that of rank 0 passed.
    """

    before_iteration = False  # LightGBM reads both
    order = 20  # among its callbacks: after those that print and record, before the one that stops early

    def __init__(self, trial: Optional[Trial], metric: Metrics, broadcast: Optional[Broadcast] = None) -> None:
        self._report = Reporter(trial, metric, broadcast)

    def __call__(self, env: Any) -> None:
        measured: Dict[str, Any] = {}
        for data, name, value, *_ in env.evaluation_result_list or []:
            if data == "cv_agg":  # before 4.6 cv put both names into the second
                data, name = name.split(" ", 1)
            measured[f"{data}-{name}"] = value
        self._report(env.iteration, measured)
