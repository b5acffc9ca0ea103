"""parzen worker: what it says and records, by which names, and that one name is one worker."""

from __future__ import annotations

import json
import pathlib

from cli.conftest import Cli, runner
from cli.workers import Workers, trials, wait_for


def test_one_worker_a_name_and_what_it_left_is_run_once(own_server, workers: Workers, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    cli("study", "create", "s", "-p", "x=float(0,0.4)", "-n", 8, "--seed", 1, "--pruner", "none")
    cli("study", "create", "t", "-p", "x=float(0,0.4)", "-n", 8, "--seed", 1, "--pruner", "none")
    for number in range(8):
        (tmp_path / f"hold-{number}").touch()
    first = workers.start("s", "--name", "node", "--jobs", "4")
    wait_for(lambda: len(list(tmp_path.glob("running-*"))) == 4, "four commands")
    said = cli("worker", "s", "--name", "node", "--", "echo", "1", code=5).stderr
    assert f"a worker named 'node' works on this study already (process {first.pid})" in said
    cli("worker", "s", "--name", "other", "--max-trials", 1, "--", "echo", "1")
    cli("worker", "t", "--name", "node", "--max-trials", 1, "--", "echo", "1")  # another study

    # Killed and started again, it takes up its four trials, each once.
    first.kill()
    first.wait()
    for file in tmp_path.glob("running-*"):
        file.unlink()
    again = workers.start("s", "--name", "node", "--jobs", "4")
    wait_for(lambda: len(list(tmp_path.glob("running-*"))) == 4, "the same four commands")
    for number in range(8):
        (tmp_path / f"hold-{number}").unlink()
    assert again.wait(120) == 0, workers.log(again)
    runs = [int(file.name.split("-")[1]) for file in tmp_path.glob("running-*")]
    assert len(runs) == len(set(runs)) == 7
    assert {t["state"] for t in trials(cli, "s")} == {"complete"}


def test_values_are_matched_by_their_names(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)", "-d", "minimize", "-d", "maximize", "--metric-name", "loss", "--metric-name", "acc")
    cli("worker", name, "-n", 1, "--", "echo", "acc=0.9, loss=0.3")
    cli("worker", name, "-n", 1, "--", "sh", "-c", "printf 'acc: 0.9\\nloss: 0.3\\n' > $PARZEN_RESULT_FILE")
    cli("worker", name, "-n", 1, "--pattern", "(?P<acc>0.9).*(?P<loss>0.3)", "--", "echo", "0.9 0.3")
    cli("worker", name, "-n", 1, "--", "echo", "accuracy=0.9, loss=0.3")
    cli("worker", name, "-n", 1, "--", "echo", "0.3 0.9")
    ended = trials(cli, name)
    assert [t["values"] for t in ended if t["state"] == "complete"] == [[0.3, 0.9]] * 4
    assert ended[3]["state"] == "failed" and "'accuracy' is no objective: the study's are loss, acc" in ended[3]["failure"]["reason"]
    cli("worker", name, "--pattern", "(?P<a>0.9).*(?P<loss>0.3)", "--", "echo", "0.9 0.3", code=2)


def test_what_is_said_is_what_is_recorded(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)")
    said = cli("worker", name, "-n", 1, "--", "echo", "nan").stdout
    assert "trial 0 failed nan (" in said and "complete" not in said
    recorded = trials(cli, name)[0]
    assert recorded["state"] == "failed" and recorded["failure"]["reason"] in said


def test_output_that_is_no_utf8_is_recorded(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)", "-n", 3)
    for script in ("printf 'caf\\351\\n' >&2; exit 3", "head -c 5000 /dev/urandom; exit 3",
                   "for i in $(seq 20); do printf '%0300d' 7 | sed 's/0/\\xe2\\x82\\xac/g'; echo; done; exit 3"):
        assert "not recorded" not in cli("worker", name, "-n", 1, "--", "bash", "-c", script).stdout
    ended = trials(cli, name)
    assert [t["state"] for t in ended] == ["failed"] * 3 and all("exit code 3" in t["failure"]["reason"] for t in ended)
    assert "caf\ufffd" in ended[0]["failure"]["reason"]


def test_names_that_cannot_be_told_apart_take_no_trial(cli: Cli, name: str) -> None:
    def created(suffix: str, *params: str) -> str:
        cli("study", "create", name + suffix, "-n", 1, *[word for param in params for word in ("-p", param)])
        return name + suffix

    alike = created("1", "a.b=int(1,1)", "a-b=int(2,2)")
    assert "would all be PARZEN_PARAM_a_b" in cli("worker", alike, "--", "sh", "-c", "echo $PARZEN_PARAM_a_b", code=2).stderr
    assert "would all be" in cli("ask", alike, "--env", code=2).stderr
    assert trials(cli, alike) == []
    cli("worker", alike, "--", "echo", "{a.b}{a-b}")
    exact = created("2", "lr.decay=int(1,1)", "lr_decay=int(2,2)")
    cli("worker", exact, "--", "sh", "-c", "echo $PARZEN_PARAM_lr_decay")
    odd = created("3", "model/encoder:dim=int(3,3)", "learning rate=int(4,4)")
    cli("worker", odd, "--", "echo", "{model/encoder:dim}{learning rate}")
    fixed = created("4", "trial=int(7,7)", "params_file=int(8,8)")
    for place in ("{trial}", "{params_file}"):
        assert "which is a parameter's name too" in cli("worker", fixed, "--", "echo", place, code=2).stderr
    assert trials(cli, fixed) == []
    cli("worker", fixed, "--", "sh", "-c", "echo $PARZEN_PARAM_trial$PARZEN_PARAM_params_file$PARZEN_TRIAL")
    assert [trials(cli, study)[0]["values"] for study in (alike, exact, odd, fixed)] == [[12], [2], [34], [780]]


def test_a_name_with_an_equals_sign(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "a=b=float(0,1)", "-p", "c=int(0,9)")
    cli("enqueue", name, "a=b=0.5", "c=3")
    assert json.loads(cli("--json", "ask", name).stdout)["params"] == {"a=b": 0.5, "c": 3}
    cli("tell", name, 0, 0.5, "--metric", "m=n=0.25")
    assert trials(cli, name)[0]["metrics"] == {"m=n": 0.25}
    cli("study", "create", name + "2", "-p", "a=categorical(b=1,x)", "-p", "a=b=int(0,9)")
    assert "could be of" in cli("enqueue", name + "2", "a=b=1", code=2).stderr


def test_an_attribute_that_is_no_utf8_is_refused(cli: Cli, name: str, server, tmp_path: pathlib.Path) -> None:
    import subprocess

    from cli.conftest import PARZEN_CLI, environment

    cli("study", "create", name, "-p", "x=float(0,1)")
    for command in (["study", "update", name, "--attr"], ["enqueue", name, "x=0.5", "--attr"]):
        done = subprocess.run([str(PARZEN_CLI), *command, b"note=caf\xe9"], capture_output=True, env=environment(server.address, tmp_path))
        assert done.returncode == 2 and b"--attr 'note' is no UTF-8" in done.stderr


def test_importances_that_say_nothing(cli: Cli, name: str, tmp_path: pathlib.Path) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)", "-p", "n=int(0,9)")
    cli("worker", name, "-n", 1, "--", "echo", "0.5")
    done = cli("--json", "importances", name)
    assert json.loads(done.stdout) == {"x": 0, "n": 0} and "nothing to tell from one trial" in done.stderr
    cli("worker", name, "-n", 5, "--", "echo", "0.5")
    done = cli("importances", name)
    assert "all trials have the same value" in done.stderr and done.stdout.count("0.0%") == 2
    cli("plot", name, "-k", "importances", "-o", "i.svg")
    assert "all trials have the same value" in (tmp_path / "i.svg").read_text()
    cli("worker", name, "-n", 5, "--", "echo", "{x}")
    assert sum(json.loads(cli("--json", "importances", name).stdout).values()) > 0.99


def test_pictures_of_alike_and_long_names_are_different_files(cli: Cli, name: str, tmp_path: pathlib.Path) -> None:
    names = ["exp/1", "exp 1", "exp_1", "n" * 256, "n" * 255 + "m", "\u20ac" * 80]
    for study in names:
        cli("study", "create", study, "-p", "x=float(0,1)")
    written = [cli("plot", study).stdout.strip() for study in names]
    assert written[:3] == ["exp%2F1.html", "exp%201.html", "exp_1.html"]
    assert len(set(written)) == len(names) and all((tmp_path / file).exists() for file in written)
    for study in names:
        cli("plot", study, "--format", "svg", "-k", "importances")
        cli("study", "delete", study, "--yes")


def test_what_runs_comes_first_in_top(own_server, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    for study in ("a", "b", "c", "d"):
        cli("study", "create", study, "-p", "x=float(0,1)")
    cli("ask", "d", "-c", 2)
    cli("ask", "c")
    cli("study", "finish", "a")
    shown = [line.split()[0] for line in cli("top", "--once").stdout.splitlines()[2:]]
    assert shown == ["d", "c", "b", "a"]
