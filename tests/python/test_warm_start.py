"""create_study(warm_start_from=): a new study begins with what earlier ones have learned."""

from __future__ import annotations

import math
import pathlib
import random
import uuid
from typing import Any, Callable, Dict, List

import pytest

import parzen
from conftest import Server

SPACE = {"x": parzen.Float(0, 1), "y": parzen.Float(1e-5, 1, log=True), "n": parzen.Int(1, 9)}


def loss(x: float, y: float, n: int) -> float:
    return (x - 0.3) ** 2 + 0.05 * (math.log10(y) + 2) ** 2 + 0.01 * (n - 4) ** 2


def earlier(client: parzen.Client, name: str, trials: int = 60, told: Callable[..., float] = loss, **options: Any) -> parzen.Study:
    """A study of random trials."""
    study = client.create_study(name, SPACE, sampler="random", seed=1, **options)
    draw = random.Random(name)
    points = [{"x": draw.random(), "y": 10 ** draw.uniform(-5, 0), "n": draw.randint(1, 9)} for _ in range(trials)]
    study.add_trials([(params, told(**params)) for params in points])
    return study


def run(study: parzen.Study, trials: int) -> List[Dict[str, Any]]:
    seen = []
    for _ in range(trials):
        with study.ask() as trial:
            seen.append(dict(trial.params))
            trial.tell(loss(**trial.params))
    return seen


def test_the_first_trial_is_among_the_best_of_before(client: parzen.Client, name: str) -> None:
    old = earlier(client, f"{name}-old", told=lambda **p: 500 - 30 * loss(**p), direction="maximize")
    study = client.create_study(name, SPACE, seed=1, warm_start_from=[old.name])
    first = run(study, 1)[0]
    best = sorted(loss(**trial.params) for trial in old.trials())
    assert loss(**first) <= best[4]
    [source] = study.warm_start
    assert source.study == old.name and source.uid == old.uid and source.trials == 60
    assert client.study(name).warm_start == study.warm_start
    assert old.warm_start == []


@pytest.mark.parametrize("sampler", [None, "tpe", "random", "qmc"])
def test_a_restart_and_a_deleted_source_change_nothing(own_server: Server, sampler: Any) -> None:
    with parzen.Client(own_server.address) as client:
        old = earlier(client, "old")
        alike = [client.create_study(n, SPACE, sampler=sampler, seed=1, warm_start_from=[old.name]) for n in ("a", "b")]
        undisturbed = run(alike[0], 10)
        disturbed = run(alike[1], 4)
        client.delete_study("old")
        own_server.kill()
        own_server.start()
        disturbed += run(alike[1], 6)
    assert disturbed == undisturbed


def test_what_was_taken_is_explained(client: parzen.Client, name: str) -> None:
    good, bad = f"{name}-good", f"{name}-bad"
    earlier(client, good)
    earlier(client, bad, told=lambda **p: -loss(**p))
    study = client.create_study(name, SPACE, sampler="gp-ei", seed=1, warm_start_from=[good, bad])
    run(study, 15)
    first = study.explain(0).groups[0]
    assert first.method == "warm-start" and first.model[f"revision.{good}"] >= 1
    later = [study.explain(number).groups[0].model for number in range(5, 15)]
    assert any(model[f"weight.{good}"] > 0.9 and model["slope"] > 0 for model in later)
    assert all(model[f"weight.{bad}"] == 0 for model in later)


def test_auto_finds_studies_with_the_same_parameters(own_server: Server) -> None:
    with parzen.Client(own_server.address) as client:
        assert client.create_study("cold", SPACE, warm_start_from="auto").warm_start == []
        earlier(client, "one")
        earlier(client, "two", trials=10)
        earlier(client, "short", trials=9)
        client.create_study("other", {"x": parzen.Float(0, 1)}).add_trials([({"x": i / 20}, i) for i in range(20)])
        study = client.create_study("new", SPACE, warm_start_from="auto")
        assert [source.study for source in study.warm_start] == ["two", "one"]


def test_exist_ok_answers_the_study_as_it_is(client: parzen.Client, name: str) -> None:
    old = earlier(client, f"{name}-old")
    made = client.create_study(name, SPACE, exist_ok=True, warm_start_from=[old.name])
    client.delete_study(old.name)
    again = client.create_study(name, SPACE, exist_ok=True, warm_start_from=[old.name])
    assert again.uid == made.uid and again.warm_start == made.warm_start


def test_bad_sources(client: parzen.Client, name: str) -> None:
    earlier(client, f"{name}-old", trials=3)
    client.create_study(f"{name}-other", {"z": parzen.Float(0, 1)})
    client.create_study(f"{name}-two", SPACE, directions=["minimize", "minimize"])

    def refused(sources: Any, kind: Any = parzen.InvalidArgument, space: Any = SPACE) -> str:
        with pytest.raises(kind) as refusal:
            client.create_study(name, space, warm_start_from=sources)
        return str(refusal.value)

    missing = f"missing-{uuid.uuid4()}"
    assert missing in refused([missing], parzen.NotFound)
    assert "no parameter" in refused([f"{name}-other"])
    assert "2 objectives" in refused([f"{name}-two"])
    assert "itself" in refused([name])
    assert "twice" in refused([f"{name}-old"] * 2)
    assert "at most 20" in refused([f"{name}-{i}" for i in range(21)])
    assert "declared space" in refused([f"{name}-old"], space=None)
    for wrong in ("digits", 3, [3], {"a": 1}, [None]):
        assert "warm_start_from" in refused(wrong)
    client.create_study(name, SPACE, warm_start_from=[])


def test_a_tokens_prefix_hides_sources(tmp_path: pathlib.Path) -> None:
    (tmp_path / "tokens").write_text("".join(
        f"{token} {who} admin {prefix}\n".rstrip() + "\n"
        for token, who, prefix in [("all-" + "a" * 32, "root", ""), ("mine-" + "b" * 32, "mine", "mine/")]))
    (tmp_path / "tokens").chmod(0o600)
    server = Server(tmp_path, "--tokens", tmp_path / "tokens")
    try:
        with parzen.Client(server.address, token="all-" + "a" * 32) as client:
            earlier(client, "theirs/old")
            earlier(client, "mine/old")
        with parzen.Client(server.address, token="mine-" + "b" * 32) as client:
            with pytest.raises(parzen.PermissionDenied):
                client.create_study("mine/new", SPACE, warm_start_from=["theirs/old"])
            study = client.create_study("mine/new", SPACE, warm_start_from="auto")
            assert [source.study for source in study.warm_start] == ["mine/old"]
    finally:
        server.kill()
