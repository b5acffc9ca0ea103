#!/usr/bin/env python3
"""The TypeScript sources: types, unit tests, and the npm client against a real server over Connect.

usage: tests/full/typescript.py   (needs a release build, node, npm and protoc; runs npm ci where the packages are missing)
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/full/page"))


def npm(folder: pathlib.Path, *arguments: str, **environment: str) -> None:
    print(f"typescript: {folder.name}: npm {' '.join(arguments)}", flush=True)
    subprocess.run(["npm", *arguments], cwd=folder, check=True, env={**os.environ, **environment})


def main() -> None:
    from server import Server

    for program in ("node", "npm", "protoc"):
        if shutil.which(program) is None:
            sys.exit(f"typescript: {program} is missing (apt-get install nodejs npm protobuf-compiler)")
    with tempfile.TemporaryDirectory() as folder, Server(pathlib.Path(folder), "typescript") as server:
        for name in ("typescript", "web"):
            package = ROOT / "clients" / name
            if not (package / "node_modules").is_dir():
                npm(package, "ci")
            npm(package, "run", "check")
            npm(package, "test", PARZEN_HTTP=f"127.0.0.1:{server.http}")


if __name__ == "__main__":
    main()
