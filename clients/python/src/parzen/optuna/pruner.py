"""An Optuna pruner that asks the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optuna.pruners import BasePruner

from parzen.errors import InvalidArgument
from parzen.optuna.storage import ParzenStorage

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial


class ParzenPruner(BasePruner):  # type: ignore[misc]
    """What the study's own pruner says, which the server decides with all trials in view, native workers' and Optuna's alike.

        client.create_study("digits", space, pruner=parzen.HyperbandPruner())
        study = optuna.load_study(study_name="digits", storage=ParzenStorage(), pruner=ParzenPruner())

    A study that Optuna has made has no pruner of its own: there, nothing is pruned. One call a ``trial.should_prune()``,
    whatever the number of trials; the study's storage must be a :class:`ParzenStorage`.
    """

    def prune(self, study: "Study", trial: "FrozenTrial") -> bool:
        storage = study._storage
        if not isinstance(storage, ParzenStorage):
            raise InvalidArgument("ParzenPruner: the study's storage is no ParzenStorage; only that one's server decides")
        step = trial.last_step
        if step is None:
            return False
        return storage.should_prune(trial._trial_id, step, trial.intermediate_values[step])
