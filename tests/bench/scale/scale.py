"""./dev bench scale: Parzen's replicas over one PostgreSQL, simulated with service times that ./dev bench replicas measured; docs/scale.md says what comes of it.

    1. the service times, and the model beside the real runs of 1, 2 and 3 replicas on the machine where they were measured;
    2. 10,000 workers, 100,000 studies, a million trials a day, over 1 to 16 replicas: latencies, how busy everybody is;
    3. where each saturates: the most trials a day at which 99 of 100 Tells take less than 100 ms, and who is busy then; with one sampler and another.

It computes alone, some minutes, and prints tables. The exit code is 1 where the model is off by more than 20 % of a run that it was not fitted to.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import sys

from fit import compare, costs_of
from parzen_model import Costs, Demand, open_run, saturation

HERE = pathlib.Path(__file__).parent
REPLICAS = [1, 2, 4, 8, 16]
TOLERANCE = 0.2


def print_costs(costs: Costs) -> None:
    print("service times, in microseconds")
    for field in dataclasses.fields(costs):
        print(f"  {field.name:16}{1e6 * getattr(costs, field.name):9.0f}")


def print_comparison(measured: dict, costs: Costs, processors: int) -> bool:
    print(f"\nmodel and measurement, everything on {processors} processors, calls a second")
    rows = compare(measured, costs, processors)
    for row in rows:
        print(f"  {row.name:34}{row.measured:8.0f}{row.modelled:8.0f}  {100 * row.off:+5.0f} %  {'fitted: ' + row.fitted if row.fitted else ''}")
    return all(abs(row.off) <= TOLERANCE for row in rows if not row.fitted)


def print_day(costs: Costs, demand: Demand, cores: int, database_cores: int) -> None:
    rates = demand.rates()
    print(f"\n{demand.workers:,} workers, {demand.studies:,} studies, {demand.trials_a_day:,.0f} trials a day, {demand.reports:g} reports a trial: "
          f"{sum(rates.values()):.0f} calls a second ({', '.join(f'{name} {rate:.0f}' for name, rate in rates.items())})")
    print(f"{'replicas':>9}{'Ask p50':>9}{'p99':>8}{'Tell p50':>9}{'p99':>8}{'busiest':>9}{'database':>9}{'log':>7}")
    print(f"{'':>9}{'ms':>9}{'ms':>8}{'ms':>9}{'ms':>8}{'replica':>9}{'':>9}{'':>7}")
    for replicas in REPLICAS:
        run = open_run(costs, demand, replicas, cores, database_cores)
        print(f"{replicas:9}{1e3 * run['Ask_50']:9.1f}{1e3 * run['Ask_99']:8.1f}{1e3 * run['Tell_50']:9.1f}{1e3 * run['Tell_99']:8.1f}"
              f"{100 * run['replica']:8.0f}%{100 * run['database']:8.0f}%{100 * run['log']:6.0f}%{'  grows' if run['grows'] else ''}")


def print_saturation(costs: Costs, demand: Demand, cores: int, database_cores: int, bytes_per_trial: float) -> None:
    print("\nthe most trials a day (99 of 100 Tells under 100 ms), and who is busy then")
    print(f"{'replicas':>9}{'millions':>10}{'calls/s':>9}{'busiest':>9}{'database':>9}{'log':>7}{'GB/day':>8}")
    for replicas in REPLICAS:
        most, run = saturation(costs, demand, replicas, cores, database_cores)
        if not run:
            print(f"{replicas:9}      none")
            continue
        factor = most / demand.trials_a_day
        print(f"{replicas:9}{most / 1e6:10.1f}{factor * sum(demand.rates().values()):9.0f}{100 * run['replica']:8.0f}%{100 * run['database']:8.0f}%"
              f"{100 * run['log']:6.0f}%{most * bytes_per_trial / 1e9:8.1f}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measured", type=pathlib.Path, default=HERE / "measured.json",
                        help="what ./dev bench replicas has written (default: the run in docs/scale.md)")
    parser.add_argument("--processors", type=int, default=2, help="of the machine where that was (default 2)")
    parser.add_argument("--cores", type=int, default=4, help="of each replica (default 4)")
    parser.add_argument("--database-cores", type=int, default=16, help="(default 16)")
    parser.add_argument("--sync-ms", type=float, help="of another log device; default: as measured")
    parser.add_argument("--reports", type=float, default=20, help="a trial (default 20)")
    parser.add_argument("--quick", action="store_true", help="only the comparison with the measurement")
    arguments = parser.parse_args()
    measured = json.loads(arguments.measured.read_text())
    costs = costs_of(measured)
    print_costs(costs)
    good = print_comparison(measured, costs, arguments.processors)
    if arguments.quick:
        return 0 if good else 1
    if arguments.sync_ms is not None:
        costs.sync = arguments.sync_ms / 1000
    size = measured["scale"]["bytes_per_trial"]
    demand = Demand(reports=arguments.reports)
    for name, suggestion in [("random sampler", 0.0), ("TPE, as measured", costs.suggestion), ("a sampler of 50 ms", 0.05)]:
        print(f"\n== {name}: {1e3 * suggestion:.1f} ms a suggestion; {arguments.cores} cores a replica, {arguments.database_cores} of the database")
        one = dataclasses.replace(costs, suggestion=suggestion)
        print_day(one, demand, arguments.cores, arguments.database_cores)
        print_saturation(one, demand, arguments.cores, arguments.database_cores, size)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
