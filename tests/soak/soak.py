"""Workers and a server that are killed or stopped, connections that are cut or fall silent, requests that are sent twice, clocks that are
set: nothing may be lost or doubled. Beside it, on a server of their own, workers that live all the time and must keep what they have
(steady.py).

    soak.py MINUTES [--workers 64] [--steady 4] [--seed N] [--dir D]

Exit code 0 where every check held. What happened is printed at the end.
"""

from __future__ import annotations

import argparse
import json
import os
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
sys.path[:0] = [str(HERE), str(HERE.parent / "wire")]

from check import Journal, check_study  # noqa: E402
from clock import TestClock  # noqa: E402
from messages import mask  # noqa: E402
from parzend import BINARY, Parzend  # noqa: E402
from progress import Progress  # noqa: E402
from steady import SteadySoak  # noqa: E402
from wire import Wire, pb  # noqa: E402

WORKER = os.environ.get("SOAK_WORKER", str(pathlib.Path(BINARY).parents[1] / "tests" / "soak" / "soak_worker"))
WAIT_BOUND_MS = 120_000  # no call of a worker, its repeats included, may take longer
SILENT = 0.02  # of the connections that the proxy ends: most of its workers do not live to see the end of a silence


def studies() -> dict[str, pb.Study]:
    space = pb.SearchSpace(
        parameters=[
            pb.Parameter(name="lr", distribution=pb.Distribution(float=pb.FloatDistribution(low=1e-5, high=1e-1, log=True))),
            pb.Parameter(name="depth", distribution=pb.Distribution(int=pb.IntDistribution(low=1, high=64))),
            pb.Parameter(
                name="kernel",
                distribution=pb.Distribution(
                    categorical=pb.CategoricalDistribution(choices=[pb.Value(string_value=c) for c in ("rbf", "poly", "linear")])
                ),
            ),
        ]
    )
    samplers = {
        "soak-random": pb.SamplerConfig(random=pb.RandomSampler()),
        "soak-qmc": pb.SamplerConfig(qmc=pb.QmcSampler()),
        "soak-tpe": pb.SamplerConfig(tpe=pb.TpeSampler()),
    }
    # However often the clock lets a trial's lease run out, it is run again.
    return {name: pb.Study(name=name, space=space, sampler=sampler, max_retries=2**31 - 1) for name, sampler in samplers.items()}


class Soak:
    def __init__(self, directory: pathlib.Path, workers: int, seed: int) -> None:
        self.directory = directory
        self.random = random.Random(seed)
        self.clock = TestClock(directory / "clock")
        self.server = Parzend(directory, "--log-level", "warn", environment=self.clock.environment)
        self.studies = sorted(studies())
        self.names = [f"worker-{i:02}" for i in range(workers)]
        self.workers: dict[str, subprocess.Popen] = {}
        self.worker_kills = self.server_kills = self.server_pauses = self.starts = self.clock_jumps = 0
        self.proxy: subprocess.Popen | None = None
        self.proxy_port = 0

    def study_of(self, name: str) -> str:
        return self.studies[int(name.rsplit("-", 1)[1]) % len(self.studies)]

    def start_proxy(self) -> None:
        port_file = self.directory / "proxy-port"
        command = [sys.executable, str(HERE / "proxy.py"), str(self.server.port), str(port_file), str(self.random.randrange(2**31)), str(SILENT)]
        self.proxy = subprocess.Popen(command, stdout=subprocess.PIPE)
        while not port_file.exists():
            if self.proxy.poll() is not None:
                raise RuntimeError("the proxy did not start")
            time.sleep(0.01)
        self.proxy_port = int(port_file.read_text())

    def start_worker(self, name: str, mode: str = "work", port: int | None = None) -> None:
        self.starts += 1
        address = f"127.0.0.1:{port or self.proxy_port}"
        seed = str(self.random.randrange(2**63))
        journal = str(self.directory / f"{self.study_of(name)}.{name}.journal")
        command = [WORKER, address, self.study_of(name), name, journal, seed, mode]
        with open(self.directory / "workers.log", "ab") as log:
            self.workers[name] = subprocess.Popen(command, stderr=log)

    def torment(self, seconds: float) -> None:
        """Kills workers and the server, and sets the clocks, at random moments."""
        end = time.monotonic() + seconds
        progress = Progress(seconds)
        next_server_kill = time.monotonic() + self.random.uniform(0.5, 2)
        while time.monotonic() < end:
            time.sleep(self.random.expovariate(1 / 0.15))
            progress.say(worker_kills=self.worker_kills, server_kills=self.server_kills, server_pauses=self.server_pauses)
            name = self.random.choice(self.names)
            process = self.workers[name]
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                self.worker_kills += 1
            process.wait()
            self.start_worker(name)
            if self.random.random() < 0.3:
                # Leases of 60 s: some are lost, some renewed in time. What the wall clock does must not matter.
                self.clock.advance(self.random.uniform(0, 50))
                self.clock.set_wall(self.random.uniform(-1, 1) * 400 * 86_400)
                self.clock_jumps += 1
            if self.random.random() < 0.02:
                self.server.process.send_signal(signal.SIGSTOP)
                time.sleep(self.random.uniform(0, 5))
                self.server.process.send_signal(signal.SIGCONT)
                self.server_pauses += 1
            if time.monotonic() >= next_server_kill:
                self.server.kill()
                self.server_kills += 1
                time.sleep(self.random.uniform(0, 0.3))
                self.server.start()
                next_server_kill = time.monotonic() + self.random.uniform(1, 5)

    def settle(self) -> None:
        """Lets what is under way end, and takes up what dead workers have left and what has gone back to the queue."""
        for process in self.workers.values():
            process.terminate()
        for process in self.workers.values():
            process.wait(timeout=180)
        self.proxy.terminate()
        self.proxied = json.loads(self.proxy.communicate(timeout=60)[0])
        # Half of the time the server's end is violent too.
        self.server.kill()
        self.server_kills += 1
        self.server.start()
        with Wire(self.server.address, timeout=120) as wire:
            for study in self.studies:
                counts = wire.must("GetStudy", pb.GetStudyRequest(study=study)).counts
                trials = counts.waiting + counts.running + counts.complete + counts.pruned + counts.failed
                bound = pb.Study(name=study, max_trials=trials)
                wire.must("UpdateStudy", pb.UpdateStudyRequest(study=bound, update_mask=mask("max_trials")))
        for name in self.names:
            self.start_worker(name, "drain", self.server.port)
        for process in self.workers.values():
            process.wait(timeout=180)

    def check(self) -> tuple[list[str], dict]:
        problems, report = [], {}
        with Wire(self.server.address, timeout=120) as wire:
            for study in self.studies:
                journal = Journal()
                for path in sorted(self.directory.glob(f"{study}.*.journal")):
                    journal.read(path)
                wrong, trials, checks = check_study(wire, study, journal)
                if journal.longest_ms > WAIT_BOUND_MS:
                    wrong.append(f"{study}: a call took {journal.longest_ms} ms")
                problems += wrong
                acknowledged = len(journal.asks) + len(journal.reports) + sum(len(t) for t in journal.tells.values())
                report[study] = dict(trials=trials, acknowledged=acknowledged, checks=checks, longest_ms=journal.longest_ms, **journal.counts)
        code = self.server.stop()
        if code != 0:
            problems.append(f"the server ended with {code} after SIGTERM")
        return problems, report

    def run(self, seconds: float) -> tuple[list[str], dict]:
        self.server.start()
        with Wire(self.server.address) as wire:
            for study in studies().values():
                wire.must("CreateStudy", pb.CreateStudyRequest(study=study), wait_for_ready=True)
        self.start_proxy()
        try:
            for name in self.names:
                self.start_worker(name)
            self.torment(seconds)
            self.settle()
            problems, report = self.check()
        finally:
            for process in [*self.workers.values(), self.proxy]:
                if process is not None and process.poll() is None:
                    process.kill()
            self.server.kill()
        total = dict(worker_kills=self.worker_kills, server_kills=self.server_kills, server_pauses=self.server_pauses, worker_starts=self.starts, clock_jumps=self.clock_jumps, proxy=self.proxied, studies=report)
        return problems, total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--steady", type=int, default=4, help="workers that are never killed")
    parser.add_argument("--seed", type=int, default=None, help="drawn and printed where it is not given")
    parser.add_argument("--dir", type=pathlib.Path, default=None, help="where to work; kept")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(2**31)
    directory = arguments.dir or pathlib.Path(tempfile.mkdtemp(prefix="parzen-soak."))
    directory.mkdir(parents=True, exist_ok=True)
    print(f"soak: {arguments.workers} workers for {arguments.minutes:g} minutes, seed {seed}, in {directory}", flush=True)
    steady = SteadySoak(directory / "steady", arguments.steady, seed + 1)
    beside = threading.Thread(target=steady.run)
    beside.start()
    try:
        problems, total = Soak(directory, arguments.workers, seed).run(arguments.minutes * 60)
    finally:
        steady.stop.set()
        beside.join()
    problems += steady.problems
    total["steady"] = steady.counts
    print(json.dumps(total, indent=2))
    for problem in problems[:50]:
        print("WRONG:", problem)
    print(f"{len(problems)} problems")
    if not problems and arguments.dir is None:
        shutil.rmtree(directory)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
