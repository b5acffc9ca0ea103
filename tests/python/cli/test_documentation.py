"""Every command that the documentation shows is run, and what it prints is compared with what stands there."""

from __future__ import annotations

import pathlib
import re
import subprocess

import pytest

from cli.conftest import ROOT, environment


def console_commands(path: pathlib.Path) -> list:
    """(command, expected output) of every ```console block, in order."""
    commands: list = []
    for block in re.findall(r"^```console\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append((line[2:], []))
            else:
                commands[-1][1].append(line)
    return [(command, "\n".join(lines)) for command, lines in commands]


def matches(expected: str, output: str) -> bool:
    """`...` stands for anything, on a line of its own for any lines; blanks at a line's end do not count."""
    pattern = ""
    for line in expected.splitlines():
        if line.strip() == "...":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += r"[^\n]*".join(re.escape(part) for part in line.rstrip().split("...")) + r"[ ]*\n"
    return re.fullmatch(pattern, output) is not None


def test_matching_can_fail() -> None:
    assert matches("a ... c\n...\nz", "a b c\n1\n2\nz\n")
    assert not matches("a ... c\n...\nz", "a b d\n1\nz\n")
    assert not matches("a", "a\nb\n")
    assert not matches("a", "")


@pytest.mark.parametrize("document", ["README.md", "docs/cli.md"])
def test_commands_do_what_the_text_says(own_server, tmp_path: pathlib.Path, document: str) -> None:
    commands = console_commands(ROOT / document)
    assert len(commands) >= 5, f"{document} shows its commands in console blocks"
    # One shell runs them all, so that variables live on; a line of its own ends each output.
    script = "".join(f"{command}\nprintf '\\n@@@ %d\\n' $?\n" for command, _ in commands)
    folder = tmp_path / "work"
    folder.mkdir()
    done = subprocess.run(["bash"], input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder,
                          env=environment(own_server.address, tmp_path), timeout=300)
    outputs = re.split(r"\n@@@ \d+\n", done.stdout)
    assert len(outputs) == len(commands) + 1
    wrong = [f"$ {command}\n-- expected:\n{expected}\n-- printed:\n{output}"
             for (command, expected), output in zip(commands, outputs)
             if not matches(expected, output + "\n" if output and not output.endswith("\n") else output)]
    assert not wrong, "\n\n".join(wrong)
