"""Several addresses of the same studies: where one cannot be reached, the next one is called."""

from __future__ import annotations

import itertools
import os
import pathlib
import pickle
import socket
import subprocess
import threading
import time
from typing import Iterator, List

import pytest

import parzen
from conftest import Server

CLI = os.environ.get("PARZEN_CLI", "build/release/clients/cli/parzen")


def unused() -> str:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def silent() -> Iterator[str]:
    """An address where connections are taken, and nothing is ever said."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_every_order_of_addresses_finds_the_server(server: Server, make_study: object, name: str) -> None:
    make_study()  # type: ignore[operator]
    for addresses in itertools.permutations([server.address, unused(), unused()]):
        with parzen.Client(", ".join(addresses), timeout=10) as client:
            started = time.monotonic()
            assert client.study(name).name == name
            assert time.monotonic() - started < 5
            assert pickle.loads(pickle.dumps(client)).study(name).name == name


def test_work_goes_on_where_the_server_has_gone(tmp_path: pathlib.Path) -> None:
    first = Server(tmp_path)
    client = parzen.Client(f"{first.address},{unused()}", timeout=30)
    study = client.create_study("s", {"x": parzen.Float(0, 1)}, sampler="random")
    trials = [study.ask(lease=30) for _ in range(3)]
    trials[0].tell(0.0)
    second_address = client.address.split(",")[1]
    first.kill()
    second = Server(tmp_path, port=int(second_address.rpartition(":")[2]))
    try:
        trials[1].tell(1.0)
        trials[2].tell(2.0)
        second.kill()
        first.start()
        assert study.ask().number == 3
        assert [t.value for t in study.trials()] == [0.0, 1.0, 2.0, None]
    finally:
        client.close()
        second.kill()
        first.kill()


def test_a_watch_goes_on_at_the_next_address(tmp_path: pathlib.Path) -> None:
    first = Server(tmp_path)
    there = unused()
    second = None
    seen: List[int] = []
    with parzen.Client(f"{first.address},{there}", timeout=60) as client:
        study = client.create_study("s", {"x": parzen.Float(0, 1)}, sampler="random")
        study.ask()

        def watch() -> None:
            for trial in study.watch():
                seen.append(trial.number)
                if trial.number == 1:
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            while not seen:
                time.sleep(0.01)
            first.kill()
            second = Server(tmp_path, port=int(there.rpartition(":")[2]))
            study.ask()
            watcher.join(30)
            assert not watcher.is_alive() and sorted(set(seen)) == [0, 1]
        finally:
            first.kill()
            if second is not None:
                second.kill()


def test_a_silent_address_costs_one_attempt(server: Server, silent: str) -> None:
    with parzen.Client(f"{silent},{server.address}", timeout=30) as client:
        started = time.monotonic()
        assert client.server_info().storage_id
        assert time.monotonic() - started < 10
        started = time.monotonic()
        assert client.server_info().storage_id
        assert time.monotonic() - started < 3


def test_a_paused_server_costs_one_attempt(tmp_path: pathlib.Path, server: Server) -> None:
    paused = Server(tmp_path)
    with parzen.Client(f"{paused.address},{server.address}", timeout=30) as client:
        first = client.server_info().storage_id
        paused.freeze()
        try:
            started = time.monotonic()
            while client.server_info().storage_id == first:
                assert time.monotonic() - started < 10  # it takes a moment to stand still
            assert time.monotonic() - started < 10
        finally:
            paused.thaw()
            paused.kill()


def test_all_away_is_said_within_the_timeout() -> None:
    addresses = f"{unused()},{unused()}"
    with parzen.Client(addresses, timeout=1) as client:
        started = time.monotonic()
        with pytest.raises(parzen.Unavailable, match="does not answer"):
            client.studies()
        assert time.monotonic() - started < 5


def test_one_bad_address_of_several_is_refused() -> None:
    for addresses in ("h:1,", ",h:1", "h:1,,i:2", "h:1,i", "h:1;i:2", "h:1,http://i:2"):
        with pytest.raises(parzen.InvalidArgument, match="^address: .*commas between them"):
            parzen.Client(addresses)
    for addresses in ("h:1,i:2,[::1]:3", "unix:/run/a,b.sock", "unix:/run/a.sock,h:1"):
        assert parzen.Client(addresses).address == addresses


def test_the_command_line_takes_them_too(server: Server, make_study: object, name: str) -> None:
    make_study()  # type: ignore[operator]
    addresses = f"{unused()},{server.address}"
    command = [CLI, "study", "show", name]
    for given, environment in ((["--address", addresses], {}), ([], {"PARZEN_ADDRESS": addresses})):
        done = subprocess.run(command + given, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and name in done.stdout, done.stderr
    away = subprocess.run(
        command + ["--timeout", "1", "--address", f"{unused()},{unused()}"], capture_output=True, text=True, timeout=60
    )
    assert away.returncode != 0 and "127.0.0.1:" in away.stderr
