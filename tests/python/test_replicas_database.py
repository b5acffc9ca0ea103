"""What replicas do when their database is away."""

from __future__ import annotations

import os
import pathlib
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from typing import Dict, Iterator, List, Tuple

import pytest

import parzen
from cli.conftest import PARZEN_CLI
from conftest import PARZEND, Server
from postgres import Postgres, free_port, programs
from test_replicas import SPACE, wait_until

pytestmark = pytest.mark.skipif(not programs().exists(), reason="Debian's package postgresql-15 is not installed")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    postgres = Postgres()
    yield postgres
    postgres.remove()


def get(port: int, path: str) -> Tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def figures(port: int) -> Dict[str, float]:
    lines = get(port, "/metrics")[1].splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line and not line.startswith("#")}


def probe(flag: str, address: str) -> int:
    return subprocess.run([PARZEND, flag, "--listen", address], stderr=subprocess.DEVNULL, timeout=60).returncode


@pytest.mark.parametrize("is_replica", [True, False])
def test_readiness_follows_the_database(postgres: Postgres, tmp_path: pathlib.Path, name: str, is_replica: bool) -> None:
    port, metrics = free_port(), free_port()
    advertise = ["--advertise", f"127.0.0.1:{port}"] if is_replica else []
    server = Server(tmp_path, "--metrics-listen", f"127.0.0.1:{metrics}", *advertise, port=port, db=postgres.url)
    try:
        with parzen.Client(server.address, timeout=60) as client:
            client.create_study(name, SPACE, sampler="random").ask().tell(0.5)
            wait_until(lambda: get(metrics, "/readyz") == (200, "ready\n"), 60)
            wait_until(lambda: probe("--health", server.address) == 0, 60)
            wait_until(lambda: figures(metrics)["parzen_database_round_trip_seconds_count"] > 0, 30)
            assert figures(metrics)["parzen_commit_duration_seconds_count"] > 0
            if is_replica:
                assert figures(metrics)["parzen_takeovers"] >= 0

            postgres.stop(signal.SIGQUIT)
            try:
                wait_until(lambda: get(metrics, "/readyz") == (503, "not ready: the database does not answer\n"), 60)
                wait_until(lambda: probe("--health", server.address) == 1, 60)
                # It lives all the same.
                assert get(metrics, "/healthz") == (200, "alive\n")
                assert probe("--alive", server.address) == 0
            finally:
                postgres.start()
            wait_until(lambda: get(metrics, "/readyz") == (200, "ready\n"), 60)
            wait_until(lambda: probe("--health", server.address) == 0, 60)
            client.study(name).ask().tell(0.25)
            assert client.study(name).best_trial.value == 0.25
    finally:
        server.kill()
    assert probe("--alive", server.address) == 1


def start_without_waiting(folder: pathlib.Path, db: str, *arguments: str, **environment: str) -> "subprocess.Popen[bytes]":
    """A parzend on a free port of which nobody waits until it serves; its log is FOLDER/log."""
    with open(folder / "log", "ab") as log:
        return subprocess.Popen([PARZEND, "--db", db, *arguments], stdout=log, stderr=log, env={**os.environ, **environment})


@pytest.mark.parametrize("is_replica", [True, False])
def test_a_database_that_is_away_at_the_start_is_waited_for(
    postgres: Postgres, tmp_path: pathlib.Path, name: str, is_replica: bool
) -> None:
    port, metrics = free_port(), free_port()
    postgres.stop(signal.SIGQUIT)
    # It takes connections and cuts them, as a server does that is starting or ending; then nobody is there at all.
    cutting = socket.create_server(("127.0.0.1", postgres.port))
    advertise = ["--advertise", f"127.0.0.1:{port}"] if is_replica else []
    server = start_without_waiting(tmp_path, postgres.url, "--listen", f"127.0.0.1:{port}", "--metrics-listen",
                                   f"127.0.0.1:{metrics}", *advertise)
    try:
        for _ in range(2):
            cutting.accept()[0].close()
        assert get(metrics, "/healthz") == (200, "alive\n")
        assert get(metrics, "/readyz")[0] == 503
        assert probe("--health", f"127.0.0.1:{port}") == 1
        cutting.close()
        log = tmp_path / "log"
        wait_until(lambda: log.read_text().count("waiting for it") >= 2 and "refused" in log.read_text(), 60)
        assert get(metrics, "/readyz")[0] == 503
        postgres.start()
        wait_until(lambda: get(metrics, "/readyz") == (200, "ready\n"), 60)
        assert probe("--health", f"127.0.0.1:{port}") == 0
        with parzen.Client(f"127.0.0.1:{port}", timeout=60) as client:
            client.create_study(name, SPACE, sampler="random").ask().tell(0.5)
    finally:
        server.kill()
        server.wait()


def test_a_database_that_does_not_come_is_not_waited_for_for_ever(tmp_path: pathlib.Path) -> None:
    url = f"postgresql://parzen@127.0.0.1:{free_port()}/parzen"
    server = start_without_waiting(tmp_path, url, "--listen", "127.0.0.1:0", "--db-wait-seconds", "1")
    assert server.wait(60) == 1
    log = (tmp_path / "log").read_text()
    last = log[log.rindex("parzend: cannot connect to PostgreSQL: ") :]
    assert "refused" in last and last.endswith("; tried for 1 s (--db-wait-seconds)\n")


def test_a_signal_ends_the_waiting_at_once(tmp_path: pathlib.Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for url in (f"postgresql://parzen@127.0.0.1:{free_port()}/parzen",
                    # An attempt that would never end by itself.
                    f"postgresql://parzen@127.0.0.1:{silent.getsockname()[1]}/parzen?connect_timeout=0&sslmode=disable"):
            server = start_without_waiting(tmp_path, url, "--listen", "127.0.0.1:0", "--db-wait-seconds", "3600")
            try:
                if "connect_timeout" in url:
                    connection = silent.accept()[0]
                else:
                    wait_until(lambda: "waiting for it" in (tmp_path / "log").read_text(), 60)
                server.send_signal(signal.SIGTERM)
                assert server.wait(60) == 0
            finally:
                server.kill()
                server.wait()
        connection.close()


def test_what_no_waiting_mends_is_said_at_once(postgres: Postgres, tmp_path: pathlib.Path) -> None:
    postgres.ask("CREATE ROLE guarded LOGIN PASSWORD 'secret'")
    rules = postgres.folder / "data" / "pg_hba.conf"
    rules.write_text("host all guarded 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
    postgres.ask("SELECT pg_reload_conf()")
    passwords = tmp_path / "pgpass"
    passwords.write_text("*:*:*:*:wrong\n")
    passwords.chmod(0o600)
    guarded = postgres.url.replace("parzen@", "guarded@")
    for url, why in ((postgres.url.replace("/postgres?", "/nothing?"), 'database "nothing" does not exist'),
                     (postgres.url.replace("parzen@", "stranger@"), 'role "stranger" does not exist'),
                     (guarded, 'password authentication failed for user "guarded"')):
        server = start_without_waiting(tmp_path, url, "--listen", "127.0.0.1:0", "--db-wait-seconds", "3600",
                                       PGPASSFILE=str(passwords))
        try:
            assert server.wait(60) == 1
        finally:
            server.kill()
            server.wait()
        log = (tmp_path / "log").read_text()
        assert why in log[log.rindex("parzend: ") :]
        assert "waiting for it" not in log and "wrong" not in log


@pytest.mark.parametrize("servers", [2, 1])
def test_a_study_that_has_gone_back_is_refused_until_that_is_accepted(
    postgres: Postgres, tmp_path: pathlib.Path, name: str, servers: int
) -> None:
    metrics = free_port()
    running: List[Server] = []
    try:
        for i in range(servers):
            (tmp_path / str(i)).mkdir()
            port = free_port()
            # One server is alone; several are replicas.
            arguments = ["--advertise", f"127.0.0.1:{port}"] if servers > 1 else []
            arguments += ["--metrics-listen", f"127.0.0.1:{metrics}"] if i == 0 else []
            running.append(Server(tmp_path / str(i), *arguments, port=port, db=postgres.url))
        with parzen.Client(",".join(server.address for server in running), timeout=90) as client:
            study = client.create_study(name, SPACE, sampler="random")
            other = client.create_study(name + "-other", SPACE, sampler="random")
            for i in range(3):
                study.ask().tell(float(i))
            other.ask().tell(1.0)
            postgres.keep()
            for i in range(3, 8):
                study.ask().tell(float(i))
            postgres.go_back()

            # Whichever server is asked, whatever it is asked for.
            for server in running:
                with parzen.Client(server.address, timeout=90) as one, pytest.raises(parzen.FailedPrecondition) as refused:
                    one.study(name).ask()
                assert refused.value.reason == "REVISION_WENT_BACK"
            with pytest.raises(parzen.FailedPrecondition, match="acknowledged"):
                client.study(name)
            wait_until(lambda: figures(metrics)["parzen_studies_gone_back"] == 1, 30)
            assert "study has gone back" in (tmp_path / "0" / "log").read_text()
            other.ask().tell(2.0)  # nothing of this one is lost

            accept = [str(PARZEN_CLI), "accept-loss", name, "--db", postgres.url]
            assert subprocess.run(accept, timeout=60).returncode == 0
            assert subprocess.run(accept, timeout=60, stderr=subprocess.DEVNULL).returncode == 5
            study = client.study(name)
            study.ask().tell(9.0)
            assert [trial.value for trial in study.trials()] == [0.0, 1.0, 2.0, 9.0]
            wait_until(lambda: figures(metrics)["parzen_studies_gone_back"] == 0, 30)
    finally:
        for server in running:
            server.kill()
