"""Hostile calls over every RPC: each is answered by a code that says something, in time, and the server stays whole."""

import collections
import random

import grpc
import pytest

from bad_inputs import Fixture
from hostile import request
from parzend import Parzend
from wire import METHODS, SERVICE, Wire, pb, snapshot

# Never INTERNAL, UNKNOWN, DATA_LOSS, DEADLINE_EXCEEDED (a hang), CANCELLED or UNAVAILABLE.
SAYS_SOMETHING = {"OK", "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION", "ABORTED", "RESOURCE_EXHAUSTED", "UNIMPLEMENTED"}
CALLS = 400  # a method


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    server = Parzend(tmp_path_factory.mktemp("hostile"), "--log-level", "error").start()
    with Wire(server.address, timeout=20) as wire:
        yield server, wire, Fixture(wire)
    server.kill()


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"DeleteStudy"}))
def test_hostile_calls(world, method):
    server, wire, fixture = world
    known = {
        "study": ["s", "dynamic", "multi", "tiny", "paused"],
        "trial": [fixture.running, fixture.done, fixture.waiting, fixture.dynamic_trial, fixture.multi_trial],
        "study_uid": [fixture.study.uid, fixture.dynamic.uid],
        "name": ["lr", "depth", "kernel", "gamma", "x"],
        "number": list(range(6)),
        "page_size": [1, 10],
    }
    rng = random.Random(f"hostile {method}")
    codes = collections.Counter()
    for i in range(CALLS):
        # "study" is a message in some requests, a name in others.
        fields = {f.name for f in METHODS[method].input_type.fields if f.message_type is not None}
        data = request(rng, method, {k: v for k, v in known.items() if not (k == "study" and k in fields)})
        answer = wire.call(method, data)
        codes[answer.code] += 1
        assert answer.code in SAYS_SOMETHING, f"call {i}: {answer} for {data!r}\n{server.log()[-2000:]}"
        assert answer.ok or answer.message, f"call {i}: {answer.code} without a message for {data!r}"
    assert server.alive(), server.log()
    assert codes.total() == CALLS


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_call_without_a_message(world, method):
    _, wire, _ = world
    with pytest.raises(grpc.RpcError) as refused:
        wire.channel.stream_unary(f"/{SERVICE.full_name}/{method}")(iter(()), timeout=60)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert refused.value.details() == "request: is missing; accepted: one message a call"


def test_what_hostile_calls_left_can_be_read_also_after_a_restart(world):
    server, wire, _ = world
    before = snapshot(wire)
    server.kill()
    server.start()
    wire.must("GetServerInfo", pb.GetServerInfoRequest(), wait_for_ready=True)
    assert snapshot(wire) == before
