#!/usr/bin/env python3
"""Finds functions of more than 60 lines and files of more than 400, in C++ and Python: each asks to be split.

    sizes.py [FILE ...]     (default: every file that git knows)

Prints each and exits with 1 if there is one. A function's lines are those from its signature to its closing brace; a Python function's
do not count its docstring. Generated code and tables, which nobody reads from top to bottom, are left out by name.
"""

import ast
import pathlib
import re
import subprocess
import sys
from dataclasses import dataclass

FUNCTION_LINES = 60
FILE_LINES = 400
LEFT_OUT = [
    r"clients/python/src/parzen/_proto/",  # generated
    r"tests/wire/bad_inputs/",  # tables of cases
]


@dataclass(frozen=True)
class Function:
    name: str
    line: int
    lines: int


def blank(match):
    """As many line breaks as the text had, so that line numbers stay."""
    return " " + "\n" * match[0].count("\n")


def without_text(source):
    """C++ without comments, string and character literals, and preprocessor lines."""
    pattern = r'''(?x) R"(?P<delimiter>[^(\s]{0,16})\(.*?\)(?P=delimiter)"   # raw string
        | "(?:\\.|[^"\\\n])*" | (?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'         # string, character (not a digit separator)
        | //[^\n]* | /\*.*?\*/
        | (?m:^)[ \t]*\#(?:\\\n|[^\n])*'''
    return re.sub(pattern, blank, source, flags=re.DOTALL)


def opens(head):
    """What a brace opens at the level of namespaces and classes: "scope", "function" or "value", by the text before it."""
    head = re.sub(r"\b(template\s*<[^;{}]*?>|alignas\s*\([^()]*\)|\[\[.*?\]\])", " ", head, flags=re.DOTALL)
    if re.search(r"\b(namespace|extern)\b", head):
        return "scope"
    if re.search(r"(^|\s)(class|struct|union|enum)\b[^()]*(\([^()]*\)[^()]*)?$", head) and not re.search(r"\)\s*(const|noexcept|override)*\s*$", head):
        return "scope"
    return "function" if "(" in head else "value"


def cpp_functions(source):
    """The functions of a C++ file with their lengths; lambdas count as part of what they stand in."""
    text = without_text(source)
    open_braces = []  # (kind, where the head starts)
    head_start = 0
    for match in re.finditer(r"[{};]", text):
        position = match.start()
        if match[0] == "{":
            head_start += len(re.match(r"(\s|(public|protected|private)\s*:(?!:))*", text[head_start:position])[0])
            in_code = any(kind != "scope" for kind, _ in open_braces)
            open_braces.append(("code" if in_code else opens(text[head_start:position]), head_start))
        elif match[0] == "}" and open_braces:
            kind, start = open_braces.pop()
            if kind == "function" and re.match(r"\s*[,{)]", text[position + 1:]):
                head_start = start  # the brace of a member's value, or of a default argument: the function goes on
                continue
            if kind == "function":
                name = re.search(r"([\w:~]+|operator\S+)\s*\(", text[start:position])
                yield Function(name[1] if name else "?", text.count("\n", 0, start) + 1, text.count("\n", start, position) + 1)
        head_start = position + 1


def python_functions(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0]
            text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
            docstring = first.end_lineno - first.lineno + 1 if text else 0
            yield Function(node.name, node.lineno, node.end_lineno - node.lineno + 1 - docstring)


def check_text(path, source):
    """What is too long in one file, as lines of text."""
    lines = source.count("\n")
    if lines > FILE_LINES:
        yield f"{path}:1: the file has {lines} lines, more than {FILE_LINES}"
    functions = python_functions if path.endswith(".py") else cpp_functions
    for function in functions(source):
        if function.lines > FUNCTION_LINES:
            yield f"{path}:{function.line}: {function.name} has {function.lines} lines, more than {FUNCTION_LINES}"


def measured(path):
    return path.endswith((".h", ".cc", ".py")) and not any(re.match(pattern, path) for pattern in LEFT_OUT)


def main():
    root = pathlib.Path(__file__).parents[2]
    paths = sys.argv[1:] or subprocess.run(["git", "ls-files"], cwd=root, check=True, capture_output=True, text=True).stdout.splitlines()
    faults = [fault for path in paths if measured(path) and (root / path).exists() for fault in check_text(path, (root / path).read_text())]
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
