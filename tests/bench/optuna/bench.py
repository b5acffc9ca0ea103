"""./dev bench optuna: unmodified Optuna programs on parzend and on Optuna's run_grpc_proxy_server, in one run.

    trials   1, 4 and 16 client processes, each asking, setting 2 parameters, reporting once and telling, as fast as they can:
             trials per second together, and a trial's p50 and p99. Optuna's server over SQLite, over a journal file, in memory;
             parzend over its durable file; all with the same clients (GrpcStorageProxy). The last rows are ParzenStorage.
             Beside them the processor time that a trial takes, in the clients and in the server. Where clients and server share the
             cores, a server that cost nothing could not do more than `bound` trials per second: that many fill all cores with the
             clients alone.
    asks     one more suggestion for a study with a history, in a new process that has not seen it, from create to tell, the fetch
             of the history included: TPESampler in the client, ParzenSampler("tpe") through GrpcStorageProxy and ParzenStorage;
             and GPSampler against ParzenSampler("gp-ei").

Options: --seconds S a row of `trials` (default 5), --processes 1,4,16, --histories 1000,10000, --only trials|asks; --quick: 2 s a
row, and GPSampler only where torch is installed already: some four minutes in all.
"""

import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from servers import SERVERS, start

HERE = pathlib.Path(__file__).parent


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def client(*arguments):
    command = [sys.executable, str(HERE / "client.py"), *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def begin(clients):
    """Lets them all go once each has come so far."""
    for process in clients:
        process.stdout.readline()
    for process in clients:
        process.stdin.write("\n")
        process.stdin.flush()


def answer(process):
    out, _ = process.communicate(timeout=600)
    if process.returncode != 0:
        raise SystemExit(f"a client ended with {process.returncode}")
    return json.loads(out.splitlines()[-1])


def trials(seconds, processes):
    print(f"\ntrials: ask, 2 parameters, 1 report, tell; {seconds:g} s a row")
    print(f"{'server':28}{'clients':>9}{'trials/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'client ms':>11}{'server ms':>11}{'bound':>8}")
    rates, costs = {}, {}
    for name in [*SERVERS, "parzend, ParzenStorage"]:
        storage = "parzen" if "ParzenStorage" in name else "proxy"
        for count in processes:
            with tempfile.TemporaryDirectory() as directory, start(name.split(",")[0], directory) as server:
                running = [client("trials", storage, server.port, seconds) for _ in range(count)]
                before = server.cpu()
                begin(running)
                answers = [answer(process) for process in running]
                spent = server.cpu() - before
            times = [t for a in answers for t in a["times"]]
            rates[name, count] = rate = sum(len(a["times"]) / a["seconds"] for a in answers)
            theirs, its = sum(a["cpu"] for a in answers) / len(times), spent / len(times)
            costs[name, count] = (theirs, its)
            # One client waits for each of its calls: it keeps no more than one core busy.
            bound = min(count, os.cpu_count()) / theirs
            print(
                f"{name:28}{count:9}{rate:10.0f}{1e3 * statistics.median(times):9.2f}{1e3 * percentile(times, 0.99):9.2f}"
                f"{1e3 * theirs:11.2f}{1e3 * its:11.2f}{bound:8.0f}",
                flush=True,
            )
    for count in processes:
        ratios = ", ".join(f"{rates['parzend', count] / rates[name, count]:.1f} x {name}" for name in SERVERS if name != "parzend")
        print(f"parzend with {count:2} clients: {ratios}")
        if count >= os.cpu_count():
            # The cores are full: what a trial costs, clients included, says how many there can be, whatever else the machine does.
            memory, (client_cpu, server_cpu) = sum(costs["Optuna in memory", count]), costs["parzend", count]
            print(
                f"{'':24} by processor time {memory / (client_cpu + server_cpu):.1f} x Optuna in memory; a server that cost nothing "
                f"would be {memory / client_cpu:.1f} x"
            )


def alike(a, b):
    """Up to the last bits, in which libraries of mathematics differ."""
    return len(a) == len(b) and all(p.keys() == q.keys() and all(math.isclose(p[k], q[k], rel_tol=1e-9) for k in p) for p, q in zip(a, b))


def asks(histories):
    print("\nasks: one more trial of a study with a history, in a new process, the fetch of the history included")
    print(f"{'history':>9} {'sampler':44}{'first ms':>10}{'then ms':>10}")
    cases = [(n, "tpe", 20) for n in histories] + [(200, "gp", 5)]
    for n, kind, count in cases:
        with tempfile.TemporaryDirectory() as directory, start("parzend", directory) as server:
            answer(client("fill", "parzen", server.port, n))
            rows = []
            for storage, sampler in [("proxy", "optuna"), ("proxy", "parzen"), ("parzen", "parzen")]:
                got = answer(client("asks", storage, server.port, kind, sampler, count))
                name = {("tpe", "optuna"): "TPESampler", ("gp", "optuna"): "GPSampler", ("tpe", "parzen"): 'ParzenSampler("tpe")', ("gp", "parzen"): 'ParzenSampler("gp-ei")'}[kind, sampler]
                if "missing" in got:
                    print(f"{n:9} {name:44}  not run: {got['missing']}")
                    continue
                first, then = got["times"][0], statistics.median(got["times"][1:])
                rows.append((name, storage, got))
                print(f"{n:9} {name + (', GrpcStorageProxy' if storage == 'proxy' else ', ParzenStorage'):44}{1e3 * first:10.1f}{1e3 * then:10.1f}", flush=True)
            if len(rows) == 3:
                base = rows[0][2]["times"]
                for name, storage, got in rows[1:]:
                    same = "the same suggestions" if alike(got["params"], rows[0][2]["params"]) else "other suggestions"
                    print(f"{'':9} {name}, {storage}: first {base[0] / got['times'][0]:.1f} x, then {statistics.median(base[1:]) / statistics.median(got['times'][1:]):.1f} x faster; {same}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--processes", default="1,4,16")
    parser.add_argument("--histories", default="1000,10000")
    parser.add_argument("--only", choices=["trials", "asks"])
    options = parser.parse_args()
    if options.only != "asks":
        trials(options.seconds or (2 if options.quick else 5), [int(n) for n in options.processes.split(",")])
    if options.only != "trials":
        asks([int(n) for n in options.histories.split(",")])


if __name__ == "__main__":
    main()
