#!/usr/bin/env python3
"""Asks clang whether every member that a lock guards is touched with that lock only (-Wthread-safety).

    locks.py DATABASE [FILE ...]

DATABASE is the folder of a compile_commands.json that was made for clang, without precompiled headers. Of the files in it (or of those
named) the ones that see base/mutex.h, directly or through a header of ours, are looked at; nothing is compiled to the end.

It also says where a lock is none of base/mutex.h, which clang could not check. Tests may use std::mutex.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
MUTEX = "base/mutex.h"
UNCHECKED = r"\bstd::(recursive_|timed_|shared_)?mutex\b|\bstd::(lock_guard|unique_lock|scoped_lock|shared_lock|condition_variable(_any)?)\b"


def headers_of(file):
    """The headers of ours that a file includes, as paths relative to the root."""
    for header in re.findall(r'^\s*#\s*include\s*"([^"]+)"', file.read_text(), re.MULTILINE):
        for folder in (ROOT, ROOT / "clients/cpp/include"):
            if (folder / header).exists():
                yield folder / header


def sees_locks(file, known):
    """Whether `file` includes base/mutex.h by any way. `known`: what was found before."""
    if file not in known:
        known[file] = False  # a circle of includes adds nothing
        known[file] = file == ROOT / MUTEX or any(sees_locks(header, known) for header in headers_of(file))
    return known[file]


def unchecked_locks(paths):
    """"file:line: ..." for each lock of the standard library in what is no test."""
    for path in paths:
        if path == MUTEX or not re.match(r"(base|sampler|storage|server|clients)/", path) or not (ROOT / path).exists():
            continue
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
            if match := re.search(UNCHECKED, line.split("//")[0]):
                yield f"{path}:{number}: {match[0]} is not checked by the compiler; base/mutex.h has Mutex, MutexLock and CondVar"


def check(entry):
    """Clang's findings in one entry of the compile database."""
    command = [part for part in shlex.split(entry["command"]) if part not in {"-c", "-Werror"}]
    del command[command.index("-o"):command.index("-o") + 2]
    result = subprocess.run([*command, "-fsyntax-only", "-Wno-everything", "-Wthread-safety", "-Wthread-safety-beta", "-Werror"],
                            cwd=entry["directory"], capture_output=True, text=True)
    return result.stderr if result.returncode else ""


def main():
    database, wanted = pathlib.Path(sys.argv[1]), sys.argv[2:]
    entries = [entry for entry in json.loads((database / "compile_commands.json").read_text())
               if ROOT in pathlib.Path(entry["file"]).parents and not pathlib.Path(entry["file"]).is_relative_to(ROOT / "build")]
    known = {}
    entries = [entry for entry in entries if sees_locks(pathlib.Path(entry["file"]), known)
               and (not wanted or os.path.relpath(entry["file"], ROOT) in wanted)]
    print(f"{len(entries)} files see a lock", file=sys.stderr)
    paths = wanted or subprocess.run(["git", "ls-files", "*.h", "*.cc"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    faults = list(unchecked_locks(paths))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        faults += [finding for finding in pool.map(check, entries) if finding]
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
