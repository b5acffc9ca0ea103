"""A database of the first schema, as an earlier server left it (tests/data), still opens, and its studies go on."""

import json
import pathlib
import shutil

import pytest
from google.protobuf.json_format import MessageToDict
from wire import Wire, pb

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"


@pytest.fixture
def upgraded(make_server):
    server = make_server(start=False)
    shutil.copyfile(DATA / "studies-v1.db", server.db)
    return server.start()


def agrees(then, now):
    """Whether everything that was said then is said now; what is new may have come."""
    if isinstance(then, dict):
        return isinstance(now, dict) and all(key in now and agrees(value, now[key]) for key, value in then.items())
    if isinstance(then, list):
        return len(then) == len(now) and all(agrees(a, b) for a, b in zip(then, now))
    return then == now


def test_every_study_and_trial_of_the_first_schema_is_there(upgraded):
    answers = json.loads((DATA / "studies-v1.json").read_text())
    assert len(answers) == 5
    with Wire(upgraded.address) as wire:
        for name, then in answers.items():
            study = wire.must("GetStudy", pb.GetStudyRequest(study=name))
            trials = wire.must("ListTrials", pb.ListTrialsRequest(study=name, view=pb.FULL, page_size=1000)).trials
            assert agrees(then["study"], MessageToDict(study)), name
            assert agrees(then["trials"], [MessageToDict(trial) for trial in trials]), name


def test_its_studies_go_on(upgraded):
    with Wire(upgraded.address) as wire:
        for name in ("tpe", "gp", "qmc", "random"):
            asked = wire.must("Ask", pb.AskRequest(study=name, count=3)).trials
            assert [trial.handle.number for trial in asked] == [14, 15, 16]  # the enqueued one first
            assert next(param.value.double_value for param in asked[0].params if param.name == "lr") == 1e-3
            outcomes = [pb.Outcome(trial=trial.handle, values=[0.5]) for trial in asked]
            wire.must("Tell", pb.TellRequest(outcomes=outcomes))
            assert wire.must("ExplainTrial", pb.ExplainTrialRequest(study=name, number=3)) is not None
    assert upgraded.stop() == 0
    upgraded.start()
    with Wire(upgraded.address) as wire:
        assert wire.must("GetStudy", pb.GetStudyRequest(study="tpe")).counts.complete == 14
