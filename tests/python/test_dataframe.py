"""Study.to_dataframe: its columns, its types, and what to_csv makes of it."""

from __future__ import annotations

import math
from typing import Callable

import pytest

import parzen

Make = Callable[..., parzen.Study]


def test_dataframe(make_study: Make) -> None:
    pandas = pytest.importorskip("pandas")
    study = make_study({"k": parzen.Categorical(["a", None]), "x": parzen.Float(0, 1, when={"k": ["a"]})})
    assert list(study.to_dataframe()["number"]) == []
    study.enqueue({"k": "a", "x": 0.5})
    study.enqueue({"k": None})
    a, b = study.ask(count=2)
    a.set_user_attr("note", [1])
    a.tell(1.5, metrics={"m": 2})
    frame = study.to_dataframe()
    assert list(frame.columns) == [
        "number", "state", "value", "params_k", "params_x", "metrics_m", "user_attrs_note", "worker", "started", "finished",
        "duration", "failure", "reason",
    ]  # fmt: skip
    assert list(frame["state"]) == ["complete", "running"] and frame["value"][0] == 1.5 and math.isnan(frame["value"][1])
    assert frame["params_x"][0] == 0.5 and math.isnan(frame["params_x"][1])
    assert frame["duration"][0] >= pandas.Timedelta(0) and frame["finished"].isna()[1]
    assert len(study.to_dataframe(states="complete")) == 1


def test_whole_numbers_stay_whole_in_a_dataframe(make_study: Make) -> None:
    """So that to_csv writes what parzen import reads again."""
    pytest.importorskip("pandas")
    space = {"k": parzen.Categorical(["a", "b"]), "n": parzen.Int(1, 9, when={"k": ["a"]}), "c": parzen.Categorical([1, 2.5, "1", None])}
    study = make_study(space)
    study.add_trials([({"k": "a", "n": 3, "c": 1}, 0.1), ({"k": "b", "c": 2.5}, 1e300), ({"k": "b", "c": "1"}, -0.0)])
    study.add_trial({"k": "b", "c": None}, state="failed", infeasible=True, reason="no, never")
    study.trial(0).set_user_attr("big", 2**62 + 1)
    study.trial(0).set_user_attr("huge", 2**70)
    study.trial(1).set_user_attr("nested", {"a": [True, None, "ü"]})
    study.trial(2).set_user_attr("list", ["a"])
    frame = study.to_dataframe()
    assert frame["params_n"][0] == 3 and frame["user_attrs_big"][0] == 2**62 + 1 and frame["user_attrs_huge"][0] == 2**70
    assert [type(c) for c in frame["params_c"]] == [int, float, str, type(None)]
    assert frame["user_attrs_nested"][1] == {"a": [True, None, "ü"]} and list(frame["failure"])[3] == "infeasible"
    lines = frame.drop(columns=["worker", "started", "finished", "duration"]).to_csv().splitlines()
    assert lines == [
        ",number,state,value,params_k,params_n,params_c,user_attrs_big,user_attrs_huge,user_attrs_nested,user_attrs_list,failure,reason",
        "0,0,complete,0.1,a,3,1,4611686018427387905,1180591620717411303424,,,,",
        '1,1,complete,1e+300,b,,2.5,,,"{""a"": [true, null, ""ü""]}",,,',
        '2,2,complete,-0.0,b,,1,,,,"[""a""]",,',
        '3,3,failed,,b,,,,,,,infeasible,"no, never"',
    ]


def test_dataframe_of_several_objectives(make_study: Make) -> None:
    pytest.importorskip("pandas")
    study = make_study(directions=["minimize", "maximize"], metric_names=["loss", "speed"])
    study.ask().tell([1, 2])
    frame = study.to_dataframe()
    assert frame["values_loss"][0] == 1 and frame["values_speed"][0] == 2 and "value" not in frame
