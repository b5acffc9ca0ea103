"""usage: table.py FILE   the lines of gp_bench and peers.py as a table, with the peers' times as multiples of Parzen's."""
import collections, json, sys

rows = collections.defaultdict(dict)
for r in map(json.loads, open(sys.argv[1])): rows[r["dimensions"], r["observations"]][r["optimizer"]] = r
print("dimensions observations |  ask ms  with fit ms  cold ms (x ask) |  optuna-gp ms   (x) |  ax ms   (x)")
for (d, n), by in sorted(rows.items()):
    p = by["parzen"]

    def peer(name):
        return f"{by[name]['warm']:10.0f} {by[name]['warm'] / p['warm']:6.0f}" if name in by else " " * 17

    print(f"{d:10d} {n:12d} | {p['warm']:7.2f} {p['refit']:12.2f} {p['cold']:8.2f} {p['cold'] / p['warm']:8.1f} | {peer('optuna-gp')} | {peer('ax')}")
