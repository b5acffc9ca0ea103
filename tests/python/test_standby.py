"""A PostgreSQL with a synchronous standby under replicas that know both: the primary is lost, the standby promoted, and nothing that was
acknowledged is missing."""

from __future__ import annotations

import pathlib
import time
from typing import Iterator, List

import pytest

import parzen
from postgres import Postgres, programs
from standby import Standby
from test_replicas import SPACE, Replicas, Workers, check_numbers, wait_until

pytestmark = pytest.mark.skipif(not programs().exists(), reason="Debian's package postgresql-15 is not installed")


class Pair:
    """A primary and its standby as replicas are told of them: by one URL."""

    def __init__(self, commit: str) -> None:
        self.primary = Postgres()
        try:
            self.standby = Standby(self.primary, commit)
        except BaseException:
            self.primary.remove()
            raise

    @property
    def url(self) -> str:
        hosts = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        return self.primary.url.replace(f"127.0.0.1:{self.primary.port}", hosts) + "&target_session_attrs=read-write"

    def ask(self, sql: str) -> List[str]:
        return self.standby.ask(sql)

    def remove(self) -> None:
        self.standby.remove()
        self.primary.remove()


@pytest.fixture(params=["on", "remote_apply"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    pair = Pair(request.param)
    yield pair
    pair.remove()


def test_a_lost_primary_takes_nothing_with_it(tmp_path: pathlib.Path, pair: Pair, name: str) -> None:
    replicas = Replicas(tmp_path, pair)  # type: ignore[arg-type]
    try:
        with parzen.Client(replicas.addresses, timeout=60) as client:
            client.create_study(name, SPACE, sampler="random").ask().tell(0.0)
            workers = Workers(replicas.addresses, name)
            wait_until(lambda: len(workers.told) > 50, 60)
            pair.primary.kill()
            time.sleep(1)  # as long as it takes to notice, for whoever promotes standbys
            pair.standby.promote()
            count = len(workers.told)
            wait_until(lambda: workers.told_since(count) > 50, 60)
            workers.stop()
            trials = {trial.number: trial for trial in check_numbers(client, name)}
            assert len(set(workers.told)) == len(workers.told)
            for number in workers.told:
                assert trials[number].state == "complete" and trials[number].value == trials[number].params["x"]
            # As the database has them, not only the replica's memory.
            kept = "SELECT count(*) FROM parzen.trials t JOIN parzen.studies s ON t.id >> 32 = s.id WHERE s.name = '{}' AND t.state = 3"
            assert int(pair.ask(kept.format(name))[0]) >= 1 + len(workers.told)
    finally:
        for server in replicas.servers:
            server.kill()
