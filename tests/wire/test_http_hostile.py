"""Hostile clients of the HTTP port: each is bounded, and nobody else notices."""

import collections
import json
import random
import socket
import threading
import time

import pytest

from bad_inputs import Fixture
from google.protobuf import json_format
from hostile import fill, request
from http_wire import HttpWire, http_port
from messages import float_parameter
from parzend import Parzend
from test_hostile import SAYS_SOMETHING
from wire import METHODS, SERVICE, Wire, message_class, pb, snapshot

CALLS = 150  # a method and format
INFO = f"POST /{SERVICE.full_name}/GetServerInfo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    server = Parzend(tmp_path_factory.mktemp("http-hostile"), "--http-listen", "127.0.0.1:0").start()
    with Wire(server.address, timeout=20) as wire:
        yield server, wire, Fixture(wire)
    server.kill()


@pytest.fixture
def port(world):
    yield http_port(world[0])
    with HttpWire(http_port(world[0]), timeout=10) as wire:
        wire.must("GetServerInfo", b"{}")  # the next one finds the server as it was
    assert world[0].alive()


class Raw:
    """A connection, byte by byte."""

    def __init__(self, port, timeout=30.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)

    def send(self, data: bytes) -> "Raw":
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # closed by the server; its answer may be there all the same
        return self

    def answer(self) -> bytes:
        """What comes until the server closes."""
        pieces = []
        try:
            while piece := self.socket.recv(65536):
                pieces.append(piece)
        except ConnectionResetError:
            pass
        self.socket.close()
        return b"".join(pieces)


def status(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1."), answer[:100]
    return int(answer[9:12])


@pytest.mark.parametrize("form", ["json", "proto"])
@pytest.mark.parametrize("method", sorted(set(METHODS) - {"DeleteStudy", "WatchStudy"}))
def test_hostile_calls(world, method, form):
    server, _, fixture = world
    known = {"study": ["s", "dynamic", "multi"], "trial": [fixture.running, fixture.done, fixture.waiting], "name": ["lr", "depth"], "page_size": [1, 10]}
    fields = {f.name for f in METHODS[method].input_type.fields if f.message_type is not None}
    known = {key: values for key, values in known.items() if not (key == "study" and key in fields)}
    rng = random.Random(f"hostile http {method} {form}")
    codes = collections.Counter()
    with HttpWire(http_port(server), form, timeout=20) as wire:
        for i in range(CALLS):
            if form == "proto":
                data = request(rng, method, known)
            else:
                message = message_class(METHODS[method].input_type)()
                fill(rng, message, known)
                try:
                    data = bytearray(json_format.MessageToJson(message, indent=None).encode())
                except json_format.SerializeToJsonError:
                    continue
                if rng.random() < 0.3:
                    for _ in range(rng.randint(1, 4)):
                        data[rng.randrange(len(data))] = rng.randrange(256)
            answer = wire.call(method, bytes(data))
            codes[answer.code] += 1
            assert answer.code in SAYS_SOMETHING, f"call {i}: {answer} for {bytes(data)!r}\n{server.log()[-2000:]}"
            assert answer.ok or answer.message
    assert server.alive(), server.log()
    assert codes.total() > CALLS / 3


def test_what_hostile_calls_left_can_be_read(world):
    _, wire, _ = world
    assert snapshot(wire)


@pytest.mark.parametrize("data, expected", [
    (b"\0" * 100 + b"\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),  # a TLS hello
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 403),
    (b"GET " + b"/" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", 431),
    (INFO + b"Content-Length: -1\r\n\r\n", 400),
    (INFO + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    (INFO + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400),
    (INFO + b"Content-Length: 99999999999999999999999\r\n\r\n{}", 400),
    (INFO + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n", 400),
    (INFO + b"Content-Length: 1073741824\r\n\r\n", 429),
    (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    (b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    (b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    (b"GET /../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    (b"GET /assets/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    (b"GET /index.html%00.js HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
])
def test_what_is_no_request_is_answered_and_the_connection_ends(port, data, expected):
    assert status(Raw(port).send(data).answer()) == expected


def test_a_body_of_a_gigabyte_is_not_read(world, port):
    def resident():
        text = open(f"/proc/{world[0].process.pid}/status").read()
        return int(text.split("VmRSS:")[1].split()[0]) >> 10

    before = resident()
    known = Raw(port).send(INFO + b"Content-Length: %d\r\n\r\n" % (1 << 30)).send(b" " * (32 << 20)).answer()
    assert status(known) == 429 and b"LIMIT_MESSAGE" in known
    unknown = Raw(port).send(INFO + b"Transfer-Encoding: chunked\r\n\r\n" + b"2000000\r\n").send(b" " * (32 << 20)).answer()
    assert status(unknown) == 429 and b"LIMIT_MESSAGE" in unknown
    assert resident() < before + 64


def test_pipelined_requests_are_answered_in_their_order(port):
    paths = [b"GET /studies/%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % i for i in range(20)]
    calls = [INFO + b"Content-Length: 2\r\n\r\n{}"] * 20
    mixed = [each for pair in zip(paths, calls) for each in pair]
    answer = Raw(port).send(b"".join(mixed) + b"GET /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").answer()
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 40 and answer.count(b"HTTP/1.1 404") == 1
    kinds = [part.split(b"Content-Type: ")[1].split(b";")[0].split(b"\r\n")[0] for part in answer.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert kinds[1::2] == [b"application/json"] * 20 and b"application/json" not in kinds[0::2]


def test_a_connection_half_closed_still_gets_its_answer(port):
    raw = Raw(port).send(INFO + b"Content-Length: 2\r\n\r\n{}")
    raw.socket.shutdown(socket.SHUT_WR)
    assert status(raw.answer()) == 200


def test_expect_100_continue(port):
    raw = Raw(port).send(INFO + b"Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
    assert raw.socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert status(raw.send(b"{}").answer()) == 200
    refused = Raw(port).send(INFO + b"Content-Length: 1073741824\r\nExpect: 100-continue\r\n\r\n").answer()
    assert status(refused) == 429, "without being asked for its body"


def test_clients_that_stay_silent_or_dribble_are_let_go(world, port):
    began = time.monotonic()
    silent, head, body = Raw(port), Raw(port).send(b"GET / HT"), Raw(port).send(INFO + b"Content-Length: 10\r\n\r\n{")
    dribbling = Raw(port)
    answers = []

    def dribble():
        for byte in INFO * 3:
            dribbling.send(bytes([byte]))
            time.sleep(0.1)

    thread = threading.Thread(target=dribble, daemon=True)
    thread.start()
    for raw in (silent, head, body, dribbling):
        answers.append(raw.answer())
    assert answers == [b""] * 4
    assert 5 < time.monotonic() - began < 25


def test_a_flood_of_connections_leaves_room_for_the_rest(world, port):
    flood = [Raw(port).send(b"POST /x") for _ in range(500)]
    with HttpWire(port, timeout=10) as wire, Wire(world[0].address) as grpc_wire:
        assert wire.call("GetServerInfo", b"{}").ok and grpc_wire.call("GetServerInfo", b"").ok
    for raw in flood:
        raw.socket.close()


def test_a_reader_that_takes_nothing_is_cut_off_and_holds_nobody_up(world, port):
    _, wire, _ = world
    wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="large", space=pb.SearchSpace(parameters=[float_parameter()]))))
    for _ in range(4):
        imported = pb.AddTrialsRequest(study="large")
        for i in range(1000):
            trial = imported.trials.add(values=[float(i)])
            trial.params.add(name="x").value.double_value = i / 1000
            trial.user_attrs.add(key="note", json=json.dumps("n" * 1500))
        wire.must("AddTrials", imported)
    body = b'{"study": "large", "view": "FULL", "pageSize": 10000}'
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", port))
    with HttpWire(port) as other:
        whole = len(other.post("ListTrials", body).read())
    slow.sendall((INFO.replace(b"GetServerInfo", b"ListTrials") + b"Content-Length: %d\r\n\r\n" % len(body) + body) * 20)
    began = time.monotonic()
    with HttpWire(port) as other:
        while time.monotonic() - began < 12:
            asked = time.monotonic()
            other.must("GetServerInfo", b"{}")
            assert time.monotonic() - asked < 2
            time.sleep(0.5)
    taken = 0
    slow.settimeout(5)
    try:
        while piece := slow.recv(1 << 20):
            taken += len(piece)
    except ConnectionResetError:
        pass
    assert whole > 2 << 20 and 0 < taken < 10 * whole, "it was cut off in the middle: the kernel's buffers hold a few"
    with HttpWire(port, timeout=60) as other:
        assert len(other.must("ListTrials", body).trials) > 1000
