from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

BASIC: View
DESCRIPTOR: _descriptor.FileDescriptor
DIRECTION_UNSPECIFIED: Direction
FULL: View
MAXIMIZE: Direction
MINIMIZE: Direction
VIEW_UNSPECIFIED: View

class AddTrialsRequest(_message.Message):
    __slots__ = ["request_id", "restore", "study", "study_uid", "trials"]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RESTORE_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    STUDY_UID_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    restore: bool
    study: str
    study_uid: int
    trials: _containers.RepeatedCompositeFieldContainer[Trial]
    def __init__(self, request_id: _Optional[str] = ..., study: _Optional[str] = ..., trials: _Optional[_Iterable[_Union[Trial, _Mapping]]] = ..., restore: bool = ..., study_uid: _Optional[int] = ...) -> None: ...

class AddTrialsResponse(_message.Message):
    __slots__ = ["count", "first_number"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_NUMBER_FIELD_NUMBER: _ClassVar[int]
    count: int
    first_number: int
    def __init__(self, first_number: _Optional[int] = ..., count: _Optional[int] = ...) -> None: ...

class AskRequest(_message.Message):
    __slots__ = ["count", "lease_seconds", "request_id", "resume", "study", "study_uid", "worker"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    LEASE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RESUME_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    STUDY_UID_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    count: int
    lease_seconds: float
    request_id: str
    resume: bool
    study: str
    study_uid: int
    worker: str
    def __init__(self, request_id: _Optional[str] = ..., study: _Optional[str] = ..., worker: _Optional[str] = ..., count: _Optional[int] = ..., lease_seconds: _Optional[float] = ..., resume: bool = ..., study_uid: _Optional[int] = ...) -> None: ...

class AskResponse(_message.Message):
    __slots__ = ["trials"]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    trials: _containers.RepeatedCompositeFieldContainer[Trial]
    def __init__(self, trials: _Optional[_Iterable[_Union[Trial, _Mapping]]] = ...) -> None: ...

class Attribute(_message.Message):
    __slots__ = ["json", "key"]
    JSON_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    json: str
    key: str
    def __init__(self, key: _Optional[str] = ..., json: _Optional[str] = ...) -> None: ...

class BestTrialsRequest(_message.Message):
    __slots__ = ["page_size", "page_token", "study", "view"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    study: str
    view: View
    def __init__(self, study: _Optional[str] = ..., view: _Optional[_Union[View, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class BestTrialsResponse(_message.Message):
    __slots__ = ["next_page_token", "trials"]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    next_page_token: str
    trials: _containers.RepeatedCompositeFieldContainer[Trial]
    def __init__(self, trials: _Optional[_Iterable[_Union[Trial, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CategoricalDistribution(_message.Message):
    __slots__ = ["choices"]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    choices: _containers.RepeatedCompositeFieldContainer[Value]
    def __init__(self, choices: _Optional[_Iterable[_Union[Value, _Mapping]]] = ...) -> None: ...

class Condition(_message.Message):
    __slots__ = ["parent", "values"]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    parent: str
    values: _containers.RepeatedCompositeFieldContainer[Value]
    def __init__(self, parent: _Optional[str] = ..., values: _Optional[_Iterable[_Union[Value, _Mapping]]] = ...) -> None: ...

class CreateStudyRequest(_message.Message):
    __slots__ = ["exist_ok", "request_id", "study", "warm_start_auto", "warm_start_from"]
    EXIST_OK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    WARM_START_AUTO_FIELD_NUMBER: _ClassVar[int]
    WARM_START_FROM_FIELD_NUMBER: _ClassVar[int]
    exist_ok: bool
    request_id: str
    study: Study
    warm_start_auto: bool
    warm_start_from: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, request_id: _Optional[str] = ..., study: _Optional[_Union[Study, _Mapping]] = ..., exist_ok: bool = ..., warm_start_from: _Optional[_Iterable[str]] = ..., warm_start_auto: bool = ...) -> None: ...

class DeleteStudyRequest(_message.Message):
    __slots__ = ["request_id", "study", "study_uid"]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    STUDY_UID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    study: str
    study_uid: int
    def __init__(self, request_id: _Optional[str] = ..., study: _Optional[str] = ..., study_uid: _Optional[int] = ...) -> None: ...

class DeleteStudyResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class Distribution(_message.Message):
    __slots__ = ["categorical", "float", "int"]
    CATEGORICAL_FIELD_NUMBER: _ClassVar[int]
    FLOAT_FIELD_NUMBER: _ClassVar[int]
    INT_FIELD_NUMBER: _ClassVar[int]
    categorical: CategoricalDistribution
    float: FloatDistribution
    int: IntDistribution
    def __init__(self, float: _Optional[_Union[FloatDistribution, _Mapping]] = ..., int: _Optional[_Union[IntDistribution, _Mapping]] = ..., categorical: _Optional[_Union[CategoricalDistribution, _Mapping]] = ...) -> None: ...

class EnqueueRequest(_message.Message):
    __slots__ = ["params", "request_id", "study", "study_uid", "user_attrs"]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    STUDY_UID_FIELD_NUMBER: _ClassVar[int]
    USER_ATTRS_FIELD_NUMBER: _ClassVar[int]
    params: _containers.RepeatedCompositeFieldContainer[Param]
    request_id: str
    study: str
    study_uid: int
    user_attrs: _containers.RepeatedCompositeFieldContainer[Attribute]
    def __init__(self, request_id: _Optional[str] = ..., study: _Optional[str] = ..., params: _Optional[_Iterable[_Union[Param, _Mapping]]] = ..., user_attrs: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ..., study_uid: _Optional[int] = ...) -> None: ...

class EnqueueResponse(_message.Message):
    __slots__ = ["trial"]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    trial: Trial
    def __init__(self, trial: _Optional[_Union[Trial, _Mapping]] = ...) -> None: ...

class ExplainTrialRequest(_message.Message):
    __slots__ = ["number", "study"]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    number: int
    study: str
    def __init__(self, study: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...

class ExplainTrialResponse(_message.Message):
    __slots__ = ["groups", "trial"]
    class Candidate(_message.Message):
        __slots__ = ["deviation", "log_ei", "log_g", "log_l", "mean", "params"]
        DEVIATION_FIELD_NUMBER: _ClassVar[int]
        LOG_EI_FIELD_NUMBER: _ClassVar[int]
        LOG_G_FIELD_NUMBER: _ClassVar[int]
        LOG_L_FIELD_NUMBER: _ClassVar[int]
        MEAN_FIELD_NUMBER: _ClassVar[int]
        PARAMS_FIELD_NUMBER: _ClassVar[int]
        deviation: float
        log_ei: float
        log_g: float
        log_l: float
        mean: float
        params: _containers.RepeatedCompositeFieldContainer[Param]
        def __init__(self, params: _Optional[_Iterable[_Union[Param, _Mapping]]] = ..., log_l: _Optional[float] = ..., log_g: _Optional[float] = ..., mean: _Optional[float] = ..., deviation: _Optional[float] = ..., log_ei: _Optional[float] = ...) -> None: ...
    class Group(_message.Message):
        __slots__ = ["above", "below", "candidates", "method", "model", "parameters", "winner"]
        ABOVE_FIELD_NUMBER: _ClassVar[int]
        BELOW_FIELD_NUMBER: _ClassVar[int]
        CANDIDATES_FIELD_NUMBER: _ClassVar[int]
        METHOD_FIELD_NUMBER: _ClassVar[int]
        MODEL_FIELD_NUMBER: _ClassVar[int]
        PARAMETERS_FIELD_NUMBER: _ClassVar[int]
        WINNER_FIELD_NUMBER: _ClassVar[int]
        above: _containers.RepeatedScalarFieldContainer[int]
        below: _containers.RepeatedScalarFieldContainer[int]
        candidates: _containers.RepeatedCompositeFieldContainer[ExplainTrialResponse.Candidate]
        method: str
        model: _containers.RepeatedCompositeFieldContainer[NamedValue]
        parameters: _containers.RepeatedScalarFieldContainer[str]
        winner: int
        def __init__(self, parameters: _Optional[_Iterable[str]] = ..., method: _Optional[str] = ..., below: _Optional[_Iterable[int]] = ..., above: _Optional[_Iterable[int]] = ..., candidates: _Optional[_Iterable[_Union[ExplainTrialResponse.Candidate, _Mapping]]] = ..., winner: _Optional[int] = ..., model: _Optional[_Iterable[_Union[NamedValue, _Mapping]]] = ...) -> None: ...
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    groups: _containers.RepeatedCompositeFieldContainer[ExplainTrialResponse.Group]
    trial: Trial
    def __init__(self, trial: _Optional[_Union[Trial, _Mapping]] = ..., groups: _Optional[_Iterable[_Union[ExplainTrialResponse.Group, _Mapping]]] = ...) -> None: ...

class Failure(_message.Message):
    __slots__ = ["kind", "reason"]
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    CRASHED: Failure.Kind
    INFEASIBLE: Failure.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    KIND_UNSPECIFIED: Failure.Kind
    PREEMPTED: Failure.Kind
    REASON_FIELD_NUMBER: _ClassVar[int]
    kind: Failure.Kind
    reason: str
    def __init__(self, kind: _Optional[_Union[Failure.Kind, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class FloatDistribution(_message.Message):
    __slots__ = ["high", "log", "low", "step"]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    high: float
    log: bool
    low: float
    step: float
    def __init__(self, low: _Optional[float] = ..., high: _Optional[float] = ..., log: bool = ..., step: _Optional[float] = ...) -> None: ...

class GetImportancesRequest(_message.Message):
    __slots__ = ["objective", "study"]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    objective: int
    study: str
    def __init__(self, study: _Optional[str] = ..., objective: _Optional[int] = ...) -> None: ...

class GetImportancesResponse(_message.Message):
    __slots__ = ["complete", "note", "shares", "used"]
    class Share(_message.Message):
        __slots__ = ["parameter", "share"]
        PARAMETER_FIELD_NUMBER: _ClassVar[int]
        SHARE_FIELD_NUMBER: _ClassVar[int]
        parameter: str
        share: float
        def __init__(self, parameter: _Optional[str] = ..., share: _Optional[float] = ...) -> None: ...
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    complete: int
    note: str
    shares: _containers.RepeatedCompositeFieldContainer[GetImportancesResponse.Share]
    used: int
    def __init__(self, shares: _Optional[_Iterable[_Union[GetImportancesResponse.Share, _Mapping]]] = ..., note: _Optional[str] = ..., complete: _Optional[int] = ..., used: _Optional[int] = ...) -> None: ...

class GetServerInfoRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class GetStudyRequest(_message.Message):
    __slots__ = ["study", "with_warm_start_snapshot"]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    WITH_WARM_START_SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    study: str
    with_warm_start_snapshot: bool
    def __init__(self, study: _Optional[str] = ..., with_warm_start_snapshot: bool = ...) -> None: ...

class GetTrialRequest(_message.Message):
    __slots__ = ["number", "study", "view"]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    number: int
    study: str
    view: View
    def __init__(self, study: _Optional[str] = ..., number: _Optional[int] = ..., view: _Optional[_Union[View, str]] = ...) -> None: ...

class GpEiSampler(_message.Message):
    __slots__ = ["n_startup_trials"]
    N_STARTUP_TRIALS_FIELD_NUMBER: _ClassVar[int]
    n_startup_trials: int
    def __init__(self, n_startup_trials: _Optional[int] = ...) -> None: ...

class HeartbeatRequest(_message.Message):
    __slots__ = ["trials", "worker"]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    trials: _containers.RepeatedCompositeFieldContainer[TrialHandle]
    worker: str
    def __init__(self, worker: _Optional[str] = ..., trials: _Optional[_Iterable[_Union[TrialHandle, _Mapping]]] = ...) -> None: ...

class HeartbeatResponse(_message.Message):
    __slots__ = ["answers"]
    class Answer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    ANSWER_UNSPECIFIED: HeartbeatResponse.Answer
    CONTINUE: HeartbeatResponse.Answer
    LEASE_LOST: HeartbeatResponse.Answer
    STOP: HeartbeatResponse.Answer
    answers: _containers.RepeatedScalarFieldContainer[HeartbeatResponse.Answer]
    def __init__(self, answers: _Optional[_Iterable[_Union[HeartbeatResponse.Answer, str]]] = ...) -> None: ...

class HyperbandPruner(_message.Message):
    __slots__ = ["bootstrap_count", "max_resource", "min_resource", "reduction_factor"]
    BOOTSTRAP_COUNT_FIELD_NUMBER: _ClassVar[int]
    MAX_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    MIN_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    REDUCTION_FACTOR_FIELD_NUMBER: _ClassVar[int]
    bootstrap_count: int
    max_resource: int
    min_resource: int
    reduction_factor: int
    def __init__(self, min_resource: _Optional[int] = ..., max_resource: _Optional[int] = ..., reduction_factor: _Optional[int] = ..., bootstrap_count: _Optional[int] = ...) -> None: ...

class IntDistribution(_message.Message):
    __slots__ = ["high", "log", "low", "step"]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    high: int
    log: bool
    low: int
    step: int
    def __init__(self, low: _Optional[int] = ..., high: _Optional[int] = ..., log: bool = ..., step: _Optional[int] = ...) -> None: ...

class IntermediateReport(_message.Message):
    __slots__ = ["step", "trial", "value", "values"]
    STEP_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    step: int
    trial: TrialHandle
    value: float
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, trial: _Optional[_Union[TrialHandle, _Mapping]] = ..., step: _Optional[int] = ..., value: _Optional[float] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class IntermediateValue(_message.Message):
    __slots__ = ["report_time", "step", "value", "values"]
    REPORT_TIME_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    report_time: _timestamp_pb2.Timestamp
    step: int
    value: float
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, step: _Optional[int] = ..., value: _Optional[float] = ..., report_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class ListStudiesRequest(_message.Message):
    __slots__ = ["name_prefix", "page_size", "page_token"]
    NAME_PREFIX_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name_prefix: str
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., name_prefix: _Optional[str] = ...) -> None: ...

class ListStudiesResponse(_message.Message):
    __slots__ = ["next_page_token", "studies"]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STUDIES_FIELD_NUMBER: _ClassVar[int]
    next_page_token: str
    studies: _containers.RepeatedCompositeFieldContainer[Study]
    def __init__(self, studies: _Optional[_Iterable[_Union[Study, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListTrialsRequest(_message.Message):
    __slots__ = ["changed_after", "page_size", "page_token", "states", "study", "view"]
    CHANGED_AFTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    changed_after: int
    page_size: int
    page_token: str
    states: _containers.RepeatedScalarFieldContainer[Trial.State]
    study: str
    view: View
    def __init__(self, study: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., states: _Optional[_Iterable[_Union[Trial.State, str]]] = ..., changed_after: _Optional[int] = ..., view: _Optional[_Union[View, str]] = ...) -> None: ...

class ListTrialsResponse(_message.Message):
    __slots__ = ["next_page_token", "revision", "trials"]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    next_page_token: str
    revision: int
    trials: _containers.RepeatedCompositeFieldContainer[Trial]
    def __init__(self, trials: _Optional[_Iterable[_Union[Trial, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class MedianPruner(_message.Message):
    __slots__ = ["interval_steps", "n_min_trials", "n_startup_trials", "n_warmup_steps"]
    INTERVAL_STEPS_FIELD_NUMBER: _ClassVar[int]
    N_MIN_TRIALS_FIELD_NUMBER: _ClassVar[int]
    N_STARTUP_TRIALS_FIELD_NUMBER: _ClassVar[int]
    N_WARMUP_STEPS_FIELD_NUMBER: _ClassVar[int]
    interval_steps: int
    n_min_trials: int
    n_startup_trials: int
    n_warmup_steps: int
    def __init__(self, n_startup_trials: _Optional[int] = ..., n_warmup_steps: _Optional[int] = ..., interval_steps: _Optional[int] = ..., n_min_trials: _Optional[int] = ...) -> None: ...

class NamedValue(_message.Message):
    __slots__ = ["name", "value"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class NopPruner(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class Outcome(_message.Message):
    __slots__ = ["constraints", "failure", "metrics", "state", "trial", "values"]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    constraints: _containers.RepeatedCompositeFieldContainer[NamedValue]
    failure: Failure
    metrics: _containers.RepeatedCompositeFieldContainer[NamedValue]
    state: Trial.State
    trial: TrialHandle
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, trial: _Optional[_Union[TrialHandle, _Mapping]] = ..., state: _Optional[_Union[Trial.State, str]] = ..., values: _Optional[_Iterable[float]] = ..., constraints: _Optional[_Iterable[_Union[NamedValue, _Mapping]]] = ..., metrics: _Optional[_Iterable[_Union[NamedValue, _Mapping]]] = ..., failure: _Optional[_Union[Failure, _Mapping]] = ...) -> None: ...

class Param(_message.Message):
    __slots__ = ["distribution", "name", "value"]
    DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    distribution: Distribution
    name: str
    value: Value
    def __init__(self, name: _Optional[str] = ..., value: _Optional[_Union[Value, _Mapping]] = ..., distribution: _Optional[_Union[Distribution, _Mapping]] = ...) -> None: ...

class Parameter(_message.Message):
    __slots__ = ["default_value", "distribution", "name", "when"]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    WHEN_FIELD_NUMBER: _ClassVar[int]
    default_value: Value
    distribution: Distribution
    name: str
    when: Condition
    def __init__(self, name: _Optional[str] = ..., distribution: _Optional[_Union[Distribution, _Mapping]] = ..., when: _Optional[_Union[Condition, _Mapping]] = ..., default_value: _Optional[_Union[Value, _Mapping]] = ...) -> None: ...

class PatientPruner(_message.Message):
    __slots__ = ["min_delta", "patience", "wrapped"]
    MIN_DELTA_FIELD_NUMBER: _ClassVar[int]
    PATIENCE_FIELD_NUMBER: _ClassVar[int]
    WRAPPED_FIELD_NUMBER: _ClassVar[int]
    min_delta: float
    patience: int
    wrapped: PrunerConfig
    def __init__(self, wrapped: _Optional[_Union[PrunerConfig, _Mapping]] = ..., patience: _Optional[int] = ..., min_delta: _Optional[float] = ...) -> None: ...

class PercentilePruner(_message.Message):
    __slots__ = ["interval_steps", "n_min_trials", "n_startup_trials", "n_warmup_steps", "percentile"]
    INTERVAL_STEPS_FIELD_NUMBER: _ClassVar[int]
    N_MIN_TRIALS_FIELD_NUMBER: _ClassVar[int]
    N_STARTUP_TRIALS_FIELD_NUMBER: _ClassVar[int]
    N_WARMUP_STEPS_FIELD_NUMBER: _ClassVar[int]
    PERCENTILE_FIELD_NUMBER: _ClassVar[int]
    interval_steps: int
    n_min_trials: int
    n_startup_trials: int
    n_warmup_steps: int
    percentile: float
    def __init__(self, percentile: _Optional[float] = ..., n_startup_trials: _Optional[int] = ..., n_warmup_steps: _Optional[int] = ..., interval_steps: _Optional[int] = ..., n_min_trials: _Optional[int] = ...) -> None: ...

class PrunerConfig(_message.Message):
    __slots__ = ["asha", "hyperband", "median", "none", "patient", "percentile", "threshold", "wilcoxon"]
    ASHA_FIELD_NUMBER: _ClassVar[int]
    HYPERBAND_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_FIELD_NUMBER: _ClassVar[int]
    NONE_FIELD_NUMBER: _ClassVar[int]
    PATIENT_FIELD_NUMBER: _ClassVar[int]
    PERCENTILE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    WILCOXON_FIELD_NUMBER: _ClassVar[int]
    asha: SuccessiveHalvingPruner
    hyperband: HyperbandPruner
    median: MedianPruner
    none: NopPruner
    patient: PatientPruner
    percentile: PercentilePruner
    threshold: ThresholdPruner
    wilcoxon: WilcoxonPruner
    def __init__(self, none: _Optional[_Union[NopPruner, _Mapping]] = ..., median: _Optional[_Union[MedianPruner, _Mapping]] = ..., percentile: _Optional[_Union[PercentilePruner, _Mapping]] = ..., asha: _Optional[_Union[SuccessiveHalvingPruner, _Mapping]] = ..., hyperband: _Optional[_Union[HyperbandPruner, _Mapping]] = ..., threshold: _Optional[_Union[ThresholdPruner, _Mapping]] = ..., patient: _Optional[_Union[PatientPruner, _Mapping]] = ..., wilcoxon: _Optional[_Union[WilcoxonPruner, _Mapping]] = ...) -> None: ...

class QmcSampler(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class RandomSampler(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class RecommendTrialsRequest(_message.Message):
    __slots__ = ["page_size", "page_token", "study", "view"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    study: str
    view: View
    def __init__(self, study: _Optional[str] = ..., view: _Optional[_Union[View, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class RecommendTrialsResponse(_message.Message):
    __slots__ = ["basis", "expected", "next_page_token", "trials"]
    class Basis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class Expectation(_message.Message):
        __slots__ = ["deviations", "means"]
        DEVIATIONS_FIELD_NUMBER: _ClassVar[int]
        MEANS_FIELD_NUMBER: _ClassVar[int]
        deviations: _containers.RepeatedScalarFieldContainer[float]
        means: _containers.RepeatedScalarFieldContainer[float]
        def __init__(self, means: _Optional[_Iterable[float]] = ..., deviations: _Optional[_Iterable[float]] = ...) -> None: ...
    BASIS_FIELD_NUMBER: _ClassVar[int]
    BASIS_UNSPECIFIED: RecommendTrialsResponse.Basis
    COMMON_PARAMETERS: RecommendTrialsResponse.Basis
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    MODEL: RecommendTrialsResponse.Basis
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOLD_VALUES: RecommendTrialsResponse.Basis
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    basis: RecommendTrialsResponse.Basis
    expected: _containers.RepeatedCompositeFieldContainer[RecommendTrialsResponse.Expectation]
    next_page_token: str
    trials: _containers.RepeatedCompositeFieldContainer[Trial]
    def __init__(self, trials: _Optional[_Iterable[_Union[Trial, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., expected: _Optional[_Iterable[_Union[RecommendTrialsResponse.Expectation, _Mapping]]] = ..., basis: _Optional[_Union[RecommendTrialsResponse.Basis, str]] = ...) -> None: ...

class ReportRequest(_message.Message):
    __slots__ = ["reports", "request_id"]
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.RepeatedCompositeFieldContainer[IntermediateReport]
    request_id: str
    def __init__(self, request_id: _Optional[str] = ..., reports: _Optional[_Iterable[_Union[IntermediateReport, _Mapping]]] = ...) -> None: ...

class ReportResponse(_message.Message):
    __slots__ = ["advice"]
    class Advice(_message.Message):
        __slots__ = ["reason", "should_prune", "stop_requested"]
        REASON_FIELD_NUMBER: _ClassVar[int]
        SHOULD_PRUNE_FIELD_NUMBER: _ClassVar[int]
        STOP_REQUESTED_FIELD_NUMBER: _ClassVar[int]
        reason: str
        should_prune: bool
        stop_requested: bool
        def __init__(self, should_prune: bool = ..., stop_requested: bool = ..., reason: _Optional[str] = ...) -> None: ...
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    advice: _containers.RepeatedCompositeFieldContainer[ReportResponse.Advice]
    def __init__(self, advice: _Optional[_Iterable[_Union[ReportResponse.Advice, _Mapping]]] = ...) -> None: ...

class SamplerConfig(_message.Message):
    __slots__ = ["gp_ei", "qmc", "random", "seed", "tpe"]
    GP_EI_FIELD_NUMBER: _ClassVar[int]
    QMC_FIELD_NUMBER: _ClassVar[int]
    RANDOM_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TPE_FIELD_NUMBER: _ClassVar[int]
    gp_ei: GpEiSampler
    qmc: QmcSampler
    random: RandomSampler
    seed: int
    tpe: TpeSampler
    def __init__(self, random: _Optional[_Union[RandomSampler, _Mapping]] = ..., qmc: _Optional[_Union[QmcSampler, _Mapping]] = ..., tpe: _Optional[_Union[TpeSampler, _Mapping]] = ..., gp_ei: _Optional[_Union[GpEiSampler, _Mapping]] = ..., seed: _Optional[int] = ...) -> None: ...

class SearchSpace(_message.Message):
    __slots__ = ["parameters"]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    parameters: _containers.RepeatedCompositeFieldContainer[Parameter]
    def __init__(self, parameters: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ...) -> None: ...

class ServerInfo(_message.Message):
    __slots__ = ["api_version", "live_studies", "role", "start_time", "storage_id", "study_prefix", "version"]
    API_VERSION_FIELD_NUMBER: _ClassVar[int]
    LIVE_STUDIES_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    STORAGE_ID_FIELD_NUMBER: _ClassVar[int]
    STUDY_PREFIX_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    api_version: str
    live_studies: int
    role: str
    start_time: _timestamp_pb2.Timestamp
    storage_id: str
    study_prefix: str
    version: str
    def __init__(self, version: _Optional[str] = ..., start_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., storage_id: _Optional[str] = ..., api_version: _Optional[str] = ..., live_studies: _Optional[int] = ..., role: _Optional[str] = ..., study_prefix: _Optional[str] = ...) -> None: ...

class StopTrialRequest(_message.Message):
    __slots__ = ["request_id", "trial"]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    trial: TrialHandle
    def __init__(self, request_id: _Optional[str] = ..., trial: _Optional[_Union[TrialHandle, _Mapping]] = ...) -> None: ...

class StopTrialResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class Study(_message.Message):
    __slots__ = ["algorithm_version", "allow_repeats", "counts", "create_time", "definition_version", "directions", "finish_reason", "max_duration", "max_retries", "max_trials", "metric_names", "name", "patience", "pruner", "revision", "sampler", "space", "space_size", "state", "system_attrs", "target", "uid", "user_attrs", "warm_start", "warm_start_snapshot"]
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ACTIVE: Study.State
    ALGORITHM_VERSION_FIELD_NUMBER: _ClassVar[int]
    ALLOW_REPEATS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_VERSION_FIELD_NUMBER: _ClassVar[int]
    DIRECTIONS_FIELD_NUMBER: _ClassVar[int]
    FINISHED: Study.State
    FINISH_REASON_FIELD_NUMBER: _ClassVar[int]
    MAX_DURATION_FIELD_NUMBER: _ClassVar[int]
    MAX_RETRIES_FIELD_NUMBER: _ClassVar[int]
    MAX_TRIALS_FIELD_NUMBER: _ClassVar[int]
    METRIC_NAMES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATIENCE_FIELD_NUMBER: _ClassVar[int]
    PAUSED: Study.State
    PRUNER_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SAMPLER_FIELD_NUMBER: _ClassVar[int]
    SPACE_FIELD_NUMBER: _ClassVar[int]
    SPACE_SIZE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_UNSPECIFIED: Study.State
    SYSTEM_ATTRS_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    USER_ATTRS_FIELD_NUMBER: _ClassVar[int]
    WARM_START_FIELD_NUMBER: _ClassVar[int]
    WARM_START_SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    algorithm_version: int
    allow_repeats: bool
    counts: TrialCounts
    create_time: _timestamp_pb2.Timestamp
    definition_version: int
    directions: _containers.RepeatedScalarFieldContainer[Direction]
    finish_reason: str
    max_duration: float
    max_retries: int
    max_trials: int
    metric_names: _containers.RepeatedScalarFieldContainer[str]
    name: str
    patience: int
    pruner: PrunerConfig
    revision: int
    sampler: SamplerConfig
    space: SearchSpace
    space_size: int
    state: Study.State
    system_attrs: _containers.RepeatedCompositeFieldContainer[Attribute]
    target: _containers.RepeatedScalarFieldContainer[float]
    uid: int
    user_attrs: _containers.RepeatedCompositeFieldContainer[Attribute]
    warm_start: _containers.RepeatedCompositeFieldContainer[WarmStartSource]
    warm_start_snapshot: str
    def __init__(self, name: _Optional[str] = ..., uid: _Optional[int] = ..., state: _Optional[_Union[Study.State, str]] = ..., directions: _Optional[_Iterable[_Union[Direction, str]]] = ..., metric_names: _Optional[_Iterable[str]] = ..., space: _Optional[_Union[SearchSpace, _Mapping]] = ..., sampler: _Optional[_Union[SamplerConfig, _Mapping]] = ..., pruner: _Optional[_Union[PrunerConfig, _Mapping]] = ..., max_trials: _Optional[int] = ..., max_retries: _Optional[int] = ..., allow_repeats: bool = ..., user_attrs: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ..., system_attrs: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ..., definition_version: _Optional[int] = ..., algorithm_version: _Optional[int] = ..., counts: _Optional[_Union[TrialCounts, _Mapping]] = ..., space_size: _Optional[int] = ..., warm_start: _Optional[_Iterable[_Union[WarmStartSource, _Mapping]]] = ..., max_duration: _Optional[float] = ..., target: _Optional[_Iterable[float]] = ..., patience: _Optional[int] = ..., finish_reason: _Optional[str] = ..., warm_start_snapshot: _Optional[str] = ...) -> None: ...

class SuccessiveHalvingPruner(_message.Message):
    __slots__ = ["bootstrap_count", "min_early_stopping_rate", "min_resource", "reduction_factor"]
    BOOTSTRAP_COUNT_FIELD_NUMBER: _ClassVar[int]
    MIN_EARLY_STOPPING_RATE_FIELD_NUMBER: _ClassVar[int]
    MIN_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    REDUCTION_FACTOR_FIELD_NUMBER: _ClassVar[int]
    bootstrap_count: int
    min_early_stopping_rate: int
    min_resource: int
    reduction_factor: int
    def __init__(self, min_resource: _Optional[int] = ..., reduction_factor: _Optional[int] = ..., min_early_stopping_rate: _Optional[int] = ..., bootstrap_count: _Optional[int] = ...) -> None: ...

class SuggestRequest(_message.Message):
    __slots__ = ["distribution", "name", "request_id", "trial"]
    DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    distribution: Distribution
    name: str
    request_id: str
    trial: TrialHandle
    def __init__(self, request_id: _Optional[str] = ..., trial: _Optional[_Union[TrialHandle, _Mapping]] = ..., name: _Optional[str] = ..., distribution: _Optional[_Union[Distribution, _Mapping]] = ...) -> None: ...

class SuggestResponse(_message.Message):
    __slots__ = ["value"]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    value: Value
    def __init__(self, value: _Optional[_Union[Value, _Mapping]] = ...) -> None: ...

class TellRequest(_message.Message):
    __slots__ = ["outcomes", "request_id"]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedCompositeFieldContainer[Outcome]
    request_id: str
    def __init__(self, request_id: _Optional[str] = ..., outcomes: _Optional[_Iterable[_Union[Outcome, _Mapping]]] = ...) -> None: ...

class TellResponse(_message.Message):
    __slots__ = ["trials"]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    trials: _containers.RepeatedCompositeFieldContainer[Trial]
    def __init__(self, trials: _Optional[_Iterable[_Union[Trial, _Mapping]]] = ...) -> None: ...

class ThresholdPruner(_message.Message):
    __slots__ = ["interval_steps", "lower", "n_warmup_steps", "upper"]
    INTERVAL_STEPS_FIELD_NUMBER: _ClassVar[int]
    LOWER_FIELD_NUMBER: _ClassVar[int]
    N_WARMUP_STEPS_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    interval_steps: int
    lower: float
    n_warmup_steps: int
    upper: float
    def __init__(self, lower: _Optional[float] = ..., upper: _Optional[float] = ..., n_warmup_steps: _Optional[int] = ..., interval_steps: _Optional[int] = ...) -> None: ...

class TpeSampler(_message.Message):
    __slots__ = ["consider_endpoints", "consider_magic_clip", "consider_prior", "constant_liar", "group", "multivariate", "n_ei_candidates", "n_startup_trials", "prior_weight", "reproduce", "tie_order"]
    class Reproduce(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class TieOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    CONSIDER_ENDPOINTS_FIELD_NUMBER: _ClassVar[int]
    CONSIDER_MAGIC_CLIP_FIELD_NUMBER: _ClassVar[int]
    CONSIDER_PRIOR_FIELD_NUMBER: _ClassVar[int]
    CONSTANT_LIAR_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    MULTIVARIATE_FIELD_NUMBER: _ClassVar[int]
    NONE: TpeSampler.Reproduce
    N_EI_CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    N_STARTUP_TRIALS_FIELD_NUMBER: _ClassVar[int]
    OPTUNA_2_9_1: TpeSampler.Reproduce
    OPTUNA_5_0: TpeSampler.Reproduce
    PRIOR_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    REPRODUCE_FIELD_NUMBER: _ClassVar[int]
    SCALAR: TpeSampler.TieOrder
    SIMD: TpeSampler.TieOrder
    TIE_ORDER_FIELD_NUMBER: _ClassVar[int]
    TIE_ORDER_UNSPECIFIED: TpeSampler.TieOrder
    consider_endpoints: bool
    consider_magic_clip: bool
    consider_prior: bool
    constant_liar: bool
    group: bool
    multivariate: bool
    n_ei_candidates: int
    n_startup_trials: int
    prior_weight: float
    reproduce: TpeSampler.Reproduce
    tie_order: TpeSampler.TieOrder
    def __init__(self, reproduce: _Optional[_Union[TpeSampler.Reproduce, str]] = ..., tie_order: _Optional[_Union[TpeSampler.TieOrder, str]] = ..., n_startup_trials: _Optional[int] = ..., n_ei_candidates: _Optional[int] = ..., multivariate: bool = ..., group: bool = ..., constant_liar: bool = ..., consider_endpoints: bool = ..., consider_magic_clip: bool = ..., consider_prior: bool = ..., prior_weight: _Optional[float] = ...) -> None: ...

class Trial(_message.Message):
    __slots__ = ["algorithm_version", "constraints", "create_time", "definition_version", "enqueued", "failure", "finish_time", "fixed_params", "handle", "id", "imported", "intermediate_values", "lease_deadline", "lease_seconds", "lost_leases", "metrics", "params", "prune_reason", "revision", "sampled_at_revision", "start_time", "state", "stop_requested", "study", "system_attrs", "told_at_revision", "user_attrs", "values", "worker"]
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ALGORITHM_VERSION_FIELD_NUMBER: _ClassVar[int]
    COMPLETE: Trial.State
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_VERSION_FIELD_NUMBER: _ClassVar[int]
    ENQUEUED_FIELD_NUMBER: _ClassVar[int]
    FAILED: Trial.State
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    FINISH_TIME_FIELD_NUMBER: _ClassVar[int]
    FIXED_PARAMS_FIELD_NUMBER: _ClassVar[int]
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    IMPORTED_FIELD_NUMBER: _ClassVar[int]
    INTERMEDIATE_VALUES_FIELD_NUMBER: _ClassVar[int]
    LEASE_DEADLINE_FIELD_NUMBER: _ClassVar[int]
    LEASE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LOST_LEASES_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    PRUNED: Trial.State
    PRUNE_REASON_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    RUNNING: Trial.State
    SAMPLED_AT_REVISION_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_UNSPECIFIED: Trial.State
    STOP_REQUESTED_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_ATTRS_FIELD_NUMBER: _ClassVar[int]
    TOLD_AT_REVISION_FIELD_NUMBER: _ClassVar[int]
    USER_ATTRS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    WAITING: Trial.State
    WORKER_FIELD_NUMBER: _ClassVar[int]
    algorithm_version: int
    constraints: _containers.RepeatedCompositeFieldContainer[NamedValue]
    create_time: _timestamp_pb2.Timestamp
    definition_version: int
    enqueued: bool
    failure: Failure
    finish_time: _timestamp_pb2.Timestamp
    fixed_params: _containers.RepeatedScalarFieldContainer[str]
    handle: TrialHandle
    id: int
    imported: bool
    intermediate_values: _containers.RepeatedCompositeFieldContainer[IntermediateValue]
    lease_deadline: _timestamp_pb2.Timestamp
    lease_seconds: float
    lost_leases: int
    metrics: _containers.RepeatedCompositeFieldContainer[NamedValue]
    params: _containers.RepeatedCompositeFieldContainer[Param]
    prune_reason: str
    revision: int
    sampled_at_revision: int
    start_time: _timestamp_pb2.Timestamp
    state: Trial.State
    stop_requested: bool
    study: str
    system_attrs: _containers.RepeatedCompositeFieldContainer[Attribute]
    told_at_revision: int
    user_attrs: _containers.RepeatedCompositeFieldContainer[Attribute]
    values: _containers.RepeatedScalarFieldContainer[float]
    worker: str
    def __init__(self, handle: _Optional[_Union[TrialHandle, _Mapping]] = ..., study: _Optional[str] = ..., id: _Optional[int] = ..., state: _Optional[_Union[Trial.State, str]] = ..., params: _Optional[_Iterable[_Union[Param, _Mapping]]] = ..., values: _Optional[_Iterable[float]] = ..., intermediate_values: _Optional[_Iterable[_Union[IntermediateValue, _Mapping]]] = ..., constraints: _Optional[_Iterable[_Union[NamedValue, _Mapping]]] = ..., metrics: _Optional[_Iterable[_Union[NamedValue, _Mapping]]] = ..., user_attrs: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ..., system_attrs: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ..., worker: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., finish_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., failure: _Optional[_Union[Failure, _Mapping]] = ..., lease_seconds: _Optional[float] = ..., lease_deadline: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., enqueued: bool = ..., imported: bool = ..., revision: _Optional[int] = ..., sampled_at_revision: _Optional[int] = ..., told_at_revision: _Optional[int] = ..., definition_version: _Optional[int] = ..., algorithm_version: _Optional[int] = ..., fixed_params: _Optional[_Iterable[str]] = ..., stop_requested: bool = ..., lost_leases: _Optional[int] = ..., prune_reason: _Optional[str] = ...) -> None: ...

class TrialCounts(_message.Message):
    __slots__ = ["complete", "failed", "imported", "pruned", "running", "waiting"]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    IMPORTED_FIELD_NUMBER: _ClassVar[int]
    PRUNED_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    complete: int
    failed: int
    imported: int
    pruned: int
    running: int
    waiting: int
    def __init__(self, waiting: _Optional[int] = ..., running: _Optional[int] = ..., complete: _Optional[int] = ..., pruned: _Optional[int] = ..., failed: _Optional[int] = ..., imported: _Optional[int] = ...) -> None: ...

class TrialHandle(_message.Message):
    __slots__ = ["attempt", "number", "study_uid"]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    STUDY_UID_FIELD_NUMBER: _ClassVar[int]
    attempt: int
    number: int
    study_uid: int
    def __init__(self, study_uid: _Optional[int] = ..., number: _Optional[int] = ..., attempt: _Optional[int] = ...) -> None: ...

class UpdateStudyRequest(_message.Message):
    __slots__ = ["if_revision", "request_id", "study", "update_mask"]
    IF_REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    if_revision: int
    request_id: str
    study: Study
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, request_id: _Optional[str] = ..., study: _Optional[_Union[Study, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., if_revision: _Optional[int] = ...) -> None: ...

class UpdateTrialRequest(_message.Message):
    __slots__ = ["constraints", "request_id", "system_attrs", "trial", "user_attrs"]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_ATTRS_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    USER_ATTRS_FIELD_NUMBER: _ClassVar[int]
    constraints: _containers.RepeatedCompositeFieldContainer[NamedValue]
    request_id: str
    system_attrs: _containers.RepeatedCompositeFieldContainer[Attribute]
    trial: TrialHandle
    user_attrs: _containers.RepeatedCompositeFieldContainer[Attribute]
    def __init__(self, request_id: _Optional[str] = ..., trial: _Optional[_Union[TrialHandle, _Mapping]] = ..., user_attrs: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ..., system_attrs: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ..., constraints: _Optional[_Iterable[_Union[NamedValue, _Mapping]]] = ...) -> None: ...

class Value(_message.Message):
    __slots__ = ["bool_value", "double_value", "int_value", "null_value", "string_value"]
    BOOL_VALUE_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_VALUE_FIELD_NUMBER: _ClassVar[int]
    INT_VALUE_FIELD_NUMBER: _ClassVar[int]
    NULL_VALUE_FIELD_NUMBER: _ClassVar[int]
    STRING_VALUE_FIELD_NUMBER: _ClassVar[int]
    bool_value: bool
    double_value: float
    int_value: int
    null_value: _struct_pb2.NullValue
    string_value: str
    def __init__(self, null_value: _Optional[_Union[_struct_pb2.NullValue, str]] = ..., bool_value: bool = ..., int_value: _Optional[int] = ..., double_value: _Optional[float] = ..., string_value: _Optional[str] = ...) -> None: ...

class WarmStartSource(_message.Message):
    __slots__ = ["revision", "study", "trials", "uid"]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    revision: int
    study: str
    trials: int
    uid: int
    def __init__(self, study: _Optional[str] = ..., uid: _Optional[int] = ..., revision: _Optional[int] = ..., trials: _Optional[int] = ...) -> None: ...

class WatchStudyRequest(_message.Message):
    __slots__ = ["after_revision", "states", "study", "view"]
    AFTER_REVISION_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    after_revision: int
    states: _containers.RepeatedScalarFieldContainer[Trial.State]
    study: str
    view: View
    def __init__(self, study: _Optional[str] = ..., after_revision: _Optional[int] = ..., view: _Optional[_Union[View, str]] = ..., states: _Optional[_Iterable[_Union[Trial.State, str]]] = ...) -> None: ...

class WatchStudyResponse(_message.Message):
    __slots__ = ["revision", "study", "trials"]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    revision: int
    study: Study
    trials: _containers.RepeatedCompositeFieldContainer[Trial]
    def __init__(self, trials: _Optional[_Iterable[_Union[Trial, _Mapping]]] = ..., revision: _Optional[int] = ..., study: _Optional[_Union[Study, _Mapping]] = ...) -> None: ...

class WilcoxonPruner(_message.Message):
    __slots__ = ["n_startup_steps", "p_threshold"]
    N_STARTUP_STEPS_FIELD_NUMBER: _ClassVar[int]
    P_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    n_startup_steps: int
    p_threshold: float
    def __init__(self, p_threshold: _Optional[float] = ..., n_startup_steps: _Optional[int] = ...) -> None: ...

class Direction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class View(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
