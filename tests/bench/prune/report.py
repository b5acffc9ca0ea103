"""usage: report.py RUNS.jsonl [PICTURE.png]    what replay.py's studies reached for the epochs that they spent: a table, and a picture.

Rank: how many of a problem's configurations are better than the best one found, in percent, the mean over problems and seeds. Savings: the epochs of the
whole budget over those that the rule takes to the rank that no pruning ends with; 0 where it never comes there. That of the mean rank over all problems, then
the median of those of each problem, which plateaus make coarse: no pruning itself is not at 1 where it ends early with what it finds.
"""
import bisect, collections, json, math, sys
import numpy as np

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)
runs = [json.loads(line) for line in open(sys.argv[1])]
objectives = runs[0]["objectives"]
rules = list(dict.fromkeys(run["rule"] for run in runs))
problems = list(dict.fromkeys(run["problem"] for run in runs))
worst = math.inf if objectives == 1 else 0.0


def reached(run, epochs):
    at = bisect.bisect_right([spent for spent, _ in run["path"]], epochs)
    return run["path"][at - 1][1] if at else worst


def rank(run, epochs):
    """In percent: the share of better configurations, or the hypervolume that is lacking."""
    value = reached(run, epochs)
    if objectives == 2: return 100 * (1 - value)
    ends = [v for v in run["all"] if v is not None]
    return 100 * (bisect.bisect_left(ends, value) / len(run["all"]) if math.isfinite(value) else 1)


of = collections.defaultdict(lambda: collections.defaultdict(list))
for run in runs: of[run["rule"]][run["problem"]].append(run)


def savings(rule, among):
    runs_of = lambda rule: [run for problem in among for run in of[rule][problem]]
    mean = lambda rule, share: np.mean([rank(run, share * run["budget"]) for run in runs_of(rule)])
    goal = mean("none", 1)
    return next((256 / k for k in range(1, 257) if mean(rule, k / 256) <= goal + 1e-9), 0.0)


def table():
    title = "configurations better than the best one found, %" if objectives == 1 else "hypervolume that is lacking, %"
    print(f"{title}, at {', '.join(f'1/{round(1 / share)}' for share in SHARES[:-1])} and all of the epochs; {len(problems)} problems, "
          f"{len(runs) // len(rules) // len(problems)} orders each")
    print(f"{'':18s}" + "".join(f"{f'1/{round(1 / share)}' if share < 1 else 'all':>8s}" for share in SHARES) + "   epochs  trials  complete  us/report  savings: of the mean, median")
    for rule in rules:
        group = [run for runs_of in of[rule].values() for run in runs_of]
        cells = [np.mean([rank(run, share * run["budget"]) for run in group]) for share in SHARES]
        spent, trials, complete, us = (np.mean([f(run) for run in group]) for f in (lambda r: r["epochs"] / r["budget"], lambda r: r["trials"],
                                                                                  lambda r: r["complete"], lambda r: r["us_a_report"]))
        saved = [savings(rule, [problem]) for problem in problems]
        each = f" ({', '.join(f'{s:.1f}' for s in saved)})" if len(problems) < 20 else ""
        print(f"{rule:18s}" + "".join(f"{cell:8.2f}" for cell in cells) + f"{spent:9.2f}{trials:8.0f}{complete:10.1f}{us:11.0f}   {savings(rule, problems):.1f}x  {np.median(saved):.1f}x{each}")
    for rule in rules:  # Optuna's decisions are ours
        theirs = f"optuna-{rule}"
        if theirs in of:
            same = sum(a["path"] == b["path"] and a["epochs"] == b["epochs"] for p in problems for a, b in zip(of[rule][p], of[theirs][p]))
            print(f"{rule}: {same} of {sum(len(of[theirs][p]) for p in problems)} studies went exactly as with Optuna's own pruner")


def picture(path):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    shown = [rule for rule in rules if not rule.startswith("optuna-")]
    colors = dict(none="#777777", auto="#1f77b4", median="#2ca02c", asha="#9467bd", hyperband="#d62728")
    names = {"none": "no pruning", "auto": "auto (extrapolation)"}
    panels = ["mean of all"] + problems[:8]
    columns = 3
    figure, axes = plt.subplots(-(-len(panels) // columns), columns, figsize=(4.2 * columns, 3 * -(-len(panels) // columns)), squeeze=False)
    grid = np.geomspace(1 / 40, 1, 80)
    for axis, panel in zip(axes.flat, panels):
        for rule in shown:
            group = [run for problem in (problems if panel == panels[0] else [panel]) for run in of[rule][problem]]
            axis.plot(grid, [np.mean([rank(run, share * run["budget"]) for run in group]) for share in grid], color=colors[rule],
                      label=names.get(rule, rule), linewidth=2 if rule == "auto" else 1.3)
        axis.set(xscale="log", yscale="log", title=panel, ylim=(0.3, 110))
        axis.set_xticks(SHARES, [f"1/{round(1 / s)}" if s < 1 else "1" for s in SHARES])
        axis.minorticks_off()
        axis.set_yticks([0.5, 1, 2, 5, 10, 20, 50, 100], ["0.5", "1", "2", "5", "10", "20", "50", "100"])
        axis.grid(alpha=0.3)
    for axis in axes.flat[len(panels):]: axis.set_visible(False)
    axes[0][0].legend(fontsize=8)
    figure.supxlabel("epochs spent, as a share of no pruning's budget")
    figure.supylabel("configurations better than the best one found, %" if objectives == 1 else "hypervolume that is lacking, %")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    print(f"picture: {path}")


table()
if len(sys.argv) > 2: picture(sys.argv[2])
