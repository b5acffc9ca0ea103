"""usage: speed.py OPTIMIZER[,..]   how long an ask takes at 100 trials of two objectives (ZDT1 in 6 dimensions): 95 random trials are given, then five are
asked for and told; the median of these five, and how many times as long it is as the first optimizer's."""
import random, statistics, sys, time, warnings
warnings.simplefilter("ignore")
from optimizers import make

GIVEN, ASKED, DIMENSIONS = 95, 5, 6
BOUNDS = {"ax": 20, "optuna-gp": 5}  # what the first one named is to be faster by, at least


def zdt1(params):
    x = [params[f"x{i}"] for i in range(DIMENSIONS)]
    g = 1 + 9 * sum(x[1:]) / (DIMENSIONS - 1)
    return [x[0], g * (1 - (x[0] / g) ** 0.5)]


def ask_ms(name):
    space = [dict(name=f"x{i}", type="float", low=0.0, high=1.0) for i in range(DIMENSIONS)]
    optimizer, draw, times = make(name, space, 2, 1), random.Random(1), []
    for _ in range(GIVEN):
        params = {p["name"]: draw.random() for p in space}
        optimizer.attach(params, zdt1(params))
    for _ in range(ASKED):
        start = time.perf_counter()
        handle, params = optimizer.ask()
        times.append(1e3 * (time.perf_counter() - start))
        optimizer.tell(handle, zdt1(params))
    return statistics.median(times)


names = sys.argv[1].split(",")
print(f"-- ms an ask at {GIVEN + ASKED} trials of two objectives")
first = None
for name in names:
    ms = ask_ms(name)
    first = first or ms
    bound = f" (at least {BOUNDS[name]} asked: {'holds' if ms >= BOUNDS[name] * first else 'MISSED'})" if name in BOUNDS else ""
    print(f"{name:16s} {ms:10.1f} ms, {ms / first:7.1f} times {names[0]}'s{bound}", flush=True)
