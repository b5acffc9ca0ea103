"""Keras, PyTorch Lightning and scikit-learn's partial_fit."""

from __future__ import annotations

import pathlib
import pickle
import subprocess
import sys
import uuid
from typing import Any, Callable, List

import keras
import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier

import parzen
from conftest import EPOCHS
from parzen.integrations import sklearn as integration
from parzen.integrations.keras import PruningCallback as KerasCallback
from parzen.integrations.lightning import PruningCallback as LightningCallback

torch.set_num_threads(1)
X = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
Y = (X @ np.array([1, -2, 0.5], "float32"))[:, None]


def test_keras(check: Callable[..., None]) -> None:
    def train(trial: parzen.Trial, metric: Any) -> List[float]:
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        history = model.fit(X, Y, validation_split=0.5, epochs=EPOCHS, verbose=0, callbacks=[KerasCallback(trial, metric)])
        return history.history["val_loss"]

    check(train, "val_loss")


class Line(pl.LightningModule):
    """A linear model that records its validation losses, as Lightning averages them."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)
        self.losses: List[float] = []

    def training_step(self, batch: Any, index: int) -> Any:
        loss = torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: Any, index: int) -> None:
        self.log("val_loss", torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1]), sync_dist=True)

    def on_validation_epoch_end(self) -> None:
        if not self.trainer.sanity_checking:
            self.losses.append(float(self.trainer.callback_metrics["val_loss"]))

    def on_train_epoch_end(self) -> None:
        if not self.trainer.enable_validation:
            self.losses.append(float(self.trainer.callback_metrics["loss"]))

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), 0.01)


def loader() -> Any:
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y)), batch_size=16)


def trainer(callback: Any, **options: Any) -> pl.Trainer:
    return pl.Trainer(max_epochs=EPOCHS, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
                      enable_model_summary=False, callbacks=[callback], **options)


def test_lightning(check: Callable[..., None]) -> None:
    def train(trial: parzen.Trial, metric: Any) -> List[float]:
        model = Line()
        trainer(LightningCallback(trial, metric)).fit(model, loader(), loader())
        return model.losses

    check(train, "val_loss")


def test_lightning_without_validation(check: Callable[..., None]) -> None:
    def train(trial: parzen.Trial, metric: Any) -> List[float]:
        model = Line()
        trainer(LightningCallback(trial, metric)).fit(model, loader())
        return model.losses

    check(train, "loss")


# Run by each rank: Lightning starts it again for the second.
RANK = """
import os, pathlib, pickle, sys
sys.path.insert(0, sys.argv[1])
import parzen
from test_networks import Line, LightningCallback, loader, trainer
folder, rank = pathlib.Path(sys.argv[2]), os.environ.get("LOCAL_RANK", "0")
trial = pickle.loads((folder / "trial").read_bytes()) if rank == "0" else None
try:
    trainer(LightningCallback(trial, "val_loss"), devices=2, strategy="ddp").fit(Line(), loader(), loader())
except parzen.Pruned as e:
    (folder / f"rank-{rank}").write_text(str(e))
"""


def two_rank_study(client: parzen.Client) -> parzen.Study:
    pruner = parzen.ThresholdPruner(upper=1e-9, n_warmup_steps=3)
    return client.create_study(f"study-{uuid.uuid4()}", {"x": parzen.Float(0, 1)}, sampler="random", pruner=pruner)


def test_lightning_in_two_processes(client: parzen.Client, tmp_path: pathlib.Path) -> None:
    """Only rank 0 has the trial and reports; both end by the same decision."""
    trial = two_rank_study(client).ask(lease=None)
    (tmp_path / "trial").write_bytes(pickle.dumps(trial))
    (tmp_path / "rank.py").write_text(RANK)
    here = str(pathlib.Path(__file__).parent)
    subprocess.run([sys.executable, str(tmp_path / "rank.py"), here, str(tmp_path)], check=True, timeout=300)
    ends = {path.name: path.read_text() for path in tmp_path.glob("rank-*")}
    assert sorted(ends) == ["rank-0", "rank-1"] and ends["rank-0"] == ends["rank-1"] and "step 3" in ends["rank-0"], ends
    assert sorted(trial.refresh().intermediate) == [0, 1, 2, 3]


def test_lightning_in_processes_that_it_spawns(client: parzen.Client) -> None:
    study = two_rank_study(client)
    trial = study.ask(lease=None)
    with pytest.raises(torch.multiprocessing.ProcessRaisedException, match="(?s)Pruned.*step 3"):
        trainer(LightningCallback(trial, "val_loss"), devices=2, strategy="ddp_spawn").fit(Line(), loader(), loader())
    assert trial.refresh().state == "pruned" and sorted(trial.intermediate) == [0, 1, 2, 3]


@pytest.mark.parametrize("model", [SGDClassifier(loss="log_loss"), MLPClassifier((4,)), SGDRegressor(), GaussianNB()], ids=lambda m: type(m).__name__)
def test_sklearn(check: Callable[..., None], model: Any) -> None:
    y = (Y[:, 0] > 0).astype(int)

    def train(trial: parzen.Trial, metric: Any) -> List[Any]:
        losses: List[Any] = []

        def measure(estimator: Any) -> Any:
            loss = float(np.mean((estimator.predict(X) - y) ** 2)) + 0.01 * (1 + len(losses))
            if metric == "nonsense":
                raise parzen.InvalidArgument("metric: 'nonsense' was not measured; there is a function")
            losses.append(loss)
            return [loss, 7] if isinstance(metric, list) else np.float64(loss)

        last = integration.fit(trial, model, X, y, measure, epochs=EPOCHS)
        assert last == (losses[-1] if not isinstance(metric, list) else [losses[-1], 7])
        return losses

    check(train, "loss")


def test_sklearn_refuses() -> None:
    with pytest.raises(parzen.InvalidArgument, match="partial_fit"):
        integration.fit(None, object(), X, Y, lambda m: 0.0, epochs=3)  # type: ignore[arg-type]
    with pytest.raises(parzen.InvalidArgument, match="first_epoch: 3 is not below epochs"):
        integration.fit(None, SGDRegressor(), X, Y, lambda m: 0.0, epochs=3, first_epoch=3)  # type: ignore[arg-type]
