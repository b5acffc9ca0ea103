"""Recorded Optuna studies, replayed through the server: asked in order, compared, told what the record tells; the server is killed and
started again in the middle. tests/golden holds the records; its README says what is in them."""

from __future__ import annotations

import gzip
import json
import math
import pathlib
from typing import Any, Dict, List

import pytest

import parzen
from conftest import Server

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden"
SAMPLE = 4  # studies of each file, spread over it
TOLERANCE = 1e-9  # of a float's range: NumPy's exp and log round other than the C library's


def sample(path: pathlib.Path) -> List[Dict[str, Any]]:
    """Some studies, those without ties: there the last bits of a logarithm decided."""
    with gzip.open(path, "rt") as lines:
        records = [json.loads(line) for line in lines]
    clear = [r for r in records if not any("tie" in event for event in r["events"])]
    return clear[:: len(clear) // SAMPLE][:SAMPLE]


def parameter(entry: Dict[str, Any]) -> parzen.Parameter:
    when = {entry["when"]["param"]: entry["when"]["in"]} if "when" in entry else None
    if entry["type"] == "categorical":
        return parzen.Categorical(entry["choices"], when=when)
    options = {name: entry[name] for name in ("log", "step") if entry.get(name) is not None}
    kind = parzen.Float if entry["type"] == "float" else parzen.Int
    return kind(entry["low"], entry["high"], when=when, **options)


def same(parameter: parzen.Parameter, suggested: Any, recorded: Any) -> bool:
    if not isinstance(parameter, parzen.Float) or parameter.low == parameter.high:
        return type(suggested) is type(recorded) and bool(suggested == recorded)
    scale = math.log if parameter.log else float
    distance = abs(scale(suggested) - scale(recorded))
    return distance <= TOLERANCE * (scale(parameter.high) - scale(parameter.low))


def tell(trial: parzen.Trial, event: Dict[str, Any]) -> None:
    for step, value in event.get("intermediate", {}).items():
        trial.report(value, step=int(step))
    state = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}[event["state"]]
    trial.tell(event.get("values"), state=state, constraints=event.get("constraints"))


def replay(server: Server, record: Dict[str, Any]) -> None:
    version = "optuna-" + record["optuna"].removesuffix(".0")
    sampler = parzen.Tpe(reproduce=version, tie_order=record.get("tie_order"), **record["sampler"])
    client = parzen.Client(server.address, timeout=120)
    space = {entry["name"]: parameter(entry) for entry in record["space"]}
    study = client.create_study(record["id"], space, directions=record["directions"], sampler=sampler)
    trials: Dict[int, parzen.Trial] = {}
    for i, event in enumerate(record["events"]):
        if i == len(record["events"]) // 2:
            server.kill()
            server.start()
        if "enqueue" in event:
            study.enqueue(event["enqueue"])
        elif "ask" in event:
            trial = study.ask()
            assert trial.number == event["ask"]
            assert list(trial.params) == [name for name in space if name in event["params"]]
            for name, recorded in event["params"].items():
                suggested = trial.params[name]
                assert same(space[name], suggested, recorded), f"{record['id']} ask {trial.number} {name}: {suggested} != {recorded}"
            trials[trial.number] = trial
        else:
            tell(trials.pop(event["tell"]), event)


@pytest.mark.parametrize("file", ["optuna-5.0", "optuna-5.0-scalar", "optuna-2.9.1"])
def test_replay(own_server: Server, file: str) -> None:
    records = sample(GOLDEN / f"{file}.jsonl.gz")
    assert len(records) == SAMPLE
    for record in records:
        replay(own_server, record)
