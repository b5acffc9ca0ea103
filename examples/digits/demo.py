"""The demo: four worker processes tune a small neural network through one Parzen server, then the same budget of random search.

Run it by `./dev demo`. Kill it half-way and start it again: it goes on. When it is done it shows the result again; --fresh begins anew.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
from typing import Any, Dict, List, Optional

import parzen
from parzen.progress import Progress

from chart import Series, best_so_far, draw
from train import SPACE

HERE = pathlib.Path(__file__).resolve().parent
WORKERS = 4
MAX_TRIALS = 64
_RESTARTS = 3  # of each worker that ends badly
_POLL_SECONDS = 0.25
_PR_SET_PDEATHSIG = 1


def _die_with_parent(parent: int) -> None:
    """In the child, before exec: SIGTERM when the demo ends, even by SIGKILL. The server then shuts down in order."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


class Server:
    """A parzend on the demo's database, for as long as the ``with`` block lasts."""

    def __init__(self, parzend: pathlib.Path, folder: pathlib.Path) -> None:
        self.database = folder / "studies.db"
        self._log = folder / "parzend.log"
        self._port_file = folder / "port"
        self.page = ""  # the live page's address, once it listens
        self._command = [str(parzend), "--db", str(self.database), "--listen", "127.0.0.1:0", "--port-file", str(self._port_file)]
        self._command += ["--http-listen", "127.0.0.1:0"]

    def __enter__(self) -> str:
        """Its address, once it listens."""
        self._port_file.unlink(missing_ok=True)
        parent = os.getpid()
        with open(self._log, "ab") as log:
            start = log.tell()
            # A session of its own: Ctrl-C reaches the demo only, which ends everything in order.
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, start_new_session=True, preexec_fn=lambda: _die_with_parent(parent)
            )
        while not (self._port_file.exists() and self._port_file.read_text().strip()):
            if self._process.poll() is not None:
                said = self._log.read_bytes()[start:].decode(errors="replace").strip()
                raise SystemExit(f"parzend ended with status {self._process.returncode}:\n{said}")
            time.sleep(0.02)
        self.page = self._find_page(start)
        return f"127.0.0.1:{int(self._port_file.read_text())}"

    def _find_page(self, start: int) -> str:
        """Where the log from ``start`` on says that HTTP is served; the log is written a moment after the port."""
        for _ in range(100):
            said = self._log.read_bytes()[start:].decode(errors="replace")
            if found := re.search(r" http address=\S+ port=(\d+)", said):
                return f"http://127.0.0.1:{found[1]}/studies/digits"
            time.sleep(0.02)
        return ""

    def __exit__(self, *exc_info: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Workers:
    """The worker processes; one that ends badly is started again and goes on with its own trial."""

    def __init__(self, address: str, studies: List[str], log: pathlib.Path) -> None:
        self._command = [sys.executable, str(HERE / "worker.py"), "--address", address, "--parent", str(os.getpid())]
        self._studies = studies
        self._log = log
        self._restarts: Dict[str, int] = {f"worker-{i + 1}": 0 for i in range(WORKERS)}
        self._processes: Dict[str, "subprocess.Popen[bytes]"] = {}

    def __enter__(self) -> "Workers":
        for worker in self._restarts:
            self._start(worker)
        return self

    def _start(self, worker: str) -> None:
        with open(self._log, "ab") as log:
            command = [*self._command, "--worker", worker, *self._studies]
            self._processes[worker] = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def all_done(self) -> bool:
        """True when every worker has finished its studies; starts crashed ones again."""
        done = 0
        for worker, process in list(self._processes.items()):
            status = process.poll()
            if status == 0:
                done += 1
            elif status is not None:
                self._restarts[worker] += 1
                if self._restarts[worker] > _RESTARTS:
                    raise SystemExit(f"{worker} ended with status {status} again and again; see {self._log}")
                self._start(worker)
        return done == len(self._processes)

    def __exit__(self, *exc_info: object) -> None:
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait()


class StudyProgress:
    """Shows one study's trials done, best loss and running trials, until it is finished."""

    def __init__(self, study: parzen.Study) -> None:
        self._study = study
        self._progress: Optional[Progress] = None
        self.finished = False

    def update(self) -> None:
        counts = self._study.counts
        ended = counts["complete"] + counts["pruned"] + counts["failed"]
        if self._progress is None:
            self._progress = Progress(MAX_TRIALS, enabled=True, stream=sys.stdout, title=self._study.name, line_seconds=5)
        best = self._study.best_trials
        loss = f"best loss {best[0].value:.4f}, " if best else ""
        self._progress.update(ended, f"{loss}{counts['running']} running")
        if ended >= MAX_TRIALS:
            self.finished = True
            self._progress.close()


def run(client: parzen.Client, studies: List[parzen.Study], log: pathlib.Path) -> None:
    """Lets the workers finish the studies, one after the other."""
    names = [study.name for study in studies]
    shown = [StudyProgress(study) for study in studies]
    with Workers(client.address, names, log) as workers:
        while True:
            done = workers.all_done()
            current = next((progress for progress in shown if not progress.finished), None)
            if current is None:
                if done:
                    return
            else:
                current.update()
                if current.finished:
                    continue
                if done:
                    raise SystemExit(f"the workers have ended before the studies; see {log}")
            time.sleep(_POLL_SECONDS)


def make_studies(client: parzen.Client) -> List[parzen.Study]:
    made = []
    # None: the default, which chooses by the space and the number of trials. The same seed, so that both runs can be repeated.
    for name, sampler in (("digits", None), ("digits-random", "random")):
        try:
            made.append(client.create_study(name, SPACE, sampler=sampler, seed=1, max_trials=MAX_TRIALS, exist_ok=True))
        except parzen.AlreadyExists as e:
            raise SystemExit(f"{e}\nThe database holds another version of the demo: run it with --fresh.") from None
    return made


def losses(study: parzen.Study) -> List[float]:
    return [trial.value for trial in study.trials("complete") if trial.value is not None]


def report(studies: List[parzen.Study], picture: pathlib.Path) -> None:
    tuned, random = studies
    best, best_random = tuned.best_trial, random.best_trial
    workers = sorted({str(trial.worker) for trial in tuned.trials("complete")})
    print(f"\n{tuned.counts['complete']} trials of {tuned.name!r} told by {len(workers)} workers: {', '.join(workers)}")
    print(f"Best trial: {best.number}, log loss {best.value:.4f}, accuracy {best.metrics['accuracy']:.2%}")
    for parameter, value in best.params.items():
        print(f"    {parameter:14} {value:.4g}" if isinstance(value, float) else f"    {parameter:14} {value}")
    print(f"Random search, the same budget: log loss {best_random.value:.4f}, accuracy {best_random.metrics['accuracy']:.2%}")
    target = best_random.value
    reached = [i for i, loss in enumerate(best_so_far(losses(tuned))) if target is not None and loss <= target]
    if reached:
        print(f"Parzen was as good after {reached[0] + 1} of its {MAX_TRIALS} trials.")
    else:
        print("Random search was lucky this time: --fresh runs both again.")
    runs = [Series("Parzen's default (auto)", "#0b6e99", losses(tuned)), Series("random search", "#d9822b", losses(random))]
    picture.write_text(draw("Tuning a network on the digits data set", "log loss (dots: trials, lines: best so far)", runs))


def hints(parzend: pathlib.Path, database: pathlib.Path, picture: pathlib.Path) -> None:
    here = pathlib.Path.cwd()

    def short(path: pathlib.Path) -> str:
        return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)

    print(f"\nThe picture: {short(picture)}")
    print("Look further:")
    print(f"    {short(parzend)} --db {short(database)} --http-listen 127.0.0.1:7080")
    print("                              # serve the studies again: http://127.0.0.1:7080 shows them; in another terminal:")
    print(f"    {short(pathlib.Path(sys.prefix))}/bin/python -c \"import parzen; print(parzen.Client().study('digits').best_trial)\"")
    print(f"    sqlite3 -readonly {short(database)} \"SELECT * FROM best\"        # more in docs/storage.md")
    print("    ./dev demo --fresh        # begin anew")


def stop_in_order(number: int, frame: Any) -> None:
    raise SystemExit(128 + number)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parzend", type=pathlib.Path, required=True, help="the server's binary")
    parser.add_argument("--dir", type=pathlib.Path, required=True, help="where the database, the logs and the picture are kept")
    parser.add_argument("--fresh", action="store_true", help="forget the studies of earlier runs")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, stop_in_order)
    folder: pathlib.Path = arguments.dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(arguments.parzend.resolve(), folder)
    picture = folder / "digits.svg"
    with server as address, parzen.Client(address) as client:
        if arguments.fresh:
            known = {study.name for study in client.studies("digits")}
            for name in known & {"digits", "digits-random"}:
                client.delete_study(name)
        studies = make_studies(client)
        if server.page:
            print(f"The live page: {server.page}")
        left = [study for study in studies if study.state != parzen.StudyState.FINISHED]
        if left:
            print(f"parzend at {address}, {WORKERS} workers, {MAX_TRIALS} trials of TPE, then {MAX_TRIALS} of random search")
            run(client, left, folder / "workers.log")
        else:
            print("The demo has been run to its end; this is its result. --fresh begins anew.")
        report(studies, picture)
    hints(arguments.parzend.resolve(), server.database, picture)


if __name__ == "__main__":
    main()
