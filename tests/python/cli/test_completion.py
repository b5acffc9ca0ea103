"""Completion scripts: bash is asked what it would complete."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

from cli.conftest import Cli, environment


def completions(line: str, address: str, folder: pathlib.Path) -> set:
    """What bash offers for the last word of a line."""
    script = """
        source <(parzen completion bash)
        read -ra COMP_WORDS <<< "$1"
        [[ "$1" == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _parzen
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    done = subprocess.run(["bash", "-c", script, "bash", line], capture_output=True, text=True, cwd=folder, timeout=60,
                          env=environment(address, folder))
    assert done.returncode == 0 and done.stderr == ""
    return set(done.stdout.split("\n")) - {""}


def test_bash(own_server, tmp_path: pathlib.Path) -> None:
    from cli.conftest import runner
    cli = runner(own_server.address, tmp_path)
    for study in ("digits", "digits-2", "other study"):
        cli("study", "create", study, "-p", "x=float(0,1)")
    (tmp_path / "file.csv").touch()

    def offered(line: str) -> set:
        return completions(line, own_server.address, tmp_path)

    assert {"study", "ask", "worker"} <= offered("parzen ")
    assert offered("parzen stu") == {"study"}
    assert offered("parzen study s") == {"show"}
    assert offered("parzen --json --timeout 3 study pa") == {"pause"}
    assert offered("parzen ask dig") == {"digits", "digits-2"}
    assert offered("parzen ask other") == {"other study"}
    assert offered("parzen study show digits-") == {"digits-2"}
    assert offered("parzen ask digits --re") == {"--resume"}
    assert {"--address", "--json", "--help"} <= offered("parzen ask -")
    assert offered("parzen import digits fi") == {"file.csv"}
    assert offered("parzen study create x --file fi") == {"file.csv"}
    assert offered("parzen worker digits -- fi") == {"file.csv"}
    own_server.kill()
    assert offered("parzen ask dig") == set()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_know_every_command(cli: Cli, shell: str) -> None:
    script = cli("completion", shell).stdout
    for word in ("study", "create", "worker", "infeasible-exit", "completion studies", "Take the next trial"):
        assert word in script
