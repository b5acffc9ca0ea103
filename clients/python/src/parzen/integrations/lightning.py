"""PyTorch Lightning.

with study.ask() as trial:
    trainer = lightning.pytorch.Trainer(max_epochs=50, callbacks=[PruningCallback(trial, "val_loss")])
    trainer.fit(model, data)
    trial.tell(trainer.callback_metrics["val_loss"].item())
"""

from __future__ import annotations

import multiprocessing
from typing import Any, Optional

from parzen.errors import Pruned
from parzen.integrations._reporter import Broadcast, Metrics, Reporter, missing
from parzen.trial import Trial

try:
    from lightning.pytorch import Callback
except ImportError:
    try:
        from pytorch_lightning import Callback
    except ImportError:
        raise missing("lightning", "PyTorch Lightning", "lightning") from None


class PruningCallback(Callback):  # type: ignore[misc]
    """Reports after every validation (every training epoch, where nothing is validated), by the epoch; ends ``trainer.fit`` with
    parzen.Pruned.

    With several processes (DDP, FSDP, ...) the one of rank 0 reports, and Lightning's broadcast ends them all. With "ddp_spawn" the
    process that called ``fit`` sees torch's ProcessRaisedException, and the trial has been told PRUNED by then.

    Args:
        trial: None in processes of a rank above 0 that have none.
        metric: a name as in ``self.log("val_loss", ...)``; a list, one an objective; see parzen.integrations.
        broadcast: instead of Lightning's.
    """

    def __init__(self, trial: Optional[Trial], metric: Metrics, broadcast: Optional[Broadcast] = None) -> None:
        super().__init__()
        self._trial = trial
        self._report = Reporter(trial, metric, broadcast)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        if not trainer.sanity_checking and trainer.state.fn == "fit":
            self._check(trainer)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        if not trainer.enable_validation:
            self._check(trainer)

    def _check(self, trainer: Any) -> None:
        broadcast = trainer.strategy.broadcast if trainer.world_size > 1 else None
        try:
            self._report(trainer.current_epoch, trainer.callback_metrics, rank=trainer.global_rank, broadcast=broadcast)
        except Pruned:
            # What a child of multiprocessing raises reaches its parent as another exception, which would count as a crash.
            if broadcast is not None and multiprocessing.parent_process() is not None and self._trial is not None:
                if trainer.global_rank == 0:
                    self._trial.tell(state="pruned")
            raise
