"""Replays kept learning curves as studies: a trial is a configuration, drawn in an order that depends on the seed alone, reports a loss an epoch, and
is stopped where the study says so. Parzen's rules are asked of the server at PARZEN, Optuna's in this process.

usage: replay.py CURVES.json[,..] RULE[,..] SEEDS OUT.jsonl [--objectives 2]    appends one JSON line a study
rules: none, median, asha, hyperband, auto (what a study has that names none); optuna-median, optuna-asha, optuna-hyperband

A study ends when it has spent as many epochs as a quarter of the configurations take untouched, or has tried all. Its "path" is [[epochs spent, best
final loss so far], ..]; with two objectives (loss, size) the second is the hypervolume of the front, as a share of that of all configurations.
"""
import json, math, os, sys, time
from concurrent.futures import ThreadPoolExecutor
import numpy as np
import parzen


class Problem:
    def __init__(self, path, objectives):
        record = json.load(open(path))
        self.name, self.epochs, self.objectives = record["problem"], record["epochs"], objectives
        as_array = lambda key: np.array([[math.nan if v is None else v for v in c[key]] for c in record["configurations"]])
        self.losses, self.sizes = as_array("losses"), as_array("sizes") if objectives == 2 else None
        self.budget = len(self.losses) // 4 * self.epochs
        if objectives == 2:
            # Both by logarithm, from the best to the ninth decile: worse than that is off the chart.
            self.ends = np.log(np.stack([self.losses[:, -1], self.sizes[:, -1]], 1))
            self.corner, self.ideal = np.nanquantile(self.ends, 0.9, axis=0), np.nanmin(self.ends, axis=0)
            self.whole = self.volume(range(len(self.losses)))

    def value(self, configuration, epoch):
        loss = float(self.losses[configuration, epoch])
        return loss if self.objectives == 1 else [loss, float(self.sizes[configuration, epoch])]

    def volume(self, configurations):
        points = (self.ends[list(configurations)] - self.ideal) / (self.corner - self.ideal)
        volume, lowest = 0.0, 1.0
        for loss, size in sorted(p for p in points.tolist() if max(p) < 1):  # NaN is not below
            volume += (1 - loss) * max(lowest - size, 0)
            lowest = min(lowest, size)
        return volume

    def reached(self, complete):
        return min(float(self.losses[c, -1]) for c in complete) if self.objectives == 1 else self.volume(complete) / self.whole


class ParzenStudy:
    def __init__(self, client, problem, seed, rule):
        self.client, self.name = client, f"{problem.name}-{seed}"  # Hyperband deals out its brackets by it, as Optuna's
        self.study = client.create_study(self.name, {"configuration": parzen.Int(0, len(problem.losses) - 1)}, sampler="random", seed=seed,
                                         directions=["minimize"] * problem.objectives, pruner=None if rule == "auto" else rule)

    def ask(self, configuration):
        self.study.enqueue({"configuration": int(configuration)})
        self.trial = self.study.ask(lease=None)

    def report(self, value, epoch):
        self.trial.report(value, step=epoch)
        return self.trial.should_prune()

    def tell(self, value): self.trial.tell(value, state="pruned" if value is None else None)
    def close(self): self.client.delete_study(self.name)


class OptunaStudy:
    def __init__(self, client, problem, seed, rule):
        import optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.state = optuna.trial.TrialState
        pruner = {"median": optuna.pruners.MedianPruner, "asha": optuna.pruners.SuccessiveHalvingPruner, "hyperband": optuna.pruners.HyperbandPruner}
        self.study = optuna.create_study(study_name=f"{problem.name}-{seed}", pruner=pruner[rule.split("-")[1]](), sampler=optuna.samplers.RandomSampler(0))

    def ask(self, configuration): self.trial = self.study.ask()

    def report(self, value, epoch):
        self.trial.report(value, epoch)
        return self.trial.should_prune()

    def tell(self, value): self.study.tell(self.trial, value, state=self.state.PRUNED if value is None else None)
    def close(self): pass


class NoStudy:
    """Nobody is asked, and nothing stopped."""
    def __init__(self, client, problem, seed, rule): pass
    def ask(self, configuration): pass
    def report(self, value, epoch): return False
    def tell(self, value): pass
    def close(self): pass


def replay(client, problem, seed, rule):
    kind = NoStudy if rule == "none" else OptunaStudy if rule.startswith("optuna-") else ParzenStudy
    study = kind(client, problem, seed, rule)
    order = np.random.default_rng([seed, 7]).permutation(len(problem.losses))
    spent, trials, complete, path, seconds = 0, 0, [], [], 0.0
    for configuration in order:
        if spent + 1 > problem.budget: break
        study.ask(configuration)
        trials += 1
        pruned = False
        for epoch in range(problem.epochs):
            spent += 1
            start = time.perf_counter()
            pruned = study.report(problem.value(configuration, epoch), epoch)
            seconds += time.perf_counter() - start
            pruned &= epoch + 1 < problem.epochs  # the last epoch is spent already
            if pruned or spent >= problem.budget: break
        end = problem.value(configuration, epoch)
        if epoch + 1 < problem.epochs or not np.isfinite(end).all():
            study.tell(None)
            continue
        study.tell(end)
        complete.append(configuration)
        path.append([spent, problem.reached(complete)])
    study.close()
    return dict(problem=problem.name, seed=seed, rule=rule, objectives=problem.objectives, budget=problem.budget, epochs=spent, trials=trials,
                complete=len(complete), us_a_report=round(1e6 * seconds / spent, 1), path=path, all=np.sort(problem.losses[:, -1]).tolist())


def main():
    files, rules, seeds, out = sys.argv[1].split(","), sys.argv[2].split(","), int(sys.argv[3]), sys.argv[4]
    problems = [Problem(path, 2 if "--objectives" in sys.argv else 1) for path in files]
    with parzen.Client(os.environ["PARZEN"], timeout=120) as client, open(out, "a") as lines:
        for rule in rules:
            jobs = [(client, problem, seed, rule) for problem in problems for seed in range(seeds)]
            with ThreadPoolExecutor(4 if rule not in ("none",) and not rule.startswith("optuna-") else 1) as pool:  # they share commits
                for run in pool.map(lambda job: replay(*job), jobs): lines.write(json.dumps(run).replace("NaN", "null") + "\n")
            print(f"{rule}: {len(jobs)} studies", file=sys.stderr, flush=True)


main()
