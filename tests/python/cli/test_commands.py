"""Arguments, exit codes, errors and output of the commands."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess

import pytest

from cli.conftest import PARZEN_CLI, Cli, runner

COMMANDS = ["", "study", "study create", "study list", "study show", "study update", "study pause", "study resume", "study finish",
            "study delete", "ask", "report", "tell", "stop", "enqueue", "best", "trials", "watch", "explain", "export", "import", "backup",
            "check", "copy", "accept-loss", "worker", "top", "plot", "importances", "completion"]


def test_the_list_of_commands_is_whole(cli: Cli) -> None:
    script = cli("completion", "fish").stdout
    named = {line.split(" -a ")[1].split(" ")[0] for line in script.splitlines() if " -a " in line and "(parzen" not in line}
    assert named == {word for command in COMMANDS for word in command.split()}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_eighty_columns(cli: Cli, command: str) -> None:
    text = cli(*command.split(), "--help").stdout
    assert "Usage: parzen" in text
    assert [line for line in text.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("arguments, code, words", [
    (["study", "shwo", "x"], 2, "no command 'shwo'; see 'parzen study --help'"),
    (["stduy"], 2, "see 'parzen --help'"),
    (["ask"], 2, "STUDY"),
    (["ask", "x", "--cuont", "3"], 2, "--cuont"),
    (["ask", "x", "--count", "0"], 2, "--count"),
    (["ask", "no-such-study"], 3, "no-such-study"),
    (["study", "create", "x", "-p", "lr=float(1)"], 2, "float(LOW, HIGH"),
    (["study", "create", "x", "-p", "lr=float(2,1)"], 2, "high"),
    (["study", "create", "x", "-s", "tpee"], 2, "auto, random, qmc, tpe or gp-ei"),
    (["study", "create"], 2, "no name"),
    (["study", "create", "--file", "missing.yaml"], 2, "cannot open missing.yaml"),
    (["study", "delete", "x"], 2, "--yes"),
    (["study", "delete", "no-such-study", "--yes"], 3, "no-such-study"),
    (["plot", "x", "--kind", "pie"], 2, "history, parallel, slices, importances, pareto"),
    (["export", "x", "--format", "xml"], 2, "csv or jsonl"),
    (["completion", "tcsh"], 2, "bash, zsh or fish"),
    (["worker", "x"], 3, "x"),
    (["study", "create", "x", "--seed", "18446744073709551616"], 2, "--seed: is '18446744073709551616'"),
    (["study", "create", "x", "--seed", "-1"], 2, "from 0 to 18446744073709551615"),
    (["study", "create", "x", "--max-retries", "2147483648"], 2, "from 0 to 2147483647"),
    (["study", "create", "\udcff", "-p", "x=int(0,1)"], 2, "UTF-8"),
    (["study", "update", "x", "--max-trials", "0x10"], 2, "--max-trials: is '0x10'"),
    (["trials", "x", "--limit", "0"], 2, "of at least 1"),
    (["report", "x", "0", "99999999999999999999", "1"], 2, "STEP: is '99999999999999999999'"),
    (["tell", "x", "-1", "1"], 2, "NUMBER: is '-1'"),
    (["tell", "x", "0", "1", "--reason", "slow"], 2, "--state failed"),
    (["explain", "x", "one"], 2, "NUMBER: is 'one'"),
    (["study", "list", "--timeout", "0"], 2, "--timeout: is '0'; accepted: a number of seconds above 0"),
    (["top", "--once", "--interval", "1e-9"], 2, "of at least 0.1"),
    (["study", "list", "--token-file", "missing"], 2, "cannot open missing"),
    (["study", "list", "--tls-ca", "missing.pem"], 2, "missing.pem"),
    (["ask", "x", "--address", "http://localhost:7070"], 2, "'http://localhost:7070' is not HOST:PORT with a port from 1 to 65535"),
    (["ask", "x", "--address", "127.0.0.1:1", "--timeout", "0.2"], 7, "no Parzen server answers at 127.0.0.1:1"),
])
def test_errors_are_one_line_that_helps(cli: Cli, arguments: list, code: int, words: str) -> None:
    done = cli(*arguments, code=code)
    assert done.stdout == ""
    assert done.stderr.startswith("parzen: ") and done.stderr.count("\n") == 1
    assert words in done.stderr


def test_exit_codes_of_states(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "x=int(0,1)", "--max-trials", "2")
    assert "--exist-ok" in cli("study", "create", name, code=4).stderr
    cli("study", "create", name, "-p", "x=int(0,1)", "--max-trials", "2", "--exist-ok")
    cli("study", "pause", name)
    assert "resume" in cli("ask", name, code=5).stderr
    cli("study", "resume", name)
    cli("ask", name, "--count", "2")
    assert "ALL_HANDED_OUT" in cli("--json", "ask", name, code=6).stderr
    cli("tell", name, "0", "1")
    cli("tell", name, "0", "1")  # the same again is fine
    cli("tell", name, "0", "2", code=5)
    cli("tell", name, "7", "1", code=3)
    cli("tell", name, "1", "one", code=2)
    cli("tell", name, "1", code=2)
    cli("tell", name, "1", "--", "-inf")
    cli("ask", name, code=6)
    assert json.loads(cli("best", name, "--json").stdout)["values"] == ["-Infinity"]


def test_json_of_every_reading_command(cli: Cli, name: str) -> None:
    created = json.loads(cli("--json", "study", "create", name, "-p", "x=float(0,1)", "-p", "k=categorical(a,1,1.0,null)", "--attr",
                             "owner={\"id\":1}", "--attr", "note=hello", "--seed", "3").stdout)
    assert created["space"]["k"]["choices"] == ["a", 1, 1.0, None]
    assert created["user_attrs"] == {"owner": {"id": 1}, "note": "hello"}
    assert name in [json.loads(line)["name"] for line in cli("--json", "study", "list").stdout.splitlines()]
    asked = [json.loads(line) for line in cli("--json", "ask", name, "-c", "2").stdout.splitlines()]
    assert [trial["number"] for trial in asked] == [0, 1]
    assert json.loads(cli("--json", "report", name, 0, 3, "nan").stdout) == {"should_prune": False, "stop_requested": False}
    told = json.loads(cli("--json", "tell", name, 0, "0.1", "--constraint", "m=-1", "--metric", "a=0.5").stdout)
    assert (told["state"], told["values"], told["constraints"], told["metrics"]) == ("complete", [0.1], {"m": -1.0}, {"a": 0.5})
    assert json.loads(cli("--json", "trials", name, 0).stdout)["intermediate_values"] == [[3, "NaN"]]
    assert json.loads(cli("--json", "enqueue", name, "x=0.25").stdout)["params"] == {"x": 0.25}
    states = [json.loads(line)["state"] for line in cli("--json", "trials", name).stdout.splitlines()]
    assert states == ["complete", "running", "waiting"]
    assert json.loads(cli("--json", "importances", name).stdout) == {"x": 0, "k": 0}  # one trial tells nothing
    error = json.loads(cli("--json", "tell", name, 0, 2, code=5).stderr)["error"]
    assert error["code"] == "FAILED_PRECONDITION" and error["reason"] == "OUTCOME_DIFFERS"


def test_a_nan_fails_the_trial_and_says_so(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)")
    cli("ask", name)
    done = cli("tell", name, 0, "nan")
    assert done.stdout == "trial 0 is failed\n" and "recorded as failed" in done.stderr


def test_trials_are_sorted_filtered_and_limited(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)", "-d", "maximize")
    cli("ask", name, "-c", 4)
    for number, value in enumerate([2, 3, 1]):
        cli("tell", name, number, value)

    def numbers(*arguments: str) -> list:
        return [json.loads(line)["number"] for line in cli("--json", "trials", name, *arguments).stdout.splitlines()]

    assert numbers() == [0, 1, 2, 3]
    assert numbers("--sort", "value") == [1, 0, 2, 3]
    assert numbers("--sort", "value", "-n", "2") == [1, 0]
    assert numbers("-n", "2") == [2, 3]
    assert numbers("--state", "running") == [3]


def test_a_study_file_makes_the_study_that_show_wrote(cli: Cli, name: str) -> None:
    text = """
name: from-file
directions: [minimize, maximize]
metric_names: [loss, speed]
sampler: {name: tpe, n_startup_trials: 5}
seed: 18446744073709551615
max_trials: 9
space:
  lr: float(1e-5, 1e-1, log)
  kernel: {type: categorical, choices: [rbf, "1", 1]}
  gamma: {type: float, low: 0, high: 1, step: 0.25, when: {kernel: [rbf, 1]}}
"""
    cli("study", "create", name, "-f", "-", stdin=text)
    shown = cli("--json", "study", "show", name).stdout
    cli("study", "create", name + "2", "-f", "-", stdin=shown)
    first, second = json.loads(shown), json.loads(cli("--json", "study", "show", name + "2").stdout)
    for study in (first, second):
        for key in ("name", "uid", "created", "revision"):
            del study[key]
    assert first == second
    assert first["seed"] == 18446744073709551615
    assert first["space"]["gamma"] == {"type": "float", "low": 0.0, "high": 1.0, "step": 0.25, "when": {"kernel": ["rbf", 1]}}


def test_export_and_import_keep_every_bit(cli: Cli, name: str, server) -> None:
    import parzen

    values = [1 / 3, 5e-324, -0.0, math.inf, 1.7976931348623157e308]
    with parzen.Client(server.address) as client:
        study = client.create_study(name, {"x": parzen.Float(-1, 1), "c": parzen.Categorical([1, 1.0, True, "1", None])})
        for value in values:
            trial = study.ask()
            trial.report(math.nan, step=0)
            trial.set_user_attr("note", {"b": [1, None], "a": "ü"})
            trial.tell(value, metrics={"m": math.nan})
        study.ask().tell(state="failed", reason="no\nmemory", infeasible=True)
        study.ask()
        cli("export", name, "-o", "all.jsonl")
        cli("--json", "study", "show", name)
        cli("study", "create", name + "2", "-p", "x=float(-1,1)", "-p", "c=categorical(1,1.0,true,'1',null)")
        assert cli("import", name + "2", "all.jsonl").stdout == "6 trials imported; unfinished and left out: 1\n"
        copies = client.study(name + "2").trials()
        for original, copy in zip(study.trials(), copies):
            assert repr(original.params) == repr(copy.params)
            assert repr(original.values) == repr(copy.values)
            assert repr(original.intermediate) == repr(copy.intermediate)
        assert [trial.state for trial in copies] == [trial.state for trial in study.trials()[:6]]
        cli("export", name, "-o", "all.csv")
        cli("study", "create", name + "3", "-p", "x=float(-1,1)", "-p", "c=categorical(1,1.0,true,'1',null)")
        cli("import", name + "3", "all.csv")
        assert [repr(t.values) for t in client.study(name + "3").trials()] == [repr(t.values) for t in copies]
    rows = list(csv.DictReader(io.StringIO(cli("export", name).stdout)))
    assert rows[5]["reason"] == "no\nmemory" and rows[5]["failure"] == "infeasible"
    assert json.loads(rows[0]["user_attrs_note"]) == {"b": [1, None], "a": "ü"}


def test_define_by_run_studies_export_their_distributions(cli: Cli, name: str, server) -> None:
    import parzen

    with parzen.Client(server.address) as client:
        study = client.create_study(name)
        trial = study.ask()
        trial.suggest_float("x", 0, 1, log=False)
        trial.suggest_categorical("c", ["a", 2])
        trial.tell(0.5)
        cli("study", "create", name + "2")
        cli("import", name + "2", "-", "--format", "jsonl", stdin=cli("export", name, "--format", "jsonl").stdout)
        assert repr(client.study(name + "2").trial(0).params) == repr(study.trial(0).params)
        cli("import", name + "2", "-", "--format", "csv", code=2, stdin="value,x\n1,0.5\n")


def test_the_list_of_trials_says_why_some_failed(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)")
    cli("ask", name, "-c", 2)
    cli("tell", name, 0, "0.5")
    assert "REASON" not in cli("trials", name).stdout
    cli("tell", name, 1, "--state", "failed", "--reason", "no memory\nleft")
    lines = cli("trials", name).stdout.splitlines()
    assert lines[0].endswith("REASON") and lines[2].endswith("no memory left")


def test_several_objectives(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-d", "minimize", "-d", "maximize", "--metric-name", "loss", "--metric-name", "speed", "-p", "x=float(0,1)")
    cli("ask", name, "-c", 3)
    for number, values in enumerate([(1, 5), (2, 9), (3, 4)]):
        cli("tell", name, number, *values)
    cli("tell", name, 0, 1, code=2)
    lines = cli("best", name).stdout.splitlines()
    assert lines[0].split()[2:4] == ["loss", "speed"] and [line.split()[0] for line in lines[1:]] == ["0", "1"]


def test_best_expected(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)")
    assert "no complete and feasible trial yet" in cli("best", name, "--expected", code=3).stderr
    cli("ask", name, "-c", 4)
    cli("tell", name, 2, 0.25)
    assert json.loads(cli("best", name, "--expected", "--json").stdout)["basis"] == "told_values"
    for number, value in enumerate([0.5, 0.75]):
        cli("tell", name, number, value)
    shown = json.loads(cli("best", name, "--expected", "--json").stdout)
    assert shown["basis"] == "model" and len(shown["expected"]) == len(shown["deviation"]) == 1
    lines = cli("best", name, "--expected").stdout.splitlines()
    assert lines[0].split() == ["trial", str(shown["number"])] and lines[-1].startswith("expected ") and lines[-1].endswith("(model)")


def test_watch_ends_with_the_study(cli: Cli, name: str, server, tmp_path) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)", "-n", 3)
    from cli.conftest import environment
    watch = subprocess.Popen([str(PARZEN_CLI), "--json", "watch", name, "--all"], stdout=subprocess.PIPE, text=True,
                             env=environment(server.address, tmp_path))
    cli("worker", name, "--", "echo", "{x}")
    out, _ = watch.communicate(timeout=300)
    assert watch.returncode == 0
    last = {}
    for line in out.splitlines():
        trial = json.loads(line)
        last[trial["number"]] = trial["state"]
    assert last == {0: "complete", 1: "complete", 2: "complete"}


def test_names_from_elsewhere_cannot_drive_the_terminal(cli: Cli, server) -> None:
    import parzen

    with parzen.Client(server.address) as client:
        client.create_study("evil\033[2J\nname", {"x": parzen.Float(0, 1)})
    try:
        for command in (["study", "list"], ["top", "--once"], ["study", "show", "evil\033[2J\nname"], ["completion", "studies"]):
            assert "\033" not in cli(*command).stdout
    finally:
        cli("study", "delete", "evil\033[2J\nname", "--yes")


def test_colours_only_where_they_are_wanted(cli: Cli) -> None:
    assert "\033[1m" not in cli("study", "list").stdout
    assert "\033[31m" in cli("--color", "always", "ask", "no-such-study", code=3).stderr


def test_an_unreachable_server_is_waited_for(own_server, tmp_path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,1)")
    own_server.kill()
    waiting = subprocess.Popen([str(PARZEN_CLI), "--address", own_server.address, "--json", "ask", "s"], stdout=subprocess.PIPE, text=True)
    own_server.start()
    out, _ = waiting.communicate(timeout=300)
    assert waiting.returncode == 0 and json.loads(out)["number"] == 0
