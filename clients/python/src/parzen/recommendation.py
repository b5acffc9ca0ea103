"""Which trial to trust under noise."""

from __future__ import annotations

from typing import Dict, List, NamedTuple

from parzen._proto import parzen_pb2
from parzen.trial import Trial
from parzen.values import ParamValue

_BASES = {
    parzen_pb2.RecommendTrialsResponse.MODEL: "model",
    parzen_pb2.RecommendTrialsResponse.COMMON_PARAMETERS: "common_parameters",
    parzen_pb2.RecommendTrialsResponse.TOLD_VALUES: "told_values",
}


class RecommendedTrial(NamedTuple):
    """A trial, and what a model of all trials expects of it without the noise of its run."""

    trial: Trial
    expected_values: List[float]  # one an objective, in its units
    standard_deviations: List[float]  # of these; zeros with basis "told_values"
    #: What it rests on: "model", over the declared space; "common_parameters", a model over the parameters that every complete
    #: trial of a define-by-run study has; "told_values", where no model can be made.
    basis: str

    @property
    def number(self) -> int:
        """``trial.number``"""
        return self.trial.number

    @property
    def params(self) -> Dict[str, ParamValue]:
        """``trial.params``"""
        return self.trial.params

    @property
    def expected_value(self) -> float:
        """Of the first objective."""
        return self.expected_values[0]

    @property
    def standard_deviation(self) -> float:
        """Of ``expected_value``."""
        return self.standard_deviations[0]


def decode_recommendation(
    trial: Trial, expected: parzen_pb2.RecommendTrialsResponse.Expectation, basis: "parzen_pb2.RecommendTrialsResponse.Basis"
) -> RecommendedTrial:
    return RecommendedTrial(trial, list(expected.means), list(expected.deviations), _BASES.get(basis, "told_values"))
