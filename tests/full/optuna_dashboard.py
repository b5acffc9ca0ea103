#!/usr/bin/env python3
"""optuna-dashboard over parzend (python -m parzen.optuna dashboard) in headless Chromium: the study list, the history plot, the parallel
coordinates and the trial table show our studies, one made by Optuna and one made by the native client.

    tests/full/optuna_dashboard.py    (needs a release build and chromium; makes build/full/dashboard)
"""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "wire"))

from parzend import Parzend  # noqa: E402

STUDIES = """
import sys, optuna, parzen
from parzen.optuna import ParzenSampler, ParzenStorage
optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(storage=ParzenStorage(sys.argv[1]), study_name="from-optuna", sampler=ParzenSampler("tpe", seed=1))
study.optimize(lambda t: t.suggest_float("rate", 0, 1) + t.suggest_int("layers", 1, 4), n_trials=12)
with parzen.Client(sys.argv[1]) as client:
    native = client.create_study("from-parzen", {"width": parzen.Float(0, 1), "kind": parzen.Categorical(["a", "b"])}, sampler="tpe", seed=1)
    for _ in range(6):
        trial = native.ask()
        trial.tell(trial.params["width"])
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def look(address, until, profile):
    """What the browser shows at an address, once it shows all of `until`."""
    browser = shutil.which("chromium") or sys.exit("optuna_dashboard: chromium is missing (apt-get install chromium)")
    shown = ""
    for budget in (10_000, 20_000, 40_000):
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--window-size=1400,3000",
                   "--disable-background-networking", f"--virtual-time-budget={budget}", "--dump-dom", address]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
        if all(text in shown for text in until):
            return shown
    missing = [text for text in until if text not in shown]
    raise AssertionError(f"{address} lacks {missing}")


def values(port, study):
    """The first trials' values, as the table shows them."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/studies/{study}") as answer:
        return [repr(trial["values"][0]) for trial in json.load(answer)["trials"][:6]]


def check(port, profile):
    home = f"http://127.0.0.1:{port}/dashboard"
    look(home, ["from-optuna", "from-parzen"], profile)
    for study, params, trials in (("from-optuna", ["rate", "layers"], 12), ("from-parzen", ["width", "kind"], 6)):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/studies") as answer:
            number = next(s["study_id"] for s in json.load(answer)["study_summaries"] if s["study_name"] == study)
        look(f"{home}/studies/{number}", [study, "History"], profile)
        look(f"{home}/studies/{number}/smartSelection", ["Parallel Coordinate", "Complete", *params, *values(port, number)], profile)
        look(f"{home}/studies/{number}/trials", [f"{trials} Trials", f"Trial {trials - 1}", *params], profile)
        print(f"{study}: list, history, parallel coordinates, the table and the list of {trials} trials are shown")


def main():
    where = ROOT / "build" / "full" / "dashboard"
    python = where / "bin" / "python"
    if not python.exists():
        venv.create(where, with_pip=True)
    packages = [f"{ROOT}/clients/python", "optuna==5.0.0", "optuna-dashboard==0.21.0"]
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages], check=True)
    with tempfile.TemporaryDirectory() as directory:
        server = Parzend(pathlib.Path(directory) / "server").start()
        port = free_port()
        dashboard = None
        try:
            subprocess.run([python, "-W", "ignore", "-c", STUDIES, server.address], check=True)
            command = [python, "-m", "parzen.optuna", "dashboard", server.address, "--listen-port", str(port)]
            dashboard = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            end = time.monotonic() + 60
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/dashboard").close()
                    break
                except OSError:
                    if time.monotonic() > end or dashboard.poll() is not None:
                        raise
                    time.sleep(0.2)
            check(port, f"{directory}/profile")
        finally:
            if dashboard is not None:
                dashboard.kill()
                dashboard.wait()
            server.kill()


if __name__ == "__main__":
    main()
