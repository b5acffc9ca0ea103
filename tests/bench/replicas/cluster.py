"""Servers to be measured: replicas over a PostgreSQL of the bench's own, or one over SQLite; and what they have used so far."""

from __future__ import annotations

import collections
import os
import pathlib
import re
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "clients" / "python" / "src"), str(ROOT / "tests" / "python")]

from conftest import Server  # noqa: E402
from postgres import Postgres, free_port  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
# How long the log's syncs take is part of what is measured.
SETTINGS = "track_wal_io_timing = on\nmax_connections = 200\n"


def cpu(pid: int, with_ended_children: bool = False) -> float:
    """Processor seconds of a process so far; 0 where it has ended."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15 if with_ended_children else 13])) / TICK


def machine_cpu() -> float:
    """Processor seconds of everything on this machine so far, what a hypervisor took included."""
    user, nice, system, _, _, irq, softirq, steal = map(int, pathlib.Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICK


def resident_bytes(pid: int) -> int:
    """Memory that a process has now."""
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def family_cpu(pid: int) -> float:
    """Of a process and its children, ended ones included."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return cpu(pid, with_ended_children=True) + sum(cpu(int(child)) for child in children)


def database_url(postgres: Postgres, name: str) -> str:
    return postgres.url.replace("/postgres?", f"/{name}?")


class Cluster:
    """So many replicas over a new database; 0: one server over SQLite, which is durable too."""

    def __init__(self, folder: pathlib.Path, postgres: Postgres, replicas: int) -> None:
        folder.mkdir(parents=True)
        self.postgres = postgres if replicas else None
        self.servers: list[Server] = []
        self._metrics: list[str] = []
        if replicas:
            self.name = f"bench_{time.time_ns()}"
            postgres.ask(f"CREATE DATABASE {self.name}")
        try:
            for i in range(max(replicas, 1)):
                self._add(folder / str(i))
            self.wait_for_all()
        except BaseException:
            self.end()
            raise

    def _add(self, place: pathlib.Path) -> None:
        place.mkdir()
        self._metrics.append(f"127.0.0.1:{free_port()}")
        arguments = ["--log-level", "warn", "--metrics-listen", self._metrics[-1]]
        if self.postgres is None:
            self.servers.append(Server(place, *arguments))
            return
        port = free_port()
        arguments += ["--advertise", f"127.0.0.1:{port}"]
        self.servers.append(Server(place, *arguments, port=port, db=database_url(self.postgres, self.name)))

    @property
    def addresses(self) -> list[str]:
        return [server.address for server in self.servers]

    def wait_for_all(self) -> None:
        """Until every replica knows of every other."""
        deadline = time.monotonic() + 60
        while self.postgres is not None and any(figures["parzen_replicas"] < len(self.servers) for figures in map(self._figures, self._metrics)):
            if time.monotonic() > deadline:
                raise RuntimeError("the replicas do not see one another")
            time.sleep(0.1)

    def owner_of(self, study: str) -> Server:
        """As the database says."""
        return self.server_at(self.ask("SELECT r.address FROM parzen.studies s JOIN parzen.study_owners o ON o.study_id = s.id"
                                       f" JOIN parzen.replicas r ON r.id = o.owner WHERE s.name = '{study}'")[0])

    def studies_of(self, server: Server) -> list[str]:
        return self.ask("SELECT s.name FROM parzen.studies s JOIN parzen.study_owners o ON o.study_id = s.id"
                        f" JOIN parzen.replicas r ON r.id = o.owner WHERE r.address = '{server.address}' ORDER BY s.name")

    def server_at(self, address: str) -> Server:
        return next(server for server in self.servers if server.address == address)

    def ask(self, sql: str) -> list[str]:
        assert self.postgres is not None
        return self.postgres.ask(sql, database_url(self.postgres, self.name))

    @staticmethod
    def _figures(address: str) -> dict[str, float]:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}

    def used(self) -> collections.Counter[str]:
        """Sums over all servers so far: calls, commits and transactions, seconds of them, forwarded calls, processor seconds of the
        servers and of the database, syncs of its log and their seconds."""
        sums: collections.Counter[str] = collections.Counter()
        for address, server in zip(self._metrics, self.servers):
            for name, value in self._figures(address).items():
                if re.match(r'parzen_rpc_calls_total{code="OK",method="(Ask|Tell)"}', name):
                    sums["calls"] += value
                for metric, key in [("parzen_commit_transactions_count", "commits"), ("parzen_commit_transactions_sum", "transactions"),
                                    ("parzen_commit_duration_seconds_sum", "commit_seconds")]:
                    sums[key] += value if name == metric else 0
                sums["forwards"] += value if name.startswith("parzen_forwarded_calls") else 0
            sums["server_cpu"] += cpu(server.pid)
        if self.postgres is not None:
            sums["database_cpu"] = family_cpu(self.postgres.pid)
            syncs, milliseconds = self.postgres.ask("SELECT wal_sync, wal_sync_time FROM pg_stat_wal")[0].split("|")
            sums["syncs"], sums["sync_seconds"] = int(syncs), float(milliseconds) / 1000
        return sums

    def bytes_kept(self) -> int:
        return int(self.ask("SELECT pg_database_size(current_database())")[0])

    def trials(self) -> int:
        return int(self.ask("SELECT count(*) FROM parzen.trials")[0])

    def end(self) -> None:
        for server in self.servers:
            server.kill()
        if self.postgres is not None:
            self.postgres.ask(f"DROP DATABASE {self.name} WITH (FORCE)")


__all__ = ["SETTINGS", "Cluster", "Postgres", "Server"]
