"""copy: all studies into another database, without a server."""

from __future__ import annotations

import json
import pathlib
from typing import Callable

import parzen
from cli.conftest import Cli, runner
from conftest import Server


def studies(server: Server, names: Callable[[int], str], trials: int) -> None:
    with parzen.Client(server.address, timeout=60) as client:
        for i in range(3):
            study = client.create_study(names(i), {"x": parzen.Float(0, 1)}, sampler="random", seed=i)
            for j in range(trials):
                trial = study.ask()
                trial.report(j / 3, step=j)
                if j % 2:
                    trial.tell(-0.0)


def test_a_copy_is_the_same_and_goes_on(tmp_path: pathlib.Path, own_server: Server) -> None:
    cli = runner(own_server.address, tmp_path)
    studies(own_server, lambda i: f"study {i}", 5)
    exported = {i: cli("export", f"study {i}").stdout for i in range(3)}
    # The source may be served meanwhile, the target may not.
    assert cli("copy", "--from", "studies.db", "--to", "copy.db").stdout == "3 studies, 15 trials, 39 answered requests: copied and compared\n"
    assert "studies.db" in cli("copy", "--from", "copy.db", "--to", "studies.db", code=5).stderr

    lines = [json.loads(line) for line in cli("copy", "--from", "studies.db", "--to", "copy.db", "--json").stdout.splitlines()]
    assert [(line["study"], line["trials"], line["was_there"]) for line in lines] == [(f"study {i}", 5, True) for i in range(3)]
    own_server.stop()
    assert "nothing wrong" in cli("check", "copy.db").stdout
    (tmp_path / "second").mkdir()
    (tmp_path / "copy.db").rename(tmp_path / "second" / "studies.db")
    copy = Server(tmp_path / "second")
    try:
        cli = runner(copy.address, tmp_path)
        assert {i: cli("export", f"study {i}").stdout for i in range(3)} == exported
        with parzen.Client(copy.address) as client:
            study = client.study("study 0")
            running = study.trial(0)
            assert running.state == "running" and study.ask().number == 5
            study.set_user_attr("moved", True)
    finally:
        copy.stop()
    # Written to since: nothing is replaced.
    refused = cli("copy", "--from", "studies.db", "--to", "second/studies.db", code=5).stderr
    assert "study 0" in refused and "Delete it" in refused


def test_what_cannot_be_copied_is_said(tmp_path: pathlib.Path) -> None:
    cli = runner("127.0.0.1:1", tmp_path)
    assert "--from" in cli("copy", "--to", "x.db", code=2).stderr
    assert "none.db" in cli("copy", "--from", "none.db", "--to", "x.db", code=3).stderr
    assert not (tmp_path / "x.db").exists()
    (tmp_path / "text").write_text("no database, but long enough to be looked at" * 9)
    cli("copy", "--from", "text", "--to", "x.db", code=5)
    away = cli("copy", "--from", "postgresql://parzen@127.0.0.1:1/parzen", "--to", "x.db", code=7).stderr
    assert "the source: cannot connect to PostgreSQL" in away
    secret = cli("copy", "--from", "postgresql://parzen:geheim@127.0.0.1:1/parzen", "--to", "x.db", code=2).stderr
    assert "PGPASSFILE" in secret and "geheim" not in secret
