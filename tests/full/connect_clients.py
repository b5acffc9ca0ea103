"""Connect's own clients, connect-node over HTTP/1.1 and connect-web over fetch, with code generated from our proto: every RPC, in JSON and in
protobuf, gets the answer that it gets over gRPC. Needs npm, and the network for its packages."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "wire"))

from bad_inputs import Fixture, cases  # noqa: E402
from google.protobuf import json_format  # noqa: E402
from http_wire import http_port  # noqa: E402
from parzend import Parzend  # noqa: E402
from wire import METHODS, Wire, message_class, pb, request_id  # noqa: E402

WORK = ROOT / "build" / "full" / "connect"


def install() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    for file in (ROOT / "tests" / "full" / "connect").iterdir():
        shutil.copy(file, WORK)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=WORK, check=True)
    shutil.rmtree(WORK / "gen", ignore_errors=True)
    (WORK / "gen").mkdir()
    subprocess.run([os.environ.get("PROTOC", "protoc"), f"--proto_path={ROOT / 'proto'}", "--plugin=protoc-gen-es=node_modules/.bin/protoc-gen-es",
                    "--es_out=gen", "--es_opt=target=js,import_extension=js", "parzen/v1/parzen.proto", "parzen/v1/error.proto"], cwd=WORK, check=True)


def call(library: str, form: str, url: str, calls: list) -> list:
    """The answers to (method, request), each (code, reason, response)."""
    given = [{"method": method, "request": base64.b64encode(request.SerializeToString()).decode()} for method, request in calls]
    run = subprocess.run(["node", "calls.mjs", library, form, url], cwd=WORK, input=json.dumps(given).encode(), stdout=subprocess.PIPE, check=True, timeout=300)
    answers = []
    for (method, _), answer in zip(calls, json.loads(run.stdout), strict=True):
        response = message_class(METHODS[method].output_type)()
        if "response" in answer:
            response.ParseFromString(base64.b64decode(answer["response"]))
            answers.append(("OK", "", response))
        else:
            code = "".join("_" + c if c.isupper() and i > 0 else c for i, c in enumerate(answer["code"])).upper()
            answers.append(({"CANCELED": "CANCELLED"}.get(code, code), answer["reason"], response))
    return answers


def as_json_too(request) -> bool:
    try:
        return bool(json_format.MessageToJson(request))
    except json_format.SerializeToJsonError:
        return False


def check(library: str, form: str, url: str, wire: Wire, fixture: Fixture) -> int:
    name = f"{library}-{form}"
    wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name=name, space=fixture.study.space, sampler=pb.SamplerConfig(random=pb.RandomSampler(), seed=1))))
    trial = wire.must("Ask", pb.AskRequest(study=name, worker="w")).trials[0].handle
    # One call of each RPC that succeeds. A repeated request_id is answered the same, also over another transport.
    outcome = pb.Outcome(trial=trial, values=[0.1 + 0.2])
    good = [
        ("GetStudy", pb.GetStudyRequest(study=name)),
        ("Ask", pb.AskRequest(study=name, worker="w", count=3, request_id=request_id())),
        ("Report", pb.ReportRequest(reports=[pb.IntermediateReport(trial=trial, step=1, value=float("inf"))], request_id=request_id())),
        ("Heartbeat", pb.HeartbeatRequest(trials=[trial])),
        ("StopTrial", pb.StopTrialRequest(trial=trial, request_id=request_id())),
        ("Tell", pb.TellRequest(outcomes=[outcome], request_id=request_id())),
        ("UpdateTrial", pb.UpdateTrialRequest(trial=trial, user_attrs=[pb.Attribute(key="k", json='{"a": 1.0}')], request_id=request_id())),
        ("Enqueue", pb.EnqueueRequest(study=name, request_id=request_id())),
        ("AddTrials", pb.AddTrialsRequest(study=name, trials=[pb.Trial(values=[float("-inf")], params=wire.must("GetTrial", pb.GetTrialRequest(study=name)).params)], request_id=request_id())),
        ("Suggest", pb.SuggestRequest(trial=fixture.dynamic_trial, name="y", distribution=fixture.study.space.parameters[0].distribution)),
        ("GetTrial", pb.GetTrialRequest(study=name, view=pb.FULL)),
        ("ListTrials", pb.ListTrialsRequest(study=name, view=pb.FULL)),
        ("BestTrials", pb.BestTrialsRequest(study=name)),
        ("RecommendTrials", pb.RecommendTrialsRequest(study=name)),
        ("GetImportances", pb.GetImportancesRequest(study=name, objective=0)),
        ("ExplainTrial", pb.ExplainTrialRequest(study=name)),
        ("ListStudies", pb.ListStudiesRequest(name_prefix=name)),
        ("WatchStudy", pb.WatchStudyRequest(study=name)),
        ("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name=name + "-new", space=fixture.study.space), request_id=request_id())),
        ("UpdateStudy", pb.UpdateStudyRequest(study=pb.Study(name=name + "-new", state=pb.Study.PAUSED), update_mask={"paths": ["state"]}, request_id=request_id())),
        ("DeleteStudy", pb.DeleteStudyRequest(study=name + "-new", request_id=request_id())),
        ("GetServerInfo", pb.GetServerInfoRequest()),
    ]
    assert {method for method, _ in good} == set(METHODS)
    for (method, request), (code, reason, response) in zip(good, call(library, form, url, good), strict=True):
        assert code == "OK", (name, method, code, reason)
        if method not in {"Heartbeat", "Suggest", "WatchStudy", "GetServerInfo", "GetStudy", "UpdateStudy"}:  # those have changed since
            expected = wire.must(method, request)
            assert response.SerializeToString(deterministic=True) == expected.SerializeToString(deterministic=True), (name, method, response, expected)
    bad = [(case.method, case.make(fixture)) for case in cases()]
    bad = [(method, request) for method, request in bad if not isinstance(request, bytes) and request.ByteSize() < 1 << 20]
    bad = [(method, request) for method, request in bad if form == "proto" or as_json_too(request)]
    # JavaScript's decoder drops a byte order mark, so that the client does not send what it was given.
    bad = [(method, request) for method, request in bad if b"\xef\xbb\xbf" not in request.SerializeToString()]
    for (method, request), (code, reason, _) in zip(bad, call(library, form, url, bad), strict=True):
        expected = wire.call(method, request)
        assert (code, reason) == (expected.code, expected.reason), (name, method, request, code, reason, expected)
    return len(good) + len(bad)


def main() -> None:
    install()
    directory = WORK / "server"
    shutil.rmtree(directory, ignore_errors=True)
    server = Parzend(directory, "--http-listen", "127.0.0.1:0").start()
    try:
        with Wire(server.address) as wire:
            fixture = Fixture(wire)
            for library in ("node", "web"):
                for form in ("json", "proto"):
                    calls = check(library, form, f"http://127.0.0.1:{http_port(server)}", wire, fixture)
                    print(f"connect-{library}, {form}: {calls} calls answered as over gRPC")
        assert server.alive() and server.stop() == 0
    finally:
        server.kill()


if __name__ == "__main__":
    main()
