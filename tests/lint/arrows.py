#!/usr/bin/env python3
"""Checks the arrows between the folders: who may include whom.

    arrows.py [ROOT]

Prints each include that goes against an arrow, with the rule that it breaks, and exits with 1 if there is one. The rules are the
tables below and nothing else; CONTRIBUTING.md shows them as a picture. A new folder with C++ in it needs a line here.
"""

import pathlib
import re
import sys
from dataclasses import dataclass

# What the fronts may know of the engine: the service it offers, the types that this takes (how Optuna's clients write distributions, JSON
# and rungs is one of them, and how an export writes what was learned from earlier studies another), and how it is counted.
ENGINE_FACE = "engine's face"
# What the world may know of the samplers: the interface and its types, not one sampler's insides.
SAMPLER_FACE = "samplers' face"
# Messages that are no API: gRPC's health service, and the details that an error travels with.
PROTO_COMMON = "common messages"

# A path belongs to the first pattern that matches.
ZONES = [
    ("base", r"base/"),
    ("space", r"sampler/space/"),
    (SAMPLER_FACE, r"sampler/(sampler|suggested|history|make_sampler|warm_start)\.(h|cc)$"),
    (SAMPLER_FACE, r"sampler/((tpe|gp)/settings|gp/(recommend|recommendation|learn_from))\.h$"),
    (SAMPLER_FACE, r"sampler/importance/(ped_anova|judged_trials)\.h$"),
    (SAMPLER_FACE, r"sampler/pruner/(pruner|pruner_config|pruner_options|make_pruner)\.(h|cc)$"),
    ("sampler", r"sampler/"),
    ("storage", r"storage/"),
    ("error", r"server/error/"),
    ("version", r"server/version\.h$"),
    (ENGINE_FACE, r"server/engine/(service|types|insights|client_trials|meter|definition/(optuna_distribution|python_json|completed_rungs|warm_start_snapshot))\.h$"),
    ("engine", r"server/engine/"),
    ("placement", r"server/placement/"),
    ("log", r"server/log/"),
    ("security", r"server/security/"),
    ("rpc", r"server/rpc/"),
    ("http", r"server/http/"),
    ("optimizer", r"server/optimizer/"),
    ("optuna", r"server/optuna/"),
    ("page", r"server/page/"),
    ("metrics", r"server/metrics/"),
    ("main", r"server/main/"),
    ("clients/cpp", r"clients/cpp/|parzen/(client|error|explanation|pruner|sampler|space|study|trial)\.h$"),
    ("clients/cli", r"clients/cli/"),
    (PROTO_COMMON, r"(parzen/v1/error|grpc/health/v1/health)\.(grpc\.)?pb\.h$"),
    ("proto", r"(parzen/v1|optuna)/[a-z_]+\.(grpc\.)?pb\.h$"),
    ("tests", r"tests/"),
    ("examples", r"examples/"),
]

TRANSPORT = {"error", "log", "security", "version", PROTO_COMMON}
FRONT = TRANSPORT | {"rpc", "http", ENGINE_FACE, SAMPLER_FACE, "space", "proto"}
SERVER_ENGINE = {SAMPLER_FACE, "space", "storage", "error", ENGINE_FACE, "engine"}

# zone -> the zones that it may include, besides itself and base. What is not here is forbidden.
ARROWS = {
    "base": set(),
    "space": set(),
    SAMPLER_FACE: {"space", "sampler"},
    "sampler": {"space", SAMPLER_FACE},
    "storage": set(),
    "error": set(),
    "version": set(),
    ENGINE_FACE: SERVER_ENGINE,
    "engine": SERVER_ENGINE,
    "placement": {ENGINE_FACE, "error", "log", "storage", "proto", PROTO_COMMON},
    "log": {"error"},
    "security": {"error", "log", PROTO_COMMON},
    "rpc": TRANSPORT,
    "http": TRANSPORT,
    "optimizer": FRONT,
    "optuna": FRONT,
    "page": FRONT,
    "metrics": FRONT,
    "main": FRONT | {"storage", "engine", "placement", "optimizer", "optuna", "page", "metrics"},
    "clients/cpp": {"proto", PROTO_COMMON},
    # Backup and check look into the file itself, beside the server or without one.
    "clients/cli": {"clients/cpp", "storage"},
}

# Libraries that a zone must not include: what makes a layer free of its surroundings.
WIRE = r"grpc|google/protobuf/"
LIBRARIES = [
    ({"base", "space", SAMPLER_FACE, "sampler", "storage", "error", ENGINE_FACE, "engine"}, WIRE, "is free of any wire"),
    ({"space", SAMPLER_FACE, "sampler"}, r"sqlite3|libpq|fstream|filesystem|chrono|thread$|mutex$|unistd|sys/",
     "has no files, no clock, no threads"),
    ({ENGINE_FACE, "engine", "optimizer", "optuna", "page", "metrics", "rpc", "http"}, r"sqlite3|libpq", "reaches no database itself"),
]


# Arrows that are being turned round: (file, zone it includes). Each entry goes when its file is mended; nothing is added.
BEING_MENDED: set[tuple[str, str]] = set()


@dataclass(frozen=True)
class Fault:
    file: str
    line: int
    text: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.text}"


def zone_of(path):
    for zone, pattern in ZONES:
        if re.match(pattern, path):
            return zone
    return None


def includes(text):
    """(line number, header) of each include."""
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', line):
            yield number, match[1]


def broken_library(zone, header):
    for zones, pattern, why in LIBRARIES:
        if zone in zones and re.match(pattern, header):
            return f"{zone} must not include <{header}>: it {why}"
    return None


def broken_arrow(zone, header, ours):
    """Why `zone` must not include `header`, or None. Of a header that is neither in a folder of ours nor known here, nothing is said."""
    target = zone_of(header)
    if target is None:
        return f'no arrow is declared for "{header}": add its folder to ZONES' if header.split("/")[0] in ours else None
    if target in {zone, "base"} or target in ARROWS[zone]:
        return None
    allowed = ", ".join(sorted(ARROWS[zone] | {"base"}))
    return f'{zone} -> {target} is against the arrows ("{header}"); {zone} may include: {allowed}'


def check_file(path, text, ours=frozenset()):
    """The faults of one file, whose path is relative to the root."""
    zone = zone_of(path)
    if zone is None:
        return [Fault(path, 1, "no arrow is declared for this folder: add it to ZONES and ARROWS")]
    if zone not in ARROWS:
        return []
    found = ((line, broken_library(zone, header) or broken_arrow(zone, header, ours)) for line, header in includes(text)
             if (path, zone_of(header)) not in BEING_MENDED)
    return [Fault(path, line, why) for line, why in found if why]


def check(root):
    root = pathlib.Path(root)
    files = sorted(file for file in root.glob("*/**/*") if file.suffix in {".h", ".cc"} and file.relative_to(root).parts[0] != "build")
    ours = {file.relative_to(root).parts[0] for file in files}
    return [fault for file in files for fault in check_file(file.relative_to(root).as_posix(), file.read_text(), ours)]


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]
    faults = check(root)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
