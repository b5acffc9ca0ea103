"""Studies through a real server: making, finding, changing, deleting them."""

from __future__ import annotations

import pickle
from typing import Callable

import numpy
import pytest

import parzen

Make = Callable[..., parzen.Study]


def test_defaults(make_study: Make, client: parzen.Client, name: str) -> None:
    study = make_study(sampler=None)
    assert study.name == name and study.uid != 0
    assert study.directions == ["minimize"] and study.direction == "minimize"
    assert study.metric_names == [] and study.max_trials is None and study.sampler is None
    assert study.state == "active" and study.state is parzen.StudyState.ACTIVE
    assert study.space == {"x": parzen.Float(-1, 1), "n": parzen.Int(1, 10)} and list(study.space) == ["x", "n"]
    assert study.counts == dict(waiting=0, running=0, complete=0, pruned=0, failed=0, imported=0)
    assert study.created is not None and study.created.tzinfo is not None
    found = client.study(name)
    assert found == study and found.uid == study.uid and found.space == study.space and found.seed == study.seed
    assert study in client.studies() and client.studies(prefix=name) == [study]
    copy = pickle.loads(pickle.dumps(study))
    assert copy == study and copy.space == study.space and hash(copy) == hash(study)


def test_everything_set(make_study: Make) -> None:
    space = {
        "kernel": parzen.Categorical(["rbf", None, True, 1, 1.0]),
        "gamma": parzen.Float(1e-3, 1, log=True, when={"kernel": ["rbf", 1]}),
        "depth": parzen.Int(0, 12, step=3, when={"kernel": [1.0]}),
        "übergröße": parzen.Float(0, 1, step=0.1, when={"depth": [3, 6]}),
    }
    study = make_study(
        space,
        directions=["minimize", "maximize"],
        metric_names=["loss", "精度"],
        sampler=parzen.Tpe(n_startup_trials=3, multivariate=True),
        seed=numpy.int64(7),
        max_trials=numpy.int32(5),
        max_retries=0,
        allow_repeats=True,
        user_attrs={"owner": "ü", "tags": [1, None]},
    )
    assert study.space == space
    assert study.directions == ["minimize", "maximize"] and study.metric_names == ["loss", "精度"]
    assert study.sampler == parzen.Tpe(n_startup_trials=3, multivariate=True, seed=7)
    assert study.max_trials == 5 and study.seed == 7
    assert study.user_attrs == {"owner": "ü", "tags": [1, None]}
    with pytest.raises(parzen.InvalidArgument, match="directions"):
        study.direction


def test_exist_ok(make_study: Make) -> None:
    study = make_study(seed=3)
    assert make_study(seed=3, exist_ok=True) == study
    assert make_study(exist_ok=True) == study  # an unset seed matches any
    with pytest.raises(parzen.AlreadyExists) as e:
        make_study(seed=3)
    assert e.value.code == "ALREADY_EXISTS" and e.value.reason == "STUDY_EXISTS"
    for difference in (
        dict(seed=4),
        dict(direction="maximize"),
        dict(space={"x": parzen.Float(-1, 2), "n": parzen.Int(1, 10)}),
        dict(max_trials=10),
        dict(sampler="tpe"),
    ):
        with pytest.raises(parzen.AlreadyExists) as e:
            make_study(exist_ok=True, **difference)
        assert e.value.reason == "STUDY_EXISTS" and e.value.metadata


@pytest.mark.parametrize(
    "space, field",
    [
        ({"x": parzen.Float(1, 0)}, "x"),
        ({"x": parzen.Float(0, float("inf"))}, "x"),
        ({"x": parzen.Float(0, 1, log=True)}, "x"),
        ({"x": parzen.Float(0, 1, step=0.3)}, "0.9"),
        ({"x": parzen.Float(0, 1, step=-0.1)}, "step"),
        ({"x": parzen.Float(0.1, 1, log=True, step=0.1)}, "x"),
        ({"x": parzen.Int(2, 1)}, "x"),
        ({"x": parzen.Int(0, 10, step=3)}, "9"),
        ({"x": parzen.Int(0, 2**53 + 1)}, "x"),
        ({"x": parzen.Categorical([])}, "choices"),
        ({"x": parzen.Categorical([1, 1])}, "x"),
        ({"x": parzen.Categorical([float("nan")])}, "nan"),
        ({"x": parzen.Float(0, 1, when={"y": [1]})}, "y"),
        ({"y": parzen.Int(0, 3), "x": parzen.Float(0, 1, when={"y": [4]})}, "x"),
        ({"y": parzen.Int(0, 3), "x": parzen.Float(0, 1, when={"y": []})}, "values"),
        ({"": parzen.Float(0, 1)}, "name"),
        ({"n" * 257: parzen.Float(0, 1)}, "256"),
    ],
)
def test_bad_spaces(make_study: Make, space: object, field: str) -> None:
    with pytest.raises(parzen.InvalidArgument, match=field) as e:
        make_study(space)
    assert e.value.reason == "BAD_FIELD"


@pytest.mark.parametrize(
    "options",
    [
        dict(direction="down"),
        dict(direction="maximize", directions=["minimize"]),
        dict(directions=[]),
        dict(directions="minimize"),
        dict(directions=["minimize"] * 17),
        dict(directions=["minimize", "maximize"], metric_names=["a"]),
        dict(directions=["minimize", "maximize"], metric_names=["a", "a"]),
        dict(max_trials=0),
        dict(max_trials="many"),
        dict(max_retries=-1),
        dict(allow_repeats="yes"),
        dict(sampler=parzen.Tpe(n_ei_candidates=0)),
        dict(sampler=parzen.Tpe(prior_weight=-1)),
        dict(sampler=parzen.Tpe(seed=1), seed=2),
        dict(user_attrs={"": 1}),
    ],
)
def test_bad_options(make_study: Make, options: dict) -> None:  # type: ignore[type-arg]
    if options.get("directions") == []:
        # No direction at all is the default on the wire.
        assert make_study(**options).directions == ["minimize"]
        return
    with pytest.raises(parzen.InvalidArgument):
        make_study(**options)


def test_bad_names(client: parzen.Client) -> None:
    for bad in ("", "x" * 257, 3, None, "\ud800"):
        with pytest.raises(parzen.InvalidArgument, match="name"):
            client.create_study(bad)  # type: ignore[arg-type]


def test_unicode_names(client: parzen.Client) -> None:
    for word in ("größe/α β", "名前", "🙂", "x" * 256, "a'b\"; DROP TABLE studies;--"):
        study = client.create_study(word, {"x": parzen.Float(0, 1)}, sampler="random")
        study.ask().tell(1)
        assert client.study(word).best_trial.study_name == word
        client.delete_study(word)


def test_not_found(client: parzen.Client, name: str) -> None:
    for call in (lambda: client.study(name), lambda: client.delete_study(name)):
        with pytest.raises(parzen.NotFound) as e:
            call()
        assert e.value.code == parzen.Code.NOT_FOUND and e.value.reason == "NO_SUCH_STUDY" and name in str(e.value)
        assert isinstance(e.value, LookupError)


def test_delete(make_study: Make, client: parzen.Client, name: str) -> None:
    study = make_study()
    trial = study.ask()
    client.delete_study(name)
    for call in (study.ask, lambda: trial.tell(1), lambda: trial.report(1, 1), study.trials, lambda: study.state):
        with pytest.raises(parzen.NotFound):
            call()
    again = make_study()
    assert again.uid != study.uid
    assert again.ask().number == 0
    with pytest.raises(parzen.NotFound):  # the handle's uid is the old one
        trial.tell(1)
    before = again.ask().number
    changes = [
        study.ask,
        lambda: study.enqueue({"x": 0.5}),
        lambda: study.add_trial({"x": 0.5, "n": 2}, 1.0),
        lambda: study.set_user_attr("a", 1),
        study.pause,
        lambda: study.stop(before),
    ]
    for call in changes:
        with pytest.raises(parzen.NotFound):
            call()
    reads = [
        lambda: study.state,
        study.trials,
        lambda: study.trial(0),
        lambda: study.explain(0),
        lambda: list(study.watch(timeout=60)),
        trial.refresh,
    ]
    for read in reads:
        with pytest.raises(parzen.NotFound, match="another study"):
            read()
    assert again.state == "active" and again.user_attrs == {}
    assert again.ask().number == before + 1


def test_many_studies_come_by_page(client: parzen.Client, name: str) -> None:
    names = [f"{name}-{i:03}" for i in range(120)]
    for each in names:
        client.create_study(each)
    assert [study.name for study in client.studies(prefix=name)] == names


def test_pause_resume_finish(make_study: Make) -> None:
    study = make_study()
    trial = study.ask()
    study.pause()
    assert study.state == "paused"
    with pytest.raises(parzen.StudyPaused):
        study.ask()
    trial.tell(1)  # telling is welcome
    study.resume()
    assert study.state == "active"
    trial = study.ask()
    study.finish()
    assert study.state == "finished"
    with pytest.raises(parzen.StudyFinished) as e:
        study.ask()
    assert isinstance(e.value, parzen.FailedPrecondition)
    trial.tell(2)
    study.resume()
    assert study.ask().number == 2


def test_max_trials(make_study: Make) -> None:
    study = make_study(max_trials=3)
    trials = study.ask(count=8)
    assert [t.number for t in trials] == [0, 1, 2]
    with pytest.raises(parzen.AllHandedOut):
        study.ask()
    with pytest.raises(parzen.AllHandedOut):
        study.enqueue({})
    for trial in trials:
        trial.tell(1)
    with pytest.raises(parzen.StudyFinished):
        study.ask()
    assert study.state == "finished"
    study.update(max_trials=4)
    study.resume()
    assert study.ask().number == 3


def test_growing(make_study: Make) -> None:
    space = {"kernel": parzen.Categorical(["rbf"]), "x": parzen.Float(0, 1)}
    study = make_study(space, sampler="tpe", seed=0)
    for value in range(5):
        study.ask().tell(value)
    grown = {
        "kernel": parzen.Categorical(["rbf", "poly"]),
        "x": parzen.Float(-1, 2),
        "degree": parzen.Int(2, 5, default=3),
    }
    study.update(space=grown)
    assert study.space == grown
    trials = study.ask(count=30)
    assert {t.params["kernel"] for t in trials} == {"rbf", "poly"}
    assert all(2 <= t.params["degree"] <= 5 for t in trials)
    assert "degree" not in study.trial(0).params
    for smaller in (space, {**grown, "x": parzen.Float(0, 1)}, {**grown, "kernel": parzen.Categorical(["poly", "rbf"])}):
        with pytest.raises(parzen.InvalidArgument):
            study.update(space=smaller)
    with pytest.raises(parzen.InvalidArgument, match="nothing"):
        study.update()


def test_user_attrs(make_study: Make, client: parzen.Client, name: str) -> None:
    study = make_study()
    value = {"note": "ü\n", "n": [1, 2.5, None, True], "big": 2**60}
    study.set_user_attr("a", value)
    study.set_user_attr("b", numpy.float32(0.5))
    study.set_user_attr("a", value)
    assert study.user_attrs == client.study(name).user_attrs == {"a": value, "b": 0.5}
    with pytest.raises(parzen.Error):
        study.set_user_attr("big", "x" * (256 * 1024 + 1))


def test_client_arguments(monkeypatch: pytest.MonkeyPatch, server: object) -> None:
    monkeypatch.delenv("PARZEN_ADDRESS", raising=False)
    assert parzen.Client().address == "127.0.0.1:7070" and parzen.Client().timeout == 30
    monkeypatch.setenv("PARZEN_ADDRESS", server.address)  # type: ignore[attr-defined]
    client = parzen.Client()
    assert client.address == server.address  # type: ignore[attr-defined]
    info = client.server_info()
    assert info.version and info.api_version == "v1" and info.storage_id
    assert client.worker == client.worker != parzen.Client().worker
    copy = pickle.loads(pickle.dumps(parzen.Client(worker="w", timeout=5)))
    assert (copy.address, copy.worker, copy.timeout) == (client.address, "w", 5)
    client.close()
    with pytest.raises(parzen.FailedPrecondition, match="closed"):
        client.studies()
    for bad in (0, -1, float("nan"), "soon"):
        with pytest.raises(parzen.InvalidArgument, match="timeout"):
            parzen.Client(timeout=bad)  # type: ignore[arg-type]
    for address in ("", "localhost", ":7070", "h:", "h:x", "h:٧", "h:-1", "h:0", "h:65536", "::1:7070", "[::1]", "[]:7070",
                    "http://h:7070", "grpc://h:7070", "dns:///h", "unix:"):
        with pytest.raises(parzen.InvalidArgument, match="^address: "):
            parzen.Client(address)
    for address in ("unix:/run/parzend.sock", "unix-abstract:parzend", "tuner:65535", "[::1]:7070", "dns:///tuner:7070", "ipv6:[::1]:7070"):
        assert parzen.Client(address).address == address
