"""The job that is tuned: a small neural network that reads handwritten digits (scikit-learn's digits data set).

A trial is judged by the log loss in a five-fold cross-validation over the 1,797 images: about half a second on one core. The same
parameters always give the same loss.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, Dict, Tuple

import parzen

#: Eight hyperparameters; momentum exists only where the solver has it.
SPACE = {
    "learning_rate": parzen.Float(1e-6, 10.0, log=True),
    "l2": parzen.Float(1e-7, 100.0, log=True),
    "layers": parzen.Int(1, 3),
    "units": parzen.Int(4, 128, log=True),
    "batch": parzen.Int(32, 256, step=32),
    "activation": parzen.Categorical(["relu", "tanh", "logistic"]),
    "solver": parzen.Categorical(["adam", "sgd"]),
    "momentum": parzen.Float(0.0, 0.99, when={"solver": ["sgd"]}),
}

_EPOCHS = 15
_FOLDS = 5


class Digits:
    """The images and what they show."""

    def __init__(self) -> None:
        from sklearn.datasets import load_digits

        images, self._labels = load_digits(return_X_y=True)
        self._images = images / 16.0

    def evaluate(self, params: Dict[str, Any]) -> Tuple[float, float]:
        """The log loss and the accuracy on images that the network has not seen, averaged over the folds."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.model_selection import StratifiedKFold, cross_validate
        from sklearn.neural_network import MLPClassifier

        network = MLPClassifier(
            hidden_layer_sizes=(params["units"],) * params["layers"],
            activation=params["activation"],
            solver=params["solver"],
            alpha=params["l2"],
            batch_size=params["batch"],
            learning_rate_init=params["learning_rate"],
            momentum=params.get("momentum", 0.9),
            max_iter=_EPOCHS,
            random_state=0,
        )
        folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
        with warnings.catch_warnings():
            # So few epochs never converge, and a huge learning rate overflows: both are answers, not news.
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                scores = cross_validate(
                    network, self._images, self._labels, cv=folds, scoring=("neg_log_loss", "accuracy"), error_score="raise"
                )
            except ValueError as e:
                if "non-finite" not in str(e):
                    raise
                return math.inf, 0.0
        return float(-scores["test_neg_log_loss"].mean()), float(scores["test_accuracy"].mean())
