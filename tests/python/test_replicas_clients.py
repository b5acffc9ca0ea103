"""Clients go straight to the server that owns a study, once another one has said which that is."""

from __future__ import annotations

import hashlib
import pathlib
import re
import subprocess
import threading
import urllib.request
from typing import Any, Callable, Dict, Iterator, List, Tuple

import grpc
import pytest

import parzen
from cli.conftest import PARZEN_CLI, environment
from cli.workers import Workers
from conftest import Server
from parzen._proto import parzen_pb2 as pb
from parzen.owners import Owners, study_of
from postgres import Postgres, free_port, programs
from test_replicas import SPACE, check_numbers, wait_until


class Cli:
    """A command of the command line that goes on, and what it prints."""

    def __init__(self, address: str, folder: pathlib.Path, *arguments: str) -> None:
        self._output = folder / "cli.out"
        with open(self._output, "w") as output:
            self._process = subprocess.Popen([str(PARZEN_CLI), *arguments], stdout=output, env=environment(address, folder))

    def lines_with(self, word: str) -> int:
        return sum(word in line for line in self._output.read_text().splitlines())

    def is_running(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


needs_postgres = pytest.mark.skipif(not programs().exists(), reason="Debian's package postgresql-15 is not installed")
Start = Callable[..., Server]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    postgres = Postgres()
    yield postgres
    postgres.remove()


@pytest.fixture
def start(tmp_path: pathlib.Path, postgres: Postgres) -> Iterator[Start]:
    started: List[Server] = []

    def start(*arguments: str) -> Server:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        port = free_port()
        started.append(Server(folder, "--advertise", f"127.0.0.1:{port}", *arguments, port=port, db=postgres.url))
        return started[-1]

    yield start
    for server in started:
        server.kill()


def figure(metrics: int, name: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=30) as answer:
        found = re.search(rf"^{re.escape(name)} (\S+)$", answer.read().decode(), re.MULTILINE)
    assert found, name
    return float(found[1])


def forwarded(metrics: int) -> float:
    return figure(metrics, "parzen_forwarded_calls")


def failed(metrics: int, reason: str) -> float:
    return figure(metrics, f'parzen_failed_forwards{{reason="{reason}"}}')


def work(study: parzen.Study, trials: int) -> None:
    for _ in range(trials):
        trial = study.ask()
        trial.report(0.5, step=1)
        trial.tell(0.5)


@needs_postgres
def test_calls_go_straight_to_the_owner_and_back_where_it_is_gone(start: Start, name: str) -> None:
    metrics = free_port()
    owner, other = start(), start("--metrics-listen", f"127.0.0.1:{metrics}")
    with parzen.Client(owner.address, timeout=30) as first:
        first.create_study(name, SPACE, sampler="random").ask().tell(0.0)
    with parzen.Client(other.address, timeout=60) as client:  # which has not been told of the owner
        study = client.study(name)
        work(study, 5)
        before = forwarded(metrics)
        assert before > 0
        work(study, 20)
        assert forwarded(metrics) - before < 10
        owner.kill()
        work(study, 5)
        owner.start()
        work(study, 5)
        assert len(check_numbers(client, name)) == 36


@needs_postgres
def test_the_command_line_goes_straight_to_the_owner_and_back(start: Start, name: str, tmp_path: pathlib.Path) -> None:
    metrics = free_port()
    owner, other = start(), start("--metrics-listen", f"127.0.0.1:{metrics}")
    with parzen.Client(owner.address, timeout=30) as client:
        client.create_study(name, SPACE, sampler="random").ask().tell(0.0)
    workers = Workers(other.address, tmp_path)
    try:
        watch = Cli(other.address, tmp_path, "watch", name, "--all", "--follow")
        before = forwarded(metrics)
        assert workers.start(name, "-n", "30", command=["sh", "-c", "echo 0.5"]).wait(300) == 0
        # Each connection's first call of a study is forwarded, and perhaps one while the owner is being asked who it is.
        assert forwarded(metrics) - before < 20
        wait_until(lambda: watch.lines_with("complete") >= 31, 60)
        assert forwarded(metrics) - before < 20
        worker = workers.start(name, "-n", "30", command=["sh", "-c", "echo 0.25"])
        wait_until(lambda: watch.lines_with("complete") >= 36, 60)
        owner.kill()
        assert worker.wait(300) == 0, workers.log(worker)
        wait_until(lambda: watch.lines_with("complete") >= 61, 60)
        with parzen.Client(other.address, timeout=30) as client:
            assert [trial.state for trial in check_numbers(client, name)] == ["complete"] * 61
        assert watch.is_running()
    finally:
        workers.end()
        watch.end()


@needs_postgres
def test_a_watch_goes_straight_to_the_owner(start: Start, name: str) -> None:
    metrics = free_port()
    owner, other = start(), start("--metrics-listen", f"127.0.0.1:{metrics}")
    with parzen.Client(owner.address, timeout=30) as first, parzen.Client(other.address, timeout=30) as client:
        for knows in (True, False):
            told = first.create_study(f"{name}-{knows}", SPACE, sampler="random")
            told.ask().tell(0.0)
            study = client.study(f"{name}-{knows}")
            if not knows:  # then the stream says it
                client._session._connection._owners = Owners([other.address], elsewhere=True)
            seen: List[int] = []

            def follow(study: parzen.Study = study, seen: List[int] = seen) -> None:
                for trial in study.watch(timeout=60):
                    if trial.state == "complete":
                        seen.append(trial.number)
                    if len(seen) == 12:
                        return

            thread = threading.Thread(target=follow)
            thread.start()
            before = 0.0
            for i in range(12):
                wait_until(lambda count=i + 1, seen=seen: len(seen) == count, 30)
                if i == 1:
                    before = forwarded(metrics)
                if i < 11:
                    told.ask().tell(0.5)
            thread.join(30)
            assert seen == list(range(12))
            assert forwarded(metrics) - before < 3  # each of the ten changes would have been a call


@needs_postgres
def test_a_watch_says_first_who_the_owner_is(start: Start, name: str) -> None:
    owner, other = start(), start()
    with parzen.Client(owner.address, timeout=30) as client:
        client.create_study(name, SPACE, sampler="random").ask().tell(0.0)
    for server, said in ((owner, None), (other, owner.address)):
        with grpc.insecure_channel(server.address) as channel:
            watch = channel.unary_stream("/parzen.v1.Optimizer/WatchStudy", pb.WatchStudyRequest.SerializeToString,
                                         pb.WatchStudyResponse.FromString)
            call = watch(pb.WatchStudyRequest(study=name), timeout=30)
            assert next(call).study.name == name
            assert dict(call.initial_metadata()).get("parzen-owner") == said
            call.cancel()


def raw(server: Server, method: str, request: Any, answer: Any, **how: Any) -> Tuple[Any, Dict[str, str]]:
    """A call without a client that knows where to go: the answer, and what came behind it."""
    with grpc.insecure_channel(server.address) as channel:
        call = channel.unary_unary(f"/parzen.v1.Optimizer/{method}", type(request).SerializeToString, answer.FromString)
        message, ended = call.with_call(request, **{"timeout": 30, **how})
    return message, dict(ended.trailing_metadata())


@needs_postgres
def test_a_recommendation_comes_from_the_owner_whoever_is_asked(start: Start, name: str) -> None:
    owner, other = start(), start()
    with parzen.Client(owner.address, timeout=30) as client:
        study = client.create_study(name, SPACE, sampler="random", seed=1)
        for i in range(12):
            study.ask().tell(abs(i - 5.0))
    request = pb.RecommendTrialsRequest(study=name)
    told, behind = raw(owner, "RecommendTrials", request, pb.RecommendTrialsResponse)
    assert len(told.trials) == 1 and "parzen-owner" not in behind
    forwarded_answer, behind = raw(other, "RecommendTrials", request, pb.RecommendTrialsResponse)
    assert forwarded_answer == told
    assert behind["parzen-owner"] == owner.address


@needs_postgres
def test_a_forwarded_call_has_its_clients_trace_and_time(start: Start, name: str, tmp_path: pathlib.Path) -> None:
    owner, other = start("--log-level", "debug"), start()
    with parzen.Client(owner.address, timeout=30) as client:
        client.create_study(name, SPACE, sampler="random").ask().tell(0.0)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    raw(other, "GetStudy", pb.GetStudyRequest(study=name), pb.Study, metadata=[("traceparent", f"00-{trace}-00f067aa0ba902b7-01")])
    line = re.compile(f"forwarded method=GetStudy code=OK .*trace_id={trace}")
    wait_until(lambda: line.search((tmp_path / "0" / "log").read_text()) is not None, 30)
    owner.freeze()
    try:
        with pytest.raises(grpc.RpcError) as late:
            raw(other, "GetStudy", pb.GetStudyRequest(study=name), pb.Study, timeout=1)
        assert late.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        # The server that forwarded it has given up, too, and does not go on for nobody.
        wait_until(lambda: "method=GetStudy code=DEADLINE_EXCEEDED" in (tmp_path / "1" / "log").read_text(), 30)
    finally:
        owner.thaw()


@needs_postgres
def test_forwards_that_fail_are_counted_by_reason(start: Start, name: str) -> None:
    metrics = free_port()
    owner, other = start(), start("--metrics-listen", f"127.0.0.1:{metrics}")
    mortal = start()
    for server in (owner, mortal):
        with parzen.Client(server.address, timeout=30) as client:
            client.create_study(name + server.address, SPACE, sampler="random").ask().tell(0.0)
        raw(other, "GetStudy", pb.GetStudyRequest(study=name + server.address), pb.Study)
    for reason in ("unreachable", "broken_off", "refused", "late", "moved", "other"):
        assert failed(metrics, reason) == 0
    owner.freeze()
    try:
        with pytest.raises(grpc.RpcError):
            raw(other, "GetStudy", pb.GetStudyRequest(study=name + owner.address), pb.Study, timeout=1)
        wait_until(lambda: failed(metrics, "late") == 1, 30)
    finally:
        owner.thaw()
    mortal.kill()
    raw(other, "GetStudy", pb.GetStudyRequest(study=name + mortal.address), pb.Study)
    assert failed(metrics, "unreachable") > 0
    assert failed(metrics, "refused") == 0


@needs_postgres
def test_a_token_in_plain_text_goes_to_no_address_that_was_not_given(start: Start, name: str, tmp_path: pathlib.Path) -> None:
    tokens = tmp_path / "tokens"
    secret = "a-token-of-32-characters-00000001"
    tokens.write_text(f"sha256:{hashlib.sha256(secret.encode()).hexdigest()} ci admin\n")
    tokens.chmod(0o600)
    metrics = free_port()
    owner = start("--tokens", str(tokens))
    other = start("--tokens", str(tokens), "--metrics-listen", f"127.0.0.1:{metrics}")
    with parzen.Client(owner.address, timeout=30, token=secret) as first:
        first.create_study(name, SPACE, sampler="random").ask().tell(0.0)
    with parzen.Client(other.address, timeout=60, token=secret) as client:
        study = client.study(name)
        before = forwarded(metrics)
        work(study, 10)
        assert forwarded(metrics) - before >= 20
    with parzen.Client(f"{other.address},{owner.address}", timeout=60, token=secret) as client:
        study = client.study(name)
        work(study, 5)
        before = forwarded(metrics)
        work(study, 20)
        assert forwarded(metrics) - before < 10


def test_another_server_at_the_owners_address_is_not_called(tmp_path: pathlib.Path, name: str) -> None:
    servers = []
    try:
        for folder in ("one", "two"):
            (tmp_path / folder).mkdir()
            servers.append(Server(tmp_path / folder))
        for server in servers:
            with parzen.Client(server.address, timeout=30) as client:
                client.create_study(name, SPACE, sampler="random")
        with parzen.Client(servers[0].address, timeout=30) as client:
            study = client.study(name)
            work(study, 1)
            for told in (servers[1].address, f"127.0.0.1:{free_port()}"):
                for known in (name, study_of(pb.StopTrialRequest(trial=pb.TrialHandle(study_uid=study._uid)))):
                    client._session._connection._owners.learn(known, [("parzen-owner", told)])
                work(study, 2)
            assert len(study.trials()) == 5
        with parzen.Client(servers[1].address, timeout=30) as client:
            assert len(client.study(name).trials()) == 0
    finally:
        for server in servers:
            server.kill()


def test_what_is_learned() -> None:
    owners = Owners(["a:1", "b:2"], elsewhere=False)
    owners.learn("s", [("parzen-owner", "c:3")])
    assert owners.of("s") is None
    owners.learn("s", [("other", "a:1"), ("parzen-owner", "b:2")])
    assert owners.of("s") == "b:2"
    owners.learn("s", [])  # whoever answers for itself says nothing
    assert owners.of("s") == "b:2"
    owners.shun("b:2")
    owners.learn("s", [("parzen-owner", "b:2")])
    assert owners.of("s") is None
    for wrong in ("", "nonsense", "a:0", "unix:/tmp/s", "a:1,b:2"):
        elsewhere = Owners(["a:1"], elsewhere=True)
        elsewhere.learn("s", [("parzen-owner", wrong)])
        assert elsewhere.of("s") is None


def test_which_study_a_request_is_for() -> None:
    handles = [pb.TrialHandle(study_uid=uid) for uid in (7, 7, 8)]
    assert study_of(pb.GetStudyRequest(study="s")) == "s"
    assert study_of(pb.CreateStudyRequest(study=pb.Study(name="s"))) == "s"
    assert study_of(pb.HeartbeatRequest(trials=handles[:2])) == ("uid", 7)
    assert study_of(pb.HeartbeatRequest(trials=handles)) is None
    assert study_of(pb.TellRequest(outcomes=[pb.Outcome(trial=handles[2])])) == ("uid", 8)
    assert study_of(pb.AddTrialsRequest(study="s")) == "s"
    assert study_of(pb.ListStudiesRequest()) is None
