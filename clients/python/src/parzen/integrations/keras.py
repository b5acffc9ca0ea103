"""Keras, with any backend.

with study.ask() as trial:
    history = model.fit(x, y, validation_split=0.2, epochs=50, callbacks=[PruningCallback(trial, "val_loss")])
    trial.tell(history.history["val_loss"][-1])
"""

from __future__ import annotations

from typing import Any, Mapping, Optional

from parzen.integrations._reporter import Broadcast, Metrics, Reporter, missing
from parzen.trial import Trial

try:
    from keras.callbacks import Callback
except ImportError:
    raise missing("keras", "Keras", "keras") from None


class PruningCallback(Callback):  # type: ignore[misc]
    """Reports after every epoch; ends ``fit`` with parzen.Pruned.

    Args:
        trial: None in processes of a rank above 0, which then need ``broadcast``.
        metric: a name as in the history of ``fit``, "val_loss" for example; a list, one an objective; see parzen.integrations.
        broadcast: of several processes that train one model: a function that returns, in each, what that of rank 0 passed.
    """

    def __init__(self, trial: Optional[Trial], metric: Metrics, broadcast: Optional[Broadcast] = None) -> None:
        super().__init__()
        self._report = Reporter(trial, metric, broadcast)

    def on_epoch_end(self, epoch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        self._report(epoch, logs or {})
