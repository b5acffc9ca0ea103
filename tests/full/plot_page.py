#!/usr/bin/env python3
"""Opens the files that `parzen plot` writes in Chromium: the page's own plots, without a server and without a network.

usage: tests/full/plot_page.py   (needs a release build with the page, node and chromium; leaves the files and screenshots in build/full;
tests/full/page/file.test.mjs says what is looked at)
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Any, Dict, List

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARZEN_CLI = os.environ.get("PARZEN_CLI", str(ROOT / "build/release/clients/cli/parzen"))

sys.path.insert(0, str(ROOT / "tests/full"))
sys.path.insert(0, str(ROOT / "tests/full/page"))

LOSS = ("import sys; lr, depth, kernel, gamma = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4]);"
        "import math; a = (math.log10(lr) + 3) ** 2 + abs(depth - 4) / 4 + (kernel == 'poly') + (gamma - 0.3) ** 2;"
        "print(a, *([depth / lr ** 0.1] if len(sys.argv) > 5 else []))")
SPACE = ["-p", "lr=float(1e-5,1e-1,log)", "-p", "depth=int(1,8)", "-p", "kernel=categorical(rbf,poly)", "-p",
         "gamma=float(0,1) if kernel in (rbf)", "-n", "40", "--seed", "1"]
ODD = ["-p", "opt=categorical('a rather long choice','<b>&',null,true,1,1.0,'',x,y,z,'</script><!--')", "-p", "n=int(1,3)", "-p",
       "huge=float(-1e300,1e300)", "-p", "narrow=float(0.1234567,0.1234569)", "-p", "wide=float(1e-300,1e300,log)", "-p",
       "a_parameter_with_a_very_long_name_that_goes_on=int(-9007199254740992,9007199254740992)", "-p", "same=float(3,3)", "-p",
       "many=categorical(" + ",".join(f"c{i}" for i in range(100)) + ")", "-n", "40", "--seed", "1", "-s", "random"]


def write(address: str, folder: pathlib.Path, state: str) -> None:
    """Three studies, and the file of each."""

    def parzen(*arguments: str) -> None:
        subprocess.run([PARZEN_CLI, "--address", address, *arguments], check=True, stdout=subprocess.DEVNULL, env={**os.environ, "XDG_STATE_HOME": state})

    parzen("study", "create", "page <one>", *SPACE)
    parzen("study", "create", "page <two>", *SPACE, "-d", "minimize", "-d", "maximize", "--metric-name", "loss", "--metric-name", "speed")
    parzen("study", "create", "page <odd>", *ODD)
    python = [sys.executable, "-c", LOSS, "{lr}", "{depth}", "{kernel}", "{gamma:-0.3}"]
    parzen("worker", "page <one>", "-j", "2", "--", *python)
    parzen("worker", "page <two>", "-j", "2", "--", *python, "two")
    parzen("worker", "page <odd>", "-j", "2", "--", "sh", "-c", "echo {narrow}")
    for name in ("one", "two", "odd"):
        parzen("plot", f"page <{name}>", "-o", str(folder / f"page-{name}.html"))


def wanted(study: Any) -> Dict[str, Any]:
    import studies
    answer = {**studies.expected(study), "name": study.name}
    if "pareto" not in answer["marks"]:
        best = study.best_trial
        answer.update(best=best.value, params=len(best.params))
    return answer


def main() -> int:
    import page
    import parzen
    from server import Server

    page.install()
    folder = ROOT / "build/full"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, Server(pathlib.Path(temporary), "studies") as server:
        address = f"127.0.0.1:{server.grpc}"
        write(address, folder, temporary)
        with parzen.Client(address) as client:
            names: List[str] = ["one", "two", "odd"]
            expected = {str(folder / f"page-{name}.html"): wanted(client.study(f"page <{name}>")) for name in names}
    for file in expected:
        assert os.path.getsize(file) < 1 << 20, file
    # The server has ended: what is shown is in the file.
    return page.run(["tests/full/page/file.test.mjs"], {"FILE_EXPECTED": json.dumps(expected)})


if __name__ == "__main__":
    sys.exit(main())
