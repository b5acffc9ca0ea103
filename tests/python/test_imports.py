"""Imports of many trials: whole, or it is said where they stopped; and whatever the server took can be read and imported."""

from __future__ import annotations

import math
import re
import signal
import subprocess
import sys
import time
from typing import Any, Callable, Dict, List, Tuple

import numpy
import pytest

import parzen
from conftest import Server
from fault_proxy import FaultProxy

Make = Callable[..., parzen.Study]
SPACE = {
    "x": parzen.Float(0, 1),
    "n": parzen.Int(1, 10),
    "kind": parzen.Categorical(["a", 1, True, None]),
    "child": parzen.Float(0, 1, when={"kind": ["a"]}),
    "late": parzen.Int(0, 5, default=3),
}


def rows(count: int) -> List[Tuple[Dict[str, Any], float]]:
    return [({"x": i / count, "n": i % 10 + 1, "kind": 1}, float(i)) for i in range(count)]


@pytest.mark.parametrize(
    "bad, message",
    [
        (({"x": 2.0, "n": 1, "kind": 1}, 0.0), r"params\['x'\]: value is 2.0; accepted: Float\(0.0, 1.0\)"),
        (({"x": float("nan"), "n": 1, "kind": 1}, 0.0), r"params\['x'\]: value is nan"),
        (({"x": 0.5, "n": 1.5, "kind": 1}, 0.0), r"params\['n'\]: value is 1.5"),
        (({"x": 0.5, "n": float("inf"), "kind": 1}, 0.0), r"params\['n'\]: value is inf"),
        (({"x": 0.5, "n": 1, "kind": 1.0}, 0.0), r"params\['kind'\]: value is 1.0; accepted: Categorical"),
        (({"x": 0.5, "n": 1, "kind": "b"}, 0.0), r"params\['kind'\]: value is 'b'"),
        (({"x": 0.5, "kind": 1}, 0.0), "params: 'n' is missing"),
        (({"x": 0.5, "n": 1, "kind": "a"}, 0.0), "params: 'child' is missing"),
        (({"x": 0.5, "n": 1, "kind": 1, "child": 0.5}, 0.0), "params: 'child' does not exist where 'kind' in"),
        (({"x": 0.5, "n": 1, "kind": 1, "y": 0}, 0.0), "params: 'y' is no parameter of the study"),
        (({"x": 0.5, "n": 1, "kind": 1}, [0.0, 1.0]), "values: 2 given; the study has 1 objectives"),
        (({"x": "0.5", "n": 1, "kind": 1}, 0.0), r"params\['x'\]: value is '0.5'"),
    ],
)
def test_a_bad_row_is_found_before_the_first_is_sent(make_study: Make, bad: Any, message: str) -> None:
    study = make_study(SPACE)
    many = rows(6000)
    many[5500] = bad
    with pytest.raises(parzen.InvalidArgument, match=rf"^trials\[5500\]: {message}.*; nothing has been recorded$"):
        study.add_trials(many)
    assert study.counts["imported"] == 0
    # It is no more than the server refuses.
    with pytest.raises(parzen.InvalidArgument):
        study.add_trial(*bad)


def test_what_the_server_takes_is_not_refused(make_study: Make) -> None:
    study = make_study(SPACE)
    good: List[Tuple[Dict[str, Any], Any]] = [
        ({"x": 0, "n": 2.0, "kind": None}, float("nan")),
        ({"x": 1, "n": 10, "kind": "a", "child": 0.25, "late": 5}, float("inf")),
        ({"kind": True, "n": 1, "x": 0.5}, 3),
    ]
    assert study.add_trials(good) == [0, 1, 2]
    study.add_trial({"x": 0.5}, state="failed")
    copy = parzen.Client(study._session.address, timeout=60).create_study(study.name + "-copy", SPACE, sampler="random")
    assert copy.add_trials(study.trials()) == [0, 1, 2, 3]


def test_a_space_that_has_grown_since_is_known(make_study: Make, client: parzen.Client) -> None:
    study = make_study({"x": parzen.Float(0, 1)})
    client.study(study.name).update(space={"x": parzen.Float(0, 2)})
    assert study.add_trials([({"x": 1.5}, 0.0)]) == [0]


def test_a_second_run_adds_nothing_twice(make_study: Make, client: parzen.Client) -> None:
    study = make_study(SPACE)
    many = rows(12000)
    numbers = study.add_trials(many[:6000])
    assert study.add_trials(many[:6000]) == numbers
    again = client.study(study.name)
    assert again.add_trials(many)[:5000] == numbers[:5000]  # what begins alike is sent alike
    assert study.counts["imported"] == 6000 + 7000
    assert study.add_trials(many[:3]) != study.add_trials(many[:3], repeat=True)
    assert study.add_trials([many[0], many[0]]) == [13006, 13007]  # the same trial twice in one list is two


def test_what_stops_half_way_says_where(proxy: FaultProxy, make_study: Make, name: str) -> None:
    study = make_study(SPACE)
    many = rows(12000)
    assert study.add_trials(many[:5000]) == list(range(5000))
    with parzen.Client(proxy.address, timeout=4) as client:
        through = client.study(name)
        proxy.break_calls("AddTrials", "denied")
        with pytest.raises(parzen.PermissionDenied, match="0 of 12000 trials are in"):
            through.add_trials(many)
        # The first batch is known, the second fails.
        proxy.break_calls("AddTrials", "slow 0")
        proxy.break_calls("AddTrials", "before", times=30)
        with pytest.raises(parzen.Unavailable, match="; 5000 of 12000 trials are in, the first ones; add_trials with the whole list again adds"):
            through.add_trials(many)
    assert study.counts["imported"] == 5000
    assert study.add_trials(many) == list(range(12000))
    assert study.counts["imported"] == 12000


def test_a_row_that_only_the_server_refuses_is_named_by_its_own_index(make_study: Make) -> None:
    study = make_study({"x": parzen.Float(0, 1, step=0.25)})
    many: List[Tuple[Dict[str, Any], float]] = [({"x": 0.25}, float(i)) for i in range(7000)]
    many[5123] = ({"x": 0.3}, 0.0)
    with pytest.raises(parzen.InvalidArgument, match=r'^trials\[5123\]: parameter "x": value is 0.3.*; 5000 of 7000 trials are in') as e:
        study.add_trials(many)
    assert e.value.reason == "BAD_FIELD"
    many[5123] = ({"x": 0.5}, 0.0)
    study.add_trials(many)
    assert study.counts["imported"] == 7000


def test_ctrl_c_says_how_many_are_in(own_server: Server) -> None:
    program = f"""
import os, parzen
study = parzen.Client({own_server.address!r}, timeout=60).create_study("s", {{"x": parzen.Float(0, 1)}}, sampler="random")
many = [({{"x": i / 1e6}}, float(i)) for i in range(60000)]
os.write(1, b"up\\n")
study.add_trials(many)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        study = parzen.Client(own_server.address, timeout=60).study("s")
        while study.counts["imported"] == 0:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert "KeyboardInterrupt" in errors
    found = re.search(r"add_trials was interrupted: (\d+) of 60000 trials are in", errors)
    assert found is not None, errors
    assert int(found[1]) in (study.counts["imported"], study.counts["imported"] - 5000)  # one batch may have been on its way
    many = [({"x": i / 1e6}, float(i)) for i in range(60000)]
    study.add_trials(many)
    assert study.counts["imported"] == 60000


# ------------------------------------------------------------------------------------------------------------------------- large


def test_a_trial_with_as_many_large_attributes_as_the_server_takes(make_study: Make, client: parzen.Client, name: str) -> None:
    study = make_study()
    trial = study.ask()
    attributes = {f"a{i}": chr(97 + i) * 250_000 for i in range(20)}
    for key, value in attributes.items():
        trial.set_user_attr(key, value)
    trial.tell(0.5)
    assert study.trial(0).user_attrs == attributes
    assert [t.user_attrs for t in study.trials()] == [attributes]
    assert study.best_trial.user_attrs == attributes
    copy = client.create_study(name + "-copy", {"x": parzen.Float(-1, 1), "n": parzen.Int(1, 10)}, sampler="random")
    assert copy.add_trials(study.trials()) == [0]
    assert copy.trial(0).user_attrs == attributes and copy.trial(0).value == 0.5
    copy.add_trials(study.trials())
    assert copy.counts["imported"] == 1
    assert copy.add_trial({"x": 0.5, "n": 1}, 1, user_attrs=attributes) == 1
    assert copy.trial(1).user_attrs == attributes


def test_what_is_larger_than_a_message_is_refused_in_plain_words(make_study: Make) -> None:
    trial = make_study().ask()
    with pytest.raises(parzen.ResourceExhausted, match=r"the request has 50\d+ bytes; this server accepts at most 4194304") as e:
        trial.set_user_attr("a", "x" * 5_000_000)
    assert e.value.reason == "LIMIT_MESSAGE"


def test_pages_that_are_too_large_are_asked_for_again_in_smaller_ones(
    proxy: FaultProxy, make_study: Make, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer has at most 2 GiB; that much is not made here."""
    study = make_study()
    study.add_trials([({"x": 0.5, "n": 1}, float(i)) for i in range(10)])
    call = study._session.call
    sizes: List[int] = []

    def limited(method: str, request: Any, timeout: Any = None) -> Any:
        if method == "ListTrials":
            sizes.append(request.page_size)
            if request.page_size == 0 or request.page_size > 4:
                raise parzen.ResourceExhausted("too large", reason="LIMIT_ANSWER")
        return call(method, request, timeout)

    monkeypatch.setattr(study._session, "call", limited)
    assert [t.value for t in study.trials()] == [float(i) for i in range(10)]
    assert sizes == [0, 500, 250, 125, 62, 31, 15, 7, 3, 3, 3, 3]


def test_add_trials(make_study: Make) -> None:
    study = make_study(max_trials=1)
    numbers = study.add_trials([({"x": (i % 200) / 100 - 1, "n": 1 + i % 10}, float(i)) for i in range(12_000)])
    assert numbers == list(range(12_000))
    assert study.counts["imported"] == study.counts["complete"] == 12_000
    trials = study.trials()
    assert [t.value for t in trials] == [float(i) for i in range(12_000)]
    assert trials[11_999].params == {"x": 0.99, "n": 10} and trials[0].imported
    assert study.best_trial.number == 0
    assert study.ask().number == 12_000  # imported ones do not count towards max_trials


def test_add_trial(make_study: Make, client: parzen.Client, name: str) -> None:
    study = make_study()
    params = {"x": numpy.float64(0.25), "n": numpy.int32(2)}
    assert study.add_trial(params, 0.4, intermediate={1: 0.9, 2: math.nan}, user_attrs={"a": 1}, metrics={"m": 2}) == 0
    assert study.add_trial(params, state="pruned", intermediate={1: 3}) == 1
    assert study.add_trial(params, reason="crashed", infeasible=True) == 2
    assert study.add_trial(params, [0.5], constraints={"c": 1}) == 3
    t = study.trials()
    assert [k.state.value for k in t] == ["complete", "pruned", "failed", "complete"]
    assert t[0].params == {"x": 0.25, "n": 2} and t[0].user_attrs == {"a": 1} and t[0].metrics == {"m": 2.0}
    assert t[0].intermediate[1] == 0.9 and math.isnan(t[0].intermediate[2]) and t[1].intermediate == {1: 3.0}
    assert (t[2].failure, t[2].reason) == ("infeasible", "crashed")
    other = client.create_study(name + "-copy", study.space, sampler="random")
    other.ask()
    assert other.add_trials(t) == [1, 2, 3, 4]
    copies = other.trials()[1:]
    for copy, original in zip(copies, t):
        assert copy.params == original.params and copy.values == original.values and copy.state == original.state
        assert copy.user_attrs == original.user_attrs and copy.constraints == original.constraints
        assert copy.reason == original.reason and set(copy.intermediate) == set(original.intermediate)


@pytest.mark.parametrize(
    "trials, text",
    [
        ([({"x": 0, "n": 1}, 1), ({"x": 2, "n": 1}, 1)], "x"),
        ([({"x": 0, "n": 1}, "1")], "values"),
        ([({"x": 0, "n": 1}, [1, 2])], "values"),
        ([({"x": 0, "n": 1},)], "pair"),
        ([{"x": 0}], "trials"),
        ([({"x": 0, "n": 1, "y": 1}, 1)], "y"),
        ([3], "trials"),
        ("ab", "trials"),
    ],
)
def test_bad_imports(make_study: Make, trials: object, text: str) -> None:
    study = make_study()
    with pytest.raises(parzen.InvalidArgument, match=text):
        study.add_trials(trials)  # type: ignore[arg-type]
    assert study.trials() == []  # all or nothing
