"""`parzen import --from-optuna`: SQLite files that Optuna 4 and 5 made, against what Optuna itself says of them (data/record_optuna.py)."""

from __future__ import annotations

import datetime
import gzip
import json
import math
import pathlib
import sqlite3
import sys
from typing import Any

import pytest

import parzen
from cli.conftest import Cli

DATA = pathlib.Path(__file__).parent / "data"
PYTHON = {"PARZEN_PYTHON": sys.executable, "TZ": "UTC"}


def said(value: Any) -> Any:
    """As the recording has it: non-finite numbers as text."""
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value


def text(when: Any) -> Any:
    return None if when is None else when.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat()


@pytest.fixture(params=["optuna-4", "optuna-5"])
def recorded(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Any:
    """The storage, and what Optuna says of it. Its studies get names that no other test uses."""
    file = tmp_path / "optuna.db"
    file.write_bytes(gzip.decompress((DATA / f"{request.param}.db.gz").read_bytes()))
    with sqlite3.connect(file) as db:
        for name in ("single", "several"):
            db.execute("UPDATE studies SET study_name = ? WHERE study_name = ?", (f"{request.param} {name}", name))
    studies = json.loads((DATA / f"{request.param}.json").read_text())["studies"]
    return file, {f"{request.param} {name}": study for name, study in studies.items()}


def test_studies_of_optuna_arrive_whole(cli: Cli, client: parzen.Client, recorded: Any) -> None:
    file, studies = recorded
    done = cli("import", "--from-optuna", f"sqlite:///{file}", **PYTHON)
    assert done.stdout == "".join(f"study {name} is made: {len(study['trials'])} trials\n" for name, study in studies.items())
    for name, study in studies.items():
        copy = client.study(name)
        assert [word.upper() for word in copy.directions] == study["directions"]
        assert copy.user_attrs == study["user_attrs"]
        trials = copy.trials()
        assert [trial.number for trial in trials] == [trial["number"] for trial in study["trials"]]
        for trial, original in zip(trials, study["trials"]):
            waits = original["state"] == "WAITING"
            assert trial.state == {"FAIL": "failed"}.get(original["state"], original["state"].lower())
            if not waits:
                assert repr({k: said(v) for k, v in trial.params.items()}) == repr(original["params"])
            kept = original["state"] in ("COMPLETE", "PRUNED") and original["values"]
            assert [said(value) for value in trial.values or []] == (original["values"] if kept else [])
            assert [[step, said(value)] for step, value in trial.intermediate.items()] == original["intermediate"]
            assert trial.user_attrs == original["user_attrs"]
            assert trial.constraints == original["constraints"]
            assert text(trial.started) == (None if waits else original["started"])
            assert text(trial.finished) == original["finished"]
        cli("study", "delete", name, "--yes")


def test_the_study_goes_on_where_optuna_left_it(cli: Cli, client: parzen.Client, recorded: Any) -> None:
    file, studies = recorded
    name = next(name for name in studies if name.endswith("single"))
    before = file.read_bytes()
    cli("import", "--from-optuna", f"sqlite:///{file}", name, **PYTHON)
    assert file.read_bytes() == before
    study = client.study(name)
    trial = study.ask()  # what was enqueued, with its values
    assert (trial.number, trial.user_attrs) == (26, {"why": "a guess"})
    assert trial.suggest_categorical("mixed", [None, True, 1, 1.5, "1", "ünï", math.inf]) is None
    assert trial.suggest_int("depth", 1, 9) == 3
    assert 1e-5 <= trial.suggest_float("lr", 1e-5, 1e-1, log=True) <= 1e-1
    trial.tell(1.0)
    lines = cli("export", name, "--format", "jsonl").stdout
    cli("study", "delete", name, "--yes")
    cli("import", "-", "--format", "jsonl", stdin=lines)
    assert cli("export", name, "--format", "jsonl").stdout == lines
    cli("study", "delete", name, "--yes")


def test_what_cannot_be_read_says_why(cli: Cli, client: parzen.Client, tmp_path: pathlib.Path, recorded: Any) -> None:
    file, studies = recorded
    (tmp_path / "text.db").write_text("no database at all, but a text")
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE t (x)")
    for url, words in {"sqlite:///missing.db": "there is no file", f"sqlite:///{tmp_path}/text.db": "cannot be read",
                       f"sqlite:///{tmp_path}/other.db": "no Optuna storage"}.items():
        assert words in cli("import", "--from-optuna", url, code=2, **PYTHON).stderr
    assert "has no study 'gone'" in cli("import", "--from-optuna", f"sqlite:///{file}", "gone", code=2, **PYTHON).stderr
    assert "PARZEN_PYTHON" in cli("import", "--from-optuna", f"sqlite:///{file}", code=1, PARZEN_PYTHON="/nowhere/python").stderr
    assert not set(studies) & {study.name for study in client.studies()}
