#!/usr/bin/env python3
"""How long the page takes for a study of 1,000, 10,000 and 100,000 trials, while 16 workers go on telling, beside optuna-dashboard.

usage: tests/bench/page/page_bench.py [--trials 1000,10000,100000] [--workers 16] [--dashboard] [--viewer [--pairs 8] [--seconds 10]]

--dashboard: also optuna-dashboard 0.21 (installed into an environment of its own), which reads the same study from the same server over
Optuna's protocol; at most 10,000 trials. Prints one line a program and size: milliseconds to the first plot, until all trials are drawn,
and until the page answers at once; the page's heap and the server's memory in MB; frames a second while brushing.
--viewer: instead, what one viewer costs workers that ask and tell over gRPC as fast as they can (viewer.py): pairs of rounds with and
without, so many seconds each; the ratio with its standard error, and whether it is within 3 %.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import venv
from typing import Any, Dict, List, Tuple

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/full/page"))

import parzen  # noqa: E402
from server import Server, free_port  # noqa: E402
from viewer import bench_viewer  # noqa: E402

BATCH = 5000
MOST_FOR_DASHBOARD = 10_000
SPACE = {
    "lr": parzen.Float(1e-5, 1e-1, log=True),
    "depth": parzen.Int(1, 8),
    "kernel": parzen.Categorical(["rbf", "poly", "linear"]),
    "gamma": parzen.Float(0, 1, when={"kernel": ["rbf"]}),
    **{name: parzen.Float(0, 1) for name in "abcd"},
}


def point() -> Tuple[Dict[str, Any], float]:
    params: Dict[str, Any] = {"lr": 10 ** random.uniform(-5, -1), "depth": random.randint(1, 8), "kernel": random.choice(["rbf", "poly", "linear"])}
    if params["kernel"] == "rbf":
        params["gamma"] = random.random()
    params.update({name: random.random() for name in "abcd"})
    return params, (math.log10(params["lr"]) + 3) ** 2 + params["a"] + random.random()


def fill(client: parzen.Client, name: str, trials: int) -> None:
    study = client.create_study(name, SPACE, sampler="random", seed=1)
    for start in range(0, trials, BATCH):
        study.add_trials([point() for _ in range(min(BATCH, trials - start))])


def work(address: str, name: str, stop: threading.Event) -> None:
    """A worker that tells twice a second."""
    with parzen.Client(address) as client:
        study = client.study(name)
        while not stop.is_set():
            trial = study.ask()
            stop.wait(0.5)
            trial.tell(random.random() + 2)


def memory(process: "subprocess.Popen[Any]") -> float:
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1000


def measure(url: str, kind: str, trials: int) -> Dict[str, float]:
    done = subprocess.run(["node", str(ROOT / "tests/bench/page/measure.mjs"), url, kind, str(trials)], stdout=subprocess.PIPE, check=True, text=True)
    answer: Dict[str, float] = json.loads(done.stdout)
    return answer


def show(program: str, trials: int, figures: Dict[str, float]) -> None:
    print(f"{program:18} {trials:7} trials  " + "  ".join(f"{name} {value:.0f}" for name, value in figures.items()), flush=True)


def bench_page(server: Server, trials: int, workers: int) -> None:
    name, address = f"bench-{trials}", f"127.0.0.1:{server.grpc}"
    stop = threading.Event()
    threads = [threading.Thread(target=work, args=(address, name, stop)) for _ in range(workers)]
    for thread in threads:
        thread.start()
    try:
        figures = measure(f"http://127.0.0.1:{server.http}/studies/{name}", "parzen", trials)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    figures["server MB"] = memory(server.process)
    show("parzen", trials, figures)


def dashboard_python(folder: pathlib.Path) -> str:
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv/bin/python")
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "optuna==5.0.0", "optuna-dashboard==0.21.0", "grpcio", "protobuf"], check=True)
    return python


def bench_dashboard(python: str, server: Server, trials: int) -> None:
    port = free_port()
    program = ("import optuna, optuna_dashboard; "
               f"optuna_dashboard.run_server(optuna.storages.GrpcStorageProxy(host='127.0.0.1', port={server.grpc}), host='127.0.0.1', port={port})")
    process = subprocess.Popen([python, "-c", program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        studies: List[Dict[str, Any]] = []
        for _ in range(120):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/studies") as answer:
                    studies = json.load(answer)["study_summaries"]
                break
            except OSError:
                time.sleep(0.5)
        number = next(study["study_id"] for study in studies if study["study_name"] == f"bench-{trials}")
        figures = measure(f"http://127.0.0.1:{port}/dashboard/studies/{number}", "optuna", trials)
        figures["server MB"] = memory(process)
        show("optuna-dashboard", trials, figures)
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", default="1000,10000,100000")
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--dashboard", action="store_true")
    parser.add_argument("--viewer", action="store_true")
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    random.seed(1)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    if options.viewer:
        with tempfile.TemporaryDirectory() as name:
            bench_viewer(pathlib.Path(name), options.pairs, options.workers, options.seconds)
        return
    with tempfile.TemporaryDirectory() as name, Server(pathlib.Path(name), "bench") as server:
        sizes = [int(size) for size in options.trials.split(",")]
        with parzen.Client(f"127.0.0.1:{server.grpc}", timeout=120) as client:
            for trials in sizes:
                fill(client, f"bench-{trials}", trials)
        if options.dashboard:
            python = dashboard_python(pathlib.Path(name))
            for trials in sizes:
                if trials <= MOST_FOR_DASHBOARD:
                    bench_dashboard(python, server, trials)
        for trials in sizes:
            bench_page(server, trials, options.workers)


if __name__ == "__main__":
    main()
