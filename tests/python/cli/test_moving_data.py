"""backup, check, and whole studies through export and import."""

from __future__ import annotations

import json
import math
import pathlib
import threading
from typing import Any, Dict, List

import pytest

import parzen
from cli.conftest import Cli, runner

SPACE = {
    "lr": parzen.Float(1e-5, 1e-1, log=True),
    "depth": parzen.Int(1, 9, step=2),
    "kernel": parzen.Categorical([None, True, 1, 1.0, "1", math.inf, "Infinity"]),
    "gamma": parzen.Float(0, 1, when={"kernel": [math.inf, "1"]}),
}


def live(client: parzen.Client, name: str) -> parzen.Study:
    """A study of a grown space with trials in every state."""
    study = client.create_study(name, SPACE, directions=["minimize", "maximize"], sampler=parzen.Tpe(n_startup_trials=3), seed=7, max_trials=60,
                                metric_names=["loss", "accuracy"], max_retries=5)
    study.set_user_attr("owner", {"b": [1, None], "a": "ü"})
    study.add_trials([({"lr": 0.001, "depth": 3, "kernel": "1", "gamma": 0.5}, [0.1, math.inf])])
    for i in range(20):
        trial = study.ask()
        trial.report(math.nan if i % 3 else -0.0, step=2 * i)
        trial.set_user_attr("note", {"i": i, "x": 1e-7})
        if i % 5 == 1:
            trial.tell(state="failed", reason="no\nmemory", infeasible=i % 2 == 0)
        elif i % 5 == 2:
            trial.tell(state="pruned")
        else:
            trial.tell([i / 3, -5e-324], constraints={"z": -1.0, "a": math.inf}, metrics={"m": math.nan})
    study.enqueue({"kernel": "Infinity"}, user_attrs={"why": "a guess"})
    study.ask().report(0.5, step=1)
    study.ask()
    study.enqueue({"depth": 5})
    study.update(space={**SPACE, "depth": parzen.Int(1, 11, step=2), "new": parzen.Float(0, 1, default=0.5)})
    study.ask()  # what waited
    study.enqueue({"kernel": None, "new": 0.25})
    return study


def test_a_study_comes_back_byte_for_byte(cli: Cli, client: parzen.Client, name: str, tmp_path: pathlib.Path) -> None:
    study = live(client, name)
    study.pause()
    cli("export", name, "-o", "first.jsonl")
    first = (tmp_path / "first.jsonl").read_bytes()
    states = {json.loads(line).get("state") for line in first.splitlines()[1:]}
    assert states == {"waiting", "running", "complete", "pruned", "failed"}
    before = {trial.number: repr((trial.state, trial.params, trial.values, trial.intermediate, trial.user_attrs, trial.worker, trial.started))
              for trial in study.trials()}
    best = sorted(trial.number for trial in study.best_trials)
    cli("study", "delete", name, "--yes")
    assert cli("import", "first.jsonl").stdout == f"study {name} is made: 25 trials\n"
    cli("export", name, "-o", "second.jsonl")
    assert (tmp_path / "second.jsonl").read_bytes() == first
    copy = client.study(name)
    assert copy.state == "paused"
    assert {trial.number: repr((trial.state, trial.params, trial.values, trial.intermediate, trial.user_attrs, trial.worker, trial.started))
            for trial in copy.trials()} == before
    assert sorted(trial.number for trial in copy.best_trials) == best
    # It lives: a worker takes up what it ran, what waits is handed out, and the sampler goes on from there.
    copy.resume()
    with pytest.raises(parzen.FailedPrecondition, match="copy"):
        copy.explain(5)
    assert copy.ask(resume=True).number == 21
    waiting = copy.ask()
    assert waiting.params["kernel"] is None and waiting.params["new"] == 0.25
    fresh = copy.ask()
    assert fresh.number == 25
    fresh.tell([0.5, 0.5])
    assert copy.explain(25).trial.number == 25
    assert len(copy.ask(count=60)) == 60 - 25  # one of the 26 was imported: it does not count towards max_trials
    for restarted in copy.trials("running"):
        restarted.tell(state="failed")
    assert copy.state == "finished"


def test_a_define_by_run_study_comes_back_byte_for_byte(cli: Cli, client: parzen.Client, name: str, tmp_path: pathlib.Path) -> None:
    study = client.create_study(name, sampler="random", seed=3)
    for i in range(4):
        trial = study.ask()
        trial.suggest_float("x", -1, 1 + i)
        trial.suggest_categorical("c", ["a", 2, math.inf])
        if i != 3:
            trial.tell(float(i))
    study.ask().tell(preempted=True)  # waits again: has been started, and has a next attempt
    study.enqueue({"x": 1, "c": "a"})
    cli("export", name, "-o", "first.jsonl")
    cli("study", "delete", name, "--yes")
    cli("import", name, "first.jsonl")
    cli("export", name, "-o", "second.jsonl")
    assert (tmp_path / "second.jsonl").read_bytes() == (tmp_path / "first.jsonl").read_bytes()
    copy = client.study(name)
    running = copy.trial(3)
    assert running.suggest_float("x", -1, 4) == running.params["x"]
    assert 0 <= running.suggest_float("y", 0, 1) <= 1
    running.tell(0.0)
    taken_back, waiting = copy.ask(count=2)
    assert (taken_back.number, taken_back.attempt) == (4, 1)
    assert (waiting.number, waiting.suggest_float("x", -1, 1)) == (5, 1.0)


def told(study: parzen.Study, trials: int) -> List[Dict[str, Any]]:
    seen = []
    for _ in range(trials):
        trial = study.ask()
        seen.append(dict(trial.params))
        trial.tell((trial.params["x"] - 0.3) ** 2 + 0.1 * abs(trial.params["n"] - 4))
    return seen


def test_what_a_study_has_learned_goes_with_it(cli: Cli, client: parzen.Client, name: str, tmp_path: pathlib.Path) -> None:
    space = {"x": parzen.Float(0, 1), "n": parzen.Int(1, 9)}
    old = f"{name}-old"
    told(client.create_study(old, space, seed=1), 15)
    undisturbed, moved = (client.create_study(f"{name}-{n}", space, seed=2, warm_start_from=[old]) for n in ("a", "b"))
    seen = told(undisturbed, 12)
    told(moved, 5)
    first = cli("export", moved.name, "--format", "jsonl").stdout
    snapshot = json.loads(first.splitlines()[0])["study"]["warm_start_snapshot"]
    assert [source["name"] for source in snapshot["studies"]] == [old] and len(snapshot["first"]) == 3
    for study in (moved.name, old):
        cli("study", "delete", study, "--yes")
    (tmp_path / "moved.jsonl").write_text(first)
    cli("import", "moved.jsonl")
    again = client.study(moved.name)
    assert again.warm_start == undisturbed.warm_start
    assert cli("export", moved.name, "--format", "jsonl").stdout == first
    assert told(again, 7) == seen[5:]
    assert again.explain(11).groups[0].model == undisturbed.explain(11).groups[0].model


@pytest.mark.parametrize("key, value, message", [
    ("version", 7, "study.warm_start_snapshot.version: is 7; 1 to"),
    ("first", [{"x": 2.0}], 'study.warm_start_snapshot.first[0]: "x" is 2; values in the study\'s space are accepted'),
    ("studies", [{"name": "s"}], "study.warm_start_snapshot: cannot be read"),
])
def test_a_bad_snapshot_is_refused(cli: Cli, client: parzen.Client, name: str, tmp_path: pathlib.Path, key: str, value: Any, message: str) -> None:
    space = {"x": parzen.Float(0, 1), "n": parzen.Int(1, 9)}
    told(client.create_study(f"{name}-old", space, seed=1), 10)
    client.create_study(f"{name}-new", space, seed=2, warm_start_from=[f"{name}-old"])
    line = json.loads(cli("export", f"{name}-new", "--format", "jsonl").stdout)
    line["study"]["name"] = name
    line["study"]["warm_start_snapshot"][key] = value
    (tmp_path / "bad.jsonl").write_text(json.dumps(line))
    assert message in cli("import", "bad.jsonl", code=2).stderr
    cli("study", "show", name, code=3)
    line["study"]["warm_start_snapshot"] = "learned"
    (tmp_path / "bad.jsonl").write_text(json.dumps(line))
    assert "warm_start_snapshot is" in cli("import", "bad.jsonl", code=2).stderr


def test_what_is_refused_leaves_no_half_study(cli: Cli, client: parzen.Client, name: str, tmp_path: pathlib.Path) -> None:
    client.create_study(name, {"x": parzen.Float(0, 1)}).add_trials([({"x": 0.5}, 1.0)] * 3)
    lines = cli("export", name, "--format", "jsonl").stdout.replace(name, name + "2").splitlines()
    lines[3] = lines[3].replace('"values":[1.0]', '"values":[1.0,2.0]')
    (tmp_path / "bad.jsonl").write_text("\n".join(lines))
    assert "objectives" in cli("import", "bad.jsonl", code=2).stderr
    cli("study", "show", name + "2", code=3)
    lines[3] = lines[3].replace("{", "", 1)
    (tmp_path / "bad.jsonl").write_text("\n".join(lines))
    assert "bad.jsonl: line 4" in cli("import", "bad.jsonl", code=2).stderr
    cli("study", "show", name + "2", code=3)
    assert "STUDY" in cli("import", "-", "--format", "jsonl", code=3, stdin='{"params":{"x":0.5},"values":[1]}').stderr
    assert "FILE is missing" in cli("import", code=2).stderr


def test_a_backup_under_load_is_whole(tmp_path: pathlib.Path, own_server) -> None:  # type: ignore[no-untyped-def]
    cli = runner(own_server.address, tmp_path)
    database = tmp_path / "studies.db"
    told = []
    enough, stop = threading.Event(), threading.Event()

    def work() -> None:
        with parzen.Client(own_server.address, timeout=120) as client:
            study = client.create_study("s", {"x": parzen.Float(0, 1)}, sampler="random", exist_ok=True)
            while not stop.is_set():
                trial = study.ask()
                trial.tell(float(trial.number))
                told.append(trial.number)
                if len(told) > 100:
                    enough.set()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert enough.wait(300)
    acknowledged = list(told)
    assert cli("backup", "copy.db", "--db", database).stdout == "copy.db\n"
    cli("backup", "again.db", PARZEN_DB=str(database))
    assert "exists already" in cli("backup", "copy.db", "--db", database, code=4).stderr
    stop.set()
    for thread in threads:
        thread.join()
    assert cli("check", "copy.db").stdout.endswith("nothing wrong\n")
    assert json.loads(cli("--json", "check", database).stdout)["findings"] == []
    assert "--db" in cli("backup", "third.db", code=2).stderr
    cli("backup", "third.db", "--db", "missing.db", code=3)
    # The copy is a database: a server takes it, and every result is there that was acknowledged before the backup.
    own_server.kill()
    database.unlink()
    for suffix in ("-wal", "-shm", ".lock"):
        pathlib.Path(f"{database}{suffix}").unlink(missing_ok=True)
    (tmp_path / "copy.db").rename(database)
    own_server.start()
    with parzen.Client(own_server.address, timeout=120) as client:
        found = {trial.number: trial.value for trial in client.study("s").trials("complete")}
    assert found == {number: float(number) for number in found} and set(acknowledged) <= set(found)


def test_check_finds_damage(cli: Cli, tmp_path: pathlib.Path, own_server) -> None:  # type: ignore[no-untyped-def]
    with parzen.Client(own_server.address, timeout=120) as client:
        study = client.create_study("s", {"x": parzen.Float(0, 1)})
        study.add_trials([({"x": i / 1000}, 1.0) for i in range(1000)])
    own_server.stop()
    data = bytearray((tmp_path / "studies.db").read_bytes())
    data[len(data) // 2] ^= 0x10
    (tmp_path / "flipped.db").write_bytes(data)
    (tmp_path / "short.db").write_bytes(data[: len(data) // 2])
    cli("check", "studies.db")
    assert "damaged" in cli("check", "short.db", code=1).stderr
    (tmp_path / "studies.db").write_bytes(data)  # the seal beside it tells
    assert "restore a backup" in cli("check", "studies.db", code=1).stderr
    cli("check", "missing.db", code=3)
