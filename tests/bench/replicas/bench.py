"""./dev bench replicas: several servers over one PostgreSQL, beside one over SQLite, in one run.

    throughput  64 clients (C++, a thread and a connection each) ask and tell in turn, random sampler, a request id a call, 12 studies: SQLite, then 1, 2
                and 3 replicas. "owner": each client calls its study's owner, "any": one replica after another, so that most calls are forwarded.
                Columns: processor time of clients, servers and database a call, calls a commit, how long a commit takes and a sync of the database's
                log, and how many processors were busy with something else meanwhile: on a quiet machine next to none.
    forward     one client calls a study's owner and another replica in turn: p50 of each, and the difference
    failover    the owner of studies is killed (SIGKILL): seconds until all of them have answered a call again
    drain       the owner ends by SIGTERM while workers ask and tell: calls that failed, the longest call

Everything shares the machine's processors: clients, replicas and database. The database and SQLite's file lie in one temporary folder (TMPDIR), and
both sync what they commit. Bounds are printed with whether they hold; the exit code is 1 where one does not. The figures go to --out, where
tests/bench/scale reads them.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import shutil
import sys
import tempfile

from cluster import ROOT, SETTINGS, Cluster, Postgres
from failover import create, drains, kills, percentile
from throughput import fewer_clients, folders, forward, throughput

PARTS = ["throughput", "forward", "failover", "drain"]


class Bounds:
    def __init__(self) -> None:
        self.lines: list[tuple[str, bool]] = []

    def check(self, text: str, holds: bool) -> None:
        self.lines.append((text, holds))

    def print(self) -> int:
        print()
        for text, holds in self.lines:
            print(f"{'holds' if holds else 'FAILS'}  {text}")
        return 0 if all(holds for _, holds in self.lines) else 1


def print_throughput(by_replicas: dict[int, list[dict]], clients: int) -> None:
    print(f"\nthroughput, {clients} clients")
    print(f"{'':29} {'calls/s':>8} {'ratio':>6} {'p50':>6} {'p99':>6} | {'clients':>7} {'servers':>7} {'database':>8} | {'calls a':>7} {'commit':>6} {'sync':>6} | {'others':>6}")
    print(f"{'':29} {'':>8} {'':>6} {'ms':>6} {'ms':>6} | {'us/call':>7} {'us/call':>7} {'us/call':>8} | {'commit':>7} {'ms':>6} {'ms':>6} | {'procs':>6}")
    base = by_replicas[0][0]["per_second"]
    for replicas, rows in by_replicas.items():
        for row in rows:
            name = f"PostgreSQL, {replicas} replica{'s' if replicas > 1 else ''}" if replicas else "SQLite"
            name += (", any" if row["anywhere"] else ", owner") if replicas > 1 else ""
            print(f"{name:29} {row['per_second']:8.0f} {row['per_second'] / base:6.2f} {row['p50']:6.2f} {row['p99']:6.2f} | {row['client_micros']:7.0f}"
                  f" {row['server_micros']:7.0f} {row['database_micros']:8.0f} | {row['batch']:7.1f} {row['commit_ms']:6.2f} {row['sync_ms']:6.2f} | {row['others']:6.2f}")


def print_forward(result: dict) -> None:
    print("\nforward, p50 in ms")
    for key, name in [("ask_p50", "Ask"), ("tell_p50", "Tell"), ("get_p50", "GetStudy")]:
        print(f"{name:10} at the owner {result['owner'][key]:6.3f}, through another replica {result['other'][key]:6.3f}: {result['cost'][key]:+.3f}")


def progress(name: str):
    def say(done: int, values: list[float]) -> None:
        if sys.stderr.isatty():
            print(f"\r{name} {done}: longest {max(values):.2f} s ", end="", file=sys.stderr, flush=True)

    return say


def run(arguments: argparse.Namespace, base: pathlib.Path, postgres: Postgres, bounds: Bounds) -> dict:
    place = folders(base)

    def make(replicas: int) -> Cluster:
        return Cluster(next(place), postgres, replicas)

    measured: dict = {"clients": arguments.clients}
    if "throughput" in arguments.only:
        by_replicas = throughput(make, arguments.clients, arguments.seconds, arguments.rounds)
        print_throughput(by_replicas, arguments.clients)
        measured["throughput"] = by_replicas
        measured["scale"] = fewer_clients(make, arguments.seconds)
        ratio = by_replicas[1][0]["per_second"] / by_replicas[0][0]["per_second"]
        bounds.check(f"one replica over PostgreSQL / SQLite: {ratio:.2f} (at least 0.4)", ratio >= 0.4)
    if "forward" in arguments.only:
        measured["forward"] = forward(make, 300 if arguments.quick else 2000)
        print_forward(measured["forward"])
        cost = max(measured["forward"]["cost"].values())
        bounds.check(f"forwarding costs {cost:.3f} ms (p50, at most 0.6)", cost <= 0.6)
    if "failover" in arguments.only or "drain" in arguments.only:
        cluster = make(3)
        try:
            # What the parts before have written is not to reach the disk in the middle of this one.
            postgres.ask("CHECKPOINT")
            create(cluster)
            outages(arguments, cluster, measured, bounds)
        finally:
            cluster.end()
    return measured


def outages(arguments: argparse.Namespace, cluster: Cluster, measured: dict, bounds: Bounds) -> None:
    if "failover" in arguments.only:
        took = measured["failover"] = kills(cluster, arguments.kills, progress("kill"))
        p99 = percentile(took, 0.99)
        print(f"\nfailover, {len(took)} kills: all studies of the owner answered after {percentile(took, 0.5):.2f} s (p50), {p99:.2f} s (p99), {max(took):.2f} s at most")
        bounds.check(f"failover: {p99:.2f} s (p99, at most 5)", p99 <= 5)
    if "drain" in arguments.only:
        drained = measured["drain"] = drains(cluster, arguments.drains, progress("drain"))
        print(f"\ndrain, {drained['drains']} times: {drained['calls']} calls, {drained['failed']} failed {drained['failures']}; "
              f"{1e3 * drained['p50']:.1f} ms (p50), {1e3 * drained['p99']:.1f} ms (p99), {1e3 * drained['longest']:.0f} ms at most")
        bounds.check(f"drain: {drained['failed']} failed calls, {drained['bad_exits']} bad exits (none)", not drained["failed"] and not drained["bad_exits"])
        bounds.check(f"drain: longest call {drained['longest']:.2f} s (at most 1)", drained["longest"] <= 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter rounds, 10 kills, 3 drains: some three minutes")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, help="of a round (default 4; 2)")
    parser.add_argument("--rounds", type=int, help="the median counts (default 5; 2)")
    parser.add_argument("--kills", type=int, help="(default 100; 10)")
    parser.add_argument("--drains", type=int, help="(default 20; 3)")
    parser.add_argument("--only", type=lambda text: text.split(","), default=PARTS, help=f"some of {','.join(PARTS)}")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "bench" / "replicas" / "measured.json")
    arguments = parser.parse_args()
    for name, full, quick in [("seconds", 4, 2), ("rounds", 5, 2), ("kills", 100, 10), ("drains", 20, 3)]:
        if getattr(arguments, name) is None:
            setattr(arguments, name, quick if arguments.quick else full)
    if unknown := set(arguments.only) - set(PARTS):
        parser.error(f"--only: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    base = pathlib.Path(tempfile.mkdtemp(prefix="parzen-bench-"))
    postgres = Postgres(durable=True, settings=SETTINGS)
    bounds = Bounds()
    try:
        measured = run(arguments, base, postgres, bounds)
    finally:
        postgres.remove()
        shutil.rmtree(base, ignore_errors=True)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(measured, indent=1) + "\n")
    return bounds.print()


if __name__ == "__main__":
    sys.exit(main())
