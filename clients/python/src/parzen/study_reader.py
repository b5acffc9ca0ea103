"""Reads what came out of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional

from parzen._proto import parzen_pb2
from parzen.dataframe import to_dataframe
from parzen.errors import FailedPrecondition, NotFound, ResourceExhausted, Unimplemented
from parzen.explanation import Explanation, decode_explanation
from parzen.recommendation import RecommendedTrial, decode_recommendation
from parzen.state import States, encode_states
from parzen.study_info import StudyInfo, check_uid
from parzen.trial import Trial
from parzen.values import as_int
from parzen.watch import Watch

if TYPE_CHECKING:
    import pandas


_PAGE = 1000  # trials, where the server chooses


class StudyReader(StudyInfo):
    """What :class:`parzen.Study` can say of its trials; read from the server each time."""

    def trial(self, number: int) -> Trial:
        """Trial ``number`` as it is now; a result can be told by it, too, whoever asked for the trial. It does not renew a lease:
        keep the :class:`Trial` that ``ask`` returned where the trial runs for longer than its lease.

        Raises:
            NotFound: there is no such trial.
        """
        request = parzen_pb2.GetTrialRequest(study=self._name, number=as_int("number", number), view=parzen_pb2.FULL)
        try:
            return self._trial(self._call("GetTrial", request))
        except NotFound:
            self._check_exists()
            raise

    def _trial(self, message: parzen_pb2.Trial) -> Trial:
        """A trial that was read by the study's name."""
        check_uid(self._name, self._uid, message.handle.study_uid)
        return Trial(self._session, message)

    def trials(self, states: States = None) -> List[Trial]:
        """All trials in number order, or those in the given states, such as "complete" or ["waiting", "running"]."""
        return list(self._list(states))

    def _list(self, states: States) -> Iterator[Trial]:
        request = parzen_pb2.ListTrialsRequest(study=self._name, view=parzen_pb2.FULL, states=encode_states(states))
        return self._pages("ListTrials", request)

    def _pages(self, method: str, request: Any) -> Iterator[Trial]:
        """Every trial of a paged answer. A page that is too large for one message is asked for again in smaller ones."""
        found = False
        while True:
            try:
                response = self._call(method, request)
            except ResourceExhausted as e:
                if e.reason != "LIMIT_ANSWER" or request.page_size == 1:
                    raise
                request.page_size = (request.page_size or _PAGE) // 2
                continue
            for message in response.trials:
                found = True
                yield self._trial(message)
            if not response.next_page_token:
                break
            request.page_token = response.next_page_token
        if not found:
            self._check_exists()

    @property
    def best_trials(self) -> List[Trial]:
        """The best complete trial, or the Pareto front of several objectives; empty while no feasible trial is complete."""
        return list(self._pages("BestTrials", parzen_pb2.BestTrialsRequest(study=self._name, view=parzen_pb2.FULL)))

    @property
    def best_trial(self) -> Trial:
        """The best complete and feasible trial; of equal ones the first.

        Raises:
            NotFound: there is none yet.
            FailedPrecondition: the study has several objectives: see ``best_trials``.
        """
        if len(self.directions) > 1:
            raise FailedPrecondition(f"study {self._name!r} has {len(self.directions)} objectives: use .best_trials")
        best = self.best_trials
        if not best:
            raise NotFound(f"study {self._name!r} has no complete and feasible trial yet", reason="NO_SUCH_TRIAL")
        return best[0]

    @property
    def best_value(self) -> float:
        """``best_trial.value``"""
        value = self.best_trial.value
        assert value is not None  # a complete trial has one
        return value

    @property
    def best_params(self) -> Dict[str, Any]:
        """``best_trial.params``"""
        return self.best_trial.params

    @property
    def recommended_trials(self) -> List[RecommendedTrial]:
        """What to trust under noise: the complete and feasible trial whose value without noise a model of all trials expects
        to be best; of several objectives the front of expected values, by number. A Gaussian process is fitted for the
        question, whatever sampler the study has.

        Raises:
            NotFound: there is no complete and feasible trial yet.
        """
        request = parzen_pb2.RecommendTrialsRequest(study=self._name, view=parzen_pb2.FULL)
        recommended: List[RecommendedTrial] = []
        while True:
            try:
                response = self._call("RecommendTrials", request)
            except NotFound:
                self._check_exists()
                raise
            for message, expected in zip(response.trials, response.expected):
                recommended.append(decode_recommendation(self._trial(message), expected, response.basis))
            if not response.next_page_token:
                return recommended
            request.page_token = response.next_page_token

    @property
    def recommended_trial(self) -> RecommendedTrial:
        """The first of ``recommended_trials``, for one objective.

        Raises:
            NotFound: there is no complete and feasible trial yet.
            FailedPrecondition: the study has several objectives: see ``recommended_trials``.
        """
        if len(self.directions) > 1:
            raise FailedPrecondition(f"study {self._name!r} has {len(self.directions)} objectives: use .recommended_trials")
        return self.recommended_trials[0]

    def importances(self, objective: Optional[int] = None) -> Dict[str, float]:
        """How much each parameter decided whether a trial is among the best tenth: shares by parameter, the largest first.

        They sum to 1, or are all 0 where nothing can be told: fewer than two complete trials, all with the same value, or no
        parameter that varied. Computed by the server as Optuna 5.0 does by default (PED-ANOVA), from at most 100,000 complete
        trials.

        Args:
            objective: judge trials by this objective, from 0. None: by all of them, of several by non-domination and hypervolume.

        Raises:
            InvalidArgument: the study has no such objective.
        """
        request = parzen_pb2.GetImportancesRequest(study=self._name)
        if objective is not None:
            request.objective = as_int("objective", objective)
        return {share.parameter: share.share for share in self._call("GetImportances", request).shares}

    def watch(
        self,
        after_revision: int = 0,
        *,
        states: States = None,
        timeout: Optional[float] = None,
    ) -> Watch:
        """An iterator over trials as they change: first each trial with its latest state, then whatever changes.

        A trial that changes several times before it is read comes once, with its latest state. Reconnects from its last revision
        when the server restarts.

        Args:
            after_revision: only changes after this one, such as the ``revision`` of an earlier watch.
            states: only trials in these states.
            timeout: seconds after which the iterator ends; None: it goes on until ``close()``.

        Raises:
            NotFound: (while iterating) the study has been deleted; reason STUDY_DELETED or NO_SUCH_STUDY.
        """
        revision = as_int("after_revision", after_revision)
        return Watch(self._session, self._name, self._uid, revision, encode_states(states), timeout)

    def to_dataframe(self, states: States = None) -> "pandas.DataFrame":
        """A pandas DataFrame with a row a trial; see :mod:`parzen.dataframe` for its columns. Needs pandas."""
        return to_dataframe(self._list(states), self.directions, self.metric_names)

    def explain(self, number: int) -> Explanation:
        """How a trial's parameters were chosen: the candidates and their scores, and the trials that the choice was learned from.

        Raises:
            NotFound: there is no such trial.
            FailedPrecondition: it was imported, or still waits.
            Unimplemented: the study's space or sampler has changed since, or it is define-by-run by another sampler than
                "gp-ei" or the default.
        """
        request = parzen_pb2.ExplainTrialRequest(study=self._name, number=as_int("number", number))
        try:
            response = self._call("ExplainTrial", request)
        except (NotFound, FailedPrecondition, Unimplemented):
            self._check_exists()
            raise
        check_uid(self._name, self._uid, response.trial.handle.study_uid)
        return decode_explanation(self._session, response)
