"""Writes the seeds of fuzz_requests: every bad input of tests/wire and a study's whole life, in the target's input form.

    PYTHONPATH=clients/python/src python tests/fuzz/seed_requests.py DIRECTORY
"""

import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "wire"))

import messages as b  # noqa: E402
from bad_inputs import cases  # noqa: E402
from wire import pb  # noqa: E402

# As in requests.cc.
METHODS = ["CreateStudy", "GetStudy", "ListStudies", "UpdateStudy", "Ask", "Tell", "Report", "Heartbeat", "Enqueue", "AddTrials", "Suggest",
           "UpdateTrial", "GetTrial", "ListTrials", "BestTrials", "ExplainTrial", "RecommendTrials", "DeleteStudy", "StopTrial", "GetImportances"]


def call(method, request) -> bytes:
    data = request if isinstance(request, bytes) else request.SerializeToString()
    return struct.pack("<BH", METHODS.index(method), len(data)) + data


def study(name, sampler, *parameters, **more):
    space = pb.SearchSpace(parameters=parameters)
    return call("CreateStudy", pb.CreateStudyRequest(request_id="a", study=pb.Study(name=name, space=space, sampler=sampler, **more)))


class Handles:
    """Stands for a Fixture: the first study of the server, its first trials."""

    running, done, pruned, failed, waiting, dynamic_trial, dynamic_other, multi_trial = (
        pb.TrialHandle(study_uid=0, number=i % 4) for i in range(8)
    )
    study = dynamic = multi = pb.Study(uid=0)
    gone = pb.TrialHandle(study_uid=7)
    used_id = "b"


def life(sampler) -> bytes:
    h = [pb.TrialHandle(study_uid=0, number=i) for i in range(4)]
    parts = [
        study("s", sampler, b.float_parameter("lr", 1e-5, 1e-1, log=True), b.int_parameter("depth"), b.choice_parameter("kernel", ("rbf", "poly")),
              b.float_parameter("gamma", when=b.when("kernel", "rbf"))),
        call("Ask", pb.AskRequest(request_id="c", study="s", worker="w", count=3)),
        call("Report", pb.ReportRequest(reports=[pb.IntermediateReport(trial=h[0], step=1, value=0.5)])),
        call("Tell", pb.TellRequest(request_id="b", outcomes=[pb.Outcome(trial=h[0], values=[0.5])])),
        call("Tell", pb.TellRequest(outcomes=[pb.Outcome(trial=h[1], state=pb.Trial.PRUNED), pb.Outcome(trial=h[2], state=pb.Trial.FAILED)])),
        call("Enqueue", pb.EnqueueRequest(study="s", params=[b.param("lr", 0.01)])),
        call("AddTrials", pb.AddTrialsRequest(study="s", trials=[pb.Trial(params=[b.param("lr", 0.01), b.param("depth", 2), b.param("kernel", "poly")],
                                                                          values=[1])])),
        call("Ask", pb.AskRequest(study="s", worker="w", resume=True)),
        call("UpdateTrial", pb.UpdateTrialRequest(trial=h[3], user_attrs=[pb.Attribute(key="a", json='{"b": [1]}')])),
        call("UpdateStudy", pb.UpdateStudyRequest(study=pb.Study(name="s", state=pb.Study.PAUSED), update_mask=b.mask("state"))),
        call("GetTrial", pb.GetTrialRequest(study="s", number=3)),
        call("ListTrials", pb.ListTrialsRequest(study="s", page_size=2, view=pb.FULL, changed_after=1)),
        call("BestTrials", pb.BestTrialsRequest(study="s")),
        call("RecommendTrials", pb.RecommendTrialsRequest(study="s")),
        call("GetImportances", pb.GetImportancesRequest(study="s")),
        call("ExplainTrial", pb.ExplainTrialRequest(study="s", number=1)),
        study("d", sampler),
        call("Ask", pb.AskRequest(study="d")),
        call("Suggest", pb.SuggestRequest(trial=pb.TrialHandle(study_uid=1), name="x", distribution=b.float_parameter().distribution)),
        call("DeleteStudy", pb.DeleteStudyRequest(study="s")),
    ]
    return b"".join(parts)


def main() -> None:
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    samplers = {
        "random": pb.SamplerConfig(random=pb.RandomSampler(), seed=1),
        "qmc": pb.SamplerConfig(qmc=pb.QmcSampler(), seed=1),
        "tpe": pb.SamplerConfig(tpe=pb.TpeSampler(n_startup_trials=1), seed=1),
        "gp": pb.SamplerConfig(gp_ei=pb.GpEiSampler(n_startup_trials=1), seed=1),
    }
    for name, sampler in samplers.items():
        (directory / f"life-{name}").write_bytes(life(sampler))
    by_method = {}
    for case in cases():
        if case.method in METHODS:
            data = case.make(Handles)
            data = data if isinstance(data, bytes) else data.SerializeToString()
            if len(data) < 400:
                by_method.setdefault(case.method, []).append(call(case.method, data))
    # Refusals of CreateStudy need no studies; the others come after a study's life, short of its end.
    end = call("DeleteStudy", pb.DeleteStudyRequest(study="s"))
    before = life(samplers["random"]).removesuffix(end)
    for method, calls in by_method.items():
        for i in range(0, len(calls), 12):
            start = b"" if method == "CreateStudy" else before
            (directory / f"bad-{method}-{i // 12}").write_bytes(start + b"".join(calls[i : i + 12]))


if __name__ == "__main__":
    main()
