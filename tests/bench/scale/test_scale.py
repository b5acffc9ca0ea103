"""The simulation against formulas of queueing theory (Kleinrock, Queueing Systems I, 1975), and the fit against a system whose costs are known.

Seeds are fixed: what comes out is the same every time.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Callable

import pytest
from fit import compare, costs_of
from parzen_model import Costs, Demand, closed_rate, open_run, saturation
from simulation import Batches, Cores, Simulation, Then

NOTHING = Costs(client=0, call=0, batch=0, forward=0, database_call=0, database_batch=0, sync=0, wait=0)


def mean_response(simulation: Simulation, rate: float, enter: Callable[[Then], None], customers: int = 200_000) -> float:
    """Of Poisson arrivals."""
    spent = [0.0, 0]

    def arrive() -> None:
        simulation.after(simulation.random.expovariate(rate), arrive)
        start = simulation.now

        def left() -> None:
            spent[0] += simulation.now - start
            spent[1] += 1

        enter(left)

    arrive()
    simulation.run(customers / rate)
    return spent[0] / spent[1]


@pytest.mark.parametrize("load", [0.3, 0.8])
def test_one_server_with_exponential_work(load: float) -> None:
    simulation = Simulation(1)
    cores = Cores(simulation, 1)
    response = mean_response(simulation, load, lambda then: cores.work(simulation.random.expovariate(1), then))
    assert response == pytest.approx(1 / (1 - load), rel=0.05)
    assert cores.busy / simulation.now == pytest.approx(load, rel=0.02)


@pytest.mark.parametrize("load", [0.3, 0.8])
def test_one_server_with_constant_work(load: float) -> None:
    simulation = Simulation(2)
    cores = Cores(simulation, 1)
    response = mean_response(simulation, load, lambda then: cores.work(1, then))
    assert response == pytest.approx(1 + load / (2 * (1 - load)), rel=0.03)


@pytest.mark.parametrize("servers", [2, 4, 16])
def test_several_servers(servers: int) -> None:
    load, simulation = 0.8, Simulation(3)
    cores = Cores(simulation, servers)
    response = mean_response(simulation, load * servers, lambda then: cores.work(simulation.random.expovariate(1), then))
    offered = load * servers
    last = offered**servers / math.factorial(servers) / (1 - load)
    waits = last / (sum(offered**k / math.factorial(k) for k in range(servers)) + last)  # Erlang's C
    assert response == pytest.approx(1 + waits / (servers * (1 - load)), rel=0.03)


def test_clients_that_wait_for_their_answers() -> None:
    """The machine repairman: N clients think (exponential, mean Z), then need one server (exponential, mean 1)."""
    clients, think, done = 10, 5.0, [0]
    simulation = Simulation(4)
    cores, draw = Cores(simulation, 1), simulation.random.expovariate

    def thinks() -> None:
        simulation.after(draw(1 / think), lambda: cores.work(draw(1), ended))

    def ended() -> None:
        done[0] += 1
        thinks()

    for _ in range(clients):
        thinks()
    simulation.run(100_000)
    states = [math.factorial(clients) / math.factorial(clients - k) / think**k for k in range(clients + 1)]
    assert done[0] / simulation.now == pytest.approx(1 - states[0] / sum(states), rel=0.01)


def test_whoever_comes_while_the_log_is_synced_waits_for_the_next_sync() -> None:
    simulation = Simulation(5)
    log = Batches(lambda _, then: simulation.after(1.0, then))
    # So busy that there is always one under way: half of it and one more.
    assert mean_response(simulation, 20, log.add) == pytest.approx(1.5, rel=0.01)
    assert log.batches == pytest.approx(simulation.now, rel=0.01)


def test_a_writer_takes_what_has_come() -> None:
    simulation = Simulation(6)
    sizes = []

    def commit(count: int, then: Then) -> None:
        sizes.append(count)
        simulation.after(1.0, then)

    writer = Batches(commit)
    ended = []
    for i in range(20):
        writer.add(lambda i=i: ended.append((i, simulation.now)))
    simulation.run(100)
    assert sizes == [1, 19]
    assert [i for i, _ in ended] == list(range(20)) and ended[-1][1] == 2.0
    assert (writer.batches, writer.taken) == (2, 20)


def test_a_system_is_as_fast_as_what_it_has_least_of() -> None:
    processors = dataclasses.replace(NOTHING, client=20e-6, call=60e-6, database_call=20e-6, sync=10e-6)
    assert closed_rate(processors, 1, 64, False, processors=2, seconds=1)["per_second"] == pytest.approx(20_000, rel=0.02)
    # One client alone in a commit, then all others together.
    syncs = dataclasses.replace(NOTHING, sync=1e-3)
    assert closed_rate(syncs, 1, 64, False, processors=2, seconds=1)["per_second"] == pytest.approx(32_000, rel=0.02)
    forwarded = dataclasses.replace(NOTHING, call=50e-6, forward=50e-6, sync=1e-6)
    at_owner, anywhere = (closed_rate(forwarded, 2, 64, some, processors=2, seconds=1) for some in (False, True))
    assert at_owner["per_second"] == pytest.approx(40_000, rel=0.02) and at_owner["forwarded"] == 0
    assert anywhere["per_second"] == pytest.approx(2 / (50e-6 + anywhere["forwarded"] * 50e-6), rel=0.02) and 0.3 < anywhere["forwarded"] < 0.5


def test_the_fit_finds_the_costs_of_a_known_system() -> None:
    known = Costs(client=40e-6, call=90e-6, batch=120e-6, forward=80e-6, database_call=60e-6, database_batch=200e-6, sync=800e-6, wait=150e-6,
                  suggestion=300e-6)

    def measure(replicas: int, clients: int, anywhere: bool = False, suggestion: float = 0.0) -> dict:
        run = closed_rate(dataclasses.replace(known, suggestion=suggestion), replicas, clients, anywhere, processors=2, seconds=2.0)
        forwarded = run["forwarded"]
        return {**run, "clients": clients, "anywhere": anywhere, "others": 0.0, "client_micros": 1e6 * known.client, "sync_ms": 0.8,
                "server_micros": 1e6 * (known.call + known.batch / run["batch"] + forwarded * known.forward + suggestion / 2),
                "database_micros": 1e6 * (known.database_call + known.database_batch / run["batch"])}

    measured = {
        "throughput": {str(replicas): [measure(replicas, 64, anywhere) for anywhere in ([False, True] if replicas > 1 else [False])] for replicas in (1, 2, 3)},
        "scale": {"few": [measure(1, 1), measure(1, 8)], "tpe": measure(1, 8, suggestion=known.suggestion), "bytes_per_trial": 1000},
    }
    found = costs_of(measured)
    for field in dataclasses.fields(known):
        assert getattr(found, field.name) == pytest.approx(getattr(known, field.name), rel=0.1), field.name
    for row in compare(measured, found, processors=2):
        assert abs(row.off) < 0.05, row


def test_more_replicas_take_more_until_the_database_is_full() -> None:
    costs = Costs(client=0, call=200e-6, batch=100e-6, forward=100e-6, database_call=100e-6, database_batch=200e-6, sync=200e-6, wait=100e-6)
    day = Demand(trials_a_day=20e6, workers=1000, studies=10_000, reports=5)
    one, four = (open_run(costs, day, replicas, cores=2, database_cores=2, calls=5_000) for replicas in (1, 4))
    assert one["replica"] > 2 * four["replica"]
    assert not one["grows"] and not four["grows"]
    # 20 million trials a day, seven calls each that commit, are 1,620 calls a second: each 200 us of two processors and part of a commit of 100 us,
    # and at least 100 us of the database's two.
    assert 1620 * 200e-6 / 2 < one["replica"] < 1620 * 300e-6 / 2
    assert four["database"] > 1620 * 100e-6 / 2
    most = [saturation(costs, day, replicas, cores=2, database_cores=8, calls=5_000)[0] for replicas in (1, 4)]
    assert 2 * most[0] < most[1]
    # Never more than there are processors for.
    assert most[0] * 7 / 86_400 * 200e-6 < 2 and most[1] * 7 / 86_400 * 100e-6 < 8
