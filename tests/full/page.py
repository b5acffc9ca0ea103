#!/usr/bin/env python3
"""Tests of the page in Chromium against a real server: tests/full/page/*.test.mjs say what.

usage: tests/full/page.py   (needs a release build, node, chromium, and clients/web's packages: npm ci is run where they are missing;
leaves screenshots in build/full/page)
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from typing import Dict, List

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEB = ROOT / "clients/web"
TOKENS = {"reader": "a-token-for-the-reader-0001", "worker": "a-token-for-the-worker-0001", "admin": "a-token-for-the-admin-00001"}

sys.path.insert(0, str(ROOT / "tests/full/page"))


def install() -> None:
    if not (WEB / "node_modules/playwright-core").is_dir():
        subprocess.run(["npm", "ci", "--no-fund", "--no-audit"], cwd=WEB, check=True)


def run(tests: List[str], environment: Dict[str, str]) -> int:
    """One after the other: some of them measure time."""
    codes = [subprocess.run(["node", "--test", test], env={**os.environ, **environment}, cwd=ROOT).returncode for test in tests]
    return max(codes)


def main() -> int:
    import parzen
    import studies
    from server import PARZEND, Server

    for program in ("node", "npm", "chromium"):
        if shutil.which(program) is None:
            sys.exit(f"page: {program} is missing (apt-get install nodejs npm chromium)")
    install()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tokens = folder / "tokens"
        tokens.write_text("".join(f"{token} {role} {role}\n" for role, token in TOKENS.items()))
        tokens.chmod(0o600)
        with Server(folder, "open") as server, Server(folder, "guarded", "--tokens", str(tokens), "--insecure") as guarded:
            with parzen.Client(f"127.0.0.1:{server.grpc}") as client:
                expected = studies.make(client)
            with parzen.Client(f"127.0.0.1:{guarded.grpc}", token=TOKENS["admin"]) as client:
                studies.run(client.create_study("acts", studies.SPACE, sampler="random", seed=3), 5)
            return run(["tests/full/page/page.test.mjs", "tests/full/page/odd.test.mjs"], {
                "PARZEND": PARZEND,
                "PAGE_BASE": f"http://127.0.0.1:{server.http}",
                "PAGE_EXPECTED": json.dumps(expected),
                "PAGE_TOKENS": f"http://127.0.0.1:{guarded.http}",
                "PAGE_TOKEN_NAMES": json.dumps(TOKENS),
            })


if __name__ == "__main__":
    sys.exit(main())
