#!/usr/bin/env python3
"""16 Optuna processes and 16 native workers on one study, the server killed five times: no trial is lost, doubled or left running.

    tests/full/optuna_mixed.py    (needs a release build, and Optuna in build/venv)
"""

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "optuna"))

import mixed  # noqa: E402

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        mixed.run(pathlib.Path(directory), each=16, trials=800, kills=5)
    print("800 trials by 32 workers over 5 kills: each is there once, with what it was told")
