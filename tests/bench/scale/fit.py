"""Service times from what ./dev bench replicas measured, and the model beside the runs that it was not fitted to."""

from __future__ import annotations

import dataclasses

from parzen_model import Costs, closed_rate

MICROS = 1e-6


@dataclasses.dataclass
class Compared:
    name: str
    measured: float  # calls a second
    modelled: float
    fitted: str  # what of the model comes from this run; empty: nothing, it is a prediction

    @property
    def off(self) -> float:
        return self.modelled / self.measured - 1


def _per_call_and_batch(alone: dict, busy: dict, key: str) -> tuple[float, float]:
    """The two parts of a cost a call = call + batch / (calls a commit), from a run with commits of one call and one with large ones; neither below 0."""
    spread = 1 / alone["batch"] - 1 / busy["batch"]
    batch = (alone[key] - busy[key]) / spread if spread > 0 else 0.0
    batch = min(max(batch, 0.0), busy[key] * busy["batch"])
    return busy[key] - batch / busy["batch"], batch


def costs_of(measured: dict) -> Costs:
    """One replica with 1 and with many clients give everything but the forwarding, which is the difference between two replicas called at the owner
    and called anywhere."""
    alone, busy = measured["scale"]["few"][0], measured["throughput"]["1"][0]
    call, batch = _per_call_and_batch(alone, busy, "server_micros")
    database_call, database_batch = _per_call_and_batch(alone, busy, "database_micros")
    direct, anywhere = measured["throughput"]["2"]
    forward = (anywhere["server_micros"] - direct["server_micros"]) / max(anywhere["forwarded"] - direct["forwarded"], 0.01)
    eight, tpe = measured["scale"]["few"][1], measured["scale"]["tpe"]
    costs = Costs(
        client=busy["client_micros"] * MICROS,
        call=call * MICROS,
        batch=batch * MICROS,
        forward=max(forward, 0.0) * MICROS,
        database_call=database_call * MICROS,
        database_batch=database_batch * MICROS,
        sync=busy["sync_ms"] / 1000,
        wait=0.0,
        suggestion=max(2 * (tpe["server_micros"] - eight["server_micros"]), 0.0) * MICROS,
    )
    # What a lone client waits for that is nobody's work: round trips, wake-ups.
    worked = costs.client + costs.call + costs.batch + costs.database_call + costs.database_batch + alone["sync_ms"] / 1000
    costs.wait = max(1 / alone["per_second"] - worked, 0.0)
    return costs


WORK = ("client", "call", "batch", "forward", "database_call", "database_batch")


def _modelled(run: dict, costs: Costs, replicas: int, processors: int) -> dict:
    """What the model makes of a run. What was not Parzen's doing is taken from the run itself: how long the device took for a sync, and how much of
    the processors others had. Where both together need more than there is, all work takes so much longer that they have enough."""
    own = dataclasses.replace(costs, suggestion=0.0, sync=run["sync_ms"] / 1000)
    left = max(processors - run["others"], 0.1)
    least, most = 1.0, processors / left
    while True:
        slower = least if most - least < 0.02 else (least + most) / 2
        work = {name: getattr(own, name) * slower for name in WORK}
        modelled = closed_rate(dataclasses.replace(own, **work), replicas, int(run["clients"]), run["anywhere"], processors, seconds=2.0)
        if slower == least:
            return modelled
        if modelled["processors"] / slower > left:
            least = slower
        else:
            most = slower


def compare(measured: dict, costs: Costs, processors: int) -> list[Compared]:
    rows = []
    runs = [(1, run, fitted) for run, fitted in zip(measured["scale"]["few"], ["the wait", ""])]
    runs += [(int(replicas), run, {"1": "costs a call", "2": "costs of forwarding" if run["anywhere"] else ""}.get(replicas, ""))
             for replicas, some in sorted(measured["throughput"].items()) if replicas != "0" for run in some]
    for replicas, run, fitted in runs:
        modelled = _modelled(run, costs, replicas, processors)
        clients = f"{run['clients']:.0f} client{'s' if run['clients'] > 1 else ''}"
        way = (", any" if run["anywhere"] else ", owner") if replicas > 1 else ""
        rows.append(Compared(f"{replicas} replica{'s' if replicas > 1 else ''}, {clients}{way}", run["per_second"], modelled["per_second"], fitted))
    return rows
