"""usage: run.py OUT.jsonl OPTIMIZER[,..] SEEDS(1,2,..) BUDGET GROUP[,..]   append one line a run; runs already there are skipped.
A run's curve is, after each trial, the share of the box below the reference point that no trial dominates yet: the less, the better, so that
tests/bench/quality/report.py ranks it."""
import json, os, sys, time, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from optimizers import make
from problems import hypervolume, problems


def run(problem, name, budget):
    seed = int(problem.name.rsplit("_i", 1)[1]); optimizer = make(name, problem.space, len(problem.reference), seed)
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
