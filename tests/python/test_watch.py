"""Study.watch: nothing is missed, and it reconnects."""

from __future__ import annotations

import itertools
import threading
from typing import Callable, Dict, List

import pytest

import parzen
from fault_proxy import FaultProxy

Make = Callable[..., parzen.Study]


def test_first_what_is_there_then_what_changes(make_study: Make) -> None:
    study = make_study()
    study.ask(count=2)[0].tell(1)
    with study.watch() as watch:
        # In revision order: trial 1 was last changed by the ask, trial 0 by its tell.
        seen = list(itertools.islice(watch, 2))
        assert [(t.number, t.state.value) for t in seen] == [(1, "running"), (0, "complete")]
        study.trial(1).tell(2)
        changed = next(watch)
        assert (changed.number, changed.value) == (1, 2.0)
        revision = watch.revision
        assert revision == changed.revision
    with pytest.raises(StopIteration):
        next(watch)
    later = study.ask()
    with study.watch(after_revision=revision) as watch:
        assert next(watch).number == later.number


def test_states_and_timeout(make_study: Make) -> None:
    study = make_study()
    trials = study.ask(count=3)
    trials[1].tell(1)
    assert [t.number for t in study.watch(states="complete", timeout=3)] == [1]
    assert list(study.watch(states=["failed"], timeout=0)) == []


def test_close_from_another_thread(make_study: Make) -> None:
    watch = make_study().watch()
    threading.Timer(0.3, watch.close).start()
    assert list(watch) == []


def test_deleted_study(make_study: Make, client: parzen.Client, name: str) -> None:
    watch = make_study().watch()
    threading.Timer(0.3, lambda: client.delete_study(name)).start()
    with pytest.raises(parzen.NotFound) as e:
        next(watch)
    assert e.value.reason == "STUDY_DELETED"
    with pytest.raises(parzen.NotFound):
        next(parzen.Study(make_study()._session, name + "x", 1).watch())


def test_misses_nothing_through_broken_streams(make_study: Make, proxy: FaultProxy, name: str) -> None:
    study = make_study()
    watched: Dict[int, parzen.Trial] = {}
    revisions: List[int] = []
    done = threading.Event()

    def tell_many() -> None:
        for i in range(300):
            study.ask().tell(float(i))
            if i % 60 == 30:
                proxy.break_streams()
        done.set()

    with parzen.Client(proxy.address) as other, other.study(name).watch() as watch:
        teller = threading.Thread(target=tell_many)
        teller.start()
        for trial in watch:
            watched[trial.number] = trial
            revisions.append(trial.revision)
            if len(watched) == 300 and all(t.state == "complete" for t in watched.values()):
                break
        teller.join()
    assert [watched[i].value for i in range(300)] == [float(i) for i in range(300)]
    assert revisions == sorted(set(revisions))  # in order, and no state comes twice
    assert len(proxy.requests["WatchStudy"]) >= 2
