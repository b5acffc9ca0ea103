#!/usr/bin/env python3
"""Runs examples/optuna, each in an environment of its own, where the packages that it imports can be installed.

    tests/full/optuna_examples.py [NAME ...]    (needs a release build; makes build/full/example-NAME)
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "wire"))

from parzend import Parzend  # noqa: E402

# What each imports, and how many complete trials its study has in the end; others may have been pruned.
EXAMPLES = {
    "callbacks": ([], "callbacks", 30),
    "mlflow_callback": (["mlflow", "optuna-integration"], "mlflow", 10),
    "search_cv": (["optuna-integration", "scikit-learn", "pandas"], "search-cv", 10),
    "ray_tune": (["ray[tune]"], "ray-tune", 10),
}


def run(name, server, work):
    packages, study, count = EXAMPLES[name]
    where = ROOT / "build" / "full" / f"example-{name}"
    python = where / "bin" / "python"
    if not python.exists():
        venv.create(where, with_pip=True)
    pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "optuna==5.0.0", f"{ROOT}/clients/python", "numpy"], check=True)
    if packages and subprocess.run([*pip, *packages]).returncode != 0:
        print(f"{name}: not run, {' '.join(packages)} cannot be installed here")
        return
    environment = {**os.environ, "PARZEN_ADDRESS": server.address}
    subprocess.run([python, ROOT / "examples" / "optuna" / f"{name}.py"], check=True, cwd=work, env=environment, timeout=600)
    check = (
        "import parzen, sys\n"
        "with parzen.Client() as client:\n"
        "    states = [str(t.state) for t in client.study(sys.argv[1]).trials()]\n"
        "assert states.count('complete') == int(sys.argv[2]) and set(states) <= {'complete', 'pruned'}, states\n"
    )
    subprocess.run([python, "-c", check, study, str(count)], check=True, env=environment)
    print(f"{name}: {count} complete trials")


def main():
    with tempfile.TemporaryDirectory() as directory:
        server = Parzend(pathlib.Path(directory) / "server").start()
        try:
            for name in sys.argv[1:] or EXAMPLES:
                run(name, server, directory)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
