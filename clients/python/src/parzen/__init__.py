"""Client of Parzen, an ask-and-tell hyperparameter optimization service.

import parzen

client = parzen.Client("127.0.0.1:7070")
study = client.create_study("digits", {"lr": parzen.Float(1e-5, 1e-1, log=True), "depth": parzen.Int(1, 8)}, exist_ok=True)
with study.ask() as trial:
    trial.tell(train(**trial.params))
print(study.best_trial)
"""

from parzen import fork as _fork

_fork.prepare_grpc()  # before anything below imports gRPC

# ruff: noqa: E402
from parzen.client import Client, ServerInfo
from parzen.errors import (
    Aborted,
    AllHandedOut,
    AlreadyExists,
    Code,
    DeadlineExceeded,
    EnqueuedOutOfRange,
    Error,
    FailedPrecondition,
    InvalidArgument,
    LeaseLost,
    NotFound,
    OutcomeDiffers,
    PermissionDenied,
    Pruned,
    ResourceExhausted,
    SpaceExhausted,
    StudyFinished,
    StudyPaused,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)
from parzen.explanation import Candidate, Explanation, Group
from parzen.pruners import (
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    PatientPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
    WilcoxonPruner,
)
from parzen.recommendation import RecommendedTrial
from parzen.samplers import GpEi, Qmc, Random, Tpe
from parzen.space import Categorical, Float, Int, Parameter
from parzen.state import State
from parzen.study import Study
from parzen.study_info import StudyState, WarmStartSource
from parzen.tls import Tls
from parzen.trial import Trial
from parzen.watch import Watch

__version__ = "0.1.0"

__all__ = [
    "Aborted",
    "AllHandedOut",
    "AlreadyExists",
    "Candidate",
    "Categorical",
    "Client",
    "Code",
    "DeadlineExceeded",
    "EnqueuedOutOfRange",
    "Error",
    "Explanation",
    "FailedPrecondition",
    "Float",
    "GpEi",
    "Group",
    "HyperbandPruner",
    "Int",
    "InvalidArgument",
    "LeaseLost",
    "MedianPruner",
    "NopPruner",
    "NotFound",
    "OutcomeDiffers",
    "Parameter",
    "PatientPruner",
    "PercentilePruner",
    "PermissionDenied",
    "Pruned",
    "Qmc",
    "Random",
    "RecommendedTrial",
    "ResourceExhausted",
    "ServerInfo",
    "SpaceExhausted",
    "State",
    "Study",
    "StudyFinished",
    "StudyPaused",
    "StudyState",
    "SuccessiveHalvingPruner",
    "ThresholdPruner",
    "Tls",
    "Tpe",
    "Trial",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "Watch",
    "WarmStartSource",
    "WilcoxonPruner",
]
