"""Three servers over one PostgreSQL: any of them takes any call, and clients notice nothing of their coming and going."""

from __future__ import annotations

import contextlib
import json
import pathlib
import subprocess
import threading
import time
import urllib.request
from typing import Callable, Iterator, List

import pytest

import parzen
from conftest import PARZEND, Server
from postgres import Postgres, free_port, programs

pytestmark = pytest.mark.skipif(not programs().exists(), reason="Debian's package postgresql-15 is not installed")

SPACE = {"x": parzen.Float(0, 1), "n": parzen.Int(1, 9)}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    postgres = Postgres()
    yield postgres
    postgres.remove()


class Replicas:
    def __init__(self, folder: pathlib.Path, postgres: Postgres, count: int = 3) -> None:
        self.servers: List[Server] = []
        self._folder, self._postgres = folder, postgres
        for _ in range(count):
            self.add()

    def add(self) -> Server:
        folder = self._folder / str(len(self.servers))
        folder.mkdir()
        port = free_port()
        self.servers.append(Server(folder, "--advertise", f"127.0.0.1:{port}", port=port, db=self._postgres.url))
        return self.servers[-1]

    @property
    def addresses(self) -> str:
        return ",".join(server.address for server in self.servers)

    def owner_of(self, study: str) -> Server:
        address = self._postgres.ask(
            "SELECT r.address FROM parzen.studies s JOIN parzen.study_owners o ON o.study_id = s.id"
            f" JOIN parzen.replicas r ON r.id = o.owner WHERE s.name = '{study}'"
        )
        return next(server for server in self.servers if [server.address] == address)

    def others(self, server: Server) -> str:
        return ",".join(other.address for other in self.servers if other is not server)


@pytest.fixture
def replicas(tmp_path: pathlib.Path, postgres: Postgres) -> Iterator[Replicas]:
    replicas = Replicas(tmp_path, postgres)
    yield replicas
    for server in replicas.servers:
        with contextlib.suppress(Exception):
            server.thaw()
        server.kill()


def check_numbers(client: parzen.Client, study: str) -> List[parzen.Trial]:
    """All trials; their numbers have no hole."""
    trials = list(client.study(study).trials())
    assert [trial.number for trial in trials] == list(range(len(trials)))
    return trials


class Workers:
    """Threads that ask and tell until they are stopped. Their clients retry, as clients do; what they still get is a failure."""

    def __init__(self, addresses: str, study: str, count: int = 4) -> None:
        self.failures: List[BaseException] = []
        self.told: List[int] = []
        self._ending = threading.Event()
        self._lock = threading.Lock()
        hosts = addresses.split(",")
        self._threads = [
            threading.Thread(target=self._work, args=(",".join(hosts[i % len(hosts):] + hosts[: i % len(hosts)]), study))
            for i in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def _work(self, addresses: str, name: str) -> None:
        try:
            with parzen.Client(addresses, timeout=30) as client:
                study = client.study(name)
                while not self._ending.is_set():
                    trial = study.ask()
                    trial.tell(trial.params["x"])
                    with self._lock:
                        self.told.append(trial.number)
        except BaseException as failure:  # noqa: BLE001: kept for the test's own thread
            self.failures.append(failure)

    def told_since(self, count: int) -> int:
        return len(self.told) - count

    def end(self) -> None:
        self._ending.set()

    def stop(self) -> None:
        self.end()
        for thread in self._threads:
            thread.join(60)
        assert not self.failures, self.failures


def wait_until(over: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not over():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_any_replica_takes_any_call(replicas: Replicas, name: str) -> None:
    clients = [parzen.Client(server.address, timeout=20) for server in replicas.servers]
    try:
        studies = [clients[0].create_study(name, SPACE, sampler="random", seed=1)]
        studies += [client.study(name) for client in clients[1:]]
        for i in range(12):
            trial = studies[i % 3].ask()
            trial.report(0.5, step=1)
            trial.set_user_attr("by", i)
            # Told through another one than it was asked from.
            studies[(i + 1) % 3].trial(trial.number).tell(float(i))
        for study in studies:
            assert study.best_trial.value == 0.0
            assert [trial.number for trial in study.trials()] == list(range(12))
        with pytest.raises(parzen.NotFound, match="no-such-study"):
            clients[2].study("no-such-study")
        clients[1].delete_study(name)
        for client in clients:
            with pytest.raises(parzen.NotFound):
                client.study(name)
    finally:
        for client in clients:
            client.close()


def test_a_killed_owner_is_replaced(replicas: Replicas, name: str) -> None:
    with parzen.Client(replicas.addresses, timeout=30) as client:
        client.create_study(name, SPACE, sampler="random").ask().tell(0.0)
        owner = replicas.owner_of(name)
        workers = Workers(replicas.others(owner), name)
        wait_until(lambda: len(workers.told) > 20, 30)
        owner.kill()
        before = len(workers.told)
        wait_until(lambda: workers.told_since(before) > 4, 30)
        workers.stop()
        trials = check_numbers(client, name)
        told = set(workers.told)
        assert len(told) == len(workers.told)
        assert told <= {trial.number for trial in trials if trial.state == "complete"}


def test_a_drained_owner_fails_no_call(replicas: Replicas, name: str) -> None:
    with parzen.Client(replicas.addresses, timeout=30) as client:
        client.create_study(name, SPACE, sampler="random").ask().tell(0.0)
        workers = Workers(replicas.addresses, name)
        wait_until(lambda: len(workers.told) > 20, 30)
        for _ in range(2):
            owner = replicas.owner_of(name)
            assert owner.stop() == 0
            assert replicas.owner_of(name) is not owner, "handed over before the end; nobody waits for the ownership to run out"
            count = len(workers.told)
            wait_until(lambda: workers.told_since(count) > 20, 10)
            owner.start()
        workers.stop()
        assert set(workers.told) <= {trial.number for trial in check_numbers(client, name)}


def test_an_owner_that_was_frozen_owns_nothing(replicas: Replicas, postgres: Postgres, name: str) -> None:
    with parzen.Client(replicas.addresses, timeout=30) as client:
        client.create_study(name, SPACE, sampler="random").ask().tell(0.0)
        owner = replicas.owner_of(name)
        epochs = "SELECT o.epoch FROM parzen.studies s JOIN parzen.study_owners o ON o.study_id = s.id WHERE s.name = '{}'"
        epoch = int(postgres.ask(epochs.format(name))[0])
        workers = Workers(replicas.others(owner), name)
        wait_until(lambda: len(workers.told) > 20, 30)
        owner.freeze()
        time.sleep(10)
        count = len(workers.told)
        assert count > 100
        assert replicas.owner_of(name) is not owner
        assert int(postgres.ask(epochs.format(name))[0]) > epoch
        owner.thaw()
        # What it kept in memory is old: it is asked for what others have done meanwhile.
        with parzen.Client(owner.address, timeout=30) as thawed:
            seen = len(list(thawed.study(name).trials()))
            assert seen >= count
            thawed.study(name).ask().tell(1.0)
        wait_until(lambda: workers.told_since(count) > 20, 10)
        workers.stop()
        assert set(workers.told) <= {trial.number for trial in check_numbers(client, name)}


def test_a_replica_that_joins_gets_its_part(tmp_path: pathlib.Path, postgres: Postgres, name: str) -> None:
    replicas = Replicas(tmp_path, postgres, count=1)
    workers: List[Workers] = []
    try:
        names = [f"{name}-{i}" for i in range(4)]
        with parzen.Client(replicas.addresses, timeout=30) as client:
            for study in names:
                client.create_study(study, SPACE, sampler="random").ask().tell(0.0)
            workers = [Workers(replicas.addresses, study, count=1) for study in names]
            wait_until(lambda: all(len(worker.told) > 5 for worker in workers), 60)
            joined = replicas.add()
            query = (
                "SELECT count(*) FROM parzen.studies s JOIN parzen.study_owners o ON o.study_id = s.id"
                " JOIN parzen.replicas r ON r.id = o.owner"
                f" WHERE s.name LIKE '{name}-%' AND r.address = '{joined.address}'"
            )
            wait_until(lambda: postgres.ask(query) != ["0"], 120)
            counts = [len(worker.told) for worker in workers]
            wait_until(lambda: all(worker.told_since(count) > 5 for worker, count in zip(workers, counts)), 60)
            for worker, study in zip(workers, names):
                worker.stop()
                assert set(worker.told) <= {trial.number for trial in check_numbers(client, study)}
    finally:
        for worker in workers:
            worker.end()
        for server in replicas.servers:
            server.kill()


def test_a_watch_outlives_its_owner(replicas: Replicas, name: str) -> None:
    with parzen.Client(replicas.addresses, timeout=30) as client:
        study = client.create_study(name, SPACE, sampler="random")
        study.ask().tell(0.0)
        owner = replicas.owner_of(name)
        seen: List[int] = []

        def watch() -> None:
            with parzen.Client(replicas.others(owner), timeout=30) as watching:
                for trial in watching.study(name).watch():
                    if trial.state == "complete":
                        seen.append(trial.number)
                    if len(seen) == 6:
                        return

        thread = threading.Thread(target=watch)
        thread.start()
        for i in range(6):
            if i == 3:
                owner.kill()
            if i > 0:
                study.ask().tell(float(i))
            wait_until(lambda: len(seen) > i, 10)
        thread.join(10)
        assert seen == list(range(6))


def test_leases_of_a_dead_owner_run_out(replicas: Replicas, name: str) -> None:
    with parzen.Client(replicas.addresses, timeout=30) as client:
        client.create_study(name, SPACE, sampler="random").ask(lease=2).release()  # which nobody renews
        replicas.owner_of(name).kill()
        # Nobody asks for the study: another replica sees to it all the same.
        query = f"SELECT t.attempt FROM parzen.trials t JOIN parzen.studies s ON t.id >> 32 = s.id WHERE s.name = '{name}'"
        wait_until(lambda: replicas._postgres.ask(query) == ["1"], 20)


def test_http_is_forwarded(replicas: Replicas, name: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "http").mkdir()
    http, port = f"127.0.0.1:{free_port()}", free_port()
    server = Server(tmp_path / "http", "--advertise", f"127.0.0.1:{port}", "--http-listen", http, port=port, db=replicas._postgres.url)
    replicas.servers.append(server)
    with parzen.Client(replicas.servers[0].address, timeout=30) as client:
        client.create_study(name, SPACE, sampler="random").ask().tell(0.5)
    assert replicas.owner_of(name) is replicas.servers[0]
    for method, body, answer in [
        ("GetStudy", {"study": name}, {"name": name}),
        ("Ask", {"study": name, "worker": "curl", "count": 1}, {}),
        ("ListTrials", {"study": name}, {}),
    ]:
        request = urllib.request.Request(f"http://{http}/parzen.v1.Optimizer/{method}", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            said = json.load(response)
        assert answer.items() <= said.items()
    assert len(said["trials"]) == 2
    assert replicas.owner_of(name) is replicas.servers[0]


def test_only_replicas_are_peers(replicas: Replicas) -> None:
    grpc = pytest.importorskip("grpc")
    with grpc.insecure_channel(replicas.servers[0].address) as channel:
        forward = channel.unary_unary("/parzen.v1.Peer/Forward")
        for metadata in [[], [("parzen-peer-secret", "0" * 64)]]:
            with pytest.raises(grpc.RpcError) as refused:
                forward(b"", metadata=metadata, timeout=10)
            assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_what_cannot_be_advertised(tmp_path: pathlib.Path) -> None:
    for arguments, message in [(["--advertise", "nonsense"], "HOST:PORT"), (["--advertise", "127.0.0.1:7070"], "postgresql://")]:
        ended = subprocess.run([PARZEND, "--db", str(tmp_path / "s.db"), "--listen", "127.0.0.1:0", *arguments],
                               stderr=subprocess.PIPE, text=True, timeout=60)
        assert ended.returncode == 1 and message in ended.stderr
