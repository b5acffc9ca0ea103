"""The C++ library as its users have it: installed, found by find_package(parzen), the example built against it and run."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess

from cli.conftest import PARZEN_CLI, ROOT, runner


def test_the_example_builds_against_the_installed_package(own_server, tmp_path: pathlib.Path) -> None:
    prefix, build = tmp_path / "prefix", tmp_path / "build"
    build_tree = PARZEN_CLI.parents[2]

    def run(*command: object) -> None:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr

    run("cmake", "--install", build_tree, "--component", "devel", "--prefix", prefix)
    # No header of the package drags in gRPC or protobuf.
    for header in prefix.rglob("*.h"):
        assert "grpc" not in header.read_text().replace("gRPC", "") and "google/" not in header.read_text()
    run("cmake", "-G", "Ninja", "-S", ROOT / "examples/cpp", "-B", build, "-D", f"CMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", build)
    done = subprocess.run([str(build / "minimize")], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "PARZEN_ADDRESS": own_server.address})
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("best trial ")
    show = json.loads(runner(own_server.address, tmp_path)("--json", "study", "show", "minimize").stdout)
    assert show["state"] == "finished" and show["trials"]["complete"] == 30
