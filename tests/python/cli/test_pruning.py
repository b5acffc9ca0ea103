"""Pruners, intermediate values and the ends of studies from the command line."""

from __future__ import annotations

import json
import pathlib

import pytest

import parzen
from cli.conftest import Cli
from cli.workers import trials


def report_and_tell(study: parzen.Study, curves) -> None:
    for curve in curves:
        with study.ask() as trial:
            for step, value in enumerate(curve):
                trial.report(value, step=step)
            if trial.should_prune():
                raise parzen.Pruned
            trial.tell(curve[-1])


def shown(cli: Cli, name: str) -> dict:
    return json.loads(cli("--json", "study", "show", name).stdout)


@pytest.fixture
def study(cli: Cli, server, name: str):
    """With five complete trials, and one that was pruned by the median."""
    cli("study", "create", name, "-p", "x=float(0,1)", "--pruner", "median(n_startup_trials=5)", "--sampler", "random")
    with parzen.Client(server.address) as client:
        study = client.study(name)
        report_and_tell(study, [[0.5, 0.1 * n] for n in range(5)] + [[0.5, 0.75]])
        yield study


def test_why_a_trial_was_pruned(cli: Cli, name: str, study: parzen.Study) -> None:
    reason = "pruned at step 1: 0.5 is worse than the median 0.2 of 5 trials"
    assert trials(cli, name)[5]["prune_reason"] == reason
    assert reason in cli("explain", name, 5).stdout
    assert json.loads(cli("--json", "explain", name, 5).stdout)["prune_reason"] == reason
    assert "prune_reason" not in json.loads(cli("--json", "explain", name, 0).stdout)
    assert reason in cli("trials", name, 5).stdout


def test_an_export_comes_back_with_pruner_limits_and_reports(cli: Cli, server, name: str, study: parzen.Study, tmp_path: pathlib.Path) -> None:
    study.update(max_duration=1e6, target=-1, patience=100)
    file = tmp_path / "study.jsonl"
    cli("export", name, "-o", file)
    copy = f"{name}-copy"
    cli("import", copy, file)
    before, after = shown(cli, name), shown(cli, copy)
    for key in ("pruner", "max_duration", "target", "patience"):
        assert before[key] == after[key], key
    assert before["pruner"] == "median(n_startup_trials=5, n_warmup_steps=0, interval_steps=1, n_min_trials=1)"
    for was, copied in zip(trials(cli, name), trials(cli, copy)):
        for key in ("state", "values", "intermediate_values", "prune_reason"):
            assert was.get(key) == copied.get(key), key
    with parzen.Client(server.address) as client:  # the copied reports count
        again = client.study(copy).ask()
        again.report(0.75, step=1)
        assert again.should_prune()


def test_a_study_file(cli: Cli, name: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(
        "space: {x: {type: float, low: 0, high: 1}}\npruner: hyperband(min_resource=2, max_resource=50)\nmax_duration: 3600\ntarget: 0.5\npatience: 7\n"
    )
    cli("study", "create", name, "--file", file)
    study = shown(cli, name)
    pruner = "hyperband(min_resource=2, max_resource=50, reduction_factor=3, bootstrap_count=0)"
    assert study["pruner"] == pruner
    assert (study["max_duration"], study["target"], study["patience"]) == (3600, [0.5], 7)
    text = cli("study", "show", name).stdout
    for line in (pruner, "3600", "0.5", "7 trials without a better one"):
        assert line in text
    for bad, message in [("pruner: best", "best"), ("target: low", "target"), ("max_duration: soon", "max_duration"), ("patience: 0", "patience")]:
        file.write_text(f"space: {{x: {{type: float, low: 0, high: 1}}}}\n{bad}\n")
        assert message in cli("study", "create", f"{name}-bad", "--file", file, code=2).stderr


@pytest.mark.parametrize(
    "text, message",
    [
        ("best", "best"),
        ("median(warmup=3)", "warmup"),
        ("median(", "median("),
        ("percentile(percentile=101)", "percentile must be between 0 and 100"),
        ("threshold", "lower or upper must be given"),
    ],
)
def test_a_pruner_that_is_none_is_refused(cli: Cli, name: str, text: str, message: str) -> None:
    assert message in cli("study", "create", name, "-p", "x=float(0,1)", "--pruner", text, code=2).stderr


def test_limits_of_a_live_study(cli: Cli, server, name: str) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)", "--patience", 2, "--sampler", "random")
    with parzen.Client(server.address) as client:
        study = client.study(name)
        for value in (1, 2, 3):
            study.ask().tell(value)
        assert shown(cli, name)["finish_reason"] == "patience"
        assert "2 complete trials brought nothing better (patience)" in cli("ask", name, code=6).stderr
        cli("study", "update", name, "--patience", 5)
        assert shown(cli, name)["state"] == "active" and "finish_reason" not in shown(cli, name)
        cli("study", "update", name, "--target", 1)
        assert shown(cli, name)["finish_reason"] == "target"  # it was reached before
        cli("study", "update", name, "--target", "none", "--max-duration", 1e6)
        assert shown(cli, name)["state"] == "active" and "target" not in shown(cli, name)
        cli("study", "update", name, "--max-duration", 0, "--max-trials", 3)
        assert shown(cli, name)["finish_reason"] == "max_trials"
        cli("study", "finish", name)
        assert shown(cli, name)["finish_reason"] in ("max_trials", "call")
