"""The tests that docs/guarantees.md names are there."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_each_promise_names_tests_that_exist():
    text = (ROOT / "docs" / "guarantees.md").read_text().split("<!-- bad inputs: begin -->")[0]
    sources = "".join(path.read_text() for suffix in ("cc", "py") for path in (ROOT / "tests").rglob(f"*.{suffix}"))
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    assert len(rows) >= 20
    for row in rows:
        promise, shown_by = row.strip("| ").rsplit(" | ", 1)
        names = re.findall(r"`([^`]+)`", shown_by)
        assert names or "the table below" in shown_by, promise
        for name in names:
            if name.startswith("tests/"):
                assert (ROOT / name).exists(), name
            elif name.startswith("test_") and name.endswith(".py"):
                assert list((ROOT / "tests").rglob(name)), name
            elif name.startswith("test_"):
                assert f"def {name}(" in sources, name
            elif "." in name:
                suite, test = name.split(".")
                assert re.search(rf"TEST(_F|_P)?\({suite}, {test}\)", sources), name
            else:
                assert re.search(rf"TEST(_F|_P)?\({name}, ", sources) or (ROOT / "tests" / "fuzz" / f"{name}.cc").exists(), name
