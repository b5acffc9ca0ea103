#!/usr/bin/env python3
"""optuna-dashboard over parzend (python -m parzen.optuna dashboard) in headless Chromium: the study list, the history plot, the parallel
coordinates and the trial table show our studies, one made by Optuna and one made by the native client. Twice: in plain text, and over TLS
with a reader's token, where the dashboard shows the same and changes nothing.

    tests/full/optuna_dashboard.py    (needs a release build and chromium; makes build/full/dashboard)
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "wire"))

from certificates import Authority  # noqa: E402
from parzend import Parzend  # noqa: E402

# By the environment they find the authority and the token, where there are any.
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


def check_changes_nothing(port):
    """What a reader may not do fails, and is not done."""
    api = f"http://127.0.0.1:{port}/api/studies"
    with urllib.request.urlopen(api) as answer:
        before = json.load(answer)["study_summaries"]
    try:
        urllib.request.urlopen(urllib.request.Request(f"{api}/{before[0]['study_id']}", method="DELETE")).close()
        raise AssertionError("a reader's dashboard has deleted a study")
    except urllib.error.HTTPError:
        pass
    with urllib.request.urlopen(api) as answer:
        assert json.load(answer)["study_summaries"] == before
    print("a study is not deleted with a reader's token")


@dataclasses.dataclass
class Secrets:
    """What a server is started with, and what those who call it are told.

    Attributes:
        server: options of parzend.
        admin: the environment of who makes the studies.
        dashboard: options of the dashboard command.
    """

    server: list
    admin: dict
    dashboard: list


def secure(directory):
    """TLS by an authority of its own, a token of an admin, and one of a reader in a file."""
    authority = Authority(directory / "authority")
    pair = authority.issue("server")
    admin, reader = "admin-token-0123456789", "reader-token-0123456789"
    tokens, file = directory / "tokens", directory / "reader"
    tokens.write_text(f"{admin} ada admin\n{reader} cy reader\n")
    file.write_text(f"{reader}\n")
    for secret in (tokens, file):
        secret.chmod(0o600)
    return Secrets(
        ["--tls-cert", str(pair.certificate), "--tls-key", str(pair.key), "--tokens", str(tokens)],
        {"PARZEN_TLS_CA": str(authority.certificate), "PARZEN_TOKEN": admin},
        ["--tls-ca", str(authority.certificate), "--token-file", str(file)],
    )


@contextlib.contextmanager
def dashboard(python, *arguments):
    """The command, serving; its port."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PARZEN_")}
    command = [python, "-m", "parzen.optuna", "dashboard", *arguments, "--listen-port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/dashboard").close()
                break
            except OSError:
                if time.monotonic() > end or process.poll() is not None:
                    raise
                time.sleep(0.2)
        yield port
    finally:
        process.kill()
        process.wait()


def run(python, directory, secrets):
    server = Parzend(directory / "server", *secrets.server).start()
    try:
        subprocess.run([python, "-W", "ignore", "-c", STUDIES, server.address], check=True, env={**os.environ, **secrets.admin})
        with dashboard(python, server.address, *secrets.dashboard) as port:
            check(port, directory / "profile")
            if secrets.dashboard:
                check_changes_nothing(port)
    finally:
        server.kill()


def main():
    where = ROOT / "build" / "full" / "dashboard"
    python = where / "bin" / "python"
    if not python.exists():
        venv.create(where, with_pip=True)
    packages = [f"{ROOT}/clients/python", "optuna==5.0.0", "optuna-dashboard==0.21.0"]
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages], check=True)
    for name, secrets_in in (("in plain text", lambda _: Secrets([], {}, [])), ("over TLS with a reader's token", secure)):
        print(f"{name}:")
        with tempfile.TemporaryDirectory() as folder:
            run(python, pathlib.Path(folder), secrets_in(pathlib.Path(folder)))


if __name__ == "__main__":
    main()
