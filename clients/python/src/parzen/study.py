"""A study: asks for trials, and reads what came out."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Type, Union, overload

from parzen._proto import parzen_pb2
from parzen.connection import new_request_id
from parzen.definition import encode_target
from parzen.errors import InvalidArgument
from parzen.import_batches import send
from parzen.import_check import check_imports
from parzen.imports import encode_import, encode_imports
from parzen.optimize import optimize
from parzen.samplers import Sampler, encode_sampler
from parzen.session import Session
from parzen.space import Parameter, encode_space
from parzen.state import State
from parzen.study_reader import StudyReader
from parzen.trial import Trial
from parzen.values import as_bool, as_float, as_int, as_items, as_mapping, as_text, encode_attribute, encode_params

_LEASE = 120.0  # seconds
_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1


class Study(StudyReader):
    """One optimization problem on a server; made by :meth:`Client.create_study` or :meth:`Client.study`.

    ``name``, ``uid``, ``directions``, ``space`` and what else defines a study are as this object last read them; ``state``,
    ``counts``, ``user_attrs`` and everything about trials is read from the server each time. Pickles by address, name and uid.
    Once the study has been deleted, what would change it raises NotFound, also where another study has its name.
    """

    @classmethod
    def from_message(cls, session: Session, message: parzen_pb2.Study) -> "Study":
        """As the session's server sent it."""
        study = cls(session, message.name, message.uid)
        study._cached = message
        return study

    # ------------------------------------------------------------------------------------------------------ ask and queue

    @overload
    def ask(self, count: None = None, *, resume: bool = False, lease: Optional[float] = _LEASE) -> Trial: ...

    @overload
    def ask(self, count: int, *, resume: bool = False, lease: Optional[float] = _LEASE) -> List[Trial]: ...

    def ask(
        self, count: Optional[int] = None, *, resume: bool = False, lease: Optional[float] = _LEASE
    ) -> Union[Trial, List[Trial]]:
        """The next trial to run; with ``count`` a list of 1 to ``count`` trials, fewer where the study has fewer left.

        Args:
            count: 1 to 1,000.
            resume: this worker's own running trials first (see ``Client(worker=)``), with a fresh lease.
            lease: seconds, 1 to 86,400, after which the server takes a trial back that is not renewed, and hands it out again.
                The client renews it in the background as long as this process lives and has the :class:`Trial`. None: no lease;
                the trial is never taken back.

        Raises:
            StudyFinished: no trial will ever be handed out again.
            AllHandedOut: max_trials is reached, but some trials still run: a worker may wait and ask again.
            SpaceExhausted: every point of the finite space has been handed out.
            StudyPaused: ask again once it is resumed.
        """
        request = parzen_pb2.AskRequest(
            request_id=new_request_id(),
            study=self._name,
            study_uid=self._uid,
            worker=self._session.worker,
            resume=as_bool("resume", resume),
        )
        if count is not None:
            request.count = as_int("count", count, _INT32_MIN, _INT32_MAX)
        if lease is not None:
            request.lease_seconds = as_float("lease", lease)
        trials = [Trial(self._session, message) for message in self._call("Ask", request).trials]
        for trial in trials:
            trial.hold()
        return trials if count is not None else trials[0]

    def enqueue(self, params: Mapping[str, Any], *, user_attrs: Optional[Mapping[str, Any]] = None) -> Trial:
        """Queues a trial whose given parameters are fixed; the rest is sampled when it is asked for.

        Returns:
            The waiting trial, which has its number already.
        """
        request = parzen_pb2.EnqueueRequest(
            request_id=new_request_id(), study=self._name, study_uid=self._uid, params=encode_params("params", params)
        )
        for key, value in as_mapping("user_attrs", user_attrs or {}).items():
            request.user_attrs.append(encode_attribute("user_attrs", key, value))
        return Trial(self._session, self._call("Enqueue", request).trial)

    def add_trial(
        self,
        params: Mapping[str, Any],
        values: Union[None, float, Sequence[float]] = None,
        *,
        state: Union[None, str, State] = None,
        intermediate: Optional[Mapping[int, float]] = None,
        constraints: Optional[Mapping[str, float]] = None,
        metrics: Optional[Mapping[str, float]] = None,
        user_attrs: Optional[Mapping[str, Any]] = None,
        reason: Optional[str] = None,
        infeasible: bool = False,
        distributions: Optional[Mapping[str, Parameter]] = None,
    ) -> int:
        """Imports a finished trial from elsewhere; it does not count towards max_trials.

        Args:
            params: name -> value; values that their parameters contain.
            values: the loss, or one value an objective; infinities are allowed. With a NaN the trial is recorded as failed
                ("infeasible") rather than complete, without a warning; its ``reason`` says so.
            state: "complete" (the default), "pruned" or "failed".
            intermediate: step -> value.
            constraints, metrics, reason, infeasible: as for :meth:`Trial.tell`.
            user_attrs: JSON values by name.
            distributions: name -> Float | Int | Categorical; needed in a define-by-run study.

        Returns:
            Its number.
        """
        message = encode_import(
            params,
            values,
            state=state,
            intermediate=intermediate,
            constraints=constraints,
            metrics=metrics,
            user_attrs=user_attrs,
            reason=reason,
            infeasible=infeasible,
            distributions=distributions,
        )
        return send(self._session, self._name, self._uid, [message], repeat=True)[0]

    def add_trials(self, trials: Iterable[Union[Trial, Tuple[Mapping[str, Any], Any]]], *, repeat: bool = False) -> List[int]:
        """Imports finished trials: pairs (params, values), or :class:`Trial` objects of another study. A NaN fails its trial, as
        for :meth:`add_trial`.

        All are looked through before the first is sent, in batches of some thousands, each recorded as a whole or not at all.
        Where that stops half-way (the server is away, Ctrl-C) the error says how many are in, and the same call again adds the
        rest: what the same list has added before is not added twice.

        Args:
            repeat: add them all, also where the same list has been added before.

        Returns:
            Their numbers.

        Raises:
            InvalidArgument: a trial does not fit the study; the message names its index in ``trials``.
        """
        messages = encode_imports(trials)
        check_imports(self._read(), messages)
        return send(self._session, self._name, self._uid, messages, as_bool("repeat", repeat))

    # ---------------------------------------------------------------------------------------------------------- changing

    def pause(self) -> None:
        """Asks are refused with StudyPaused until ``resume``; running trials may be told."""
        self._set_state(parzen_pb2.Study.PAUSED)

    def resume(self) -> None:
        """Asks are answered again; also after ``finish``, while max_trials allows."""
        self._set_state(parzen_pb2.Study.ACTIVE)

    def finish(self) -> None:
        """No trial is handed out any more; running trials may be told."""
        self._set_state(parzen_pb2.Study.FINISHED)

    def _set_state(self, state: Any) -> None:
        self._update(parzen_pb2.Study(state=state), ["state"])

    def update(
        self,
        *,
        space: Optional[Mapping[str, Parameter]] = None,
        sampler: Union[None, str, Sampler] = None,
        max_trials: Optional[int] = None,
        max_duration: Optional[float] = None,
        target: Union[None, float, Sequence[float]] = None,
        patience: Optional[int] = None,
        max_retries: Optional[int] = None,
        allow_repeats: Optional[bool] = None,
        metric_names: Optional[Sequence[str]] = None,
    ) -> None:
        """Changes what is given.

        Args:
            space: the whole grown space: it may have new parameters at the end (``default=`` says what old trials are taken to
                have had), more choices and wider ranges, and nothing less than before.
            max_trials: raised, a study that has finished because all of them had ended goes on; one that was finished by
                :meth:`finish` before needs :meth:`resume`.
            max_duration, target, patience: as for :meth:`Client.create_study`; 0, or [] for the target, takes the limit away. A
                study that a limit had finished goes on where the new one is not reached.
            sampler, max_retries, allow_repeats, metric_names: as for :meth:`Client.create_study`.
        """
        message, mask = parzen_pb2.Study(), []
        if space is not None:
            message.space.CopyFrom(encode_space(space))
            mask.append("space")
        if sampler is not None:
            message.sampler.CopyFrom(encode_sampler(sampler, None))
            mask.append("sampler")
        if max_trials is not None:
            message.max_trials = as_int("max_trials", max_trials)
            mask.append("max_trials")
        if max_duration is not None:
            if as_float("max_duration", max_duration) != 0:
                message.max_duration = as_float("max_duration", max_duration)
            mask.append("max_duration")
        if target is not None:
            message.target.extend(encode_target(target))
            mask.append("target")
        if patience is not None:
            if as_int("patience", patience) != 0:
                message.patience = as_int("patience", patience)
            mask.append("patience")
        if max_retries is not None:
            message.max_retries = as_int("max_retries", max_retries, _INT32_MIN, _INT32_MAX)
            mask.append("max_retries")
        if allow_repeats is not None:
            message.allow_repeats = as_bool("allow_repeats", allow_repeats)
            mask.append("allow_repeats")
        if metric_names is not None:
            message.metric_names.extend(
                as_text("metric_names", n) for n in as_items("metric_names", metric_names, "a list of str")
            )
            mask.append("metric_names")
        if not mask:
            raise InvalidArgument("update: nothing to change was given")
        self._update(message, mask)

    def set_user_attr(self, key: str, value: Any) -> None:
        """Keeps a JSON value with the study."""
        self._update(parzen_pb2.Study(user_attrs=[encode_attribute("user_attrs", key, value)]), ["user_attrs"])

    def _update(self, message: parzen_pb2.Study, mask: Sequence[str]) -> None:
        message.name, message.uid = self._name, self._uid
        request = parzen_pb2.UpdateStudyRequest(request_id=new_request_id(), study=message)
        request.update_mask.paths.extend(mask)
        self._cached = self._call("UpdateStudy", request)

    def stop(self, number: int) -> None:
        """Asks a running trial's worker to stop: its ``trial.should_prune()`` and ``trial.stop_requested`` become true with its
        next report or renewal. Where it is silent until its lease runs out, the trial is failed and not retried.

        Raises:
            FailedPrecondition: the trial is not running.
        """
        handle = self.trial(number).message.handle
        self._call("StopTrial", parzen_pb2.StopTrialRequest(request_id=new_request_id(), trial=handle))

    # ---------------------------------------------------------------------------------------------------------- optimize

    def optimize(
        self,
        objective: Callable[[Trial], Union[float, Sequence[float]]],
        n_trials: Optional[int] = None,
        timeout: Optional[float] = None,
        n_jobs: int = 1,
        catch: Union[Type[Exception], Tuple[Type[Exception], ...]] = (),
        callbacks: Sequence[Callable[["Study", Trial], None]] = (),
        *,
        progress: Optional[bool] = None,
    ) -> None:
        """Asks, evaluates and tells until there is nothing left to do.

        Ends after ``n_trials`` or ``timeout``, or when the study is finished or its finite space exhausted. Where max_trials are
        all handed out, or the study is paused, it waits and asks again. Ctrl-C, ``sys.exit``, whatever else a signal handler
        raises, and SIGTERM where the program does not handle it, give the trials that run back to the queue; then
        KeyboardInterrupt or SystemExit is raised, with several jobs once the objectives have returned. A result that the server
        does not answer in time is told again in the background, and the run goes on; where the next ``ask`` finds no server
        either, Unavailable is raised.

        Args:
            objective: takes a trial, returns its loss (or one value an objective). A NaN warns and fails the trial, with a
                ``reason`` that says so, and the run goes on. ``parzen.Pruned`` prunes the trial; any other exception fails it
                and, unless ``catch`` names it, ends the run and is raised.
            n_trials: how many trials this call runs; None: no bound.
            timeout: seconds after which no further trial is started; None: no bound.
            n_jobs: trials at the same time, in threads; -1: one a processor.
            catch: exceptions of the objective after which the run goes on.
            callbacks: called as ``callback(study, trial)`` after each trial, one at a time.
            progress: a bar on a terminal (tqdm's where it is installed), a line now and then in a log. None: a bar on a terminal,
                lines only where the run takes longer than ten seconds. False: nothing.
        """
        optimize(self, objective, n_trials, timeout, n_jobs, catch, callbacks, progress)

    # ------------------------------------------------------------------------------------------------------------- pickle

    def __getstate__(self) -> Dict[str, Any]:
        return {"session": self._session, "name": self._name, "uid": self._uid}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        Study.__init__(self, state["session"], state["name"], state["uid"])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Study):
            return NotImplemented
        return (self.uid, self.name, self._session.address) == (other.uid, other.name, other._session.address)

    def __hash__(self) -> int:
        return hash((self._uid, self._name))

    def __repr__(self) -> str:
        return f"parzen.Study({self._name!r} at {self._session.address!r})"
