"""Makes studies-v1.db and studies-v1.json beside this file: a database as a server of schema 1 leaves it, and what that server answered.

    PARZEND=.../parzend python tests/data/make_studies.py

It was run once, with the last server that wrote schema 1, and is kept to say what the file holds. tests/wire/test_upgrade.py opens it.
"""

import json
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "wire"))

from google.protobuf.json_format import MessageToDict  # noqa: E402
from messages import choice_parameter, float_parameter, int_parameter, value  # noqa: E402
from parzend import Parzend  # noqa: E402
from wire import Wire, pb  # noqa: E402

FLOAT = pb.Distribution(float=pb.FloatDistribution(low=-1, high=1))


def loss(trial):
    return sum(p.value.double_value**2 + p.value.int_value for p in trial.params)


def tell(wire, trial, **outcome):
    wire.must("Tell", pb.TellRequest(outcomes=[pb.Outcome(trial=trial.handle, **outcome)]))


def fill(wire):
    """A conditional space for each sampler, define-by-run, two objectives; trials of every state."""
    space = [choice_parameter("kind", ("deep", "flat")), float_parameter("lr", 1e-5, 1e-1, log=True), int_parameter("depth")]
    space[2].when.parent = "kind"
    space[2].when.values.append(value("deep"))
    attributes = [pb.Attribute(key="team", json='{"name": "λ"}')]
    for name in ("tpe", "gp", "qmc", "random"):
        study = pb.Study(name=name, space=pb.SearchSpace(parameters=space), max_trials=20, user_attrs=attributes)
        study.sampler.seed = 7
        getattr(study.sampler, name if name != "gp" else "gp_ei").SetInParent()
        wire.must("CreateStudy", pb.CreateStudyRequest(study=study))
        for number in range(14):
            trial = wire.must("Ask", pb.AskRequest(study=name, worker=f"w{number % 2}")).trials[0]
            reports = [pb.IntermediateReport(trial=trial.handle, step=step, value=1.0 / (step + 1)) for step in range(2)]
            wire.must("Report", pb.ReportRequest(reports=reports))
            if number == 11:
                tell(wire, trial, state=pb.Trial.FAILED, failure=pb.Failure(kind=pb.Failure.CRASHED, reason="out of memory"))
            elif number == 12:
                tell(wire, trial, state=pb.Trial.PRUNED)
            elif number < 11:
                tell(wire, trial, values=[loss(trial)], metrics=[pb.NamedValue(name="seconds", value=number)])
        wire.must("Enqueue", pb.EnqueueRequest(study=name, params=[pb.Param(name="lr", value=value(1e-3))]))
    wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="by-run", directions=[pb.MINIMIZE, pb.MAXIMIZE])))
    for _ in range(4):
        trial = wire.must("Ask", pb.AskRequest(study="by-run")).trials[0]
        x = wire.must("Suggest", pb.SuggestRequest(trial=trial.handle, name="x", distribution=FLOAT)).value.double_value
        tell(wire, trial, values=[x * x, -x])


def describe(wire):
    """Every study and trial, as the server answers."""
    studies = {}
    for study in wire.must("ListStudies", pb.ListStudiesRequest()).studies:
        trials = wire.must("ListTrials", pb.ListTrialsRequest(study=study.name, view=pb.FULL, page_size=1000)).trials
        studies[study.name] = {"study": MessageToDict(study), "trials": [MessageToDict(trial) for trial in trials]}
    return studies


def main():
    with tempfile.TemporaryDirectory() as directory:
        server = Parzend(pathlib.Path(directory)).start()
        with Wire(server.address) as wire:
            fill(wire)
            answers = describe(wire)
        assert server.stop() == 0
        shutil.copyfile(server.db, HERE / "studies-v1.db")
    (HERE / "studies-v1.json").write_text(json.dumps(answers, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
