"""parzen import: whole, or it says where it stopped; what an export or a data frame says comes back, or is refused."""

from __future__ import annotations

import json
import pathlib
import signal
import subprocess
import time

import pytest

import parzen
from cli.conftest import PARZEN_CLI, Cli, environment
from cli.workers import trials

CHOICES = [1, 1.0, "1", True, "true", "True", None, "null", "None", "", " a", '"q"', "a,b", "it's"]


def rows(count: int, bad: int = 0) -> str:
    """A CSV file; with `bad`, that line of it has a value out of range."""
    lines = [f"{i / 10},{i % 10}" if i + 2 != bad else f"{i / 10},99" for i in range(count)]
    return "value,n\n" + "\n".join(lines) + "\n"


def count(cli: Cli, study: str) -> int:
    return int(json.loads(cli("--json", "study", "show", study).stdout)["trials"]["complete"])


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_bad_line_is_named_and_nothing_is_in(cli: Cli, name: str, tmp_path: pathlib.Path, form: str) -> None:
    cli("study", "create", name, "-p", "n=int(0,9)")
    if form == "csv":
        text = rows(5000, bad=4001)
    else:
        text = "".join('{"params":{"n":%d},"values":[1]}\n' % (99 if i == 4001 else 1) for i in range(1, 5001))
    (tmp_path / f"f.{form}").write_text(text)
    assert f"f.{form}: line 4001: " in cli("import", name, f"f.{form}", code=2).stderr
    assert count(cli, name) == 0


def test_a_line_is_counted_as_an_editor_counts(cli: Cli, name: str, tmp_path: pathlib.Path) -> None:
    cli("study", "create", name, "-p", "n=int(0,9)")
    (tmp_path / "f.csv").write_text('value,n,user_attrs_note\r\n\r\n1,1,"two\r\nlines"\r\n1,x,\r\n')
    assert "line 5: column n is 'x'" in cli("import", name, "f.csv", code=2).stderr


def test_the_same_import_again_adds_nothing_twice(cli: Cli, name: str, tmp_path: pathlib.Path) -> None:
    cli("study", "create", name, "-p", "n=int(0,9)")
    (tmp_path / "f.csv").write_text(rows(4500))
    assert cli("import", name, "f.csv").stdout == "4500 trials imported\n"
    again = cli("import", name, "f.csv").stdout
    assert again == "0 trials imported; of an earlier import of the same and left as they are: 4500\n"
    (tmp_path / "f.csv").write_text(rows(4600))  # the first 4,000 are as they were
    assert "left as they are: 4000" in cli("import", name, "f.csv").stdout
    assert count(cli, name) == 4500 + 600
    cli("import", name, "f.csv", "--again")
    assert count(cli, name) == 5100 + 4600


def test_ctrl_c_says_how_far_it_came_and_a_second_run_ends_it(own_server, tmp_path: pathlib.Path) -> None:
    from cli.conftest import runner

    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "n=int(0,9)")
    (tmp_path / "f.csv").write_text(rows(60_000))
    importing = subprocess.Popen([str(PARZEN_CLI), "import", "s", "f.csv"], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
                                 env=environment(own_server.address, tmp_path))
    deadline = time.monotonic() + 100
    while count(cli, "s") == 0 and time.monotonic() < deadline:
        pass
    importing.send_signal(signal.SIGINT)
    _, said = importing.communicate(timeout=100)
    assert importing.returncode == 128 + signal.SIGINT
    there = count(cli, "s")
    assert 0 < there < 60_000
    assert f"ended by SIGINT; {there} of the file's 60000 trials are in" in said
    assert f"left as they are: {there}\n" in cli("import", "s", "f.csv").stdout
    assert count(cli, "s") == 60_000

    # A whole study is made or not.
    cli("export", "s", "-o", "s.jsonl")
    importing = subprocess.Popen([str(PARZEN_CLI), "import", "copy", "s.jsonl"], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
                                 env=environment(own_server.address, tmp_path))
    while "copy" not in cli("study", "list").stdout and importing.poll() is None:
        pass
    importing.send_signal(signal.SIGTERM)
    _, said = importing.communicate(timeout=100)
    assert importing.returncode == 128 + signal.SIGTERM and "the study copy is not made" in said
    cli("study", "show", "copy", code=3)


def test_an_export_comes_back_with_every_choice(cli: Cli, client: parzen.Client, name: str, tmp_path: pathlib.Path) -> None:
    space = {"c": parzen.Categorical(CHOICES), "x ": parzen.Float(0, 1), "n": parzen.Int(0, 9)}
    study = client.create_study(name, space)
    study.add_trials([({"c": choice, "x ": 0.1 + 0.2, "n": 3}, i / 3) for i, choice in enumerate(CHOICES)])
    cli("export", name, "-o", "a.csv")
    copy = client.create_study(name + "-copy", space)
    cli("import", name + "-copy", "a.csv")
    assert [repr((t.params, t.value)) for t in copy.trials()] == [repr((t.params, t.value)) for t in study.trials()]
    cli("export", name + "-copy", "-o", "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


FRAMES = {
    "ours": ",number,state,value,params_n,params_k,worker,started,finished,duration,reason\n"
            "0,0,complete,0.5,3.0,True,w,2026-01-31 17:05:09.123456+00:00,2026-01-31 17:05:10+00:00,0 days 00:00:00.876544,\n"
            "1,1,failed,,,,w,2026-01-31 17:05:09+00:00,2026-01-31 17:05:10+00:00,0 days 00:00:01,no memory\n",
    "optuna": ",number,value,datetime_start,datetime_complete,duration,params_n,params_k,system_attrs_nsga2:generation,state\n"
              "0,0,0.5,2026-01-31 17:05:09.123456,2026-01-31 17:05:10,0 days 00:00:00.876544,3,True,1,COMPLETE\n"
              "1,1,,2026-01-31 17:05:09,2026-01-31 17:05:10,0 days 00:00:01,,,,FAIL\n",
}


@pytest.mark.parametrize("whose", list(FRAMES))
def test_data_frames_as_pandas_writes_them(cli: Cli, name: str, tmp_path: pathlib.Path, whose: str) -> None:
    cli("study", "create", name, "-p", "n=int(0,9)", "-p", "k=categorical(true,false)")
    (tmp_path / "f.csv").write_text(FRAMES[whose])
    done = cli("import", name, "f.csv")
    assert done.stdout == "2 trials imported\n" and "passed over: duration" in done.stderr.replace("datetime_start, datetime_complete, ", "")
    first, second = trials(cli, name)
    assert (first["state"], first["values"], first["params"]) == ("complete", [0.5], {"n": 3, "k": True})
    assert second["state"] == "failed"
    if whose == "ours":
        assert first["started"].startswith("2026-01-31T17:05:09.123456") and second["failure"]["reason"] == "no memory"


def test_nothing_is_guessed(cli: Cli, name: str, tmp_path: pathlib.Path) -> None:
    cli("study", "create", name, "-p", "k=categorical(1,'1',x)", "-d", "minimize", "-d", "maximize", "--metric-name", "loss", "--metric-name", "acc")
    for text, words in [
        ("values_0,values_1,k\n1,2,1\n", "line 2: column k is '1': it could be 1 or \"1\""),
        ("values_0,values_1,k,k\n1,2,x,x\n", "column 'k' is there twice"),
        ("values_0,values_1,k,params_k\n1,2,x,x\n", "is there twice"),
        ("values_0,values_1,k,epoch\n1,2,x,3\n", "column 'epoch' means nothing"),
        ("values_0,k\n1,x\n", "no column 'values_1'"),
    ]:
        (tmp_path / "f.csv").write_text(text)
        assert words in cli("import", name, "f.csv", code=2).stderr
    (tmp_path / "f.csv").write_bytes(b"values_0,values_1,k,user_attrs_a\n1,2,x,caf\xe9\n")
    assert "line 2: column user_attrs_a is no UTF-8" in cli("import", name, "f.csv", code=2).stderr
    assert count(cli, name) == 0
    (tmp_path / "f.csv").write_text(" values_acc , values_loss,k \n2,1,x\n")
    cli("import", name, "f.csv")
    assert trials(cli, name)[0]["values"] == [1, 2]


def test_what_is_larger_than_a_message_moves(cli: Cli, client: parzen.Client, name: str, tmp_path: pathlib.Path) -> None:
    study = client.create_study(name, {"x": parzen.Float(0, 1)})
    for i in range(20):
        study.set_user_attr(f"s{i}", "y" * 250_000)
    trial = study.ask()
    for i in range(20):
        trial.set_user_attr(f"a{i}", "x" * 250_000)
    trial.tell(0.5)
    study.ask().tell(0.25)
    cli("export", name, "-o", "big.jsonl")
    cli("import", name + "-copy", "big.jsonl")
    cli("export", name + "-copy", "-o", "copy.jsonl")
    assert (tmp_path / "copy.jsonl").read_text() == (tmp_path / "big.jsonl").read_text().replace(f'"name":"{name}"', f'"name":"{name}-copy"')
    cli("export", name, "-o", "big.csv")
    client.create_study(name + "-csv", {"x": parzen.Float(0, 1)})
    cli("import", name + "-csv", "big.csv")
    assert client.study(name + "-csv").trial(0).user_attrs == study.trial(0).user_attrs
    assert "left as they are: 2" in cli("import", name + "-csv", "big.csv").stdout


def test_as_many_reports_as_a_trial_may_have_move(cli: Cli, client: parzen.Client, name: str, tmp_path: pathlib.Path) -> None:
    client.create_study(name, {"x": parzen.Float(0, 1)})
    # Numbers whose decimals are many.
    reports = [[10**9 + i, 1 / 3 + i] for i in range(100_000)]
    line = {"number": 0, "state": "complete", "values": [1.0], "params": {"x": 0.5}, "intermediate_values": reports}
    (tmp_path / "long.jsonl").write_text(json.dumps(line) + "\n")
    cli("import", name, "long.jsonl")
    cli("export", name, "-o", "big.jsonl")
    cli("import", name + "-copy", "big.jsonl")
    cli("export", name + "-copy", "-o", "copy.jsonl")
    assert (tmp_path / "copy.jsonl").read_text() == (tmp_path / "big.jsonl").read_text().replace(f'"name":"{name}"', f'"name":"{name}-copy"')
    reports.append([7, 0.5])
    (tmp_path / "long.jsonl").write_text(json.dumps(line) + "\n")
    assert "at most 100000 are accepted" in cli("import", name, "long.jsonl", code=5).stderr
    assert count(cli, name) == 1
