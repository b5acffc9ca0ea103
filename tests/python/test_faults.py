"""Calls that break on the way: everything happens exactly once."""

from __future__ import annotations

from typing import Callable, Iterator

import pytest

import parzen
from parzen._proto import parzen_pb2
from fault_proxy import FaultProxy

Make = Callable[..., parzen.Study]


@pytest.fixture
def broken(proxy: FaultProxy) -> Iterator[parzen.Client]:
    with parzen.Client(proxy.address, worker="w", timeout=120) as client:
        yield client


@pytest.mark.parametrize("how", ["before", "after"])
def test_every_mutating_call_happens_once(broken: parzen.Client, proxy: FaultProxy, name: str, how: str) -> None:
    def break_next(method: str) -> None:
        proxy.break_calls(method, how, times=2)

    break_next("CreateStudy")
    study = broken.create_study(name, {}, sampler="random")
    break_next("Ask")
    trial = study.ask()
    break_next("Suggest")
    x = trial.suggest_float("x", 0, 1)
    break_next("Report")
    trial.report(0.5, step=1)
    break_next("UpdateTrial")
    trial.set_user_attr("a", 1)
    break_next("Tell")
    trial.tell(0.25)
    break_next("Enqueue")
    assert study.enqueue({"x": 0.5}).number == 1
    break_next("AddTrials")
    assert study.add_trial({"x": 0.5}, 1, distributions={"x": parzen.Float(0, 1)}) == 2
    break_next("UpdateStudy")
    study.set_user_attr("k", 1)
    for method in ("GetTrial", "ListTrials", "BestTrials", "GetStudy", "ListStudies", "GetServerInfo"):
        break_next(method)
    assert study.trial(0).params == {"x": x} and study.trial(0).intermediate == {1: 0.5}
    assert [t.state.value for t in study.trials()] == ["complete", "waiting", "complete"]
    assert study.best_trial.value == 0.25 and study.user_attrs == {"k": 1}
    assert broken.studies(prefix=name) == [study] and broken.server_info().version
    break_next("DeleteStudy")
    broken.delete_study(name)
    with pytest.raises(parzen.NotFound):
        broken.study(name)
    for method in ("CreateStudy", "Ask", "Suggest", "Report", "UpdateTrial", "Tell", "Enqueue", "AddTrials", "UpdateStudy"):
        first, second, third = proxy.requests[method][:3]
        assert first == second == third, f"{method} was not sent again as it was"
        request = getattr(parzen_pb2, method + "Request").FromString(first)
        assert len(request.request_id) == 36


def test_request_ids_differ(broken: parzen.Client, proxy: FaultProxy, make_study: Make, name: str) -> None:
    make_study()
    study = broken.study(name)
    for _ in range(3):
        study.ask()
    assert len({parzen_pb2.AskRequest.FromString(r).request_id for r in proxy.requests["Ask"]}) == 3


def test_the_timeout_is_for_the_whole_call(proxy: FaultProxy, make_study: Make, name: str) -> None:
    make_study()
    client = parzen.Client(proxy.address, timeout=4)
    proxy.break_calls("GetStudy", "before", times=1000)
    with pytest.raises(parzen.Unavailable, match="the proxy lost the call") as e:
        client.study(name)
    assert e.value.code == "UNAVAILABLE"
    assert 2 <= len(proxy.requests["GetStudy"]) < 100  # tries again, and backs off
    client = parzen.Client(proxy.address, timeout=1)
    proxy.break_calls("ListStudies", "slow")
    with pytest.raises(parzen.DeadlineExceeded) as e2:
        client.studies()
    assert e2.value.code == "DEADLINE_EXCEEDED"


def test_a_server_that_is_slow_is_there_whatever_went_before(proxy: FaultProxy) -> None:
    client = parzen.Client(proxy.address, timeout=1)
    proxy.break_calls("ListStudies", "before")
    proxy.break_calls("ListStudies", "slow")
    with pytest.raises(parzen.DeadlineExceeded, match="did not answer ListStudies within 1 s"):
        client.studies()


def test_nothing_listens() -> None:
    client = parzen.Client("127.0.0.1:1", timeout=0.5)
    with pytest.raises(parzen.Unavailable, match="127.0.0.1:1 does not answer GetStudy after"):
        client.study("x")


def test_other_errors_are_not_retried(broken: parzen.Client, proxy: FaultProxy, name: str) -> None:
    proxy.break_calls("GetStudy", "denied")
    with pytest.raises(parzen.PermissionDenied, match="the proxy says no") as e:
        broken.study(name)
    assert e.value.reason == "" and len(proxy.requests["GetStudy"]) == 1
    with pytest.raises(parzen.NotFound) as e2:
        broken.study(name)
    assert e2.value.reason == "NO_SUCH_STUDY"  # details pass through the proxy
