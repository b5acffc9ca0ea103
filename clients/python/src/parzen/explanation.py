"""How a trial's parameters were chosen."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional

from parzen._proto import parzen_pb2
from parzen.session import Session
from parzen.trial import Trial
from parzen.values import ParamValue, decode_value


class Candidate(NamedTuple):
    """A point that the sampler weighed. TPE fills ``log_l`` and ``log_g``, the Gaussian process the rest."""

    params: Dict[str, ParamValue]
    log_l: float  # log density under the better trials
    log_g: float  # and under the rest
    mean: float  # the posterior
    deviation: float
    log_ei: float  # the log expected improvement


class Group(NamedTuple):
    """Parameters that were chosen together."""

    parameters: List[str]
    method: str  # "fixed", "single", "startup", "warm-start", "random", "qmc", "tpe" or "gp-ei"
    below: List[int]  # TPE: numbers of the trials that counted as better
    above: List[int]  # and the rest
    candidates: List[Candidate]
    winner: Optional[int]  # index of the chosen candidate; None where there are none
    model: Dict[str, float]  # figures of the model by name, such as length-scales


class Explanation(NamedTuple):
    """What :meth:`Study.explain` answers."""

    trial: Trial
    groups: List[Group]


def decode_explanation(session: Session, message: parzen_pb2.ExplainTrialResponse) -> Explanation:
    return Explanation(Trial(session, message.trial), [_decode_group(group) for group in message.groups])


def _decode_group(message: Any) -> Group:
    candidates = [
        Candidate({p.name: decode_value(p.value) for p in c.params}, c.log_l, c.log_g, c.mean, c.deviation, c.log_ei)
        for c in message.candidates
    ]
    return Group(
        parameters=list(message.parameters),
        method=message.method,
        below=list(message.below),
        above=list(message.above),
        candidates=candidates,
        winner=message.winner if candidates and message.winner >= 0 else None,
        model={figure.name: figure.value for figure in message.model},
    )
