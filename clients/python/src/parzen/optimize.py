"""Study.optimize: the ask, evaluate, tell loop.

Ctrl-C and SIGTERM are nobody's failure: the trials that run go back to the queue as preempted, and are handed out again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
import warnings
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any, Callable, Generic, Iterator, List, Optional, Protocol, Sequence, TypeVar

from parzen.errors import (
    AllHandedOut,
    EnqueuedOutOfRange,
    Error,
    InvalidArgument,
    LeaseLost,
    OutcomeDiffers,
    Pruned,
    SpaceExhausted,
    StudyFinished,
    StudyPaused,
)
from parzen.progress import Progress
from parzen.state import State
from parzen.trial import Trial
from parzen.values import as_float, as_int, as_items, invalid

_FIRST_WAIT = 0.1  # seconds until a study that has nothing to hand out is asked again, doubled up to
_LONGEST_WAIT = 2.0
_STOPPED = "the worker was told to stop"


class Asked(Protocol):
    """What the loop needs of a study."""

    @property
    def name(self) -> str: ...

    @property
    def directions(self) -> List[str]: ...

    def ask(self) -> Trial: ...


_Study = TypeVar("_Study", bound=Asked)


def optimize(
    study: _Study,
    objective: Callable[[Trial], Any],
    n_trials: Optional[int],
    timeout: Optional[float],
    n_jobs: int,
    catch: Any,
    callbacks: Sequence[Callable[[_Study, Trial], None]],
    progress: Optional[bool],
) -> None:
    """See :meth:`Study.optimize`."""
    n_jobs = as_int("n_jobs", n_jobs)
    if n_jobs == -1:
        n_jobs = os.cpu_count() or 1
    if n_jobs < 1:
        raise invalid("n_jobs", n_jobs, "at least 1, or -1")
    if n_trials is not None:
        n_trials = as_int("n_trials", n_trials)
        if n_trials < 0:
            raise invalid("n_trials", n_trials, "at least 0, or None")
    if timeout is not None:
        timeout = as_float("timeout", timeout)
    if not all(
        isinstance(kind, type) and issubclass(kind, BaseException) for kind in (catch if isinstance(catch, tuple) else (catch,))
    ):
        raise invalid("catch", catch, "a class of exceptions, or a tuple of them")
    callbacks = as_items("callbacks", callbacks, "a list of functions")
    run = _Run(study, objective, n_trials, timeout, catch, callbacks)
    run.progress = Progress(n_trials, enabled=progress, title=study.name)
    try:
        with _sigterm_raises():
            if n_jobs == 1:
                run.work()
            else:
                _work_in_threads(run, n_jobs)
    finally:
        run.progress.close()


class _Terminated(SystemExit):
    """SIGTERM came."""


@contextlib.contextmanager
def _sigterm_raises() -> Iterator[None]:
    """Lets SIGTERM raise SystemExit in the main thread, where it would end the process at once otherwise."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def terminate(number: int, frame: object) -> None:
        raise _Terminated(128 + number)

    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _work_in_threads(run: "_Run[Any]", n_jobs: int) -> None:
    with ThreadPoolExecutor(n_jobs, thread_name_prefix="parzen") as pool:
        futures = [pool.submit(run.work) for _ in range(n_jobs)]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:  # Ctrl-C, or what a signal handler raised
            # Python ends no thread: what they compute to its end is told where nobody else has told it by then.
            run.preempt()
            raise
        finally:
            run.stopped.set()
    for future in done:
        future.result()


class _Run(Generic[_Study]):
    """One call of optimize; its threads share it."""

    def __init__(
        self,
        study: _Study,
        objective: Callable[[Trial], Any],
        n_trials: Optional[int],
        timeout: Optional[float],
        catch: Any,
        callbacks: Sequence[Callable[[_Study, Trial], None]],
    ) -> None:
        self.progress: Progress
        self.stopped = threading.Event()
        self._interrupted = False
        self._study = study
        self._objective = objective
        self._left = n_trials
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._catch = catch
        self._callbacks = callbacks
        self._lock = threading.Lock()
        self._directions = study.directions
        self._done = 0
        self._best: Optional[float] = None
        self._running: List[Trial] = []

    def work(self) -> None:
        """Runs trials until nothing is left; what one thread raises stops all."""
        try:
            while self._claim():
                trial = self._ask()
                if trial is None:
                    break
                self._evaluate(trial)
                self._account(trial)
        except BaseException:
            self.stopped.set()
            raise

    def _claim(self) -> bool:
        """Takes one of n_trials."""
        with self._lock:
            if self.stopped.is_set() or self._left == 0 or self._time_left() <= 0:
                return False
            if self._left is not None:
                self._left -= 1
            return True

    def _time_left(self) -> float:
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    def _ask(self) -> Optional[Trial]:
        """The next trial; None where there is none any more, or the run is stopped."""
        pause = _FIRST_WAIT
        while True:
            try:
                return self._study.ask()
            except (StudyFinished, SpaceExhausted):
                return None
            except (AllHandedOut, StudyPaused):
                left = self._time_left()
                if left <= 0 or self.stopped.wait(min(pause, left)):
                    return None
                pause = min(2 * pause, _LONGEST_WAIT)

    def preempt(self) -> None:
        """Gives the trials that run back to the queue."""
        self.stopped.set()
        with self._lock:
            self._interrupted = True
            running = list(self._running)
        for trial in running:
            trial.give_back(_STOPPED)

    def _evaluate(self, trial: Trial) -> None:
        with self._lock:
            self._running.append(trial)
            interrupted = self._interrupted
        if interrupted:  # while it was asked for
            trial.give_back(_STOPPED)
            return
        try:
            self._run(trial)
        except LeaseLost as e:
            warnings.warn(f"trial {trial.number} has passed to another worker: {e}", RuntimeWarning, stacklevel=2)
        finally:
            with self._lock:
                self._running = [other for other in self._running if other is not trial]

    def _run(self, trial: Trial) -> None:
        try:
            values = self._objective(trial)
        except Pruned:
            if trial.state == State.RUNNING:
                trial.tell(state=State.PRUNED)
        except LeaseLost:
            raise
        except BaseException as e:
            if trial.state == State.RUNNING and not trial.is_being_told:
                trial.end_by(e, crash=isinstance(e, self._catch))
            if isinstance(e, EnqueuedOutOfRange):
                warnings.warn(f"trial {trial.number} failed: {e}", RuntimeWarning, stacklevel=2)
            elif not isinstance(e, self._catch):
                raise
        else:
            if trial.state == State.RUNNING and not trial.is_being_told:
                self._tell(trial, values)
            elif trial.state == State.WAITING:  # given back meanwhile: a result is welcome unless there is one
                with contextlib.suppress(OutcomeDiffers):
                    self._tell(trial, values)

    def _tell(self, trial: Trial, values: Any) -> None:
        try:
            trial.tell(values)
        except InvalidArgument as e:
            # What the objective returned is no loss: that fails the trial, and the objective has to be mended.
            error = InvalidArgument(f"the objective returned {values!r} for trial {trial.number}: {e.message}", reason=e.reason)
            if trial.state == State.RUNNING:
                trial.end_by(error)
            raise error from None
        except Error as e:
            if not e.is_transient:
                raise
            warnings.warn(str(e), RuntimeWarning, stacklevel=2)

    def _account(self, trial: Trial) -> None:
        with self._lock:
            self._done += 1
            if trial.state == State.COMPLETE and len(self._directions) == 1 and all(v <= 0 for v in trial.constraints.values()):
                value, better = trial.value, min if self._directions[0] == "minimize" else max
                assert value is not None  # a complete trial has one
                self._best = value if self._best is None else better(self._best, value)
            self.progress.update(self._done, "" if self._best is None else f"best {self._best:.6g}")
            for callback in self._callbacks:
                callback(self._study, trial)
