"""Bad inputs over every RPC: what each one is, the request, and the answer that it must get.

A case's request is a message, or bytes where no message could say it. `Fixture` holds the studies that the cases are aimed at; a
case changes nothing, so that all of them run against the same ones.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Callable

from google.protobuf import field_mask_pb2, timestamp_pb2

from parzen._proto import parzen_pb2 as pb
from wire import Wire, request_id

BAD = ("INVALID_ARGUMENT", "BAD_FIELD")
NO_STUDY = ("NOT_FOUND", "NO_SUCH_STUDY")
NO_TRIAL = ("NOT_FOUND", "NO_SUCH_TRIAL")


def limit(name: str) -> tuple[str, str]:
    return "RESOURCE_EXHAUSTED", "LIMIT_" + name


@dataclasses.dataclass(frozen=True)
class Case:
    method: str
    what: str
    make: Callable[["Fixture"], object]
    code: str
    reason: str


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


class Fixture:
    """Studies in every condition that a request can meet."""

    def __init__(self, wire: Wire) -> None:
        must = wire.must
        space = pb.SearchSpace(
            parameters=[
                float_parameter("lr", 1e-5, 1e-1, log=True),
                int_parameter("depth", 1, 8),
                choice_parameter("kernel", ("rbf", "poly")),
                float_parameter("gamma", 0, 1, when=when("kernel", "rbf")),
            ]
        )

        def create(name, **more):
            study = pb.Study(name=name, sampler=pb.SamplerConfig(random=pb.RandomSampler(), seed=1), **more)
            return must("CreateStudy", pb.CreateStudyRequest(request_id=request_id(), study=study))

        def ask(name, **more):
            return must("Ask", pb.AskRequest(request_id=request_id(), study=name, worker="w", **more)).trials[0]

        def tell(trial, *values, **more):
            outcome = pb.Outcome(trial=trial.handle, values=values, **more)
            must("Tell", pb.TellRequest(request_id=request_id(), outcomes=[outcome]))

        self.study = create("s", space=space)
        self.done, self.pruned, self.failed, self.running = (ask("s").handle for _ in range(4))
        self.used_id = request_id()
        outcome = pb.Outcome(trial=self.done, values=[0.5])
        must("Tell", pb.TellRequest(request_id=self.used_id, outcomes=[outcome]))
        must("Tell", pb.TellRequest(outcomes=[pb.Outcome(trial=self.pruned, state=pb.Trial.PRUNED)]))
        must("Tell", pb.TellRequest(outcomes=[pb.Outcome(trial=self.failed, state=pb.Trial.FAILED)]))
        self.waiting = must("Enqueue", pb.EnqueueRequest(study="s", params=[param("lr", 0.01)])).trial.handle
        # Define-by-run.
        self.dynamic = create("dynamic")
        self.dynamic_trial = ask("dynamic").handle
        self.dynamic_other = ask("dynamic").handle
        suggest = pb.SuggestRequest(trial=self.dynamic_other, name="x", distribution=float_parameter().distribution)
        must("Suggest", suggest)
        # Two objectives.
        self.multi = create("multi", space=space, directions=[pb.MINIMIZE, pb.MAXIMIZE], metric_names=["loss", "accuracy"])
        self.multi_trial = ask("multi").handle
        # Paused, finished, everything handed out, a finite space exhausted.
        create("paused", space=space)
        must("UpdateStudy", pb.UpdateStudyRequest(study=pb.Study(name="paused", state=pb.Study.PAUSED), update_mask=mask("state")))
        create("finished", space=space, max_trials=1)
        tell(ask("finished"), 1.0)
        create("full", space=space, max_trials=1)
        ask("full")
        create("tiny", space=pb.SearchSpace(parameters=[choice_parameter("c", (1, 2))]))
        ask("tiny"), ask("tiny")
        # A study that is gone: its uid is never used again.
        gone = create("gone", space=space)
        self.gone = pb.TrialHandle(study_uid=gone.uid, number=0)
        must("DeleteStudy", pb.DeleteStudyRequest(study="gone"))


def mask(*paths):
    return field_mask_pb2.FieldMask(paths=paths)


def handle(of, **changes):
    copy = pb.TrialHandle()
    copy.CopyFrom(of)
    for name, v in changes.items():
        setattr(copy, name, v)
    return copy


def create_cases():
    def create(what, expected=BAD, exist_ok=False, rid="", **fields):
        fields.setdefault("name", "new")
        request = pb.CreateStudyRequest(request_id=rid, study=pb.Study(**fields), exist_ok=exist_ok)
        return Case("CreateStudy", what, lambda f: request, *expected)

    def space(what, *parameters, expected=BAD):
        return create(what, expected, space=pb.SearchSpace(parameters=parameters))

    def sampler(what, **fields):
        return create(what, sampler=pb.SamplerConfig(**fields))

    nan, inf = math.nan, math.inf
    yield Case("CreateStudy", "no study at all", lambda f: pb.CreateStudyRequest(), *BAD)
    yield create("an empty name", name="")
    yield create("a name of 257 bytes", name="n" * 257)
    yield create("a name in use", ("ALREADY_EXISTS", "STUDY_EXISTS"), name="s")
    yield create("a name in use by another definition, exist_ok", ("ALREADY_EXISTS", "STUDY_EXISTS"), name="s", exist_ok=True)
    yield create("a request_id that is no UUID", rid="1234")
    yield create("a request_id with a digit too many", rid="01234567-89ab-cdef-0123-456789abcdef0")
    yield create("a request_id without hyphens", rid="0" * 36)
    yield create("a uid, which only the server sets", uid=1)
    yield create("a revision, which only the server sets", revision=1)
    yield create("counts, which only the server sets", counts=pb.TrialCounts(complete=1))
    yield create("a create_time, which only the server sets", create_time=timestamp_pb2.Timestamp(seconds=1))
    yield create("state FINISHED", state=pb.Study.FINISHED)
    yield create("an unknown state", state=77)
    yield create("17 objectives", directions=[pb.MINIMIZE] * 17)
    yield create("an unknown direction", directions=[9])
    yield create("two metric names for one objective", metric_names=["a", "b"])
    yield create("the same metric name twice", directions=[pb.MINIMIZE] * 2, metric_names=["a", "a"])
    yield create("an empty metric name", metric_names=[""])
    yield create("max_trials 0", max_trials=0)
    yield create("max_trials -1", max_trials=-1)
    yield create("max_retries -1", max_retries=-1)
    yield create("an attribute without a key", user_attrs=[pb.Attribute(key="", json="1")])
    yield create("an attribute's key of 257 bytes", user_attrs=[pb.Attribute(key="k" * 257, json="1")])
    yield create("an attribute that is no JSON", user_attrs=[pb.Attribute(key="a", json="{")])
    yield create("an attribute with two JSON values", user_attrs=[pb.Attribute(key="a", json="1 2")])
    yield create("an attribute with NaN, which JSON has not", user_attrs=[pb.Attribute(key="a", json="NaN")])
    yield create("an attribute nested 65 deep", limit("JSON_DEPTH"), user_attrs=[pb.Attribute(key="a", json="[" * 65 + "]" * 65)])
    yield create("an attribute nested 100,000 deep", limit("JSON_DEPTH"), system_attrs=[pb.Attribute(key="a", json="[" * 100_000 + "]" * 100_000)])
    yield create("an attribute of 256 KiB and a byte", limit("ATTRIBUTE_BYTES"), user_attrs=[pb.Attribute(key="a", json='"' + "x" * (256 * 1024 - 1) + '"')])
    yield create("the same attribute twice", user_attrs=[pb.Attribute(key="a", json="1")] * 2)
    yield create("1,001 attributes", limit("ATTRIBUTES"), user_attrs=[pb.Attribute(key=str(i), json="1") for i in range(1001)])
    yield space("a parameter without a name", float_parameter(""))
    yield space("a parameter's name of 257 bytes", float_parameter("x" * 257))
    yield space("the same parameter twice", float_parameter(), float_parameter())
    yield space("1,001 parameters", *(float_parameter(f"x{i}") for i in range(1001)), expected=limit("PARAMETERS"))
    yield space("a parameter without a distribution", pb.Parameter(name="x"))
    yield space("a float with low > high", float_parameter(low=1, high=0))
    yield space("a float with low NaN", float_parameter(low=nan))
    yield space("a float with high NaN", float_parameter(high=nan))
    yield space("a float with high infinite", float_parameter(high=inf))
    yield space("a float with low -infinite", float_parameter(low=-inf))
    yield space("a float whose width overflows", float_parameter(low=-1.7e308, high=1.7e308))
    yield space("a log float with low 0", float_parameter(low=0, log=True))
    yield space("a log float with low < 0", float_parameter(low=-1, log=True))
    yield space("a log float with a step", float_parameter(low=1, high=2, log=True, step=0.5))
    yield space("a float with step 0", float_parameter(step=0.0))
    yield space("a float with step < 0", float_parameter(step=-0.1))
    yield space("a float with step NaN", float_parameter(step=nan))
    yield space("a float with step infinite", float_parameter(step=inf))
    yield space("a float range that its step does not divide", float_parameter(step=0.3))
    yield space("an int with low > high", int_parameter(low=2, high=1))
    yield space("an int with high beyond 2^53", int_parameter(high=2**53 + 1))
    yield space("an int with low beyond -2^53", int_parameter(low=-(2**53) - 1))
    yield space("a log int with low 0", int_parameter(low=0, log=True))
    yield space("a log int with step 2", int_parameter(low=1, high=9, log=True, step=2))
    yield space("an int with step 0", int_parameter(step=0))
    yield space("an int with step -1", int_parameter(step=-1))
    yield space("an int range that its step does not divide", int_parameter(low=0, high=10, step=3))
    yield space("a categorical without choices", choice_parameter(choices=()))
    yield space("a categorical with the same choice twice", choice_parameter(choices=("a", "a")))
    yield space("a categorical with a choice unset", pb.Parameter(name="c", distribution=pb.Distribution(
        categorical=pb.CategoricalDistribution(choices=[pb.Value()]))))
    yield space("a categorical with a NaN", choice_parameter(choices=(nan,)))
    yield space("a categorical with 10,001 choices", choice_parameter(choices=range(10_001)), expected=limit("CHOICES"))
    yield space("a condition on a parameter that is not there", float_parameter(when=when("y", 1)))
    yield space("a condition on a parameter declared later", float_parameter(when=when("n", 1)), int_parameter())
    yield space("a condition on itself", int_parameter(when=when("n", 1)))
    yield space("a condition on a float", float_parameter("y"), float_parameter(when=when("y", 0.5)))
    yield space("a condition without values", int_parameter(), float_parameter(when=pb.Condition(parent="n")))
    yield space("a condition on a value that the parent cannot have", int_parameter(), float_parameter(when=when("n", 9)))
    yield space("a condition on a value of another type", choice_parameter(), float_parameter(when=when("c", 1)))
    yield space("a default outside the range", float_parameter(default_value=value(2.0)))
    yield space("a default of another type", float_parameter(default_value=value("a")))
    yield space("a default unset", float_parameter(default_value=pb.Value()))
    yield sampler("tpe with n_startup_trials -1", tpe=pb.TpeSampler(n_startup_trials=-1))
    yield sampler("tpe with n_ei_candidates 0", tpe=pb.TpeSampler(n_ei_candidates=0))
    yield sampler("tpe with n_ei_candidates 10,001", tpe=pb.TpeSampler(n_ei_candidates=10_001))
    yield sampler("tpe with prior_weight -1", tpe=pb.TpeSampler(prior_weight=-1))
    yield sampler("tpe with prior_weight NaN", tpe=pb.TpeSampler(prior_weight=nan))
    yield sampler("tpe reproducing an unknown version", tpe=pb.TpeSampler(reproduce=9))
    yield sampler("tpe with an unknown tie_order", tpe=pb.TpeSampler(tie_order=9))
    yield sampler("gp-ei with n_startup_trials 0", gp_ei=pb.GpEiSampler(n_startup_trials=0))


def study_cases():
    def update(what, study, *paths, expected=BAD, **more):
        request = pb.UpdateStudyRequest(study=study, update_mask=mask(*paths), **more)
        return Case("UpdateStudy", what, lambda f: request, *expected)

    def grow(what, *parameters):
        return update(what, pb.Study(name="s", space=pb.SearchSpace(parameters=parameters)), "space")

    lr, depth = float_parameter("lr", 1e-5, 1e-1, log=True), int_parameter("depth", 1, 8)
    kernel, gamma = choice_parameter("kernel", ("rbf", "poly")), float_parameter("gamma", 0, 1, when=when("kernel", "rbf"))
    yield Case("GetStudy", "an empty name", lambda f: pb.GetStudyRequest(), *BAD)
    yield Case("GetStudy", "a name of 1 MiB", lambda f: pb.GetStudyRequest(study="n" * 2**20), *BAD)
    yield Case("GetStudy", "a study that is not there", lambda f: pb.GetStudyRequest(study="absent"), *NO_STUDY)
    yield Case("GetStudy", "a study that was deleted", lambda f: pb.GetStudyRequest(study="gone"), *NO_STUDY)
    yield Case("ListStudies", "page_size -1", lambda f: pb.ListStudiesRequest(page_size=-1), *BAD)
    yield Case("ListStudies", "page_size 1,001", lambda f: pb.ListStudiesRequest(page_size=1001), *BAD)
    yield Case("ListStudies", "a page_token that is none", lambda f: pb.ListStudiesRequest(page_token="token"), *BAD)
    yield Case("ListStudies", "a page_token of 100 kB", lambda f: pb.ListStudiesRequest(page_token="A" * 100_000), *BAD)
    yield update("no name", pb.Study(), "state")
    yield update("a study that is not there", pb.Study(name="absent", state=pb.Study.PAUSED), "state", expected=NO_STUDY)
    yield update("no mask", pb.Study(name="s", state=pb.Study.PAUSED))
    yield update("a mask that names nothing known", pb.Study(name="s"), "color")
    yield update("a mask that names the name", pb.Study(name="s"), "name")
    yield update("a mask that names directions", pb.Study(name="s"), "directions")
    yield update("a mask that goes into the space", pb.Study(name="s"), "space.parameters")
    yield update("an unset state", pb.Study(name="s"), "state")
    yield update("an unknown state", pb.Study(name="s", state=9), "state")
    yield update("max_trials 0", pb.Study(name="s", max_trials=0), "max_trials")
    yield update("max_retries -5", pb.Study(name="s", max_retries=-5), "max_retries")
    yield update("two metric names for one objective", pb.Study(name="s", metric_names=["a", "b"]), "metric_names")
    yield update("an attribute that is no JSON", pb.Study(name="s", user_attrs=[pb.Attribute(key="a", json="'a'")]), "user_attrs")
    yield update("a revision that has moved", pb.Study(name="s", state=pb.Study.PAUSED), "state", if_revision=0,
                 expected=("FAILED_PRECONDITION", "REVISION_MOVED"))
    yield update("a request_id that is no UUID", pb.Study(name="s", state=pb.Study.PAUSED), "state", request_id="x")
    yield update("a finished study resumed beyond max_trials", pb.Study(name="finished", state=pb.Study.ACTIVE), "state",
                 expected=("FAILED_PRECONDITION", "STUDY_FINISHED"))
    yield grow("a space without a parameter that it had", lr, depth, kernel)
    yield grow("a space in another order", depth, lr, kernel, gamma)
    yield grow("a range made narrower", float_parameter("lr", 1e-4, 1e-1, log=True), depth, kernel, gamma)
    yield grow("log changed", float_parameter("lr", 1e-5, 1e-1), depth, kernel, gamma)
    yield grow("another kind", int_parameter("lr"), depth, kernel, gamma)
    yield grow("a choice removed", lr, depth, choice_parameter("kernel", ("rbf",)), gamma)
    yield grow("choices in another order", lr, depth, choice_parameter("kernel", ("poly", "rbf")), gamma)
    yield grow("a condition changed", lr, depth, kernel, float_parameter("gamma", 0, 1, when=when("kernel", "poly")))
    yield grow("a new parameter with a bad range", lr, depth, kernel, gamma, float_parameter("new", 1, 0))
    yield grow("no parameter at all")
    yield update("a mix of a good and a bad change", pb.Study(name="s", state=pb.Study.PAUSED, max_trials=-1), "state", "max_trials")
    yield Case("DeleteStudy", "an empty name", lambda f: pb.DeleteStudyRequest(), *BAD)
    yield Case("DeleteStudy", "a study that is not there", lambda f: pb.DeleteStudyRequest(study="absent"), *NO_STUDY)
    yield Case("DeleteStudy", "another uid", lambda f: pb.DeleteStudyRequest(study="s", study_uid=f.study.uid ^ 1), *NO_STUDY)
    yield Case("DeleteStudy", "a request_id used by a Tell", lambda f: pb.DeleteStudyRequest(study="s", request_id=f.used_id),
               "INVALID_ARGUMENT", "REQUEST_REUSED")


def ask_cases():
    def ask(what, expected=BAD, **fields):
        fields.setdefault("study", "s")
        request = pb.AskRequest(**fields)
        return Case("Ask", what, lambda f: request, *expected)

    yield ask("an empty study name", study="")
    yield ask("a study that is not there", NO_STUDY, study="absent")
    yield ask("a worker's name of 257 bytes", worker="w" * 257)
    yield ask("count 0", count=0)
    yield ask("count -1", count=-1)
    yield ask("count 1,001", count=1001)
    yield ask("count 2^31 - 1", count=2**31 - 1)
    yield ask("lease_seconds 0", lease_seconds=0)
    yield ask("lease_seconds -1", lease_seconds=-1)
    yield ask("lease_seconds NaN", lease_seconds=math.nan)
    yield ask("lease_seconds infinite", lease_seconds=math.inf)
    yield ask("lease_seconds of more than a day", lease_seconds=86_401)
    yield ask("resume without a worker", resume=True)
    yield ask("a paused study", ("FAILED_PRECONDITION", "STUDY_PAUSED"), study="paused")
    yield ask("a finished study", ("FAILED_PRECONDITION", "STUDY_FINISHED"), study="finished")
    yield ask("everything handed out", ("FAILED_PRECONDITION", "ALL_HANDED_OUT"), study="full")
    yield ask("an exhausted space", ("FAILED_PRECONDITION", "SPACE_EXHAUSTED"), study="tiny")
    yield ask("a request_id with a letter beyond f", request_id="g" * 8 + "-0000-0000-0000-000000000000")
    yield Case("Ask", "a request_id used by a Tell", lambda f: pb.AskRequest(study="s", request_id=f.used_id),
               "INVALID_ARGUMENT", "REQUEST_REUSED")
    yield Case("Enqueue", "an empty study name", lambda f: pb.EnqueueRequest(), *BAD)

    def enqueue(what, *params, expected=BAD, study="s", **fields):
        request = pb.EnqueueRequest(study=study, params=params, **fields)
        return Case("Enqueue", what, lambda f: request, *expected)

    yield enqueue("a study that is not there", study="absent", expected=NO_STUDY)
    yield enqueue("a parameter that the space has not", param("momentum", 0.9))
    yield enqueue("a value out of range", param("lr", 1.0))
    yield enqueue("a value of another type", param("lr", "fast"))
    yield enqueue("a double that is no whole number for an int", param("depth", 1.5))
    yield enqueue("a bool for an int", param("depth", True))
    yield enqueue("a choice that is none", param("kernel", "linear"))
    yield enqueue("a value unset", pb.Param(name="lr"))
    yield enqueue("a NaN", param("lr", math.nan))
    yield enqueue("an infinite value", param("lr", math.inf))
    yield enqueue("the same parameter twice", param("lr", 0.01), param("lr", 0.02))
    yield enqueue("a parameter without a name", param("", 0.01))
    yield enqueue("a child whose parent says otherwise", param("kernel", "poly"), param("gamma", 0.5))
    yield enqueue("an attribute that is no JSON", user_attrs=[pb.Attribute(key="a", json="")])
    yield enqueue("1,001 attributes", user_attrs=[pb.Attribute(key=str(i), json="1") for i in range(1001)],
                  expected=limit("ATTRIBUTES"))
    yield enqueue("beyond max_trials", study="full", expected=("FAILED_PRECONDITION", "ALL_HANDED_OUT"))
    yield enqueue("a finished study", study="finished", expected=("FAILED_PRECONDITION", "STUDY_FINISHED"))


def tell_cases():
    nan, inf = math.nan, math.inf

    def tell(what, make, expected=BAD):
        return Case("Tell", what, lambda f: pb.TellRequest(outcomes=make(f)), *expected)

    def running(what, expected=BAD, **fields):
        return tell(what, lambda f: [pb.Outcome(trial=f.running, **fields)], expected)

    differs = ("FAILED_PRECONDITION", "OUTCOME_DIFFERS")
    yield tell("no outcome", lambda f: [])
    yield tell("1,001 outcomes", lambda f: [pb.Outcome(trial=f.running, values=[1])] * 1001)
    yield tell("an outcome without a trial", lambda f: [pb.Outcome(values=[1])])
    yield tell("a uid that no study has", lambda f: [pb.Outcome(trial=handle(f.running, study_uid=12345), values=[1])], NO_STUDY)
    yield tell("uid 0", lambda f: [pb.Outcome(trial=handle(f.running, study_uid=0), values=[1])], NO_STUDY)
    yield tell("a deleted study's uid", lambda f: [pb.Outcome(trial=f.gone, values=[1])], NO_STUDY)
    yield tell("a number that no trial has", lambda f: [pb.Outcome(trial=handle(f.running, number=99), values=[1])], NO_TRIAL)
    yield tell("number -1", lambda f: [pb.Outcome(trial=handle(f.running, number=-1), values=[1])])
    yield tell("number 2^63 - 1", lambda f: [pb.Outcome(trial=handle(f.running, number=2**63 - 1), values=[1])], NO_TRIAL)
    yield tell("attempt -1", lambda f: [pb.Outcome(trial=handle(f.running, attempt=-1), values=[1])])
    yield tell("an attempt that has not begun", lambda f: [pb.Outcome(trial=handle(f.running, attempt=7), values=[1])])
    yield tell("a trial that waits", lambda f: [pb.Outcome(trial=f.waiting, values=[1])], ("FAILED_PRECONDITION", "TRIAL_NOT_RUNNING"))
    yield tell("trials of two studies", lambda f: [pb.Outcome(trial=f.running, values=[1]), pb.Outcome(trial=f.dynamic_trial, values=[1])])
    yield tell("the same trial twice, differently",
               lambda f: [pb.Outcome(trial=f.running, values=[1]), pb.Outcome(trial=f.running, values=[2])])
    yield running("COMPLETE without a value")
    yield running("two values for one objective", values=[1, 2])
    yield tell("one value for two objectives", lambda f: [pb.Outcome(trial=f.multi_trial, values=[1])])
    yield running("FAILED with a value", state=pb.Trial.FAILED, values=[1])
    yield running("PRUNED with two values", state=pb.Trial.PRUNED, values=[1, 2])
    yield running("state RUNNING", state=pb.Trial.RUNNING, values=[1])
    yield running("state WAITING", state=pb.Trial.WAITING, values=[1])
    yield running("an unknown state", state=42, values=[1])
    yield running("COMPLETE with a failure", values=[1], failure=pb.Failure(reason="x"))
    yield running("an unknown kind of failure", state=pb.Trial.FAILED, failure=pb.Failure(kind=9))
    yield running("a reason of 4 KiB and a byte", state=pb.Trial.FAILED, failure=pb.Failure(reason="r" * 4097))
    yield running("a constraint without a name", values=[1], constraints=[pb.NamedValue(name="", value=1)])
    yield running("the same constraint twice", values=[1], constraints=[pb.NamedValue(name="m", value=1)] * 2)
    yield running("a constraint that is NaN", values=[1], constraints=[pb.NamedValue(name="m", value=nan)])
    yield running("a metric without a name", values=[1], metrics=[pb.NamedValue(name="", value=1)])
    yield running("the same metric twice", values=[1], metrics=[pb.NamedValue(name="m", value=1)] * 2)
    yield tell("another value for a finished trial", lambda f: [pb.Outcome(trial=f.done, values=[0.25])], differs)
    yield tell("FAILED for a complete trial", lambda f: [pb.Outcome(trial=f.done, state=pb.Trial.FAILED)], differs)
    yield tell("NaN for a complete trial", lambda f: [pb.Outcome(trial=f.done, values=[nan])], differs)
    yield tell("COMPLETE for a failed trial", lambda f: [pb.Outcome(trial=f.failed, values=[1])], differs)
    yield tell("COMPLETE for a pruned trial", lambda f: [pb.Outcome(trial=f.pruned, values=[1])], differs)
    yield tell("a good outcome and a bad one: neither is recorded",
               lambda f: [pb.Outcome(trial=f.running, values=[1]), pb.Outcome(trial=f.done, values=[inf])], differs)
    yield Case("Tell", "a request_id used with another payload",
               lambda f: pb.TellRequest(request_id=f.used_id, outcomes=[pb.Outcome(trial=f.running, values=[1])]),
               "INVALID_ARGUMENT", "REQUEST_REUSED")

    def report(what, make, expected=BAD):
        return Case("Report", what, lambda f: pb.ReportRequest(reports=make(f)), *expected)

    def one(trial, step=1, v=0.5):
        return [pb.IntermediateReport(trial=trial, step=step, value=v)]

    ended = ("FAILED_PRECONDITION", "TRIAL_FINISHED")
    yield report("no report", lambda f: [])
    yield report("1,001 reports", lambda f: one(f.running) * 1001)
    yield report("a report without a trial", lambda f: [pb.IntermediateReport(step=1, value=1)])
    yield report("step -1", lambda f: one(f.running, step=-1))
    yield report("a uid that no study has", lambda f: one(handle(f.running, study_uid=1)), NO_STUDY)
    yield report("a number that no trial has", lambda f: one(handle(f.running, number=99)), NO_TRIAL)
    yield report("an attempt that has not begun", lambda f: one(handle(f.running, attempt=3)))
    yield report("a complete trial", lambda f: one(f.done), ended)
    yield report("a failed trial", lambda f: one(f.failed), ended)
    yield report("a trial that waits", lambda f: one(f.waiting), ("FAILED_PRECONDITION", "TRIAL_NOT_RUNNING"))
    yield report("trials of two studies", lambda f: one(f.running) + one(f.dynamic_trial))
    yield report("a good report and a bad one: neither is recorded", lambda f: one(f.running) + one(f.done), ended)
    yield Case("Report", "a request_id that is no UUID", lambda f: pb.ReportRequest(request_id="\x00", reports=one(f.running)), *BAD)


def trial_cases():
    x = float_parameter().distribution

    def suggest(what, make, expected=BAD):
        return Case("Suggest", what, make, *expected)

    yield suggest("no trial", lambda f: pb.SuggestRequest(name="x", distribution=x))
    yield suggest("no name", lambda f: pb.SuggestRequest(trial=f.dynamic_trial, distribution=x))
    yield suggest("a name of 257 bytes", lambda f: pb.SuggestRequest(trial=f.dynamic_trial, name="x" * 257, distribution=x))
    yield suggest("no distribution", lambda f: pb.SuggestRequest(trial=f.dynamic_trial, name="x"))
    yield suggest("a bad range", lambda f: pb.SuggestRequest(trial=f.dynamic_trial, name="y", distribution=float_parameter(low=1, high=0).distribution))
    yield suggest("another kind than the name had", lambda f: pb.SuggestRequest(trial=f.dynamic_trial, name="x", distribution=int_parameter().distribution))
    yield suggest("another distribution in the same trial",
                  lambda f: pb.SuggestRequest(trial=f.dynamic_other, name="x", distribution=int_parameter().distribution))
    yield suggest("a study that declares its space", lambda f: pb.SuggestRequest(trial=f.running, name="momentum", distribution=x))
    yield suggest("a uid that no study has", lambda f: pb.SuggestRequest(trial=handle(f.dynamic_trial, study_uid=1), name="x", distribution=x), NO_STUDY)
    yield suggest("a number that no trial has", lambda f: pb.SuggestRequest(trial=handle(f.dynamic_trial, number=99), name="x", distribution=x), NO_TRIAL)
    yield suggest("an attempt that has not begun", lambda f: pb.SuggestRequest(trial=handle(f.dynamic_trial, attempt=2), name="x", distribution=x))
    yield suggest("a finished trial", lambda f: pb.SuggestRequest(trial=f.done, name="new", distribution=x), ("FAILED_PRECONDITION", "TRIAL_FINISHED"))

    def attribute(json, key="a"):
        return [pb.Attribute(key=key, json=json)]

    yield Case("UpdateTrial", "no trial", lambda f: pb.UpdateTrialRequest(user_attrs=attribute("1")), *BAD)
    yield Case("UpdateTrial", "an attribute that is no JSON", lambda f: pb.UpdateTrialRequest(trial=f.running, user_attrs=attribute("{'a': 1}")), *BAD)
    yield Case("UpdateTrial", "a string with a bare control character",
               lambda f: pb.UpdateTrialRequest(trial=f.running, user_attrs=attribute('"\n"')), *BAD)
    yield Case("UpdateTrial", "half a surrogate pair of bytes", lambda f: pb.UpdateTrialRequest(trial=f.running, user_attrs=attribute('"\\ud800')), *BAD)
    yield Case("UpdateTrial", "a NUL byte after a value", lambda f: pb.UpdateTrialRequest(trial=f.running, user_attrs=attribute("1\0{")), *BAD)
    yield Case("UpdateTrial", "a byte order mark", lambda f: pb.UpdateTrialRequest(trial=f.running, user_attrs=attribute("\ufeff1")), *BAD)
    yield Case("UpdateTrial", "an attribute without a key", lambda f: pb.UpdateTrialRequest(trial=f.running, system_attrs=attribute("1", "")), *BAD)
    yield Case("UpdateTrial", "a constraint that is NaN",
               lambda f: pb.UpdateTrialRequest(trial=f.running, constraints=[pb.NamedValue(name="m", value=math.nan)]), *BAD)
    yield Case("UpdateTrial", "constraints of a finished trial",
               lambda f: pb.UpdateTrialRequest(trial=f.done, constraints=[pb.NamedValue(name="m", value=1)]), "FAILED_PRECONDITION", "TRIAL_FINISHED")
    yield Case("UpdateTrial", "a number that no trial has", lambda f: pb.UpdateTrialRequest(trial=handle(f.running, number=99), user_attrs=attribute("1")), *NO_TRIAL)
    yield Case("UpdateTrial", "a uid that no study has", lambda f: pb.UpdateTrialRequest(trial=handle(f.running, study_uid=2), user_attrs=attribute("1")), *NO_STUDY)
    yield Case("UpdateTrial", "a good attribute and a bad one: neither is set",
               lambda f: pb.UpdateTrialRequest(trial=f.running, user_attrs=attribute("1") + attribute("]", "b")), *BAD)


def import_cases():
    def add(what, *trials, study="s", expected=BAD):
        request = pb.AddTrialsRequest(study=study, trials=trials)
        return Case("AddTrials", what, lambda f: request, *expected)

    def finished(**fields):
        fields.setdefault("params", [param("lr", 0.01), param("depth", 3), param("kernel", "poly")])
        fields.setdefault("values", [0.5])
        return pb.Trial(**fields)

    far = timestamp_pb2.Timestamp(seconds=2**60)
    yield add("no study", study="")
    yield add("a study that is not there", finished(), study="absent", expected=NO_STUDY)
    yield add("no trials")
    yield add("10,001 trials", *[pb.Trial()] * 10_001)
    yield add("a value missing", finished(values=[]))
    yield add("a value too many", finished(values=[1, 2]))
    yield add("state RUNNING", finished(state=pb.Trial.RUNNING))
    yield add("an unknown state", finished(state=12))
    yield add("a parameter that the space has not", finished(params=[param("momentum", 0.9)]))
    yield add("a value out of range", finished(params=[param("lr", 7.0), param("depth", 3), param("kernel", "poly")]))
    yield add("the same parameter twice", finished(params=[param("lr", 0.01), param("lr", 0.01)]))
    yield add("an inactive parameter", finished(params=[param("lr", 0.01), param("depth", 3), param("kernel", "poly"), param("gamma", 0.5)]))
    yield add("a step -1", finished(intermediate_values=[pb.IntermediateValue(step=-1, value=1)]))
    yield add("the same step twice", finished(intermediate_values=[pb.IntermediateValue(step=1, value=1)] * 2))
    yield add("a time after the year 9999", finished(create_time=far))
    yield add("a time with nanos -1", finished(finish_time=timestamp_pb2.Timestamp(nanos=-1)))
    yield add("a failure of a COMPLETE trial", finished(failure=pb.Failure(reason="x")))
    yield add("an attribute that is no JSON", finished(user_attrs=[pb.Attribute(key="a", json="nul")]))
    yield add("a worker's name of 257 bytes", finished(worker="w" * 257))
    yield add("a good trial and a bad one: neither is added", finished(), finished(values=[]))
    yield add("define-by-run without a distribution", pb.Trial(params=[param("x", 0.5)], values=[1]), study="dynamic")


def later_cases():
    """What this version does not have yet."""
    later = ("UNIMPLEMENTED", "NOT_IMPLEMENTED")
    yield Case("Heartbeat", "no trials", lambda f: pb.HeartbeatRequest(), *later)
    yield Case("Heartbeat", "1,001 trials", lambda f: pb.HeartbeatRequest(trials=[f.running] * 1001), *later)
    yield Case("StopTrial", "no trial", lambda f: pb.StopTrialRequest(), *BAD)
    yield Case("StopTrial", "a finished trial", lambda f: pb.StopTrialRequest(trial=f.done), *later)
    yield Case("ExplainTrial", "no study", lambda f: pb.ExplainTrialRequest(), *BAD)
    yield Case("ExplainTrial", "number -1", lambda f: pb.ExplainTrialRequest(study="s", number=-1), *BAD)
    yield Case("ExplainTrial", "a study that is not there", lambda f: pb.ExplainTrialRequest(study="absent"), *NO_STUDY)
    yield Case("ExplainTrial", "a number that no trial has", lambda f: pb.ExplainTrialRequest(study="s", number=99), *NO_TRIAL)


def reading_cases():
    yield Case("GetTrial", "no study", lambda f: pb.GetTrialRequest(), *BAD)
    yield Case("GetTrial", "a study that is not there", lambda f: pb.GetTrialRequest(study="absent"), *NO_STUDY)
    yield Case("GetTrial", "a number that no trial has", lambda f: pb.GetTrialRequest(study="s", number=99), *NO_TRIAL)
    yield Case("GetTrial", "number -1", lambda f: pb.GetTrialRequest(study="s", number=-1), *BAD)
    yield Case("GetTrial", "an unknown view", lambda f: pb.GetTrialRequest(study="s", view=5), *BAD)
    yield Case("ListTrials", "no study", lambda f: pb.ListTrialsRequest(), *BAD)
    yield Case("ListTrials", "a study that is not there", lambda f: pb.ListTrialsRequest(study="absent"), *NO_STUDY)
    yield Case("ListTrials", "page_size -1", lambda f: pb.ListTrialsRequest(study="s", page_size=-1), *BAD)
    yield Case("ListTrials", "page_size 10,001", lambda f: pb.ListTrialsRequest(study="s", page_size=10_001), *limit("PAGE"))
    yield Case("ListTrials", "a page_token that is none", lambda f: pb.ListTrialsRequest(study="s", page_token="%%%"), *BAD)
    yield Case("ListTrials", "an unknown state", lambda f: pb.ListTrialsRequest(study="s", states=[6]), *BAD)
    yield Case("ListTrials", "an unknown view", lambda f: pb.ListTrialsRequest(study="s", view=-1), *BAD)
    yield Case("ListTrials", "changed_after -1", lambda f: pb.ListTrialsRequest(study="s", changed_after=-1), *BAD)
    yield Case("BestTrials", "no study", lambda f: pb.BestTrialsRequest(), *BAD)
    yield Case("BestTrials", "a study that is not there", lambda f: pb.BestTrialsRequest(study="absent"), *NO_STUDY)
    yield Case("BestTrials", "page_size 1,001", lambda f: pb.BestTrialsRequest(study="multi", page_size=1001), *BAD)
    yield Case("BestTrials", "page_size -1", lambda f: pb.BestTrialsRequest(study="multi", page_size=-1), *BAD)
    yield Case("BestTrials", "a page_token that is none", lambda f: pb.BestTrialsRequest(study="multi", page_token="x"), *BAD)
    yield Case("WatchStudy", "no study", lambda f: pb.WatchStudyRequest(), *BAD)
    yield Case("WatchStudy", "a study that is not there", lambda f: pb.WatchStudyRequest(study="absent"), *NO_STUDY)
    yield Case("WatchStudy", "after_revision -1", lambda f: pb.WatchStudyRequest(study="s", after_revision=-1), *BAD)
    yield Case("WatchStudy", "an unknown view", lambda f: pb.WatchStudyRequest(study="s", view=3), *BAD)
    yield Case("WatchStudy", "an unknown state", lambda f: pb.WatchStudyRequest(study="s", states=[99]), *BAD)


def bytes_cases():
    not_utf8 = b"\x0a\x02\xff\xfe"  # field 1, two bytes that are no UTF-8
    yield Case("GetServerInfo", "bytes that are no message", lambda f: b"\xff\xff\xff\xff", *BAD)
    yield Case("GetStudy", "a name that is no UTF-8", lambda f: not_utf8, *BAD)
    yield Case("ListStudies", "bytes that are no message", lambda f: b"\x07", *BAD)
    yield Case("CreateStudy", "a message cut off", lambda f: b"\x12\x7f\x0a", *BAD)
    yield Case("CreateStudy", "groups nested 10,000 deep", lambda f: b"\x7b" * 10_000 + b"\x7c" * 10_000, *BAD)
    yield Case("UpdateStudy", "a length beyond the end", lambda f: b"\x12\xff\xff\xff\xff\x07", *BAD)
    yield Case("DeleteStudy", "a request_id that is no UTF-8", lambda f: not_utf8, *BAD)
    yield Case("Ask", "bytes that are no message", lambda f: b"\x08\x96\x01\x0b", *BAD)
    yield Case("Tell", "a message cut off", lambda f: b"\x12\x05\x0a\x10", *BAD)
    yield Case("Report", "a field of the wrong wire type at the end", lambda f: b"\x12", *BAD)
    yield Case("Heartbeat", "bytes that are no message", lambda f: b"\x00", *BAD)
    yield Case("Enqueue", "bytes that are no message", lambda f: b"\x1a\x80", *BAD)
    yield Case("AddTrials", "a message of 5 MiB", lambda f: b"\x12" + b"\xff\xff\xff\x02" + b"s" * (5 << 20), "RESOURCE_EXHAUSTED", "")
    yield Case("WatchStudy", "bytes that are no message", lambda f: b"\x0a\x05s", *BAD)


def cases() -> list[Case]:
    groups = (create_cases, study_cases, ask_cases, tell_cases, trial_cases, import_cases, later_cases, reading_cases, bytes_cases)
    return [case for group in groups for case in group()]
