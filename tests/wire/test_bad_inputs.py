"""Every bad input of bad_inputs gets its answer and changes nothing, and docs/guarantees.md shows the table.

PARZEN_WRITE_TABLE=1 writes the table anew.
"""

import os
import pathlib
import re

import pytest

from bad_inputs import Fixture, cases
from parzend import Parzend
from wire import METHODS, Wire, snapshot

GUARANTEES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "guarantees.md"
BEGIN, END = "<!-- bad inputs: begin -->\n", "<!-- bad inputs: end -->\n"
ANSWERS = {}  # by method and input


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    server = Parzend(tmp_path_factory.mktemp("bad-inputs"), "--log-level", "error").start()
    with Wire(server.address) as wire:
        yield server, wire, Fixture(wire)
    server.kill()


def test_there_are_at_least_150_over_every_rpc():
    assert len({(case.method, case.what) for case in cases()}) == len(cases()) >= 150
    assert {case.method for case in cases()} == set(METHODS)


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.method}-{case.what}".replace(" ", "_").replace(",", ""))
def test_bad_input(world, case):
    server, wire, fixture = world
    before = snapshot(wire)
    answer = wire.call(case.method, case.make(fixture))
    ANSWERS[case.method, case.what] = answer
    assert server.alive(), server.log()
    assert snapshot(wire) == before, f"the refused call changed something: {answer}"
    assert (answer.code, answer.reason) == (case.code, case.reason), answer.message
    assert answer.message


def cell(text, limit=150):
    text = re.sub(r"\b\d{15,20}\b", "UID", text)
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    text = text if len(text) <= limit else text[: limit - 3] + "..."
    return text.replace("|", "\\|").replace("`", "'").replace("<", "&lt;")


def table():
    rows = ["| RPC | bad input | code | reason | message |\n", "|---|---|---|---|---|\n"]
    for case in cases():
        answer = ANSWERS[case.method, case.what]
        rows.append(f"| {case.method} | {cell(case.what)} | {answer.code} | {answer.reason} | {cell(answer.message)} |\n")
    return "".join(rows)


def test_the_table_in_the_documentation_is_fresh(world):
    _, wire, fixture = world
    for case in cases():  # where only a part of the tests was run
        if (case.method, case.what) not in ANSWERS:
            ANSWERS[case.method, case.what] = wire.call(case.method, case.make(fixture))
    text = GUARANTEES.read_text()
    head, rest = text.split(BEGIN)
    shown, tail = rest.split(END)
    if os.environ.get("PARZEN_WRITE_TABLE"):
        GUARANTEES.write_text(head + BEGIN + table() + END + tail)
        return
    assert shown == table(), "docs/guarantees.md shows other answers: run this test with PARZEN_WRITE_TABLE=1 and look at the difference"
