"""Problems with two and three objectives, all minimized: ZDT and DTLZ (Zitzler, Deb and Thiele 2000; Deb et al. 2005), pairs of shifted BBOB-like
functions, models of a training with its error and its cost, and recorded trainings with their time or latency (tests/bench/tables.py). A problem's instance moves its optimum (seed), so that no design hits it by luck.
space: list of parameters as in tests/bench/quality/problems.py; evaluate(params) -> list; reference: what hypervolume is measured from."""
import math, os, random, statistics, sys
sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tables import JUDGED, TUNED, Table


class Problem:
    def __init__(self, name, group, space, evaluate, reference):
        self.name, self.group, self.space, self.evaluate, self.reference = name, group, space, evaluate, reference


def floats(n): return [dict(name=f"x{i}", type="float", low=0.0, high=1.0) for i in range(n)]


def vector(f, n): return lambda params: f([params[f"x{i}"] for i in range(n)])


def zdt(variant, n, rng):
    shift = [rng.uniform(0, 0.3) for _ in range(n)]

    def f(x):
        g = 1 + 9 * sum(abs(v - s) for v, s in zip(x[1:], shift[1:])) / (n - 1); a = x[0]
        h = {1: 1 - math.sqrt(a / g), 2: 1 - (a / g) ** 2, 3: 1 - math.sqrt(a / g) - a / g * math.sin(10 * math.pi * a)}[variant]
        return [a, g * h]
    return f, [1.1, 8.0]


def dtlz(variant, n, k, rng):
    center = [rng.uniform(0.3, 0.7) for _ in range(n)]

    def f(x):
        tail = [v - c for v, c in zip(x[k - 1:], center[k - 1:])]
        g = sum(t * t for t in tail) if variant != 7 else sum(abs(t) for t in tail) / len(tail)
        if variant == 7:  # disconnected
            head = x[:k - 1]; h = k - sum(v / (2 + g) * (1 + math.sin(3 * math.pi * v)) for v in head)
            return head + [(2 + g) * h]
        angles = [v * math.pi / 2 for v in x[:1]] + [(1 + 2 * g * v) / (4 * (1 + g)) * math.pi if variant == 5 else v * math.pi / 2 for v in x[1:k - 1]]
        out = []
        for j in range(k):
            v = 1 + g
            for a in angles[:k - 1 - j]: v *= math.cos(a)
            if j: v *= math.sin(angles[k - 1 - j])
            out.append(v)
        return out
    return f, [1.6] * k if variant != 7 else [1.1] * (k - 1) + [2.5 * k]


def sphere(z): return sum(v * v for v in z)
def ellipsoid(z): return sum(10 ** (3 * i / (len(z) - 1)) * v * v for i, v in enumerate(z))
def rastrigin(z): return sum(v * v - 10 * math.cos(2 * math.pi * v) + 10 for v in z)
def rosenbrock(z): return sum(100 * (b + 1 - (a + 1) ** 2) ** 2 + a * a for a, b in zip(z, z[1:]))


def pair(functions, n, rng):
    centers = [[rng.uniform(-3, 3) for _ in range(n)] for _ in functions]

    def at(x): return [f([10 * v - 5 - c for v, c in zip(x, center)]) for f, center in zip(functions, centers)]
    draws = [at([rng.random() for _ in range(n)]) for _ in range(500)]
    return at, [sorted(d[i] for d in draws)[250] for i in range(len(functions))]  # the median of random points


def training(rng):
    """Error and time of an imagined training: learning rate, layers, width, optimizer, dropout that only one optimizer wants."""
    best, drop = rng.uniform(-3.5, -2), rng.uniform(0.1, 0.4)
    space = [dict(name="lr", type="float", low=1e-5, high=1.0, log=True), dict(name="layers", type="int", low=1, high=8),
             dict(name="width", type="int", low=16, high=512, log=True), dict(name="opt", type="categorical", choices=["adam", "sgd", "rms"]),
             dict(name="dropout", type="float", low=0.0, high=0.6)]

    def f(p):
        capacity = p["layers"] ** 0.7 * p["width"] ** 0.5
        error = 0.1 + 0.8 / (1 + 0.15 * capacity) + 0.05 * (math.log10(p["lr"]) - best + {"adam": 0, "sgd": -1, "rms": 0.5}[p["opt"]]) ** 2
        return [error + {"adam": 0, "sgd": 0.02, "rms": 0.05}[p["opt"]] + 0.3 * (p["dropout"] - drop) ** 2,
                p["layers"] * p["width"] / 100 * {"adam": 1.3, "sgd": 1.0, "rms": 1.2}[p["opt"]] + 0.2]
    return space, f, [1.0, 30.0]


class Recorded:
    """A recorded training's loss and its time or latency, both the mean over the seeds. Instances differ by the samplers' seeds alone. The reference point
    is found at the first evaluation: the median of 500 random points, loss and cost."""
    def __init__(self, suite, dataset, group, instance):
        self.table, self.name, self.group, self.at = Table(suite, dataset), f"{suite}-{dataset}_i{instance}", group, None
        self.space = self.table.space

    @property
    def reference(self):
        if self.at is None:
            draws = [self.evaluate_key(k) for k in random.Random(0).sample(self.table.keys(), 500)]
            self.at = [statistics.median(d[i] for d in draws) for i in (0, 1)]
        return self.at

    def evaluate_key(self, key): return [self.table.mean(key, self.table.loss), self.table.mean(key, self.table.cost)]

    def evaluate(self, params): return self.evaluate_key(self.table.key(params))


def problems(seeds, groups):
    for group, sets in (("recorded", TUNED), ("recorded-judged", JUDGED)):
        for suite, dataset in sets if group in groups else (): yield from (Recorded(suite, dataset, group, seed) for seed in seeds)
    for seed in seeds:
        for variant, n in ((1, 4), (2, 4), (3, 5), (1, 8)):
            f, reference = zdt(variant, n, random.Random(f"zdt{variant}-{seed}"))
            if "zdt" in groups: yield Problem(f"zdt{variant}_{n}d_i{seed}", "zdt", floats(n), vector(f, n), reference)
        for variant, n, k in ((2, 4, 2), (2, 6, 3), (5, 6, 3), (7, 4, 2), (7, 5, 3)):
            f, reference = dtlz(variant, n, k, random.Random(f"dtlz{variant}-{seed}"))
            if "dtlz" in groups: yield Problem(f"dtlz{variant}_{n}d_{k}_i{seed}", "dtlz", floats(n), vector(f, n), reference)
        for name, functions, n in (("sphere-ellipsoid", (sphere, ellipsoid), 4), ("sphere-rastrigin", (sphere, rastrigin), 3), ("ellipsoid-rosenbrock", (ellipsoid, rosenbrock), 4),
                                   ("sphere-sphere-ellipsoid", (sphere, sphere, ellipsoid), 5)):
            f, reference = pair(functions, n, random.Random(f"{name}-{seed}"))
            if "pairs" in groups: yield Problem(f"{name}_{n}d_i{seed}", "pairs", floats(n), vector(f, n), reference)
        space, f, reference = training(random.Random(f"training-{seed}"))
        if "training" in groups: yield Problem(f"training_i{seed}", "training", space, f, reference)


def hypervolume(points, reference):
    """What the points dominate below the reference, for two or three objectives."""
    inside = sorted({tuple(p) for p in points if all(v < r for v, r in zip(p, reference))}, key=lambda p: p[-1])
    if len(reference) == 1: return max([reference[0] - p[0] for p in inside], default=0.0)
    volume, seen = 0.0, []
    for i, p in enumerate(inside):
        seen.append(p[:-1]); above = inside[i + 1][-1] if i + 1 < len(inside) else reference[-1]
        if above > p[-1]: volume += (above - p[-1]) * hypervolume(seen, reference[:-1])
    return volume
