"""Replicas over one PostgreSQL, killed, drained and paused at random, PostgreSQL killed and restarted, every connection between all of
them through proxies that cut and hold, the replicas' clocks set apart: what was acknowledged is there exactly once, numbers have
no hole, watches are complete, and no epoch ever had two owners.

    replicas.py MINUTES --replicas N [--workers 24] [--seed N] [--dir D]

Exit code 0 where every check held. What happened is printed at the end, as JSON.
"""

from __future__ import annotations

import argparse
import collections
import json
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "clients" / "python" / "src"), str(HERE.parent / "python"), str(HERE.parent / "wire")]

import parzen  # noqa: E402
from clock import TestClock  # noqa: E402
from conftest import Server  # noqa: E402
from postgres import Postgres, free_port  # noqa: E402
from progress import Progress  # noqa: E402

STUDIES = [f"soak-{i}" for i in range(6)]
SPACE = {"x": parzen.Float(0, 1), "n": parzen.Int(1, 9)}
PAUSE = 10  # seconds that a replica stands still
SILENT = 0.1  # of the connections between replicas and clients that end; those to the database are cut
TRIALS = (
    "SELECT (t.id & 4294967295) || ':' || t.state || ':' || coalesce(t.\"values\", '') FROM parzen.trials t"
    " JOIN parzen.studies s ON t.id >> 32 = s.id WHERE s.name = '{}' ORDER BY t.id"
)
OWNERS = "SELECT s.name || ':' || o.epoch || ':' || o.owner FROM parzen.studies s JOIN parzen.study_owners o ON o.study_id = s.id"


class Proxied:
    """A port that leads to another one through proxy.py."""

    def __init__(self, folder: pathlib.Path, name: str, port: int, seed: int, silent: float) -> None:
        port_file = folder / f"{name}-proxy"
        self._process = subprocess.Popen([sys.executable, str(HERE / "proxy.py"), str(port), str(port_file), str(seed), str(silent)],
                                         stdout=subprocess.PIPE, text=True)
        while not port_file.exists():
            time.sleep(0.01)
        self.port = int(port_file.read_text())

    def end(self) -> dict:
        self._process.terminate()
        return json.loads(self._process.communicate(timeout=30)[0])


class Replica:
    def __init__(self, folder: pathlib.Path, number: int, url: str, seed: int) -> None:
        folder.mkdir()
        port = free_port()
        self.proxy = Proxied(folder, "replica", port, seed, SILENT)
        clock = TestClock(folder / "clock")
        self.address = f"127.0.0.1:{self.proxy.port}"
        self.server = Server(folder, "--advertise", self.address, "--log-level", "warn", port=port, db=url, environment=clock.environment)
        clock.set_wall((number - 1) * 3600)


class Soak:
    def __init__(self, folder: pathlib.Path, replicas: int, workers: int, seed: int) -> None:
        self.random = random.Random(seed)
        self.postgres = Postgres()
        self.database = Proxied(folder, "database", self.postgres.port, seed, 0)
        url = self.postgres.url.replace(f":{self.postgres.port}/", f":{self.database.port}/")
        self.counts: collections.Counter[str] = collections.Counter()
        self.replicas = [Replica(folder / str(i), i, url, seed + i) for i in range(replicas)]
        self.addresses = [replica.address for replica in self.replicas]
        self.told: dict[tuple[str, int], float] = {}  # acknowledged
        self.tried: dict[tuple[str, int], float] = {}
        self.asked: collections.Counter[tuple[str, int]] = collections.Counter()
        self.owners: dict[tuple[str, int], int] = {}
        self.seen: dict[str, set[int]] = {name: set() for name in STUDIES}
        self.faults: list[str] = []
        self.ending = threading.Event()
        self.lock = threading.Lock()
        with parzen.Client(",".join(self.addresses), timeout=60) as client:
            for name in STUDIES:
                client.create_study(name, SPACE, sampler="random", exist_ok=True)
        self.threads = [threading.Thread(target=self.work, args=(i,)) for i in range(workers)]
        self.threads += [threading.Thread(target=self.watch, args=(name,)) for name in STUDIES]
        self.threads.append(threading.Thread(target=self.look))

    def client(self, number: int) -> parzen.Client:
        first = number % len(self.addresses)
        return parzen.Client(",".join(self.addresses[first:] + self.addresses[:first]), timeout=60)

    def work(self, number: int) -> None:
        """What is not acknowledged in the end may have been recorded or not; anything else is a fault."""
        chance = random.Random(number)
        name = STUDIES[number % len(STUDIES)]
        with self.client(number) as client:
            while not self.ending.is_set():
                try:
                    study = client.study(name)
                    trial = study.ask(lease=None)
                    key, value = (name, trial.number), chance.random()
                    with self.lock:
                        self.asked[key] += 1
                        self.tried[key] = value
                    trial.tell(value)
                    with self.lock:
                        self.told[key] = value
                except (parzen.Unavailable, parzen.DeadlineExceeded):
                    self.counts["calls without an answer"] += 1
                except Exception as error:  # noqa: BLE001: told at the end
                    self.faults.append(f"worker {number}: {type(error).__name__}: {error}")

    def watch(self, name: str) -> None:
        with self.client(len(name)) as client:
            revision = 0
            while not self.ending.is_set():
                try:
                    watch = client.study(name).watch(revision, timeout=5)
                    for trial in watch:
                        if trial.state == "complete":
                            self.seen[name].add(trial.number)
                    revision = watch.revision
                except (parzen.Unavailable, parzen.DeadlineExceeded):
                    revision = 0  # what came before the break is read again

    def look(self) -> None:
        """Whose each study is, as the database says: an epoch has one owner for good."""
        while not self.ending.wait(0.1):
            try:
                rows = self.postgres.ask(OWNERS)
            except subprocess.CalledProcessError:
                continue  # it is down
            for row in rows:
                name, epoch, owner = row.split(":")
                if self.owners.setdefault((name, int(epoch)), int(owner)) != int(owner):
                    self.faults.append(f"{name}: epoch {epoch} had the owners {self.owners[name, int(epoch)]} and {owner}")

    def harm(self) -> None:
        server = self.random.choice(self.replicas).server
        kind = self.random.choices(["kill", "drain", "pause", "database"], [5, 5, 2, 1])[0]
        self.counts[kind] += 1
        if kind == "kill":
            server.kill()
            time.sleep(self.random.random() * 5)
            server.start()
        elif kind == "drain":
            if server.stop() != 0:
                self.faults.append("a replica that was stopped did not end well")
            time.sleep(self.random.random() * 2)
            server.start()
        elif kind == "pause":
            server.freeze()
            time.sleep(PAUSE)
            server.thaw()
        else:
            self.postgres.stop(signal.SIGQUIT)
            time.sleep(self.random.random() * 3)
            self.postgres.start()

    def run(self, minutes: float) -> None:
        end = time.monotonic() + 60 * minutes
        progress = Progress(60 * minutes)
        for thread in self.threads:
            thread.start()
        while time.monotonic() < end and not self.faults:
            time.sleep(self.random.expovariate(1 / 4))
            self.harm()
            progress.say(told=len(self.told), **self.counts)
        time.sleep(10)  # everything is there again
        self.ending.set()
        for thread in self.threads:
            thread.join(180)

    def check(self) -> None:
        for name in STUDIES:
            # As the database has them: a list of so many trials hardly gets through the proxies.
            rows = [row.split(":") for row in self.postgres.ask(TRIALS.format(name))]
            if [int(row[0]) for row in rows] != list(range(len(rows))):
                self.faults.append(f"{name}: the numbers have a hole or a repeat")
            lost = [number for study, number in self.asked if study == name and number >= len(rows)]
            if lost:
                self.faults.append(f"{name}: trials {sorted(lost)[:5]} were handed out, and there are {len(rows)}")
            kept = {int(number): json.loads(values)[0] for number, state, values in rows if state == "3"}
            for (study, number), value in self.told.items():
                if study == name and kept.get(number) != value:
                    self.faults.append(f"{name}: trial {number} was told {value} and acknowledged, and is {kept.get(number)}")
            for number, value in kept.items():
                if self.tried.get((name, number)) != value:
                    self.faults.append(f"{name}: trial {number} has {value}, which nobody told")
            missed = {number for study, number in self.told if study == name} - self.seen[name]
            # The last ones may have come after the watch's end.
            if any(number < max(self.seen[name], default=0) - 100 for number in missed):
                self.faults.append(f"{name}: the watch missed {sorted(missed)[:5]}")
        self.faults += [f"{name}: trial {number} was handed out {count} times" for (name, number), count in self.asked.items() if count > 1]
        if len(self.told) < 100:
            self.faults.append(f"only {len(self.told)} trials were told: the soak has shown nothing")

    def end(self) -> dict:
        for replica in self.replicas:
            replica.server.kill()
        cut = [replica.proxy.end() for replica in self.replicas] + [self.database.end()]
        self.postgres.remove()
        return {"told": len(self.told), "owners": len(self.owners), **self.counts,
                "connections cut": sum(counts["cut"] for counts in cut), "held": sum(counts["silent"] for counts in cut)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--workers", type=int, default=24)
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    parser.add_argument("--dir", type=pathlib.Path)
    arguments = parser.parse_args()
    folder = arguments.dir or pathlib.Path(tempfile.mkdtemp(prefix="parzen-replicas-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"seed {arguments.seed}, {folder}", flush=True)
    soak = Soak(folder, arguments.replicas, arguments.workers, arguments.seed)
    try:
        soak.run(arguments.minutes)
        soak.check()
    finally:
        counts = soak.end()
    print(json.dumps(counts))
    for fault in soak.faults[:20]:
        print(f"FAULT {fault}", file=sys.stderr)
    if soak.faults:
        return 1
    if arguments.dir is None:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
