"""What changes a study or a trial from outside: study update, explain, stop."""

from __future__ import annotations

import json
import pathlib
import subprocess

from cli.conftest import PARZEN_CLI, Cli, environment


def study(cli: Cli, name: str) -> dict:
    return json.loads(cli("--json", "study", "show", name).stdout)


def test_a_space_grows(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)", "-p", "k=categorical(a,b)", "-p", "g=float(0,1) if k in (a)", "-s", "random")
    cli("ask", name)
    cli("tell", name, 0, 0.5)
    assert cli("study", "update", name, "-p", "x=float(-1,2)", "-p", "k=categorical(a,b,c)", "-p", "g=float(0,3)", "-p", "n=int(1,5)",
               "--default", "n=2").stdout == f"study {name} is changed\n"
    assert study(cli, name)["space"] == {
        "x": {"type": "float", "low": -1.0, "high": 2.0},
        "k": {"type": "categorical", "choices": ["a", "b", "c"]},
        "g": {"type": "float", "low": 0.0, "high": 3.0, "when": {"k": ["a"]}},
        "n": {"type": "int", "low": 1, "high": 5, "default": 2},
    }
    assert "n = " in cli("ask", name).stdout
    before = study(cli, name)
    for refused, words in [(["-p", "x=float(0,1)"], "narrower"), (["-p", "g=float(0,3) if k in (b)"], "condition"),
                           (["-p", "n=float(0,9)"], "n"), (["--default", "x=1"], "--default names 'x'"), ([], "nothing to change"),
                           (["-p", "m=int(1,2)", "--default", "m=7"], "m"), (["--allow-repeats", "maybe"], "maybe")]:
        assert words in cli("study", "update", name, *refused, code=2).stderr
    assert study(cli, name) == before


def test_limits_sampler_and_attributes_change_together_or_not_at_all(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "x=int(0,9)", "-n", 1, "--seed", 7, "--attr", "old=1")
    cli("worker", name, "--", "echo", "{x}")
    assert study(cli, name)["state"] == "finished"
    cli("study", "update", name, "-n", 3, "--max-retries", 0, "--allow-repeats", "true", "-s", "tpe", "--sampler-option",
        "n_startup_trials=4", "--metric-name", "loss", "--attr", "new=[1]", "--remove-attr", "old")
    changed = study(cli, name)
    assert {key: changed[key] for key in ("max_trials", "max_retries", "allow_repeats", "sampler", "seed", "metric_names", "user_attrs")} == {
        "max_trials": 3, "max_retries": 0, "allow_repeats": True, "sampler": {"name": "tpe", "n_startup_trials": 4}, "seed": 7,
        "metric_names": ["loss"], "user_attrs": {"new": [1]}}
    cli("study", "resume", name)
    cli("worker", name, "--", "echo", "{x}")
    assert study(cli, name)["trials"]["complete"] == 3
    cli("study", "update", name, "-n", 2, "--attr", "new=2", code=2)  # there are three
    assert study(cli, name)["user_attrs"] == {"new": [1]}


def test_explain_says_what_was_weighed(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)", "-p", "k=categorical(a,b)", "-s", "tpe", "--sampler-option", "n_startup_trials=4",
        "--seed", 1, "-n", 8)
    cli("worker", name, "--", "echo", "{x}")
    asked = json.loads(cli("--json", "trials", name, 7).stdout)["params"]
    (group,) = json.loads(cli("--json", "explain", name, 7).stdout)["groups"]
    assert (group["parameters"], group["method"]) == (["x", "k"], "tpe")
    assert sorted(group["below"] + group["above"]) == list(range(7))
    assert group["candidates"][group["winner"]]["params"] == asked
    scores = [candidate["log_l"] - candidate["log_g"] for candidate in group["candidates"]]
    assert scores[group["winner"]] == max(scores)

    lines = cli("explain", name, 7).stdout.splitlines()
    assert lines[0] == "trial 7" and "x, k: tpe" in lines
    chosen = [line.split() for line in lines if line.startswith("chosen")]
    assert len(chosen) == 1 and chosen[0][-1] == asked["k"]
    assert f"and {len(scores) - 5} more candidates: --all" in lines
    assert len(cli("explain", name, 7, "--all").stdout.splitlines()) == len(lines) + len(scores) - 5 - 1
    assert "startup" in cli("explain", name, 0).stdout
    cli("explain", name, 99, code=3)


def test_explain_of_a_gaussian_process(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)", "-s", "gp-ei", "--sampler-option", "n_startup_trials=3", "--seed", 1, "-n", 5)
    cli("worker", name, "--", "echo", "{x}")
    (group,) = json.loads(cli("--json", "explain", name, 4).stdout)["groups"]
    assert group["method"] == "gp-ei" and group["model"]
    text = cli("explain", name, 4).stdout
    assert "log EI" in text and all(figure in text for figure in group["model"])


def test_a_stopped_trial_keeps_what_it_has(cli: Cli, name: str, server, tmp_path: pathlib.Path) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)")
    cli("stop", name, 0, code=3)
    script = "trap 'echo 0.25; exit 0' TERM; n=0; while :; do n=$((n + 1)); echo step $n 1; sleep 0.05; done"
    worker = subprocess.Popen([str(PARZEN_CLI), "worker", name, "-n", "1", "--grace", "60", "--", "sh", "-c", script],
                              stdout=subprocess.PIPE, text=True, env=environment(server.address, tmp_path))
    try:
        assert worker.stdout is not None and worker.stdout.readline() == "trial 0 started\n"
        assert cli("stop", name, 0).stdout == "trial 0 is asked to stop\n"
        out, _ = worker.communicate(timeout=300)
    finally:
        worker.kill()
    assert worker.returncode == 0
    trial = json.loads(cli("--json", "trials", name, 0).stdout)
    assert (trial["state"], trial["values"]) == ("complete", [0.25]), out
    assert "has ended" in cli("stop", name, 0, code=5).stderr


def test_a_study_learns_from_earlier_ones(cli: Cli, name: str) -> None:
    space = ["-p", "x=float(0,1)", "-p", "n=int(1,5)", "--seed", 1]
    for earlier in ("a", "b"):
        cli("study", "create", f"{name}-{earlier}", *space, "-n", 12)
        cli("worker", f"{name}-{earlier}", "--", "echo", "{x}")
    cli("study", "create", name, *space, "--warm-start-from", f"{name}-a,{name}-b")
    assert [source["study"] for source in study(cli, name)["warm_start"]] == [f"{name}-a", f"{name}-b"]
    assert f"{name}-a: 12 trials" in cli("study", "show", name).stdout
    assert float(json.loads(cli("--json", "ask", name).stdout)["params"]["x"]) < 0.5
    assert "warm-start" in cli("explain", name, 0).stdout
    cli("study", "create", f"{name}-auto", *space, "--warm-start-from", "auto")
    assert f"{name}-b" in [source["study"] for source in study(cli, f"{name}-auto")["warm_start"]]
    assert "nothing-here" in cli("study", "create", f"{name}-no", *space, "--warm-start-from", "nothing-here", code=3).stderr
