"""Where output goes: files that are links, pipes or full, and servers that want TLS and a token."""

from __future__ import annotations

import os
import pathlib
import stat
import subprocess
import sys
import threading

import pytest

from cli.conftest import PARZEN_CLI, ROOT, Cli, environment, runner

sys.path.insert(0, str(ROOT / "tests" / "wire"))
from certificates import Authority  # noqa: E402


@pytest.fixture
def study(cli: Cli, name: str) -> str:
    cli("study", "create", name, "-p", "x=float(0,1)")
    return name


def test_a_pipe_is_written_to_and_a_link_stays_one(cli: Cli, study: str, tmp_path: pathlib.Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    cli("export", study, "-o", "pipe")
    reader.join(300)
    assert read and read[0].startswith("number,state,value")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.csv").symlink_to("folder/real.csv")
    for _ in range(2):
        cli("export", study, "-o", "link.csv")
        assert (tmp_path / "link.csv").is_symlink() and (tmp_path / "folder" / "real.csv").read_text() == read[0]
    assert sorted(p.name for p in (tmp_path / "folder").iterdir()) == ["real.csv"]


@pytest.mark.parametrize("command", [["study", "list"], ["--json", "study", "list"], ["export"], ["trials"], ["--help"]])
def test_output_that_was_lost_is_an_error(cli: Cli, study: str, server, tmp_path: pathlib.Path, command: list) -> None:
    arguments = command + [study] if command[0] in ("export", "trials") else command
    with open("/dev/full", "w") as full:
        done = subprocess.run([str(PARZEN_CLI), *arguments], stdout=full, stderr=subprocess.PIPE, text=True,
                              env=environment(server.address, tmp_path))
    assert done.returncode == 1 and "cannot write to the standard output" in done.stderr


def test_a_reader_that_goes_ends_the_command_quietly(cli: Cli, study: str, server, tmp_path: pathlib.Path) -> None:
    rows = "".join(f"{i},0.5\n" for i in range(20_000))
    cli("import", study, "-", "--format", "csv", stdin="value,x\n" + rows)
    done = subprocess.run(["bash", "-c", f"{PARZEN_CLI} trials '{study}' | head -2"], capture_output=True, text=True,
                          env=environment(server.address, tmp_path))
    assert done.stderr == "" and len(done.stdout.splitlines()) == 2


def test_tls_and_a_token_by_flags(tmp_path: pathlib.Path) -> None:
    from conftest import Server

    authority = Authority(tmp_path / "ca")
    pair = authority.issue("localhost")
    (tmp_path / "tokens").write_text("admin-token-0123456789a ada admin\n")
    (tmp_path / "tokens").chmod(0o600)
    (tmp_path / "token").write_text("admin-token-0123456789a\n")
    server = Server(tmp_path, "--tls-cert", pair.certificate, "--tls-key", pair.key, "--tokens", tmp_path / "tokens")
    try:
        cli = runner(server.address, tmp_path)
        tls = ["--tls-ca", authority.certificate, "--tls-name", "localhost"]
        cli(*tls, "--token-file", "token", "study", "create", "s", "-p", "x=float(0,1)", "-n", 2)
        # The worker makes its own clients.
        cli("worker", "s", *tls, "--token-file", "token", "--", "echo", "{x}")
        assert "2/2" in cli("study", "list", *tls, PARZEN_TOKEN="admin-token-0123456789a").stdout
        assert "2/2" in cli("study", "list", "--tls-name", "localhost", "--token-file", "token", PARZEN_TLS_CA=str(authority.certificate)).stdout
        assert "--token-file gives a token" in cli(*tls, "study", "list", code=5).stderr
        cli("--timeout", "1", "study", "list", code=7)  # plain text to a TLS port
        cli("--timeout", "1", *tls[:2], "--tls-name", "elsewhere.example", "study", "list", code=7)
    finally:
        server.kill()
