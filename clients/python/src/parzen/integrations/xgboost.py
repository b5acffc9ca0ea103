"""XGBoost.

with study.ask() as trial:
    results = {}
    xgboost.train(params, train, 200, evals=[(valid, "valid")], evals_result=results,
                  callbacks=[PruningCallback(trial, "valid-logloss")])
    trial.tell(results["valid"]["logloss"][-1])
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from parzen.integrations._reporter import Broadcast, Metrics, Reporter, missing
from parzen.trial import Trial

try:
    from xgboost import collective
    from xgboost.callback import TrainingCallback
except ImportError:
    raise missing("xgboost", "XGBoost", "xgboost") from None


class PruningCallback(TrainingCallback):  # type: ignore[misc]
    """Reports after every boosting round; ends ``xgboost.train`` (or ``cv``, with the mean over the folds, or ``XGBModel.fit``)
    with parzen.Pruned.

    In distributed training the process of rank 0 reports, and XGBoost's own broadcast ends them all.

    Args:
        trial: None in processes of a rank above 0 that have none.
        metric: the name of the data in ``evals``, a hyphen and the metric's name, as XGBoost prints them ("valid-logloss"); a
            list, one an objective; see parzen.integrations.
        broadcast: instead of XGBoost's.
    """

    def __init__(self, trial: Optional[Trial], metric: Metrics, broadcast: Optional[Broadcast] = None) -> None:
        super().__init__()
        self._report = Reporter(trial, metric, broadcast)
        self._first = 0

    def before_training(self, model: Any) -> Any:
        self._first = model.num_boosted_rounds()  # of a model that training goes on from; XGBoost counts from 0 anew
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, Any]]) -> bool:
        measured: Dict[str, Any] = {}
        for data, metrics in evals_log.items():
            for name, values in metrics.items():
                last = values[-1]
                measured[f"{data}-{name}"] = last[0] if isinstance(last, tuple) else last  # cv: the mean and the deviation
        distributed = collective.is_distributed()
        self._report(
            self._first + epoch,
            measured,
            rank=collective.get_rank() if distributed else None,
            broadcast=_broadcast if distributed else None,
        )
        return False  # XGBoost goes on


def _broadcast(end: Optional[Exception]) -> Optional[Exception]:
    heard: List[Optional[Exception]] = collective.broadcast([end], 0)  # XGBoost refuses a mere None
    return heard[0]
