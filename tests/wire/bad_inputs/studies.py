"""Bad inputs of the calls about studies."""

from __future__ import annotations

import math

from google.protobuf import timestamp_pb2

from bad_inputs.case import BAD, NO_STUDY, Case, limit
from messages import choice_parameter, float_parameter, int_parameter, mask, value, when
from parzen._proto import parzen_pb2 as pb


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
    yield update("a uid that no study has", pb.Study(name="s", uid=1, state=pb.Study.PAUSED), "state", expected=NO_STUDY)
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
