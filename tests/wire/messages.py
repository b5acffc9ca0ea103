"""Short ways to write the API's messages."""

from __future__ import annotations

from google.protobuf import field_mask_pb2

from parzen._proto import parzen_pb2 as pb


def float_parameter(name="x", low=0.0, high=1.0, log=False, step=None, **more):
    distribution = pb.FloatDistribution(low=low, high=high, log=log)
    if step is not None:
        distribution.step = step
    return pb.Parameter(name=name, distribution=pb.Distribution(float=distribution), **more)


def int_parameter(name="n", low=1, high=8, log=False, step=None, **more):
    distribution = pb.IntDistribution(low=low, high=high, log=log)
    if step is not None:
        distribution.step = step
    return pb.Parameter(name=name, distribution=pb.Distribution(int=distribution), **more)


def value(v):
    if v is None:
        return pb.Value(null_value=0)
    if isinstance(v, bool):
        return pb.Value(bool_value=v)
    if isinstance(v, int):
        return pb.Value(int_value=v)
    if isinstance(v, float):
        return pb.Value(double_value=v)
    return pb.Value(string_value=v)


def choice_parameter(name="c", choices=("a", "b"), **more):
    categorical = pb.CategoricalDistribution(choices=[value(c) for c in choices])
    return pb.Parameter(name=name, distribution=pb.Distribution(categorical=categorical), **more)


def when(parent, *values):
    return pb.Condition(parent=parent, values=[value(v) for v in values])


def param(name, v, distribution=None):
    return pb.Param(name=name, value=value(v), distribution=distribution)


def mask(*paths):
    return field_mask_pb2.FieldMask(paths=paths)


def handle(of, **changes):
    copy = pb.TrialHandle()
    copy.CopyFrom(of)
    for name, v in changes.items():
        setattr(copy, name, v)
    return copy
