"""usage: run.py OUT.jsonl OPTIMIZER[,..] SEEDS(1,2,..) BUDGET GROUP[,..]   append one line a run; runs already there are skipped.
A run's curve is, after each trial, the share of the box below the reference point that no trial dominates yet: the less, the better, so that
tests/bench/quality/report.py ranks it."""
import json, os, sys, time, uuid, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from problems import hypervolume, problems


class Optuna:
    def __init__(self, space, objectives, seed, sampler):
        import optuna
        if sampler == "GPSampler":
            import torch
            torch.set_num_threads(1)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.space, self.study = space, optuna.create_study(directions=["minimize"] * objectives, sampler=getattr(optuna.samplers, sampler)(seed=seed))

    def ask(self):
        trial = self.study.ask()
        return trial, {p["name"]: trial.suggest_categorical(p["name"], p["choices"]) if p["type"] == "categorical" else
                       getattr(trial, f"suggest_{p['type']}")(p["name"], p["low"], p["high"], log=p.get("log", False)) for p in self.space}

    def tell(self, trial, values): self.study.tell(trial, values)


class Ax:
    """Ax's client with its default strategy for several objectives; it is told no reference point, as the others are not."""
    def __init__(self, space, objectives, seed):
        import logging, torch
        torch.set_num_threads(1)
        from ax.api.client import Client
        from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig
        logging.disable(logging.INFO)
        self.client = Client(random_seed=seed)
        self.client.configure_experiment(parameters=[
            ChoiceParameterConfig(name=p["name"], values=list(p["choices"]), parameter_type="str", is_ordered=False) if p["type"] == "categorical" else
            RangeParameterConfig(name=p["name"], bounds=(p["low"], p["high"]), parameter_type=p["type"], scaling="log" if p.get("log") else "linear") for p in space])
        self.client.configure_optimization(objective=", ".join(f"-f{i}" for i in range(objectives)))

    def ask(self):
        (index, params), = self.client.get_next_trials(max_trials=1).items()
        return index, dict(params)

    def tell(self, index, values): self.client.complete_trial(trial_index=index, raw_data={f"f{i}": v for i, v in enumerate(values)})


class Parzen:
    """Our server through its Python client; PARZEN names the address."""
    def __init__(self, space, objectives, seed, sampler):
        import parzen
        def param(p):
            if p["type"] == "categorical": return parzen.Categorical(p["choices"])
            return (parzen.Float if p["type"] == "float" else parzen.Int)(p["low"], p["high"], log=p.get("log", False))
        self.study = parzen.Client(os.environ["PARZEN"]).create_study(f"multi-{uuid.uuid4()}", {p["name"]: param(p) for p in space},
                                                                     directions=["minimize"] * objectives, sampler=sampler, seed=seed)

    def ask(self):
        trial = self.study.ask(); return trial, dict(trial.params)

    def tell(self, trial, values): trial.tell(values)


def make(name, problem, seed):
    kinds = {"random": "RandomSampler", "optuna-tpe": "TPESampler", "optuna-gp": "GPSampler", "nsga2": "NSGAIISampler"}
    objectives = len(problem.reference)
    if name == "ax": return Ax(problem.space, objectives, seed)
    if name in kinds: return Optuna(problem.space, objectives, seed, kinds[name])
    return Parzen(problem.space, objectives, seed, {"parzen-gp": "gp-ei", "parzen-tpe": "tpe", "parzen-default": None}[name])


def run(problem, name, budget):
    seed = int(problem.name.rsplit("_i", 1)[1]); optimizer = make(name, problem, seed)
    box, points, curve, asks = 1.0, [], [], []
    for r in problem.reference: box *= r
    while len(curve) < budget:
        start = time.perf_counter(); handle, params = optimizer.ask(); asks.append(time.perf_counter() - start)
        values = problem.evaluate(params); optimizer.tell(handle, values); points.append(values)
        curve.append(1 - hypervolume(points, problem.reference) / box)
    return dict(problem=problem.name, group=problem.group, optimizer=name, budget=budget, curve=curve, ask_ms=sorted(asks)[len(asks) // 2] * 1e3, last_ask_ms=asks[-1] * 1e3)


out, names, seeds, budget, groups = sys.argv[1], sys.argv[2].split(","), [int(s) for s in sys.argv[3].split(",")], int(sys.argv[4]), sys.argv[5].split(",")
done = {(r["problem"], r["optimizer"], r["budget"]) for r in map(json.loads, open(out))} if os.path.exists(out) else set()
todo = [(p, n) for p in problems(seeds, groups) for n in names if (p.name, n, budget) not in done]
failed = 0
for i, (problem, name) in enumerate(todo, 1):
    try: r = run(problem, name, budget)
    except Exception as e: failed += 1; print("FAILED", problem.name, name, type(e).__name__, str(e)[:200], flush=True); continue
    with open(out, "a") as f: f.write(json.dumps(r) + "\n")
    print(f"{i}/{len(todo)} {problem.name} {name} {r['curve'][-1]:.5g}, {r['ask_ms']:.1f} ms an ask", flush=True)
if failed: sys.exit(f"{failed} of {len(todo)} runs failed")
