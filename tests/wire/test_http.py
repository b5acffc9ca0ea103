"""Every call over HTTP, by the Connect protocol, is the call that gRPC carries."""

import contextlib
import gzip
import http.client
import json
import math
import pathlib
import re
import struct
import subprocess
import threading

import pytest

from bad_inputs import Fixture, cases
from google.protobuf import json_format
from http_wire import END_OF_STREAM, HttpWire, http_port
from messages import float_parameter
from parzend import Parzend
from wire import METHODS, SERVICE, Wire, pb, request_id, snapshot

ROOT = pathlib.Path(__file__).resolve().parents[2]
LISTEN = ("--http-listen", "127.0.0.1:0")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    server = Parzend(tmp_path_factory.mktemp("http"), "--log-level", "info", *LISTEN).start()
    with Wire(server.address) as wire, HttpWire(http_port(server)) as as_json, HttpWire(http_port(server), "proto") as as_proto:
        yield server, wire, as_json, as_proto, Fixture(wire)
    server.kill()


def can_be_json(request) -> bool:
    """Bytes are no message, and the mapping has no words for some (a time in the year 40,000,000)."""
    try:
        return not isinstance(request, bytes) and bool(json_format.MessageToJson(request))
    except json_format.SerializeToJsonError:
        return False


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_bad_input_gets_the_answer_that_it_gets_over_grpc(world, method):
    server, wire, as_json, as_proto, fixture = world
    before = snapshot(wire)
    seen = 0
    for case in (case for case in cases() if case.method == method):
        request = case.make(fixture)
        expected = wire.call(method, request)
        assert (expected.code, expected.reason) == (case.code, case.reason)
        for caller in (as_json, as_proto):
            if caller is as_json and not can_be_json(request):
                continue
            answer = caller.call(method, request)
            assert (answer.code, answer.reason) == (expected.code, expected.reason), (case.what, answer)
            # The size of what was not read is not known; what JSON cannot hold is refused in protobuf's words.
            own_words = answer.reason == "LIMIT_MESSAGE" or (caller is as_json and answer.message.startswith("the request as JSON: "))
            assert own_words or answer.message == expected.message, case.what
            seen += 1
    assert seen > 0 and server.alive()
    assert snapshot(wire) == before


def test_a_study_s_life_over_json(world):
    _, wire, as_json, _, _ = world
    space = pb.SearchSpace(parameters=[float_parameter("lr", 1e-5, 1e-1, log=True)])
    study = pb.Study(name="life", space=space, sampler=pb.SamplerConfig(tpe=pb.TpeSampler(), seed=1))
    made = as_json.must("CreateStudy", pb.CreateStudyRequest(study=study))
    assert made == wire.must("GetStudy", pb.GetStudyRequest(study="life"))
    ask = pb.AskRequest(study="life", worker="w", request_id=request_id(), count=2)
    asked = as_json.must("Ask", ask)
    assert len(asked.trials) == 2 and asked == wire.must("Ask", ask), "a repeat over the other transport gets the same answer"
    first, second = (trial.handle for trial in asked.trials)
    as_json.must("Report", pb.ReportRequest(reports=[pb.IntermediateReport(trial=first, step=1, value=math.nan)]))
    as_json.must("Heartbeat", pb.HeartbeatRequest(trials=[first, second]))
    as_json.must("Tell", pb.TellRequest(outcomes=[pb.Outcome(trial=first, values=[math.inf])]))
    as_json.must("Tell", pb.TellRequest(outcomes=[pb.Outcome(trial=second, values=[0.1 + 0.2])]))
    listed = as_json.must("ListTrials", pb.ListTrialsRequest(study="life", view=pb.FULL))
    assert listed == wire.must("ListTrials", pb.ListTrialsRequest(study="life", view=pb.FULL))
    assert [list(trial.values) for trial in listed.trials] == [[math.inf], [0.1 + 0.2]]
    best = pb.BestTrialsRequest(study="life")
    assert as_json.must("BestTrials", best) == wire.must("BestTrials", best)
    recommended = as_json.must("RecommendTrials", pb.RecommendTrialsRequest(study="life"))
    assert recommended == wire.must("RecommendTrials", pb.RecommendTrialsRequest(study="life"))
    assert [trial.handle for trial in recommended.trials] == [second] and recommended.basis == recommended.TOLD_VALUES
    importances = as_json.must("GetImportances", pb.GetImportancesRequest(study="life", objective=0))
    assert importances == wire.must("GetImportances", pb.GetImportancesRequest(study="life", objective=0))
    assert [(one.parameter, one.share) for one in importances.shares] == [("lr", 0)] and (importances.complete, importances.used) == (1, 1)
    as_json.must("DeleteStudy", pb.DeleteStudyRequest(study="life"))
    assert wire.call("GetStudy", pb.GetStudyRequest(study="life")).reason == "NO_SUCH_STUDY"


def test_doubles_that_are_not_finite_are_words(world):
    _, _, as_json, _, _ = world
    as_json.must("CreateStudy", b'{"study": {"name": "words", "space": {"parameters": [{"name": "x", "distribution": {"float": {"low": 0, "high": 1}}}]}}}')
    asked = json.loads(as_json.post("Ask", b'{"study": "words"}').read())
    told = {"outcomes": [{"trial": asked["trials"][0]["handle"], "values": ["-Infinity"]}]}
    answer = json.loads(as_json.post("Tell", json.dumps(told).encode()).read())
    assert answer["trials"][0]["values"] == ["-Infinity"]


def test_a_zero_keeps_its_sign_and_a_text_its_zeros(world):
    _, wire, as_json, _, _ = world
    as_json.must("CreateStudy", b'{"study": {"name": "signs", "maxTrials": 9}}')
    for written in (b"-0", b"-0.0", b"-0e-0", b'"-0"'):
        asked = json.loads(as_json.post("Ask", b'{"study": "signs", "count": 1, "worker": "a -0, \\" -0"}').read())
        handle = json.dumps(asked["trials"][0]["handle"]).encode()
        as_json.must("Tell", b'{"outcomes": [{"trial": %s, "values":[%s], "metrics": [{"name": "-0", "value":%s}]}]}' % (handle, written, written))
    trials = wire.must("ListTrials", pb.ListTrialsRequest(study="signs")).trials
    assert [math.copysign(1, trial.values[0]) for trial in trials] == [-1] * 4
    assert [(one.name, math.copysign(1, one.value)) for trial in trials for one in trial.metrics] == [("-0", -1)] * 4
    assert {trial.worker for trial in trials} == {'a -0, " -0'}
    again = as_json.post("ListTrials", b"{'study': 'signs', 'changedAfter': -0}").read()
    assert [math.copysign(1, trial["values"][0]) for trial in json.loads(again, parse_int=float)["trials"]] == [-1] * 4


@pytest.mark.parametrize("body, field", [
    (b"", "request"), (b"null", "request"), (b"[]", "request"), (b"{", "request"), (b'{"study": "s"} {}', "request"),
    (b'{"study": 5}', "study"), (b'{"studdy": "s"}', "studdy"), (b'{"count": "many"}', "count"), (b"\xff\xfe{}", "request"),
    (b'{"study": "\xff"}', "request"), (b"[" * 10_000, "request"),
])
def test_what_is_no_message_is_refused_and_named(world, body, field):
    _, _, as_json, _, _ = world
    response = as_json.post("Ask", body)
    error = json.loads(response.read())
    assert (response.status, error["code"]) == (400, "invalid_argument")
    assert error["details"][0]["debug"]["metadata"] == {"field": field}, error["message"]


def test_content_types(world):
    _, _, as_json, _, _ = world
    for given, status in [("application/json; charset=utf-8", 200), ("APPLICATION/JSON", 200), ("text/plain", 415), ("application/x-www-form-urlencoded", 415),
                          ("multipart/form-data", 415), ("application/json; charset=latin-1", 415), ("application/grpc", 415), ("application/connect+json", 415)]:
        response = as_json.post("GetServerInfo", b"{}", Content_Type=given)
        response.read()
        assert response.status == status, given
        assert status == 200 or response.headers["Accept-Post"] == "application/json, application/proto"
    response = as_json.post("WatchStudy", b"{}", Content_Type="application/json")
    assert response.read() and response.status == 415


def test_gzip_both_ways(world):
    _, wire, as_json, _, _ = world
    body = json_format.MessageToJson(pb.ListTrialsRequest(study="s", view=pb.FULL)).encode()
    response = as_json.post("ListTrials", gzip.compress(body), Content_Encoding="gzip", Accept_Encoding="br, gzip;q=0.8")
    assert (response.status, response.headers["Content-Encoding"]) == (200, "gzip")
    listed = as_json.decode("ListTrials", gzip.decompress(response.read()))
    assert listed == wire.must("ListTrials", pb.ListTrialsRequest(study="s", view=pb.FULL))
    for bad in (body, gzip.compress(body)[:-4], gzip.compress(body) + b"x"):
        response = as_json.post("ListTrials", bad, Content_Encoding="gzip")
        assert (response.status, json.loads(response.read())["code"]) == (400, "invalid_argument")
    response = as_json.post("ListTrials", gzip.compress(b" " * (64 << 20)), Content_Encoding="gzip")
    assert (response.status, json.loads(response.read())["details"][0]["debug"]["reason"]) == (429, "LIMIT_MESSAGE")
    response = as_json.post("ListTrials", body, Content_Encoding="br")
    assert (response.status, json.loads(response.read())["code"]) == (501, "unimplemented")
    plain = as_json.post("ListTrials", body, Accept_Encoding="gzip;q=0")
    assert plain.headers["Content-Encoding"] is None and plain.read().startswith(b"{")


def test_the_protocol_s_headers(world):
    _, _, as_json, _, _ = world
    for headers, code in [({"Connect_Protocol_Version": "1"}, "OK"), ({"Connect_Protocol_Version": "2"}, "INVALID_ARGUMENT"), ({"Connect_Timeout_Ms": "10000"}, "OK"),
                          ({"Connect_Timeout_Ms": "0"}, "DEADLINE_EXCEEDED"), ({"Connect_Timeout_Ms": "-1"}, "INVALID_ARGUMENT"),
                          ({"Connect_Timeout_Ms": "12345678901"}, "INVALID_ARGUMENT"), ({"Connect_Timeout_Ms": "soon"}, "INVALID_ARGUMENT")]:
        assert as_json.call("GetServerInfo", b"{}", **headers).code == code, headers


def test_a_watch_goes_on_with_what_changes_and_ends_with_its_study(world):
    server, wire, _, _, _ = world
    space = pb.SearchSpace(parameters=[float_parameter()])
    wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="watched", space=space)))
    for form in ("json", "proto"):
        with HttpWire(http_port(server), form) as watching:
            request = watching.encode(pb.WatchStudyRequest(study="watched"))
            stream = watching.stream("WatchStudy", request, Connect_Accept_Encoding="gzip")
            flags, message = next(stream)
            assert flags in (0, 1)
            before = watching.decode("WatchStudy", gzip.decompress(message) if flags else message).revision
            wire.must("Ask", pb.AskRequest(study="watched", worker="w"))
            flags, message = next(stream)
            changed = watching.decode("WatchStudy", gzip.decompress(message) if flags else message)
            assert changed.revision == before + 1 and len(changed.trials) == 1
            stream.close()
    with HttpWire(http_port(server)) as watching:
        stream = watching.stream("WatchStudy", b'{"study": "watched"}')
        next(stream)
        wire.must("DeleteStudy", pb.DeleteStudyRequest(study="watched"))
        flags, message = [(flags, message) for flags, message in stream][-1]
        assert flags == END_OF_STREAM and json.loads(message)["error"]["details"][0]["debug"]["reason"] == "STUDY_DELETED"


def test_a_watch_ends_when_its_time_is_over(world):
    server, *_ = world
    with HttpWire(http_port(server)) as watching:
        ends = [message for flags, message in watching.stream("WatchStudy", b'{"study": "s"}', Connect_Timeout_Ms="300") if flags & END_OF_STREAM]
    assert json.loads(ends[0])["error"]["code"] == "deadline_exceeded"


@pytest.mark.parametrize("body", [b"", b"\0\0\0", b"\0\0\0\0\5{}", b"\0\0\0\0\2{}{}", b"\2\0\0\0\2{}", b"\x80\0\0\0\2{}", b"\1\0\0\0\2{}", b"\0\xff\xff\xff\xff{}"])
def test_what_is_no_envelope_is_refused(world, body):
    _, _, as_json, _, _ = world
    response = as_json.post("WatchStudy", body)
    flags, size = struct.unpack(">BI", response.read(5))
    error = json.loads(response.read(size))["error"]
    assert (response.status, flags, error["code"]) == (200, END_OF_STREAM, "invalid_argument")
    assert response.read() == b""


def test_a_hundred_watches_hold_no_threads_and_go_with_their_clients(world):
    server, wire, _, _, _ = world
    def threads():
        return len(list(pathlib.Path(f"/proc/{server.process.pid}/task").iterdir()))

    before = threads()
    with contextlib.ExitStack() as stack:
        watching = [stack.enter_context(HttpWire(http_port(server))) for _ in range(100)]
        streams = [each.stream("WatchStudy", b'{"study": "s"}') for each in watching]
        for stream in streams:
            next(stream)
        assert threads() < before + 20  # gRPC's own come and go, a few at a time
        for stream in streams:
            stream.close()
        answer = stack.enter_context(HttpWire(http_port(server))).call("GetServerInfo", b"{}")
        assert answer.ok


def test_a_call_that_is_not_answered_in_time(make_server):
    """The rest of the lines of docs/http.md is run below; this one needs a study that computes for long."""
    server = make_server(*LISTEN)
    with HttpWire(http_port(server)) as wire:
        space = pb.SearchSpace(parameters=[float_parameter(f"x{i}", 0, 1) for i in range(30)])
        wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="slow", space=space, sampler=pb.SamplerConfig(gp_ei=pb.GpEiSampler(), seed=1))))
        imported = pb.AddTrialsRequest(study="slow")
        for i in range(200):
            trial = imported.trials.add(values=[float(i)])
            for parameter in space.parameters:
                trial.params.add(name=parameter.name).value.double_value = (i * 7919 % 200) / 200
        wire.must("AddTrials", imported)
        ask = pb.AskRequest(study="slow", worker="w", request_id=request_id())
        assert wire.call("Ask", ask, Connect_Timeout_Ms="1").code == "DEADLINE_EXCEEDED"
        assert len(wire.must("Ask", ask).trials) == 1, "what was begun is done, and the repeat gets it"


def shell_lines():
    """The commands of docs/http.md, those that need certificates left out."""
    text = (ROOT / "docs" / "http.md").read_text()
    blocks = re.findall(r"(?:^    .*\n)+", text, re.M)
    return [re.sub(r"^    ", "", block, flags=re.M) for block in blocks if re.search(r"^    (curl|handle=|printf)", block) and "--cacert" not in block]


def test_the_lines_of_the_documentation(make_server):
    if not all(subprocess.run(["which", tool], capture_output=True).returncode == 0 for tool in ("curl", "jq")):
        pytest.skip("needs curl and jq")
    server = make_server(*LISTEN)
    answers = []
    for block in shell_lines():
        script = "set -e\n" + block.replace("localhost:7080", f"127.0.0.1:{http_port(server)}")
        run = subprocess.run(["bash", "-c", script], capture_output=True, timeout=60)
        assert run.returncode == (28 if "--max-time" in block else 0), (block, run)  # 28: the watch was ended by its time
        answers.append(run.stdout)
    assert len(answers) == 5
    created, told, looked, failed, watched = answers
    assert json.loads(created)["name"] == "digits" and b'"values":[0.31]' in told and looked.count(b'"digits"') >= 2
    error = json.loads(failed)
    shown = json.loads(re.search(r"^    (\{\"code\".*?\}\]\})$", (ROOT / "docs" / "http.md").read_text(), re.M | re.S)[1])
    assert error == shown
    assert watched[:1] == b"\0" and b'"digits"' in watched
