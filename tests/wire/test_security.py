"""Who is let in: tokens, roles, study prefixes, TLS and mutual TLS, against the real server."""

import os
import pathlib
import time

import grpc
import pytest

from certificates import Authority
from messages import float_parameter
from parzend import StartFailed
from wire import METHODS, Wire, pb, request_id, snapshot

READER, WORKER, ADMIN = "reader-token-0123456789", "worker-token-0123456789", "admin-token-0123456789a"
TOKENS = f"""# who may call
{READER} rita reader
{WORKER} willi worker team/
{ADMIN} ada admin
"""


def write_tokens(path: pathlib.Path, text: str = TOKENS) -> str:
    new = path.with_suffix(".new")
    new.write_text(text)
    new.chmod(0o600)
    os.replace(new, path)
    return str(path)


@pytest.fixture
def guarded(make_server, tmp_path):
    """A server with tokens, two studies and a running trial in each."""
    server = make_server("--tokens", write_tokens(tmp_path / "tokens"), "--log-level", "info")
    handles = {}
    with Wire(server.address, token=ADMIN) as admin:
        for name in ("team/a", "other"):
            study = pb.Study(name=name, space=pb.SearchSpace(parameters=[float_parameter()]))
            admin.must("CreateStudy", pb.CreateStudyRequest(study=study))
            handles[name] = admin.must("Ask", pb.AskRequest(study=name)).trials[0].handle
        yield server, admin, handles


def tell(handle):
    return pb.TellRequest(request_id=request_id(), outcomes=[pb.Outcome(trial=handle, values=[1.0])])


def with_token(server, token):
    return Wire(server.address, token=token)


def test_the_server_says_what_a_token_may_do(guarded):
    server, _, _ = guarded
    for token, role, prefix in [(READER, "reader", ""), (WORKER, "worker", "team/"), (ADMIN, "admin", "")]:
        with with_token(server, token) as wire:
            info = wire.must("GetServerInfo", pb.GetServerInfoRequest())
            assert (info.role, info.study_prefix) == (role, prefix)


def test_no_call_of_any_method_comes_in_without_a_good_token(guarded):
    server, admin, _ = guarded
    before = snapshot(admin)
    for metadata, reason in [
        ([], "TOKEN_MISSING"),
        ([("authorization", ADMIN)], "TOKEN_MALFORMED"),
        ([("authorization", "Bearer " + ADMIN[:-1])], "TOKEN_UNKNOWN"),
        ([("authorization", "Bearer " + "x" * 600)], "TOKEN_MALFORMED"),
        ([("authorization", "")], "TOKEN_MISSING"),
    ]:
        for method in METHODS:
            answer = admin.call(method, b"", metadata=metadata)
            assert (answer.code, answer.reason) == ("UNAUTHENTICATED", reason), (method, metadata, answer)
    assert snapshot(admin) == before


def test_a_token_never_reaches_log_or_answer(guarded):
    server, admin, _ = guarded
    unknown = "stolen-token-99999999999"
    for token in (unknown, READER, WORKER, ADMIN):
        with with_token(server, token) as wire:
            for method in ("GetServerInfo", "DeleteStudy"):
                assert token not in wire.call(method, b"").message
    server.stop()
    log = server.log()
    assert "TOKEN_UNKNOWN" in log or "UNAUTHENTICATED" in log
    for token in (unknown, READER, WORKER, ADMIN):
        assert token not in log


def test_each_role_may_call_what_its_table_says(guarded):
    server, admin, handles = guarded
    before = snapshot(admin)
    with with_token(server, READER) as reader:
        assert reader.call("GetStudy", pb.GetStudyRequest(study="other")).ok
        assert reader.call("Tell", tell(handles["other"])).reason == "ROLE_TOO_LOW"
        assert reader.call("Ask", pb.AskRequest(study="other")).code == "PERMISSION_DENIED"
        assert reader.call("WatchStudy", pb.WatchStudyRequest(study="other")).ok
    with with_token(server, WORKER) as worker:
        for method in ("UpdateStudy", "DeleteStudy", "AddTrials"):
            answer = worker.call(method, b"")
            assert (answer.code, answer.reason) == ("PERMISSION_DENIED", "ROLE_TOO_LOW"), (method, answer)
    assert snapshot(admin) == before
    with with_token(server, WORKER) as worker:
        assert worker.call("Tell", tell(handles["team/a"])).ok


def test_a_worker_is_answered_a_study_that_is_there_and_makes_none(guarded):
    server, admin, _ = guarded

    def create(name, space=("x",), **fields):
        study = pb.Study(name=name, space=pb.SearchSpace(parameters=[float_parameter(n) for n in space]))
        return pb.CreateStudyRequest(request_id=request_id(), study=study, **fields)

    before = snapshot(admin)
    with with_token(server, WORKER) as worker, with_token(server, READER) as reader:
        found = worker.must("CreateStudy", create("team/a", exist_ok=True))
        assert found == admin.must("GetStudy", pb.GetStudyRequest(study="team/a"))
        for wire, request, expected in [
            (worker, create("team/a"), ("PERMISSION_DENIED", "ROLE_TOO_LOW")),
            (worker, create("team/new"), ("PERMISSION_DENIED", "ROLE_TOO_LOW")),
            (worker, create("team/new", exist_ok=True), ("PERMISSION_DENIED", "ROLE_TOO_LOW")),
            (worker, create("team/a", space=("x", "y"), exist_ok=True), ("ALREADY_EXISTS", "STUDY_EXISTS")),
            (worker, create("other", exist_ok=True), ("PERMISSION_DENIED", "OUTSIDE_PREFIX")),
            (worker, create("absent", exist_ok=True), ("PERMISSION_DENIED", "OUTSIDE_PREFIX")),
            (reader, create("team/a", exist_ok=True), ("PERMISSION_DENIED", "ROLE_TOO_LOW")),
        ]:
            answer = wire.call("CreateStudy", request)
            assert (answer.code, answer.reason) == expected, (request, answer)
        assert snapshot(admin) == before
        admin.must("DeleteStudy", pb.DeleteStudyRequest(study="team/a"))
        assert worker.call("CreateStudy", create("team/a", exist_ok=True)).reason == "ROLE_TOO_LOW"


def test_a_worker_outside_its_prefix_is_refused_by_name_and_by_handle(guarded):
    server, admin, handles = guarded
    outside = handles["other"]
    distribution = float_parameter().distribution
    before = snapshot(admin)
    with with_token(server, WORKER) as worker:
        for method, request in [
            ("GetStudy", pb.GetStudyRequest(study="other")),
            ("GetStudy", pb.GetStudyRequest(study="absent")),
            ("Ask", pb.AskRequest(study="other")),
            ("Enqueue", pb.EnqueueRequest(study="other")),
            ("GetTrial", pb.GetTrialRequest(study="other")),
            ("ListTrials", pb.ListTrialsRequest(study="other")),
            ("BestTrials", pb.BestTrialsRequest(study="other")),
            ("RecommendTrials", pb.RecommendTrialsRequest(study="other")),
            ("GetImportances", pb.GetImportancesRequest(study="other")),
            ("ExplainTrial", pb.ExplainTrialRequest(study="other")),
            ("WatchStudy", pb.WatchStudyRequest(study="other")),
            ("Tell", tell(outside)),
            ("Tell", pb.TellRequest(outcomes=[pb.Outcome(trial=handles["team/a"], values=[1]), pb.Outcome(trial=outside, values=[1])])),
            ("Report", pb.ReportRequest(reports=[pb.IntermediateReport(trial=outside, step=1, value=1)])),
            ("Heartbeat", pb.HeartbeatRequest(trials=[handles["team/a"], outside])),
            ("StopTrial", pb.StopTrialRequest(trial=outside)),
            ("Suggest", pb.SuggestRequest(trial=outside, name="x", distribution=distribution)),
            ("UpdateTrial", pb.UpdateTrialRequest(trial=outside, user_attrs=[pb.Attribute(key="a", json="1")])),
        ]:
            answer = worker.call(method, request)
            assert (answer.code, answer.reason) == ("PERMISSION_DENIED", "OUTSIDE_PREFIX"), (method, answer)
        assert worker.call("Tell", tell(pb.TrialHandle(study_uid=1))).reason == "NO_SUCH_STUDY"
    assert snapshot(admin) == before


def test_a_listing_shows_the_prefix_only(guarded):
    server, _, _ = guarded

    def names(wire, prefix=""):
        return [study.name for study in wire.must("ListStudies", pb.ListStudiesRequest(name_prefix=prefix)).studies]

    with with_token(server, WORKER) as worker, with_token(server, READER) as reader:
        assert names(reader) == ["other", "team/a"]
        assert names(worker) == names(worker, "te") == names(worker, "team/a") == ["team/a"]
        assert names(worker, "other") == names(worker, "x") == []


def test_a_changed_token_file_is_taken_up_and_a_broken_one_is_not(guarded, tmp_path):
    server, admin, _ = guarded

    def becomes(token, code):
        with with_token(server, token) as wire:
            for _ in range(200):
                answer = wire.call("GetServerInfo", pb.GetServerInfoRequest())
                if answer.code == code:
                    return True
                time.sleep(0.05)
        return False

    fresh = "fresh-token-0123456789"
    assert becomes(READER, "OK")
    write_tokens(tmp_path / "tokens", f"{fresh} nora reader\n")
    assert becomes(fresh, "OK")
    assert becomes(READER, "UNAUTHENTICATED")
    write_tokens(tmp_path / "tokens", "nonsense\n")
    for _ in range(200):
        if "tokens left as they are" in server.log():
            break
        time.sleep(0.05)
    assert "tokens left as they are" in server.log()
    assert becomes(fresh, "OK")


@pytest.mark.parametrize("left, code", [("", "UNAUTHENTICATED"), (f"{WORKER} willi worker team/", "PERMISSION_DENIED")])
def test_a_watch_ends_when_its_token_is_taken_away(guarded, tmp_path, left, code):
    server, _, _ = guarded
    with with_token(server, WORKER) as wire, with_token(server, READER) as other:
        write_tokens(tmp_path / "tokens", f"{WORKER} willi worker\n{READER} rita reader\n{ADMIN} ada admin\n")
        while wire.call("GetStudy", pb.GetStudyRequest(study="other")).code != "OK":
            time.sleep(0.05)
        request = pb.WatchStudyRequest(study="other").SerializeToString()
        taken, kept = (each.channel.unary_stream("/parzen.v1.Optimizer/WatchStudy", response_deserializer=pb.WatchStudyResponse.FromString)(
            request, metadata=each.metadata, timeout=60) for each in (wire, other))
        for watch in (taken, kept):
            assert len(next(watch).trials) == 1
        write_tokens(tmp_path / "tokens", f"{left}\n{READER} rita reader\n{ADMIN} ada admin\n")
        with pytest.raises(grpc.RpcError) as refused:
            next(taken)
        assert refused.value.code().name == code
        assert kept.is_active()
        kept.cancel()


def test_the_principal_is_logged_with_what_it_was_refused(guarded):
    server, _, handles = guarded
    with with_token(server, READER) as reader:
        reader.call("Tell", tell(handles["other"]))
    server.stop()
    line = [line for line in server.log().splitlines() if "PERMISSION_DENIED" in line]
    assert line and "Tell" in line[0] and "rita" in line[0]


# ---------------------------------------------------------------------------------------------------------------- TLS


def credentials(authority, pair=None):
    return grpc.ssl_channel_credentials(
        root_certificates=authority.certificate.read_bytes(),
        private_key=pair.key.read_bytes() if pair else None,
        certificate_chain=pair.certificate.read_bytes() if pair else None,
    )


def info(address, credentials=None, token=None):
    with Wire(address, credentials=credentials, token=token, timeout=20) as wire:
        return wire.call("GetServerInfo", pb.GetServerInfoRequest()).code


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "certificates")


def tls_arguments(authority, pair):
    return "--tls-cert", str(pair.certificate), "--tls-key", str(pair.key)


def test_tls_with_tokens(make_server, tmp_path, authority):
    arguments = tls_arguments(authority, authority.issue("server"))
    server = make_server(*arguments, "--tokens", write_tokens(tmp_path / "tokens"))
    stranger = Authority(tmp_path / "stranger")
    assert info(server.address, credentials(authority), READER) == "OK"
    assert info(server.address, credentials(authority)) == "UNAUTHENTICATED"
    assert info(server.address, credentials(stranger), READER) == "UNAVAILABLE"
    assert info(server.address, None, READER) == "UNAVAILABLE"  # in the clear


def test_mutual_tls(make_server, tmp_path, authority):
    server = make_server(*tls_arguments(authority, authority.issue("server")), "--tls-client-ca", str(authority.certificate))
    stranger = Authority(tmp_path / "stranger")
    assert info(server.address, credentials(authority, authority.issue("node-7"))) == "OK"
    assert info(server.address, credentials(authority)) == "UNAVAILABLE"
    assert info(server.address, credentials(authority, authority.issue("late", expired=True))) == "UNAVAILABLE"
    assert info(server.address, credentials(authority, stranger.issue("node-8"))) == "UNAVAILABLE"
    assert info(server.address, None) == "UNAVAILABLE"
    assert server.alive()


def refusal(make_server, *arguments, **more):
    with pytest.raises(StartFailed) as failed:
        make_server(*arguments, **more)
    assert failed.value.code in (1, 2)
    return failed.value.log


def test_other_machines_are_served_only_with_tls_and_authentication_or_when_told_so(make_server, tmp_path, authority):
    pair = authority.issue("server")
    tokens = write_tokens(tmp_path / "tokens")
    for name, arguments in {
        "nothing": (),
        "tokens-alone": ("--tokens", tokens),
        "tls-alone": tls_arguments(authority, pair),
    }.items():
        assert "--insecure" in refusal(make_server, *arguments, name=name, listen="0.0.0.0")
    for name, arguments in {
        "both": (*tls_arguments(authority, pair), "--tokens", tokens),
        "mutual": (*tls_arguments(authority, pair), "--tls-client-ca", str(authority.certificate)),
        "told": ("--insecure",),
    }.items():
        make_server(*arguments, name=name, listen="0.0.0.0").stop()


def test_a_server_does_not_begin_with_broken_files(make_server, tmp_path, authority):
    pair, other = authority.issue("server"), authority.issue("other")
    assert "is not the key of" in refusal(make_server, "--tls-cert", str(pair.certificate), "--tls-key", str(other.key), name="mixed")
    assert "cannot be read" in refusal(make_server, "--tls-cert", str(tmp_path / "absent"), "--tls-key", str(pair.key), name="none")
    assert "it is a directory" in refusal(make_server, "--tls-cert", str(tmp_path), "--tls-key", str(pair.key), name="directory")
    assert "both a certificate file and a key file" in refusal(make_server, "--tls-key", str(pair.key), name="half")
    late = authority.issue("late", expired=True)
    assert "expired" in refusal(make_server, *tls_arguments(authority, late), name="late")
    write_tokens(tmp_path / "token-file", "short alice admin\n")
    assert "token-file:1: the token has 5 characters" in refusal(make_server, "--tokens", str(tmp_path / "token-file"), name="tokens")


# -------------------------------------------------------------------------------------------------------------- limits


def test_limits_are_kept_and_named(make_server):
    limits = "studies=2,parameters=2,choices=3,attributes=1,attribute_bytes=20,json_depth=2,page_size=5,watches_per_peer=1"
    server = make_server("--limit", limits)
    with Wire(server.address) as wire:

        def create(**fields):
            return wire.call("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="s", **fields))).reason

        many = pb.SearchSpace(parameters=[float_parameter(n) for n in "xyz"])
        assert create(space=many) == "LIMIT_PARAMETERS"
        choices = pb.CategoricalDistribution(choices=[pb.Value(int_value=i) for i in range(4)])
        space = pb.SearchSpace(parameters=[pb.Parameter(name="c", distribution=pb.Distribution(categorical=choices))])
        assert create(space=space) == "LIMIT_CHOICES"
        assert create(user_attrs=[pb.Attribute(key="a", json="[[[1]]]")]) == "LIMIT_JSON_DEPTH"
        assert create(user_attrs=[pb.Attribute(key="a", json='"' + "x" * 20 + '"')]) == "LIMIT_ATTRIBUTE_BYTES"
        assert create(user_attrs=[pb.Attribute(key=k, json="1") for k in "ab"]) == "LIMIT_ATTRIBUTES"
        assert wire.must("ListStudies", pb.ListStudiesRequest()).studies == []
        assert create(space=pb.SearchSpace(parameters=[float_parameter()])) == ""
        wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="second")))
        third = wire.call("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="third")))
        assert (third.code, third.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_STUDIES") and "at most 2" in third.message
        wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="second"), exist_ok=True))  # no new one
        assert wire.call("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="second"))).reason == "STUDY_EXISTS"
        wire.must("DeleteStudy", pb.DeleteStudyRequest(study="second"))
        wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="third")))
        assert wire.call("ListTrials", pb.ListTrialsRequest(study="s", page_size=6)).reason == "LIMIT_PAGE"
        watch = wire.channel.unary_stream("/parzen.v1.Optimizer/WatchStudy")(pb.WatchStudyRequest(study="s").SerializeToString(), timeout=30)
        next(watch)
        second = wire.call("WatchStudy", pb.WatchStudyRequest(study="s"))
        assert (second.code, second.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_WATCHES")
        watch.cancel()


def test_an_unknown_limit_is_refused_at_start(make_server):
    assert "requests_per_peer=4096" in refusal(make_server, "--limit", "nonsense=3")


def test_a_trial_holds_so_many_reports_and_no_more(make_server):
    with Wire(make_server().address) as wire:
        space = pb.SearchSpace(parameters=[float_parameter("x")])
        wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="s", space=space)))
        trial = wire.must("Ask", pb.AskRequest(study="s")).trials[0].handle

        def report(steps):
            reports = [pb.IntermediateReport(trial=trial, step=step, value=0.5) for step in steps]
            return wire.call("Report", pb.ReportRequest(reports=reports))

        for thousand in range(99):
            assert report(range(1000 * thousand, 1000 * thousand + 1000)).ok
        assert report(range(99_001, 100_001)).ok
        refused = report([5, 99_000, 100_001])
        assert (refused.code, refused.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_REPORTS")
        assert "at most 100000 are accepted" in refused.message
        assert report([5, 6]).ok  # said again
        assert wire.must("GetTrial", pb.GetTrialRequest(study="s", number=0)).intermediate_values[99_000].step == 99_001
