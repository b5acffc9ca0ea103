"""The soak's quiet side: `parzen worker` processes that are never killed, and what must not cost them a trial.

Their server is stopped (SIGSTOP) for longer than a lease now and then, as a virtual machine is paused; some of their connections fall
silent; and from time to time a worker and all of its commands get a signal, as a job manager sends it to a control group, in any order:
SIGTERM ends the worker, SIGUSR1 and SIGUSR2 are warnings that its commands bear.

Held to at the end: every trial is COMPLETE with the value that its command printed, none was run to its end twice, and no lease ran out:
the workers lived all the time.
"""

from __future__ import annotations

import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

from check import all_trials
from messages import mask
from parzend import BINARY, Parzend
from wire import Wire, pb

HERE = pathlib.Path(__file__).resolve().parent
CLI = os.environ.get("PARZEN_CLI", str(pathlib.Path(BINARY).parents[1] / "clients" / "cli" / "parzen"))
STUDY = "steady"
LEASE_SECONDS = 30  # a silent connection is given up after 25 s at most
PAUSE_SECONDS = (LEASE_SECONDS + 1, LEASE_SECONDS + 5)
SILENT = 0.5  # of the connections that the proxy ends

# Bears warnings; SIGTERM ends it, with the loss still unknown. A line is written once the loss is known, before it is printed.
SCRIPT = 'trap "" USR1 USR2; sleep 0.$(($RANDOM % 10)); echo "$PARZEN_TRIAL" >> "$RAN"; echo "loss=$PARZEN_TRIAL"'


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for parent in found:
        try:
            children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except OSError:
            continue
        found += [int(child) for child in children]
    return found


class SteadySoak:
    def __init__(self, directory: pathlib.Path, workers: int, seed: int) -> None:
        self.directory = directory
        self.random = random.Random(seed)
        self.server = Parzend(directory, "--log-level", "warn")
        self.names = [f"steady-{i}" for i in range(workers)]
        self.workers: dict[str, subprocess.Popen] = {}
        self.proxy: subprocess.Popen | None = None
        self.counts = {"pauses": 0, "warnings": 0, "ended": 0}
        self.stop = threading.Event()
        self.problems: list[str] = []

    def start_worker(self, name: str) -> None:
        command = [CLI, "worker", STUDY, "--address", f"127.0.0.1:{self.port}", "--name", name, "--jobs", "2", "--lease", str(LEASE_SECONDS)]
        command += ["--grace", "5", "--spool", str(self.directory / "spool"), "--", "bash", "-c", SCRIPT]
        environment = {**os.environ, "RAN": str(self.directory / "ran")}
        with open(self.directory / "workers.log", "ab") as log:
            self.workers[name] = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)

    def start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.server.start()
        space = pb.SearchSpace(parameters=[pb.Parameter(name="x", distribution=pb.Distribution(float=pb.FloatDistribution(low=0, high=1)))])
        study = pb.Study(name=STUDY, space=space, sampler=pb.SamplerConfig(random=pb.RandomSampler()), max_retries=2**31 - 1)
        with Wire(self.server.address) as wire:
            wire.must("CreateStudy", pb.CreateStudyRequest(study=study), wait_for_ready=True)
        port_file = self.directory / "proxy-port"
        seed = str(self.random.randrange(2**31))
        self.proxy = subprocess.Popen([sys.executable, str(HERE / "proxy.py"), str(self.server.port), str(port_file), seed, str(SILENT)])
        while not port_file.exists():
            time.sleep(0.01)
        self.port = int(port_file.read_text())
        for name in self.names:
            self.start_worker(name)

    def torment(self) -> None:
        """Until `stop` is set."""
        next_pause = time.monotonic() + self.random.uniform(5, 15)
        while not self.stop.wait(self.random.expovariate(1 / 3)):
            if time.monotonic() >= next_pause:
                self.pause()
                next_pause = time.monotonic() + self.random.uniform(30, 90)
            elif self.random.random() < 0.5:
                self.signal(self.random.choice(self.names))

    def pause(self) -> None:
        self.server.process.send_signal(signal.SIGSTOP)
        time.sleep(self.random.uniform(*PAUSE_SECONDS))
        self.server.process.send_signal(signal.SIGCONT)
        self.counts["pauses"] += 1

    def signal(self, name: str) -> None:
        """A signal to a worker and its commands, in any order."""
        worker = self.workers[name]
        if worker.poll() is not None:
            self.problems.append(f"{name} ended with {worker.returncode} though nobody ended it")
            return self.start_worker(name)
        which = self.random.choice([signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2])
        processes = family(worker.pid)
        self.random.shuffle(processes)
        for process in processes:
            try:
                os.kill(process, which)
            except ProcessLookupError:
                pass
            time.sleep(self.random.choice([0, 0, 0.02, 0.1]))
        if which != signal.SIGTERM:
            self.counts["warnings"] += 1
            return
        self.counts["ended"] += 1
        code = worker.wait(timeout=120)
        if code not in (143, -signal.SIGTERM):
            self.problems.append(f"{name} ended with {code} after SIGTERM")
        self.start_worker(name)

    def settle(self) -> None:
        """No new trials; the workers run what is left and end by themselves."""
        with Wire(self.server.address, timeout=120) as wire:
            while not self.limit_to_what_is_there(wire):
                pass
        for name, worker in self.workers.items():
            code = worker.wait(timeout=180)
            if code != 0:
                self.problems.append(f"{name} ended with {code} when the study was finished")

    def limit_to_what_is_there(self, wire: Wire) -> bool:
        """False where a worker has asked in between: fewer trials than there are, are no limit."""
        counts = wire.must("GetStudy", pb.GetStudyRequest(study=STUDY)).counts
        trials = counts.waiting + counts.running + counts.complete + counts.pruned + counts.failed
        bound = pb.Study(name=STUDY, max_trials=trials)
        answer = wire.call("UpdateStudy", pb.UpdateStudyRequest(study=bound, update_mask=mask("max_trials")))
        if answer.reason == "BAD_FIELD":
            return False
        assert answer.ok, answer
        return True

    def check(self) -> None:
        ran = (self.directory / "ran").read_text().split()
        with Wire(self.server.address, timeout=120) as wire:
            trials = list(all_trials(wire, STUDY))
        self.counts["trials"] = len(trials)
        for trial in trials:
            number = trial.handle.number
            if trial.state != pb.Trial.COMPLETE or list(trial.values) != [number]:
                state = pb.Trial.State.Name(trial.state)
                self.problems.append(f"steady: trial {number} is {state} {list(trial.values)} {trial.failure.reason!r}")
            if trial.lost_leases:
                self.problems.append(f"steady: trial {number} was taken from a live worker {trial.lost_leases} times")
        for number in sorted(set(ran)):
            # Whoever was ended between its line and its loss ran it to the end, and nobody knows: once more is right then.
            if ran.count(number) > 1 + trials[int(number)].handle.attempt:
                self.problems.append(f"steady: trial {number} ran to its end {ran.count(number)} times")
        code = self.server.stop()
        if code != 0:
            self.problems.append(f"steady: the server ended with {code} after SIGTERM")

    def run(self) -> None:
        """To be called on a thread of its own; ends after `stop` was set."""
        try:
            self.start()
            self.torment()
            self.settle()
            self.check()
        except Exception as error:  # a thread's exception would go unseen
            self.problems.append(f"steady: {type(error).__name__}: {error}")
        finally:
            for worker in self.workers.values():
                for process in family(worker.pid) if worker.poll() is None else []:
                    os.kill(process, signal.SIGKILL)
            if self.proxy is not None:
                self.proxy.kill()
            self.server.kill()
