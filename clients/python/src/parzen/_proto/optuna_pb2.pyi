from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AdvanceTrialRequest(_message.Message):
    __slots__ = ["end", "intermediate_values", "params", "system_attributes", "trial_id", "user_attributes", "values"]
    class End(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class IntermediateValuesEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: float
        def __init__(self, key: _Optional[int] = ..., value: _Optional[float] = ...) -> None: ...
    class SystemAttributesEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class UserAttributesEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    COMPLETE: AdvanceTrialRequest.End
    END_FIELD_NUMBER: _ClassVar[int]
    FAIL: AdvanceTrialRequest.End
    INTERMEDIATE_VALUES_FIELD_NUMBER: _ClassVar[int]
    NOT_ENDED: AdvanceTrialRequest.End
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    PRUNED: AdvanceTrialRequest.End
    SYSTEM_ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    TRIAL_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    end: AdvanceTrialRequest.End
    intermediate_values: _containers.ScalarMap[int, float]
    params: _containers.RepeatedCompositeFieldContainer[ChosenParam]
    system_attributes: _containers.ScalarMap[str, str]
    trial_id: int
    user_attributes: _containers.ScalarMap[str, str]
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, trial_id: _Optional[int] = ..., params: _Optional[_Iterable[_Union[ChosenParam, _Mapping]]] = ..., intermediate_values: _Optional[_Mapping[int, float]] = ..., user_attributes: _Optional[_Mapping[str, str]] = ..., system_attributes: _Optional[_Mapping[str, str]] = ..., end: _Optional[_Union[AdvanceTrialRequest.End, str]] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class AdvanceTrialResponse(_message.Message):
    __slots__ = ["trial"]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    trial: bytes
    def __init__(self, trial: _Optional[bytes] = ...) -> None: ...

class BeginTrialRequest(_message.Message):
    __slots__ = ["expected", "sampling", "study_id"]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_FIELD_NUMBER: _ClassVar[int]
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    expected: _containers.RepeatedCompositeFieldContainer[NamedDistribution]
    sampling: Sampling
    study_id: int
    def __init__(self, study_id: _Optional[int] = ..., sampling: _Optional[_Union[Sampling, _Mapping]] = ..., expected: _Optional[_Iterable[_Union[NamedDistribution, _Mapping]]] = ...) -> None: ...

class BeginTrialResponse(_message.Message):
    __slots__ = ["joint", "singles", "study_uid", "trial", "trial_id"]
    JOINT_FIELD_NUMBER: _ClassVar[int]
    SINGLES_FIELD_NUMBER: _ClassVar[int]
    STUDY_UID_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    TRIAL_ID_FIELD_NUMBER: _ClassVar[int]
    joint: JointPart
    singles: _containers.RepeatedCompositeFieldContainer[SampleParameterResponse]
    study_uid: int
    trial: bytes
    trial_id: int
    def __init__(self, trial_id: _Optional[int] = ..., study_uid: _Optional[int] = ..., trial: _Optional[bytes] = ..., joint: _Optional[_Union[JointPart, _Mapping]] = ..., singles: _Optional[_Iterable[_Union[SampleParameterResponse, _Mapping]]] = ...) -> None: ...

class ChosenParam(_message.Message):
    __slots__ = ["distribution", "name", "value"]
    DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    distribution: str
    name: str
    value: float
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ..., distribution: _Optional[str] = ...) -> None: ...

class GetWaitingTrialsRequest(_message.Message):
    __slots__ = ["study_id"]
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    study_id: int
    def __init__(self, study_id: _Optional[int] = ...) -> None: ...

class GetWaitingTrialsResponse(_message.Message):
    __slots__ = ["trials"]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    trials: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, trials: _Optional[_Iterable[bytes]] = ...) -> None: ...

class JointPart(_message.Message):
    __slots__ = ["space", "streams", "values"]
    SPACE_FIELD_NUMBER: _ClassVar[int]
    STREAMS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    space: _containers.RepeatedCompositeFieldContainer[NamedDistribution]
    streams: RngState
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, space: _Optional[_Iterable[_Union[NamedDistribution, _Mapping]]] = ..., values: _Optional[_Iterable[float]] = ..., streams: _Optional[_Union[RngState, _Mapping]] = ...) -> None: ...

class NamedDistribution(_message.Message):
    __slots__ = ["distribution", "name"]
    DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    distribution: str
    name: str
    def __init__(self, name: _Optional[str] = ..., distribution: _Optional[str] = ...) -> None: ...

class RngState(_message.Message):
    __slots__ = ["startup", "tpe"]
    STARTUP_FIELD_NUMBER: _ClassVar[int]
    TPE_FIELD_NUMBER: _ClassVar[int]
    startup: int
    tpe: int
    def __init__(self, startup: _Optional[int] = ..., tpe: _Optional[int] = ...) -> None: ...

class SampleJointRequest(_message.Message):
    __slots__ = ["always", "has_space", "sampling", "space", "trial_id"]
    ALWAYS_FIELD_NUMBER: _ClassVar[int]
    HAS_SPACE_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_FIELD_NUMBER: _ClassVar[int]
    SPACE_FIELD_NUMBER: _ClassVar[int]
    TRIAL_ID_FIELD_NUMBER: _ClassVar[int]
    always: bool
    has_space: bool
    sampling: Sampling
    space: _containers.RepeatedCompositeFieldContainer[NamedDistribution]
    trial_id: int
    def __init__(self, trial_id: _Optional[int] = ..., sampling: _Optional[_Union[Sampling, _Mapping]] = ..., space: _Optional[_Iterable[_Union[NamedDistribution, _Mapping]]] = ..., has_space: bool = ..., always: bool = ...) -> None: ...

class SampleParameterRequest(_message.Message):
    __slots__ = ["parameter", "sampling", "trial_id"]
    PARAMETER_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_FIELD_NUMBER: _ClassVar[int]
    TRIAL_ID_FIELD_NUMBER: _ClassVar[int]
    parameter: NamedDistribution
    sampling: Sampling
    trial_id: int
    def __init__(self, trial_id: _Optional[int] = ..., sampling: _Optional[_Union[Sampling, _Mapping]] = ..., parameter: _Optional[_Union[NamedDistribution, _Mapping]] = ...) -> None: ...

class SampleParameterResponse(_message.Message):
    __slots__ = ["streams", "value"]
    STREAMS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    streams: RngState
    value: float
    def __init__(self, value: _Optional[float] = ..., streams: _Optional[_Union[RngState, _Mapping]] = ...) -> None: ...

class SamplerOption(_message.Message):
    __slots__ = ["flag", "name", "number", "text", "whole"]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    WHOLE_FIELD_NUMBER: _ClassVar[int]
    flag: bool
    name: str
    number: float
    text: str
    whole: int
    def __init__(self, name: _Optional[str] = ..., flag: bool = ..., whole: _Optional[int] = ..., number: _Optional[float] = ..., text: _Optional[str] = ...) -> None: ...

class Sampling(_message.Message):
    __slots__ = ["options", "sampler", "seed", "streams"]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    SAMPLER_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    STREAMS_FIELD_NUMBER: _ClassVar[int]
    options: _containers.RepeatedCompositeFieldContainer[SamplerOption]
    sampler: str
    seed: int
    streams: RngState
    def __init__(self, sampler: _Optional[str] = ..., options: _Optional[_Iterable[_Union[SamplerOption, _Mapping]]] = ..., seed: _Optional[int] = ..., streams: _Optional[_Union[RngState, _Mapping]] = ...) -> None: ...
