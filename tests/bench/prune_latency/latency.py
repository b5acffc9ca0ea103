"""The cost of pruning in a large study: Parzen's Report beside Optuna's report and should_prune, one client each, in turns.

Both hold the same complete trials with the same curves; then one more trial reports step after step, and every report is judged. Parzen's time
is that of a whole call: client, gRPC, decision, transaction. The same call in a study that prunes nothing says what of it the decision is.
Optuna is given its fastest storage, the memory of its own process; and, as workers on several machines need it, that memory behind its own
gRPC server (`--served`): there a worker's first trial fetches the whole history before its first decision, which is a row of its own.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import math
import multiprocessing
import pathlib
import random
import sys
import tempfile
import time
import warnings
from typing import Any, Callable, Dict, List, Tuple

import optuna

import parzen

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "wire"), str(TESTS / "bench/optuna")]

from parzend import Parzend  # noqa: E402
from servers import free_port  # noqa: E402

PRUNERS: Dict[str, Callable[[], Any]] = {
    "median": optuna.pruners.MedianPruner,
    "asha": optuna.pruners.SuccessiveHalvingPruner,
    "hyperband": optuna.pruners.HyperbandPruner,
    "wilcoxon": optuna.pruners.WilcoxonPruner,
}
OPTUNA_REPORTS = 30  # of its slow ones


def curve(seed: int, steps: int) -> List[float]:
    """A loss that falls towards its end, with noise; full doubles."""
    draw = random.Random(seed)
    end, rate = draw.random(), draw.uniform(1, 8) / steps
    return [end + math.exp(-rate * step) + 0.01 * draw.random() for step in range(steps)]


def memory(server: Parzend) -> int:
    """Bytes of the server's own, which no file stands behind."""
    for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no RssAnon")


def spread(seconds: List[float]) -> Tuple[float, float]:
    """Median and 99th percentile, microseconds."""
    ordered = sorted(seconds)
    return ordered[len(ordered) // 2] * 1e6, ordered[int(len(ordered) * 0.99)] * 1e6


def timed(call: Callable[[int], Any], steps: range) -> List[float]:
    taken = []
    for step in steps:
        begun = time.perf_counter()
        call(step)
        taken.append(time.perf_counter() - begun)
    return taken


def fill(study: parzen.Study, trials: int, steps: int) -> None:
    for number in range(trials):
        values = curve(number, steps)
        study.add_trial({"x": number / trials}, values[-1], intermediate=dict(enumerate(values)))


def parzens(server: Parzend, name: str, options: argparse.Namespace) -> Dict[str, float]:
    with parzen.Client(server.address, timeout=600) as client:
        study = client.create_study(name, {"x": parzen.Float(0, 1)}, pruner=name, sampler="random")
        fill(study, options.trials, options.steps)
        client.create_study("floor", {"x": parzen.Float(0, 1)}, pruner="none", sampler="random")
    # What it took to fill them is given back: a server that has just started holds what it needs.
    server.kill()
    server.start()
    with parzen.Client(server.address, timeout=600) as client, parzen.Client(server.address) as worker:
        floor = client.study("floor").ask(lease=None)
        before = memory(server)
        begun = time.perf_counter()
        client.study(name).ask(lease=None)
        loaded = time.perf_counter() - begun
        taken = memory(server) - before
        values = curve(-1, options.reports)
        begun = time.perf_counter()
        trial = worker.study(name).ask(lease=None)
        trial.report(values[0], step=0)
        first = time.perf_counter() - begun
        judged, unjudged = [], []
        for step in range(1, options.reports):  # in turns: the machine may be busy with other things
            judged += timed(lambda s: trial.report(values[s], step=s), range(step, step + 1))
            unjudged += timed(lambda s: floor.report(values[s], step=s), range(step, step + 1))
    half, worst = spread(judged)
    return {"half": half, "worst": worst, "floor": spread(unjudged)[0], "memory": taken, "load": loaded, "first": first}


def fill_optunas(study: optuna.Study, options: argparse.Namespace) -> None:
    space = {"x": optuna.distributions.FloatDistribution(0, 1)}
    for number in range(options.trials):
        values = curve(number, options.steps)
        study.add_trial(
            optuna.trial.create_trial(
                params={"x": number / options.trials},
                distributions=space,
                value=values[-1],
                intermediate_values=dict(enumerate(values)),
            )
        )


def optunas(study: optuna.Study, options: argparse.Namespace) -> Tuple[float, float]:
    """Seconds from asking for a trial to its first decision, and microseconds a report later on."""
    values = curve(-1, options.reports)
    begun = time.perf_counter()
    trial = study.ask()

    def report(step: int) -> None:
        trial.report(values[step], step)
        trial.should_prune()

    report(0)
    first = time.perf_counter() - begun
    return first, spread(timed(report, range(1, min(OPTUNA_REPORTS, options.reports))))[0]


def in_memory(pruner: str, options: argparse.Namespace) -> Tuple[float, float]:
    study = optuna.create_study(pruner=PRUNERS[pruner](), study_name="latency")
    fill_optunas(study, options)
    return optunas(study, options)


def quiet() -> None:
    """Of each process."""
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def serve(port: int, options: argparse.Namespace, filled: Any) -> None:
    """A process of its own: Optuna's gRPC server over a study in memory."""
    quiet()
    storage = optuna.storages.InMemoryStorage()
    fill_optunas(optuna.create_study(storage=storage, study_name="latency"), options)
    filled.set()
    optuna.storages.run_grpc_proxy_server(storage, host="127.0.0.1", port=port)


def work(port: int, pruner: str, options: argparse.Namespace) -> Tuple[float, float]:
    """A worker's process."""
    quiet()
    storage = optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=port)
    storage.wait_server_ready(timeout=60)
    return optunas(optuna.load_study(study_name="latency", storage=storage, pruner=PRUNERS[pruner]()), options)


def served(pruner: str, options: argparse.Namespace) -> Tuple[float, float]:
    context = multiprocessing.get_context("spawn")
    port, filled = free_port(), context.Event()
    server = context.Process(target=serve, args=(port, options, filled), daemon=True)
    server.start()
    try:
        while not filled.wait(timeout=1):
            if not server.is_alive():
                sys.exit(f"prune_latency: Optuna's server ended with {server.exitcode} while it was filled")
        with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as worker:
            return worker.submit(work, port, pruner, options).result()
    finally:
        server.kill()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=1_000)
    parser.add_argument("--reports", type=int, default=2_000)
    parser.add_argument("--pruners", default="median,asha")
    parser.add_argument("--served", action="store_true")
    options = parser.parse_args()
    quiet()
    total = options.trials * options.steps
    print(f"{options.trials:,} trials of {options.steps:,} steps; microseconds a report, its decision included")
    for name in options.pruners.split(","):
        with tempfile.TemporaryDirectory(prefix="parzen-bench-") as folder:
            server = Parzend(pathlib.Path(folder)).start()
            ours = parzens(server, name, options)
            server.kill()
        bytes_a_value = ours["memory"] / total
        print(
            f"{name:10} parzen {ours['half']:8.1f} (p99 {ours['worst']:.1f}; without a pruner {ours['floor']:.1f}); a new worker's first decision "
            f"after {ours['first']:.4f} s; {bytes_a_value:.2f} bytes a value, loaded in {ours['load']:.1f} s",
            flush=True,
        )
        peers = [("in memory", in_memory)] + ([("served", served)] if options.served else [])
        for label, peer in peers:
            first, later = peer(name, options)
            print(
                f"{'':10} optuna {label:9} {later:10.1f}: {later / ours['half']:.0f} x;  the first decision after {first:.4f} s: "
                f"{first / ours['first']:.0f} x",
                flush=True,
            )


if __name__ == "__main__":
    main()
