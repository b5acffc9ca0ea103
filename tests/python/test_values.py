"""What the package does without a server: values, spaces, samplers, errors."""

from __future__ import annotations

import math
import pickle
import struct

import grpc
import numpy
import pytest

import parzen
from parzen._proto import error_pb2, parzen_pb2
from parzen.errors import from_rpc_error
from parzen.explanation import decode_explanation
from parzen.samplers import decode_sampler, encode_sampler
from parzen.space import decode_space, encode_space
from parzen.values import as_int, clip_utf8, decode_value, encode_attribute, encode_objectives, encode_value


@pytest.mark.parametrize(
    "value, kind",
    [
        (None, "null_value"),
        (True, "bool_value"),
        (1, "int_value"),
        (1.0, "double_value"),
        ("1", "string_value"),
        (numpy.bool_(True), "bool_value"),
        (numpy.int8(1), "int_value"),
        (numpy.uint64(2**63 - 1), "int_value"),
        (numpy.float32(0.5), "double_value"),
        (numpy.float64(0.5), "double_value"),
        (numpy.longdouble(0.5), "double_value"),
        (numpy.str_("x"), "string_value"),
        (numpy.array(3), "int_value"),
    ],
)
def test_value_kinds(value: object, kind: str) -> None:
    encoded = encode_value("v", value)
    assert encoded.WhichOneof("kind") == kind
    decoded = decode_value(encoded)
    assert decoded == value and type(decoded).__module__ == "builtins"


@pytest.mark.parametrize("value", [0.0, -0.0, math.inf, -math.inf, 5e-324, 1.7976931348623157e308, 0.1])
def test_doubles_are_kept_bit_for_bit(value: float) -> None:
    decoded = decode_value(encode_value("v", value))
    assert isinstance(decoded, float)
    assert struct.pack("<d", decoded) == struct.pack("<d", value)


@pytest.mark.parametrize("value", [2**63, b"x", (1, 2), {"a": 1}, object(), numpy.array([1, 2]), 1j, "\ud800"])
def test_no_value(value: object) -> None:
    with pytest.raises(parzen.InvalidArgument, match="choices") as e:
        encode_value("choices[3]", value)
    assert e.value.reason == "BAD_FIELD" and e.value.code == "INVALID_ARGUMENT"
    assert isinstance(e.value, ValueError)


def test_ints() -> None:
    assert as_int("n", numpy.float64(3.0)) == 3
    for bad in (3.5, True, "3", None, math.nan, math.inf):
        with pytest.raises(parzen.InvalidArgument, match="n: "):
            as_int("n", bad)


def test_objectives() -> None:
    assert encode_objectives("values", 1) == [1.0]
    assert encode_objectives("values", numpy.float32(0.5)) == [0.5]
    assert encode_objectives("values", numpy.array([1.0, 2.0])) == [1.0, 2.0]
    assert encode_objectives("values", (1, numpy.int64(2))) == [1.0, 2.0]
    for bad in ("1.0", [None], {"loss": 1}, ["a"]):
        with pytest.raises(parzen.InvalidArgument, match="values"):
            encode_objectives("values", bad)


def test_attributes() -> None:
    assert encode_attribute("user_attrs", "k", {"a": [numpy.int64(1), "ü", None]}).json == '{"a":[1,"ü",null]}'
    assert encode_attribute("user_attrs", "k", numpy.arange(3)).json == "[0,1,2]"
    for bad in (math.nan, object(), {1, 2}, "\ud800"):
        with pytest.raises(parzen.InvalidArgument, match="user_attrs"):
            encode_attribute("user_attrs", "k", bad)


def test_clip_keeps_whole_characters() -> None:
    assert clip_utf8("aü" * 10, 5) == "aüa"
    assert clip_utf8("\ud800x", 10) == "?x"


SPACE = {
    "lr": parzen.Float(1e-5, 1e-1, log=True),
    "drop": parzen.Float(0, 1, step=0.1),
    "depth": parzen.Int(1, 8),
    "width": parzen.Int(8, 64, step=8, default=16),
    "units": parzen.Int(1, 1024, log=True),
    "kernel": parzen.Categorical([None, True, 1, 1.0, "1", -0.0]),
    "gamma": parzen.Float(0, 1, when={"kernel": [1.0, True]}, default=0.5),
    "über": parzen.Categorical(["ä", "ö"], when={"depth": (1, 2)}, default=None),
}


def test_space_round_trip() -> None:
    message = encode_space(SPACE)
    assert [p.name for p in message.parameters] == list(SPACE)
    decoded = decode_space(message)
    assert decoded == SPACE and list(decoded) == list(SPACE)
    assert encode_space(decoded) == message
    assert pickle.loads(pickle.dumps(SPACE)) == SPACE
    assert eval(repr(SPACE["gamma"]), {"Float": parzen.Float}) == SPACE["gamma"]
    assert message.parameters[6].default_value.double_value == 0.5
    assert message.parameters[7].HasField("default_value") and not message.parameters[0].HasField("default_value")


def test_parameters_compare_by_type() -> None:
    assert parzen.Categorical([1]) != parzen.Categorical([1.0]) != parzen.Categorical([True])
    assert parzen.Int(0, 1) != parzen.Float(0, 1)
    assert parzen.Int(0, 1) == parzen.Int(numpy.int32(0), 1.0, step=1)
    assert parzen.Float(0, 1) != parzen.Float(0, 1, when={"a": [1]})
    assert len({parzen.Int(0, 1), parzen.Int(0, 1), parzen.Int(0, 2)}) == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: parzen.Float("0", 1),
        lambda: parzen.Float(0, 1, log=1),
        lambda: parzen.Int(0.5, 1),
        lambda: parzen.Int(0, 2**64),
        lambda: parzen.Categorical("abc"),
        lambda: parzen.Categorical([[1]]),
        lambda: parzen.Float(0, 1, when={"a": [1], "b": [1]}),
        lambda: parzen.Float(0, 1, when={"a": "rbf"}),
        lambda: encode_space({"x": 3}),
        lambda: encode_space([("x", parzen.Float(0, 1))]),
        lambda: encode_space({3: parzen.Float(0, 1)}),
        lambda: encode_space({"x": parzen.Float(0, 1, default=object())}),
    ],
)
def test_bad_spaces(make: object) -> None:
    with pytest.raises(parzen.InvalidArgument):
        make()  # type: ignore[operator]


SAMPLERS = [
    parzen.Random(seed=3),
    parzen.Qmc(),
    parzen.Tpe(),
    parzen.Tpe("optuna-2.9.1", "scalar", 1, 0, 24, False, False, True, True, False, True, 0.5),
    parzen.Tpe(reproduce="optuna-5.0", tie_order="simd"),
    parzen.GpEi(n_startup_trials=5),
]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_sampler_round_trip(sampler: object) -> None:
    config = encode_sampler(sampler, None)
    assert decode_sampler(config) == sampler
    assert pickle.loads(pickle.dumps(sampler)) == sampler


def test_sampler_names_and_seeds() -> None:
    for word, sampler in [("random", parzen.Random()), ("qmc", parzen.Qmc()), ("tpe", parzen.Tpe()), ("gp-ei", parzen.GpEi())]:
        assert decode_sampler(encode_sampler(word, None)) == sampler
    assert encode_sampler(None, 7) == parzen_pb2.SamplerConfig(seed=7)
    assert encode_sampler(parzen.Tpe(seed=7), 7) == encode_sampler("tpe", 7) == encode_sampler("tpe", numpy.uint64(7))
    assert encode_sampler("tpe", 2**64 - 1).seed == 2**64 - 1
    with pytest.raises(parzen.InvalidArgument, match="8.*7") as e:
        encode_sampler(parzen.Tpe(seed=7), 8)
    assert e.value.metadata == {"field": "seed"}
    for sampler, seed in [("cmaes", None), (parzen.Tpe, None), ("tpe", -1), ("tpe", 2**64), (parzen.Tpe(reproduce="optuna-3"), None)]:
        with pytest.raises(parzen.InvalidArgument):
            encode_sampler(sampler, seed)
    with pytest.raises(parzen.InvalidArgument, match="group"):
        encode_sampler(parzen.Tpe(group=1), None)  # type: ignore[arg-type]


def test_explanation() -> None:
    message = parzen_pb2.ExplainTrialResponse()
    message.trial.handle.number = 3
    group = message.groups.add(parameters=["x"], method="tpe", below=[1], above=[0, 2], winner=1)
    for x in (0.25, 0.5):
        candidate = group.candidates.add(log_l=x, log_g=-x)
        candidate.params.add(name="x").value.double_value = x
    message.groups.add(parameters=["n", "k"], method="fixed", winner=-1).model.add(name="noise", value=0.1)
    explanation = decode_explanation(parzen.Client(), message)
    assert explanation.trial.number == 3
    tpe, fixed = explanation.groups
    assert (tpe.parameters, tpe.method, tpe.below, tpe.above, tpe.winner) == (["x"], "tpe", [1], [0, 2], 1)
    assert tpe.candidates[1] == parzen.Candidate({"x": 0.5}, 0.5, -0.5, 0.0, 0.0, 0.0)
    assert (fixed.parameters, fixed.candidates, fixed.winner, fixed.model) == (["n", "k"], [], None, {"noise": 0.1})


class RpcError(grpc.RpcError):
    def __init__(self, code: grpc.StatusCode, details: str, metadata: object = ()) -> None:
        self.code, self.details, self.trailing_metadata = lambda: code, lambda: details, lambda: metadata


def rpc_error(code: grpc.StatusCode, reason: str) -> RpcError:
    status = error_pb2.ErrorStatus(code=code.value[0], message="m")
    detail = status.details.add(type_url="type.googleapis.com/google.rpc.ErrorInfo")
    detail.value = error_pb2.ErrorInfo(reason=reason, domain="parzen", metadata={"field": "f"}).SerializeToString()
    return RpcError(code, "m", [("other", "x"), ("grpc-status-details-bin", status.SerializeToString())])


@pytest.mark.parametrize(
    "code, reason, cls",
    [
        ("INVALID_ARGUMENT", "BAD_FIELD", parzen.InvalidArgument),
        ("NOT_FOUND", "NO_SUCH_STUDY", parzen.NotFound),
        ("ALREADY_EXISTS", "STUDY_EXISTS", parzen.AlreadyExists),
        ("FAILED_PRECONDITION", "STUDY_FINISHED", parzen.StudyFinished),
        ("FAILED_PRECONDITION", "STUDY_PAUSED", parzen.StudyPaused),
        ("FAILED_PRECONDITION", "ALL_HANDED_OUT", parzen.AllHandedOut),
        ("FAILED_PRECONDITION", "SPACE_EXHAUSTED", parzen.SpaceExhausted),
        ("FAILED_PRECONDITION", "OUTCOME_DIFFERS", parzen.OutcomeDiffers),
        ("FAILED_PRECONDITION", "A_NEW_REASON", parzen.FailedPrecondition),
        ("ABORTED", "LEASE_LOST", parzen.LeaseLost),
        ("ABORTED", "", parzen.Aborted),
        ("UNAVAILABLE", "STUDY_FINISHED", parzen.Unavailable),  # the code wins over a reason that does not belong to it
        ("RESOURCE_EXHAUSTED", "DISK_FULL", parzen.ResourceExhausted),
        ("DEADLINE_EXCEEDED", "", parzen.DeadlineExceeded),
        ("UNIMPLEMENTED", "NOT_IMPLEMENTED", parzen.Unimplemented),
        ("PERMISSION_DENIED", "", parzen.PermissionDenied),
        ("UNAUTHENTICATED", "", parzen.Unauthenticated),
        ("DATA_LOSS", "", parzen.Error),
    ],
)
def test_error_classes(code: str, reason: str, cls: type) -> None:
    error = from_rpc_error(rpc_error(grpc.StatusCode[code], reason))
    assert type(error) is cls
    assert (error.code, error.reason, str(error), error.metadata) == (code, reason, "m", {"field": "f"})
    assert isinstance(error, parzen.Error)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is cls and (copy.code, copy.reason, copy.message, copy.metadata) == (code, reason, "m", {"field": "f"})


@pytest.mark.parametrize("metadata", [None, (), [("grpc-status-details-bin", b"\xff\xff garbage")]])
def test_errors_without_details(metadata: object) -> None:
    error = from_rpc_error(RpcError(grpc.StatusCode.NOT_FOUND, "", metadata))
    assert type(error) is parzen.NotFound and error.reason == "" and "NOT_FOUND" in str(error)
