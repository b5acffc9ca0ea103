"""How the client is built: its modules import one another in one direction, and leave each other's private members alone."""

from __future__ import annotations

import ast
import pathlib
import subprocess
import sys
from typing import Dict, Iterator, List, Set

import pytest

import parzen

PACKAGE = pathlib.Path(parzen.__file__).parent
SOURCES = {path.stem: path for path in PACKAGE.glob("*.py")}
MODULES = sorted(name for name in SOURCES if name != "__init__")
MAX_LINES, MAX_COLUMNS, MAX_FUNCTION_LINES = 400, 130, 60


def tree(name: str) -> ast.Module:
    return ast.parse(SOURCES[name].read_text())


def imported(module: ast.Module) -> Set[str]:
    """The package's modules that a module imports, wherever the statement stands: at its top, in a function, for types only."""
    found: Set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            if node.module == "parzen":
                found.update(alias.name for alias in node.names)
            elif node.module.startswith("parzen."):
                found.add(node.module.split(".")[1])
        elif isinstance(node, ast.ImportFrom):
            raise AssertionError("relative imports are not followed here")
        elif isinstance(node, ast.Import):
            found.update(alias.name.split(".")[1] for alias in node.names if alias.name.startswith("parzen."))
    return found


def a_circle(imports: Dict[str, Set[str]]) -> List[str]:
    """Modules that import one another in a circle; empty where there are none."""
    done: Set[str] = set()

    def visit(name: str, path: List[str]) -> List[str]:
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return []
        for other in sorted(imports.get(name, ())):
            circle = visit(other, [*path, name])
            if circle:
                return circle
        done.add(name)
        return []

    for name in sorted(imports):
        circle = visit(name, [])
        if circle:
            return circle
    return []


def test_no_modules_import_one_another_in_a_circle() -> None:
    imports = {name: imported(tree(name)) for name in MODULES}
    assert sum(map(len, imports.values())) > 50
    assert a_circle(imports) == []
    imports["connection"] = imports["connection"] | {"study"}
    assert set(a_circle(imports)) >= {"connection", "study"}


def test_a_session_knows_nothing_of_what_uses_it() -> None:
    below: Set[str] = set()
    todo = ["session"]
    while todo:
        name = todo.pop()
        if name not in below and name in SOURCES:
            below.add(name)
            todo.extend(imported(tree(name)))
    assert "connection" in below
    assert below.isdisjoint({"client", "study", "study_info", "study_reader", "trial", "watch", "optimize"})


@pytest.mark.parametrize("order", ["alone", "forwards", "backwards"])
def test_modules_can_be_imported_in_any_order(order: str) -> None:
    """Without __init__, which would import most of them in its own order."""
    program = f"""
import importlib, sys, types
MODULES = {MODULES!r}

def start():
    for name in [name for name in sys.modules if name.partition(".")[0] == "parzen" and "_proto" not in name]:
        del sys.modules[name]
    package = types.ModuleType("parzen")
    package.__path__ = [{str(PACKAGE)!r}]
    sys.modules["parzen"] = package

start()
for name in sorted(MODULES, reverse={order!r} == "backwards"):
    if {order!r} == "alone":
        start()
    importlib.import_module("parzen." + name)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def private_reaches(module: ast.Module) -> Iterator[str]:
    """Private members of other objects, except those that the module's own classes have too."""
    own: Set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            own.add(node.name)
        elif isinstance(node, ast.Attribute) and is_self(node.value):
            own.add(node.attr)
    for node in ast.walk(module):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr.startswith("__"):
            continue
        if node.attr not in own:
            yield f"{node.lineno}: {ast.unparse(node)}"


def is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


@pytest.mark.parametrize("name", MODULES)
def test_no_module_reaches_into_another(name: str) -> None:
    assert list(private_reaches(tree(name))) == []


def test_reaching_into_another_is_seen() -> None:
    assert list(private_reaches(ast.parse("class A:\n  def f(self, other): return other._secret, other._own, self._own"))) == [
        "2: other._secret"
    ]


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_files_functions_and_lines_stay_short(name: str) -> None:
    lines = SOURCES[name].read_text().splitlines()
    assert len(lines) <= MAX_LINES
    assert [i for i, line in enumerate(lines, 1) if len(line) > MAX_COLUMNS] == []
    functions = [node for node in ast.walk(tree(name)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    long = {f.name: length for f in functions if (length := (f.end_lineno or 0) - f.lineno + 1) > MAX_FUNCTION_LINES}
    assert long == {}
