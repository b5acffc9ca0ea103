"""The Python client against a server with TLS, mutual TLS and tokens: who is let in, and what the others are told."""

import grpc
import pytest

import parzen
from certificates import Authority
from test_security import ADMIN, READER, WORKER, write_tokens
from wire import Wire, pb


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "authority")


@pytest.fixture
def served(make_server, authority):
    pair = authority.issue("server")
    return lambda *more: make_server("--tls-cert", str(pair.certificate), "--tls-key", str(pair.key), *more)


def whole_trial(client, name):
    study = client.create_study(name, {"x": parzen.Float(0, 1)}, sampler="random", exist_ok=True)
    trial = study.ask()
    trial.tell(0.5)
    return study.best_trial


def refused(error, address, **options):
    with parzen.Client(address, timeout=3, **options) as client, pytest.raises(error) as caught:
        client.create_study("never", {"x": parzen.Float(0, 1)})
    assert ADMIN not in str(caught.value) and READER not in str(caught.value)
    return caught.value


def test_tls(served, authority, tmp_path):
    server = served()
    for ca in (authority.certificate, str(authority.certificate), authority.certificate.read_bytes()):
        with parzen.Client(server.address, tls=parzen.Tls(ca=ca), timeout=60) as client:
            assert whole_trial(client, "s").value == 0.5
    # Another authority's server, another name's, and no TLS at all.
    stranger = Authority(tmp_path / "stranger", "stranger")
    for tls in (parzen.Tls(ca=stranger.certificate), parzen.Tls(ca=authority.certificate, server_name="elsewhere.example"), None, True):
        refused(parzen.Unavailable, server.address, tls=tls)
    with parzen.Client(server.address, tls=parzen.Tls(ca=authority.certificate), timeout=60) as client:
        assert [study.name for study in client.studies()] == ["s"]


def test_a_workers_script_begins_as_any_other(served, authority, tmp_path):
    server = served("--tokens", write_tokens(tmp_path / "tokens"))
    secured = dict(tls=parzen.Tls(ca=authority.certificate), timeout=60)
    with parzen.Client(server.address, token=WORKER, **secured) as worker, parzen.Client(server.address, token=ADMIN, **secured) as admin:
        with pytest.raises(parzen.PermissionDenied, match="making a study needs the role admin"):
            whole_trial(worker, "team/s")
        admin.create_study("team/s", {"x": parzen.Float(0, 1)}, sampler="random", seed=1)
        assert whole_trial(worker, "team/s").value == 0.5
        with pytest.raises(parzen.AlreadyExists, match="another definition"):
            worker.create_study("team/s", {"x": parzen.Float(0, 2)}, sampler="random", exist_ok=True)


def test_tls_from_the_environment(served, authority, monkeypatch):
    server = served()
    monkeypatch.setenv("PARZEN_TLS_CA", str(authority.certificate))
    with parzen.Client(server.address, timeout=60) as client:
        assert whole_trial(client, "s").number == 0
    refused(parzen.Unavailable, server.address, tls=False)
    monkeypatch.setenv("PARZEN_TLS_CA", "/nowhere/ca.pem")
    refused(parzen.InvalidArgument, server.address)


def test_mutual_tls(served, authority, tmp_path):
    server = served("--tls-client-ca", str(authority.certificate))
    mine = authority.issue("me")
    with parzen.Client(server.address, tls=parzen.Tls(authority.certificate, mine.certificate, mine.key), timeout=60) as client:
        assert whole_trial(client, "s").value == 0.5
    stranger, expired = Authority(tmp_path / "stranger", "stranger").issue("me"), authority.issue("old", expired=True)
    refused(parzen.Unavailable, server.address, tls=parzen.Tls(authority.certificate))
    for pair in (stranger, expired):
        refused(parzen.Unavailable, server.address, tls=parzen.Tls(authority.certificate, pair.certificate, pair.key))


def test_tokens(served, authority, tmp_path, monkeypatch):
    server = served("--tokens", write_tokens(tmp_path / "tokens"))
    tls = parzen.Tls(authority.certificate)
    with parzen.Client(server.address, tls=tls, token=ADMIN, timeout=60) as client:
        for name in ("team/a", "other"):
            whole_trial(client, name)
    for wrong in (None, "unknown-token-0123456789", ADMIN[:-1]):
        error = refused(parzen.Unauthenticated, server.address, tls=tls, token=wrong)
        assert error.reason == ("TOKEN_MISSING" if wrong is None else "TOKEN_UNKNOWN")
    assert refused(parzen.PermissionDenied, server.address, tls=tls, token=READER).reason == "ROLE_TOO_LOW"
    with parzen.Client(server.address, tls=tls, token=READER, timeout=60) as reader:
        study = reader.study("other")
        assert study.best_trial.value == 0.5
        with pytest.raises(parzen.PermissionDenied):
            study.ask()
    monkeypatch.setenv("PARZEN_TOKEN", WORKER)
    with parzen.Client(server.address, tls=tls, timeout=60) as worker:
        worker.study("team/a").ask().tell(0.25)
        assert [study.name for study in worker.studies()] == ["team/a"]
        with pytest.raises(parzen.PermissionDenied) as caught:
            worker.study("other")
        assert caught.value.reason == "OUTSIDE_PREFIX"
    # Nothing of the refused calls is there, and no token is in the log.
    credentials = grpc.ssl_channel_credentials(authority.certificate.read_bytes())
    with Wire(server.address, credentials, ADMIN) as wire:
        names = [study.name for study in wire.must("ListStudies", pb.ListStudiesRequest()).studies]
        assert names == ["other", "team/a"]
        assert wire.must("GetStudy", pb.GetStudyRequest(study="other")).counts.running == 0
    assert not any(token in server.log() for token in (ADMIN, READER, WORKER))
