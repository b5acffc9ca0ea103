"""scikit-learn's estimators that learn step by step (``partial_fit``).

with study.ask() as trial:
    model = MLPClassifier(learning_rate_init=trial.params["lr"])
    trial.tell(fit(trial, model, x, y, lambda m: log_loss(valid_y, m.predict_proba(valid_x)), epochs=50))
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, Sequence, TypeVar, Union

from parzen.errors import InvalidArgument
from parzen.integrations._reporter import missing, report
from parzen.trial import Trial
from parzen.values import as_int, invalid

try:
    from sklearn.utils.multiclass import unique_labels
except ImportError:
    raise missing("sklearn", "scikit-learn", "scikit-learn") from None

_Measured = TypeVar("_Measured", bound=Union[float, Sequence[float]])


def fit(
    trial: Trial,
    estimator: Any,
    x: Any,
    y: Any,
    measure: Callable[[Any], _Measured],
    *,
    epochs: int,
    first_epoch: int = 0,
    **options: Any,
) -> _Measured:
    """Calls ``estimator.partial_fit(x, y, **options)`` once an epoch and reports what ``measure(estimator)`` says after it.

    Args:
        y: None for estimators that learn without.
        measure: what the study optimizes, in its direction; for several objectives it returns a list.
        epochs: how many there are in all.
        first_epoch: where an estimator that was saved goes on.
        options: for partial_fit, such as sample_weight. A classifier that wants ``classes`` gets those of ``y``.

    Returns:
        what ``measure`` said last.

    Raises:
        Pruned: the study finds the trial not worth going on with, or it was told to stop.
    """
    if not hasattr(estimator, "partial_fit"):
        raise invalid("estimator", estimator, "an estimator with partial_fit")
    epochs, first_epoch = as_int("epochs", epochs, 1), as_int("first_epoch", first_epoch, 0)
    if first_epoch >= epochs:
        raise InvalidArgument(f"first_epoch: {first_epoch} is not below epochs ({epochs})", metadata={"field": "first_epoch"})
    if "classes" not in options and y is not None and "classes" in inspect.signature(estimator.partial_fit).parameters:
        options["classes"] = unique_labels(y)
    for epoch in range(first_epoch, epochs):
        estimator.partial_fit(x, y, **options)
        measured = measure(estimator)
        report(trial, measured, epoch)
    return measured
