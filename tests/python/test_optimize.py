"""Study.optimize, and its progress."""

from __future__ import annotations

import io
import math
import sys
import threading
from typing import Any, Callable, Dict, List

import numpy
import pytest

import parzen
from parzen.progress import Progress

Make = Callable[..., parzen.Study]


def parabola(trial: parzen.Trial) -> float:
    return float(trial.params["x"]) ** 2  # type: ignore[arg-type]


def test_n_trials(make_study: Make) -> None:
    study = make_study(sampler="tpe", seed=0)
    study.optimize(parabola, n_trials=25)
    assert study.counts["complete"] == 25
    assert study.best_value < 0.05
    study.optimize(parabola, 5)
    assert study.counts["complete"] == 30
    study.optimize(parabola, n_trials=0)
    assert study.counts["complete"] == 30


def test_ends_when_the_study_is_finished(make_study: Make) -> None:
    study = make_study(max_trials=7)
    study.optimize(parabola)
    assert study.counts["complete"] == 7 and study.state == "finished"
    study.optimize(parabola, n_trials=3)  # finished: nothing to do, no error
    assert study.counts["complete"] == 7


def test_ends_when_the_space_is_exhausted(make_study: Make) -> None:
    study = make_study({"c": parzen.Categorical(list("abcde"))})
    study.optimize(lambda trial: 1.0, n_jobs=2)
    assert sorted(str(t.params["c"]) for t in study.trials()) == list("abcde")


@pytest.mark.parametrize("n_jobs", [4, -1])
def test_threads(make_study: Make, n_jobs: int) -> None:
    study = make_study(max_trials=40)
    threads = set()

    def objective(trial: parzen.Trial) -> float:
        threads.add(threading.get_ident())
        return parabola(trial)

    study.optimize(objective, n_trials=100, n_jobs=n_jobs)
    assert [t.number for t in study.trials("complete")] == list(range(40))
    assert threading.main_thread().ident not in threads


def test_waits_for_trials_that_others_run(make_study: Make) -> None:
    study = make_study(max_trials=3)
    other = study.ask()
    threading.Timer(1.0, lambda: other.tell(5)).start()
    study.optimize(parabola)
    assert study.counts["complete"] == 3 and study.state == "finished"


def test_waits_while_paused(make_study: Make) -> None:
    study = make_study()
    study.pause()
    threading.Timer(0.5, study.resume).start()
    study.optimize(parabola, n_trials=2)
    assert study.counts["complete"] == 2


def test_timeout_ends_waiting_and_starting(make_study: Make) -> None:
    study = make_study(max_trials=1)
    study.ask()
    study.optimize(parabola, timeout=0.3)
    study.optimize(parabola, timeout=0)
    assert study.counts["complete"] == 0


def test_errors(make_study: Make) -> None:
    study = make_study()

    def fails(trial: parzen.Trial) -> float:
        if trial.number == 1:
            raise parzen.Pruned
        if trial.number == 2:
            raise OSError("disk")
        if trial.number == 3:
            return math.nan
        if trial.number == 4:
            trial.tell(4)
            return 5.0
        if trial.number == 5:
            raise ValueError("bad")
        return 0.0

    with pytest.warns(RuntimeWarning, match="NaN"):
        with pytest.raises(ValueError, match="bad"):
            study.optimize(fails, n_trials=10, catch=(OSError,))
    assert [t.state.value for t in study.trials()] == ["complete", "pruned", "failed", "failed", "complete", "failed"]
    assert study.trial(2).reason == "OSError: disk" and study.trial(3).reason == "the objective is NaN" and study.trial(4).value == 4
    study.optimize(fails, n_trials=2, catch=Exception)
    assert study.counts["complete"] == 4


@pytest.mark.parametrize("arguments", [{"catch": "ValueError"}, {"catch": [ValueError]}, {"callbacks": print}])
def test_wrong_arguments_run_nothing(make_study: Make, arguments: Dict[str, Any]) -> None:
    study = make_study()
    (field,) = arguments
    with pytest.raises(parzen.InvalidArgument, match=f"^{field}: "):
        study.optimize(lambda trial: 1.0, n_trials=1, **arguments)
    assert study.trials() == []


@pytest.mark.parametrize("result", [None, "0.3", [1, 2], {"loss": 1}])
def test_an_objective_that_returns_no_loss(make_study: Make, result: object) -> None:
    study = make_study()
    with pytest.raises(parzen.InvalidArgument, match="returned"):
        study.optimize(lambda trial: result, n_trials=3)  # type: ignore[arg-type,return-value]
    assert [t.state.value for t in study.trials()] == ["failed"]


def test_an_error_in_one_thread_stops_all(make_study: Make) -> None:
    study = make_study()

    def objective(trial: parzen.Trial) -> float:
        if trial.number == 5:
            raise RuntimeError("enough")
        return 1.0

    with pytest.raises(RuntimeError, match="enough"):
        study.optimize(objective, n_trials=1000, n_jobs=4)
    counts = study.counts
    assert counts["failed"] == 1 and counts["running"] == 0 and counts["complete"] < 100


def test_callbacks_and_kinds_of_losses(make_study: Make) -> None:
    study = make_study()
    seen: List[int] = []
    losses = [1, numpy.float32(0.5), numpy.array(0.25), [0.125], -math.inf]
    study.optimize(
        lambda trial: losses[trial.number], n_trials=5, callbacks=[lambda s, t: seen.append(t.number), lambda s, t: seen.append(s.uid)]
    )
    assert seen[::2] == [0, 1, 2, 3, 4] and set(seen[1::2]) == {study.uid}
    assert [t.value for t in study.trials()] == [1, 0.5, 0.25, 0.125, -math.inf]


def test_several_objectives(make_study: Make) -> None:
    study = make_study(directions=["minimize", "maximize"])
    study.optimize(lambda trial: (1.0, 2.0), n_trials=3)
    assert study.trial(2).values == [1.0, 2.0]


@pytest.mark.parametrize("options", [dict(n_jobs=0), dict(n_jobs=-2), dict(n_trials=-1), dict(n_trials="3"), dict(timeout="x")])
def test_bad_arguments(make_study: Make, options: dict) -> None:  # type: ignore[type-arg]
    study = make_study()
    with pytest.raises(parzen.InvalidArgument, match=next(iter(options))):
        study.optimize(parabola, **options)
    assert study.trials() == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)  # as where it is not installed
    terminal = Terminal()
    progress = Progress(4, stream=terminal, title="digits")
    for done in range(1, 5):
        progress.update(done, "best 0.1")
    progress.close()
    last = terminal.getvalue().rsplit("\r", 1)[1]
    assert "digits [####" in last and "4/4 trials" in last and "best 0.1" in last and last.endswith("\n") and "." not in last[:30]


def test_progress_in_a_log() -> None:
    log = io.StringIO()
    progress = Progress(4, stream=log, enabled=True, title="digits", line_seconds=0)
    progress.update(1)
    progress.update(2, "best 0.1")
    progress.close()
    lines = log.getvalue().splitlines()
    assert lines[0].startswith("digits 1/4 trials") and lines[1].endswith("best 0.1") and len(lines) == 3
    quiet = io.StringIO()
    for enabled in (None, False):
        progress = Progress(4, stream=quiet, enabled=enabled)
        progress.update(1)
        progress.close()
    assert quiet.getvalue() == ""
