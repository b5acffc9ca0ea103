"""A parzend for the tests of the integrations, and what they all ask of one: see check."""

from __future__ import annotations

import os
import pathlib
import subprocess
import time
import uuid
from typing import Any, Callable, Iterator, List

import pytest

import parzen

PARZEND = pathlib.Path(__file__).resolve().parents[3] / "build" / "release" / "server" / "parzend"
EPOCHS = 6


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[parzen.Client]:
    folder = tmp_path_factory.mktemp("parzend")
    port = folder / "port"
    server = subprocess.Popen(
        [os.environ.get("PARZEND", str(PARZEND)), "--db", str(folder / "studies.db"), "--listen", "127.0.0.1:0", "--port-file", str(port),
         "--log-level", "error"]
    )
    while not (port.exists() and port.read_text().strip()):
        assert server.poll() is None
        time.sleep(0.02)
    with parzen.Client(f"127.0.0.1:{int(port.read_text())}", timeout=60) as client:
        yield client
    server.terminate()
    server.wait(60)


Train = Callable[[parzen.Trial, Any], List[Any]]


@pytest.fixture
def check(client: parzen.Client) -> Callable[..., None]:
    """Trains with the integration to the end, to an early end, with two objectives and with a metric that is not there."""

    def study(**options: Any) -> parzen.Study:
        return client.create_study(f"study-{uuid.uuid4()}", {"x": parzen.Float(0, 1)}, sampler="random", **options)

    def check(train: Train, metric: str) -> None:
        # To the end: what was reported is what the framework recorded.
        trial = study(pruner="none").ask()
        losses = train(trial, metric)
        assert len(losses) == EPOCHS
        assert trial.refresh().intermediate == {epoch: pytest.approx(loss, rel=1e-6) for epoch, loss in enumerate(losses)}
        # To an early end: everything is above the threshold, from the third epoch on.
        pruned = study(pruner=parzen.ThresholdPruner(upper=1e-9 * min(losses), n_warmup_steps=2))
        with pruned.ask() as trial:
            train(trial, metric)
            raise AssertionError("it went on to its end")
        seen = pruned.trial(trial.number)
        assert seen.state == "pruned" and sorted(seen.intermediate) == [0, 1, 2]
        with pytest.raises(parzen.Pruned, match=r"at step 2|step 2|threshold|above"):
            train(pruned.ask(), metric)
        # Two objectives, the second from a function.
        trial = study(directions=["minimize", "minimize"], pruner="none").ask()
        losses = train(trial, [metric, lambda: 7])
        assert trial.refresh().intermediate[EPOCHS - 1] == [pytest.approx(losses[-1], rel=1e-6), 7]
        # A metric that is not there.
        with pytest.raises(parzen.InvalidArgument, match="metric: 'nonsense' was not measured; there is .*"):
            train(study().ask(), "nonsense")
        # Another worker has the trial.
        crowded = study(pruner="none")
        lost = crowded.ask()
        lost.give_back("the machine is wanted elsewhere")
        crowded.ask()
        with pytest.raises(parzen.LeaseLost):
            train(lost, metric)

    return check
