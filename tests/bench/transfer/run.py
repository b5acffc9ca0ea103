"""usage: run.py OUT GROUPS SEEDS WAYS TRAINED: runs what OUT lacks, then prints the tables."""
import json, math, os, random, statistics, sys, time

import parzen

from problems import Trained, families

BUDGET = 60
CONTROL = 1000  # added to the seed of the cold study that has to reach the mark of another


def parzen_space(space):
    made = {}
    for name, p in space.items():
        if p["kind"] == "real": made[name] = parzen.Float(p["low"], p["high"], log=p["log"])
        elif p["kind"] == "ordered": made[name] = parzen.Int(0, len(p["values"]) - 1)
        else: made[name] = parzen.Categorical(p["values"])
    return made


def params_of(space, point):
    return {n: p["values"][point[n]] if p["kind"] == "ordered" else point[n] for n, p in space.items()}


def run_parzen(client, name, family, loss, seed, sampler=None, sources=()):
    """Losses trial by trial, and the slowest ask in ms."""
    study = client.create_study(name, parzen_space(family.space), sampler=sampler, seed=seed, warm_start_from=list(sources))
    losses, slowest = [], 0.0
    for _ in range(BUDGET):
        begin = time.perf_counter()
        trial = study.ask()
        slowest = max(slowest, 1e3 * (time.perf_counter() - begin))
        losses.append(loss(params_of(family.space, trial.params)))
        trial.tell(losses[-1])
    return losses, slowest


def mislead(client, name, source, change):
    """A copy of a study with other losses."""
    study = client.create_study(name, source.space, sampler="random", seed=0, exist_ok=True)
    if study.counts["complete"] == 0:
        study.add_trials([(trial.params, change(trial.value)) for trial in source.trials()])
    return name


def run_optuna(family, loss, seed, enqueued):
    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    for point in enqueued: study.enqueue_trial(point, skip_if_exists=True)
    losses = []

    def objective(trial):
        point = {}
        for name, p in family.space.items():
            if p["kind"] == "real": point[name] = trial.suggest_float(name, p["low"], p["high"], log=p["log"])
            elif p["kind"] == "ordered": point[name] = trial.suggest_int(name, 0, len(p["values"]) - 1)
            else: point[name] = trial.suggest_categorical(name, p["values"])
        losses.append(loss(params_of(family.space, point)))
        return losses[-1]
    study.optimize(objective, n_trials=BUDGET)
    return losses, 0.0


def run_one(client, way, family, data_set, seed):
    loss, prefix = family.losses[data_set], f"{family.name}/{seed}"
    name, own = f"{prefix}/{data_set}/{way}", f"{prefix}/{data_set}/cold"
    others = [f"{prefix}/{d}/cold" for d in family.losses if d != data_set]
    if way == "cold": return run_parzen(client, name, family, loss, seed)
    if way == "control": return run_parzen(client, name, family, loss, seed + CONTROL)
    if way == "warm": return run_parzen(client, name, family, loss, seed + CONTROL, sources=others)
    if way == "warm-tpe": return run_parzen(client, name, family, loss, seed + CONTROL, sampler="tpe", sources=others)
    draw = random.Random(seed)
    if way in ("negated", "random"):  # the worst that can be told of this very data set
        change = (lambda v: -v) if way == "negated" else (lambda v: draw.random())
        wrong = mislead(client, f"{name}-source", client.study(own), change)
        return run_parzen(client, name, family, loss, seed + CONTROL, sources=[wrong])
    if way == "mixed":  # the others, and one of them negated in place of itself
        wrong = mislead(client, f"{name}-source", client.study(others[0]), lambda v: -v)
        return run_parzen(client, name, family, loss, seed + CONTROL, sources=[wrong, *others[1:]])
    best = [client.study(o).best_trial.params for o in others] if way == "optuna-enqueue" else []
    return run_optuna(family, loss, seed, best)


def ask_times(client, seed):
    """ms of an ask, trial by trial to the hundredth, where 20 sources of 1,000 trials each are learned from and where there are none, and s to make the first study."""
    space = {f"x{i}": parzen.Float(0, 1) for i in range(6)}
    draw = random.Random(seed)

    def loss(params, lowest): return sum((v - lowest) ** 2 for v in params.values())
    names = [f"cost/{seed}/{k}" for k in range(20)]
    for k, name in enumerate(names):
        points = [{p: draw.random() for p in space} for _ in range(1000)]
        client.create_study(name, space, sampler="random", seed=k).add_trials([(p, loss(p, 0.3 + 0.005 * k)) for p in points])
    times, made = {}, 0.0
    for way, sources in (("warm", names), ("cold", [])):
        begin = time.perf_counter()
        study = client.create_study(f"cost/{seed}/{way}", space, sampler="gp-ei", seed=seed, warm_start_from=sources)
        if sources: made = time.perf_counter() - begin
        times[way] = []
        for _ in range(100):
            begin = time.perf_counter()
            trial = study.ask()
            times[way].append(1e3 * (time.perf_counter() - begin))
            trial.tell(loss(trial.params, 0.35))
    return times["warm"], times["cold"], made


def report_times(client):
    warm, cold, made = ask_times(client, 1)
    rank = lambda times, share: sorted(times)[math.ceil(share * len(times)) - 1]
    print(f"\n20 sources of 1,000 trials, 6 parameters, 100 trials: made in {made:.2f} s; an ask {statistics.median(warm):.1f} ms in the median, 95 % within {rank(warm, 0.95):.1f} ms, "
          f"slowest {max(warm):.1f} ms; without sources {statistics.median(cold):.1f}, {rank(cold, 0.95):.1f} and {max(cold):.1f} ms")
    print(f"95 % of asks within 100 ms (load average {os.getloadavg()[0]:.1f}): {'holds' if rank(warm, 0.95) < 100 else 'MISSED'}")


def trials_to(losses, mark):
    return next((i + 1 for i, v in enumerate(losses) if v <= mark + 1e-12), len(losses) + 1)


def report(runs, ways):
    cold = {(r["family"], r["data"], r["seed"]): r["losses"] for r in runs if r["way"] == "cold"}
    print(f"\ntrials to reach the result of a cold study of {BUDGET} trials, capped at {BUDGET + 1}; medians over data sets and seeds, [quartiles]")
    print("and how many studies reach it; regret: of the cold's result after 20 trials, as a share of the cold's own gain from trial 5 to 60\n")
    print(f"{'family':10} {'way':16} {'studies':>7} {'median':>7} {'quartiles':>12} {'reached':>8} {'after 20':>9} {'slowest ask':>12}")
    for family in dict.fromkeys(r["family"] for r in runs):
        for way in ways:
            chosen = [r for r in runs if r["family"] == family and r["way"] == way]
            if not chosen: continue
            counts, shares = [], []
            for r in chosen:
                base = cold[family, r["data"], r["seed"]]
                counts.append(trials_to(r["losses"], min(base)))
                gain = min(base[:5]) - min(base)
                if gain > 0: shares.append((min(r["losses"][:20]) - min(base)) / gain)
            quartiles = statistics.quantiles(counts, n=4) if len(counts) > 1 else [counts[0]] * 3
            print(f"{family:10} {way:16} {len(chosen):7} {statistics.median(counts):7.1f} {quartiles[0]:5.1f} {quartiles[2]:6.1f} "
                  f"{sum(c <= BUDGET for c in counts):8} {statistics.median(shares) if shares else math.nan:9.2f} {max(r['slowest'] for r in chosen):9.1f} ms")
    report_misleading(runs, cold)
    print("\ncold reaches its own mark after that many trials; control is a cold study with another seed, which is what the others have, too")


def report_misleading(runs, cold):
    """What sources cost that are wrong: trials more than a cold study with the same seed needs."""
    print("\nmisleading sources: trials more than the control, the cold study with the same seed, to what the cold one reached after 30 and after 60; differences of the medians, means of the")
    print("paired differences [95 % bootstrap]; at most 3 are asked")
    draw = random.Random(0)
    for family in dict.fromkeys(r["family"] for r in runs):
        control = {(r["data"], r["seed"]): r["losses"] for r in runs if r["family"] == family and r["way"] == "control"}
        for way in ("negated", "random", "mixed"):
            chosen = [r for r in runs if r["family"] == family and r["way"] == way and (r["data"], r["seed"]) in control]
            cells = []
            for after in (30, 60) if chosen else ():
                pairs = []
                for r in chosen:
                    mark = min(cold[family, r["data"], r["seed"]][:after])
                    pairs.append((trials_to(r["losses"], mark), trials_to(control[r["data"], r["seed"]], mark)))
                median = statistics.median(a for a, _ in pairs) - statistics.median(b for _, b in pairs)
                more = [a - b for a, b in pairs]
                means = sorted(statistics.mean(draw.choices(more, k=len(more))) for _ in range(2000))
                cells.append(f"{after}: {median:+5.1f}, {statistics.mean(more):+5.1f} [{means[50]:+.1f}, {means[1949]:+.1f}] {'holds' if median <= 3 else 'MISSED'}")
            if cells: print(f"{family:10} {way:16} " + "   ".join(cells))


def main():
    out, groups, seeds, ways, path = sys.argv[1:]
    trained = Trained(path)
    ways = [w for w in ways.split(",")]
    accepted = ["cold", "control", "warm", "warm-tpe", "negated", "random", "mixed", "optuna", "optuna-enqueue"]
    if set(ways) - set(accepted): raise SystemExit(f"ways: accepted are {', '.join(accepted)}")
    ways = [w for w in accepted if w in ways or w in ("cold", "control")]
    runs = []
    if os.path.exists(out):
        with open(out) as file: runs = [json.loads(line) for line in file]
    done = {(r["family"], r["data"], r["seed"], r["way"]) for r in runs if r["way"] != "cold"}
    with parzen.Client(os.environ["PARZEN"], timeout=None) as client, open(out, "a") as file:
        for family in families(groups.split(","), trained):
            for seed in map(int, seeds.split(",")):
                for way in ways:
                    for data_set in family.losses:
                        if (family.name, data_set, seed, way) in done: continue
                        losses, slowest = run_one(client, way, family, data_set, seed)
                        r = dict(family=family.name, data=data_set, seed=seed, way=way, losses=losses, slowest=slowest)
                        if way == "cold": runs = [q for q in runs if (q["family"], q["data"], q["seed"], q["way"]) != (family.name, data_set, seed, way)]
                        runs.append(r)
                        file.write(json.dumps(r) + "\n")
                        file.flush()
                if family.name in ("svm", "trees"): trained.save()
                print(f"{family.name}: seed {seed} done", file=sys.stderr)
        report(runs, ways)
        report_times(client)


if __name__ == "__main__":
    main()
