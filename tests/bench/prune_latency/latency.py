"""The cost of pruning in a large study: Parzen's Report beside Optuna's report and should_prune, one client each, in turns.

Both hold the same complete trials with the same curves; then one more trial reports step after step, and every report is judged. Parzen's time
is that of a whole call: client, gRPC, decision, transaction. The same call in a study that prunes nothing says what of it the decision is.
Optuna is given its fastest storage, the memory of its own process.
"""

from __future__ import annotations

import argparse
import math
import pathlib
import random
import sys
import tempfile
import time
import warnings
from typing import Any, Callable, Dict, List, Tuple

import optuna

import parzen

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "wire"))

from parzend import Parzend  # noqa: E402

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
    with parzen.Client(server.address, timeout=600) as client:
        floor = client.study("floor").ask(lease=None)
        before = memory(server)
        begun = time.perf_counter()
        trial = client.study(name).ask(lease=None)
        loaded = time.perf_counter() - begun
        taken = memory(server) - before
        values = curve(-1, options.reports)
        judged, unjudged = [], []
        for step in range(options.reports):  # in turns: the machine may be busy with other things
            judged += timed(lambda s: trial.report(values[s], step=s), range(step, step + 1))
            unjudged += timed(lambda s: floor.report(values[s], step=s), range(step, step + 1))
    half, worst = spread(judged)
    return {"half": half, "worst": worst, "floor": spread(unjudged)[0], "memory": taken, "load": loaded}


def optunas(pruner: Any, options: argparse.Namespace) -> float:
    study = optuna.create_study(pruner=pruner, study_name="latency")
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
    trial = study.ask()
    values = curve(-1, options.reports)

    def report(step: int) -> None:
        trial.report(values[step], step)
        trial.should_prune()

    return spread(timed(report, range(min(OPTUNA_REPORTS, options.reports))))[0]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=1_000)
    parser.add_argument("--reports", type=int, default=2_000)
    parser.add_argument("--pruners", default="median,asha")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    total = options.trials * options.steps
    print(f"{options.trials:,} trials of {options.steps:,} steps; microseconds a report, its decision included")
    for name in options.pruners.split(","):
        with tempfile.TemporaryDirectory(prefix="parzen-bench-") as folder:
            server = Parzend(pathlib.Path(folder)).start()
            ours = parzens(server, name, options)
            server.kill()
        theirs = optunas(PRUNERS[name](), options)
        print(
            f"{name:10} parzen {ours['half']:8.1f} (p99 {ours['worst']:.1f}; without a pruner {ours['floor']:.1f})"
            f"  optuna {theirs:10.1f}: {theirs / ours['half']:.0f} x"
            f"  memory {ours['memory'] / total:.2f} bytes a value  loaded in {ours['load']:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
