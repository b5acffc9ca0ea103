"""What one message may hold, and how much is in flight at a time: --message-mib, --max-calls, --max-watches, requests_per_peer."""

import time

import grpc
import pytest

from messages import float_parameter
from wire import Wire, pb


def method(wire, name):
    return wire.channel.unary_unary(f"/parzen.v1.Optimizer/{name}")


@pytest.mark.parametrize("mebibytes, code", [(1, "RESOURCE_EXHAUSTED"), (8, "INVALID_ARGUMENT")])
def test_the_size_of_a_message(make_server, mebibytes, code):
    server = make_server("--message-mib", str(mebibytes))
    with Wire(server.address) as wire:
        assert wire.call("GetStudy", pb.GetStudyRequest(study="n" * (2 << 20))).code == code
        wire.must("GetServerInfo", pb.GetServerInfoRequest())


@pytest.mark.parametrize("arguments, reason", [(("--max-calls", "2"), b"LIMIT_CALLS"), (("--limit", "requests_per_peer=2"), b"LIMIT_REQUESTS")])
def test_calls_in_flight(make_server, arguments, reason):
    """Bursts until calls overlap in the server, as they do at once where more than one is under way."""
    server = make_server(*arguments)
    with Wire(server.address) as wire:
        study = pb.Study(name="s", space=pb.SearchSpace(parameters=[float_parameter()]), sampler=pb.SamplerConfig(random=pb.RandomSampler()))
        wire.must("CreateStudy", pb.CreateStudyRequest(study=study))
        ask = pb.AskRequest(study="s", count=50).SerializeToString()
        handed_out, refused, end = 0, 0, time.monotonic() + 300
        while refused == 0 and time.monotonic() < end:
            for future in [method(wire, "Ask").future(ask, timeout=120) for _ in range(50)]:
                if future.exception() is None:
                    handed_out += len(pb.AskResponse.FromString(future.result()).trials)
                    continue
                refused += 1
                assert future.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
                assert reason in dict(future.trailing_metadata())["grpc-status-details-bin"]
        assert refused > 0
        # Refused calls left nothing, and there is room again as soon as the server knows that the last answers have left.
        answer = wire.call("GetStudy", pb.GetStudyRequest(study="s"))
        while answer.reason.startswith("LIMIT_") and time.monotonic() < end:
            answer = wire.call("GetStudy", pb.GetStudyRequest(study="s"))
        assert answer.ok and answer.response.counts.running == handed_out


def test_watches_of_all_clients(make_server):
    server = make_server("--max-watches", "1")
    with Wire(server.address) as wire:
        wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="s")))
        watch = wire.channel.unary_stream("/parzen.v1.Optimizer/WatchStudy")(pb.WatchStudyRequest(study="s").SerializeToString(), timeout=120)
        next(watch)
        refused = wire.call("WatchStudy", pb.WatchStudyRequest(study="s"))
        assert (refused.code, refused.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_WATCHES")
        wire.must("Ask", pb.AskRequest(study="s"))
        watch.cancel()
