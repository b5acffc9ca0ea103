"""Bad inputs of the calls that hand out, end and change trials."""

from __future__ import annotations

import math

from google.protobuf import timestamp_pb2

from bad_inputs.case import BAD, NO_STUDY, NO_TRIAL, Case, limit
from messages import choice_parameter, float_parameter, handle, int_parameter, param
from parzen._proto import parzen_pb2 as pb


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
    yield Case("Ask", "a deleted study's uid", lambda f: pb.AskRequest(study="s", study_uid=f.gone.study_uid), *NO_STUDY)
    yield Case("Enqueue", "an empty study name", lambda f: pb.EnqueueRequest(), *BAD)
    yield Case("Enqueue", "another study's uid", lambda f: pb.EnqueueRequest(study="s", study_uid=f.dynamic.uid), *NO_STUDY)

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
    yield report("two values for one objective", lambda f: [pb.IntermediateReport(trial=f.running, step=1, values=[1, 2])])
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
    def add(what, *trials, study="s", expected=BAD, restore=False):
        request = pb.AddTrialsRequest(study=study, trials=trials, restore=restore)
        return Case("AddTrials", what, lambda f: request, *expected)

    def finished(**fields):
        fields.setdefault("params", [param("lr", 0.01), param("depth", 3), param("kernel", "poly")])
        fields.setdefault("values", [0.5])
        return pb.Trial(**fields)

    far = timestamp_pb2.Timestamp(seconds=2**60)
    yield add("no study", study="")
    yield add("a study that is not there", finished(), study="absent", expected=NO_STUDY)
    yield add("no trials")
    yield Case("AddTrials", "another study's uid",
               lambda f: pb.AddTrialsRequest(study="s", study_uid=f.dynamic.uid, trials=[finished()]), *NO_STUDY)
    yield add("10,001 trials", *[pb.Trial()] * 10_001)
    yield add("a value missing", finished(values=[]))
    yield add("a value too many", finished(values=[1, 2]))
    yield add("state RUNNING", finished(state=pb.Trial.RUNNING))
    yield add("an unknown state", finished(state=12))
    yield add("a parameter that the space has not", finished(params=[param("momentum", 0.9)]))
    yield add("a value out of range", finished(params=[param("lr", 7.0), param("depth", 3), param("kernel", "poly")]))
    yield add("the same parameter twice", finished(params=[param("lr", 0.01), param("lr", 0.01)]))
    yield add("an inactive parameter", finished(params=[param("lr", 0.01), param("depth", 3), param("kernel", "poly"), param("gamma", 0.5)]))
    yield add("an active parameter missing", finished(params=[param("lr", 0.01), param("depth", 3)]))
    yield add("an active child missing", finished(params=[param("lr", 0.01), param("depth", 3), param("kernel", "rbf")]))
    yield add("an infeasible trial without its point", pb.Trial(state=pb.Trial.FAILED, failure=pb.Failure(kind=pb.Failure.INFEASIBLE)))
    yield add("a step -1", finished(intermediate_values=[pb.IntermediateValue(step=-1, value=1)]))
    yield add("the same step twice", finished(intermediate_values=[pb.IntermediateValue(step=1, value=1)] * 2))
    yield add("a time after the year 9999", finished(create_time=far))
    yield add("a time with nanos -1", finished(finish_time=timestamp_pb2.Timestamp(nanos=-1)))
    yield add("a failure of a COMPLETE trial", finished(failure=pb.Failure(reason="x")))
    yield add("an attribute that is no JSON", finished(user_attrs=[pb.Attribute(key="a", json="nul")]))
    yield add("a worker's name of 257 bytes", finished(worker="w" * 257))
    yield add("a good trial and a bad one: neither is added", finished(), finished(values=[]))
    yield add("a copy that waits and has a value", finished(state=pb.Trial.WAITING), restore=True)
    yield add("a copy of attempt -1", finished(handle=pb.TrialHandle(attempt=-1)), restore=True)
    yield add("a copy of a range that the space has not grown from",
              finished(params=[param("lr", 0.01, float_parameter(low=1e-9, log=True).distribution)]), restore=True)
    yield add("a copy of another kind of parameter", finished(params=[param("depth", 3, choice_parameter("c", (3,)).distribution)]), restore=True)
    yield add("define-by-run without a distribution", pb.Trial(params=[param("x", 0.5)], values=[1]), study="dynamic")


def lease_cases():
    def heartbeat(what, make, expected=BAD, **fields):
        return Case("Heartbeat", what, lambda f: pb.HeartbeatRequest(trials=make(f), **fields), *expected)

    yield heartbeat("no trials", lambda f: [])
    yield heartbeat("1,001 trials", lambda f: [f.running] * 1001)
    yield heartbeat("an attempt -1", lambda f: [handle(f.running, attempt=-1)])
    yield heartbeat("an attempt to come", lambda f: [handle(f.running, attempt=1)])
    yield heartbeat("a number that no trial has", lambda f: [handle(f.running, number=99)], NO_TRIAL)
    yield heartbeat("a study that is gone", lambda f: [f.gone], NO_STUDY)
    yield heartbeat("a worker's name of 257 bytes", lambda f: [f.running], worker="w" * 257)

    def stop(what, make, expected):
        return Case("StopTrial", what, lambda f: pb.StopTrialRequest(trial=make(f)), *expected)

    yield Case("StopTrial", "no trial", lambda f: pb.StopTrialRequest(), *BAD)
    yield stop("a finished trial", lambda f: f.done, ("FAILED_PRECONDITION", "TRIAL_FINISHED"))
    yield stop("a trial that waits", lambda f: f.waiting, ("FAILED_PRECONDITION", "TRIAL_NOT_RUNNING"))
    yield stop("a number that no trial has", lambda f: handle(f.running, number=99), NO_TRIAL)
    yield stop("an attempt to come", lambda f: handle(f.running, attempt=1), BAD)
    yield stop("a study that is gone", lambda f: f.gone, NO_STUDY)
    yield stop("an attempt that has passed", lambda f: f.lost, ("ABORTED", "LEASE_LOST"))
    yield Case("Report", "an attempt that has passed",
               lambda f: pb.ReportRequest(reports=[pb.IntermediateReport(trial=f.lost, step=1, value=1)]), "ABORTED", "LEASE_LOST")
    for what, outcome in (
        ("an attempt that has passed, failed", dict(state=pb.Trial.FAILED)),
        ("an attempt that has passed, pruned", dict(state=pb.Trial.PRUNED)),
        ("an attempt that has passed, preempted", dict(state=pb.Trial.FAILED, failure=pb.Failure(kind=pb.Failure.PREEMPTED))),
    ):
        yield Case("Tell", what, lambda f, outcome=outcome: pb.TellRequest(outcomes=[pb.Outcome(trial=f.lost, **outcome)]),
                   "ABORTED", "LEASE_LOST")


def explain_cases():
    yield Case("ExplainTrial", "no study", lambda f: pb.ExplainTrialRequest(), *BAD)
    yield Case("ExplainTrial", "number -1", lambda f: pb.ExplainTrialRequest(study="s", number=-1), *BAD)
    yield Case("ExplainTrial", "a study that is not there", lambda f: pb.ExplainTrialRequest(study="absent"), *NO_STUDY)
    yield Case("ExplainTrial", "a number that no trial has", lambda f: pb.ExplainTrialRequest(study="s", number=99), *NO_TRIAL)
