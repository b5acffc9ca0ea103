"""Who is let in over HTTP: the same tokens, roles and certificates as over gRPC; and which sites of the web are."""

import http.client
import json
import socket
import ssl
import subprocess
import warnings

import pytest

from certificates import Authority
from http_wire import HttpWire, http_port
from messages import float_parameter
from parzend import BINARY, StartFailed
from test_security import ADMIN, READER, WORKER, write_tokens
from wire import METHODS, SERVICE, Wire, pb

LISTEN = ("--http-listen", "127.0.0.1:0")
INFO = f"/{SERVICE.full_name}/GetServerInfo"


def ask(port, method="POST", path=INFO, body=b"{}", **headers):
    """Status, headers and body of one request, with the headers that are given and no others but the content type's."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    given = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest(method, path, skip_host="Host" in given)
    for name, value in given.items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, response.headers, text


def test_it_is_off_by_default_and_bound_to_the_rules_of_the_grpc_port(make_server):
    assert " http address=" not in make_server(name="quiet").log()
    for listen in ("0.0.0.0:0", "[::]:0", "*:0", "192.0.2.1:80"):
        with pytest.raises(StartFailed) as failed:
            make_server("--http-listen", listen, name="open")
        assert failed.value.code == 1 and "--http-listen " + listen + " can be reached from other machines" in failed.value.log
    for flags in (("--http-listen", "nowhere"), ("--http-listen", "unix:/tmp/x"), ("--http-origin", "*"), ("--http-host", "http://a")):
        with pytest.raises(StartFailed):
            make_server(*flags, name="nonsense")
    assert http_port(make_server("--http-listen", "0.0.0.0:0", "--insecure", name="insecure")) > 0
    assert "--http-listen" in subprocess.run([BINARY, "--help"], capture_output=True, text=True).stdout


def test_a_request_for_another_host_is_refused(make_server):
    port = http_port(make_server(*LISTEN, "--http-host", "parzen.example.org,other"))
    for host in ("localhost", f"localhost:{port}", f"127.0.0.1:{port}", "[::1]:1", "parzen.example.org", "PARZEN.example.org:443", "other"):
        assert ask(port, Host=host)[0] == 200, host
    for host in ("evil.example", f"evil.example:{port}", "localhost.evil.example", "10.0.0.1", "", "parzen.example.org.evil.example"):
        for method, path in (("POST", INFO), ("GET", "/"), ("GET", "/studies/x"), ("OPTIONS", INFO)):
            assert ask(port, method, path, Host=host)[0] == 403, host
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(f"POST {INFO} HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        assert raw.recv(1000).startswith(b"HTTP/1.1 403")


def test_pages_of_other_sites_are_refused_unless_they_are_named(make_server):
    port = http_port(make_server(*LISTEN, "--http-origin", "https://notebook.example.org"))
    own, friend = f"http://127.0.0.1:{port}", "https://notebook.example.org"
    status, headers, _ = ask(port, Origin=own)
    assert status == 200 and "Access-Control-Allow-Origin" not in headers
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{port + 1}", "http://notebook.example.org", friend + ".evil.example"):
        for method in ("POST", "OPTIONS"):
            status, headers, _ = ask(port, method, Origin=origin, Access_Control_Request_Method="POST")
            assert status == 403 and "Access-Control-Allow-Origin" not in headers, origin
    status, headers, _ = ask(port, Origin=friend)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, friend) and "Origin" in headers.get_all("Vary")
    status, headers, body = ask(port, "OPTIONS", Origin=friend, Access_Control_Request_Method="POST", Access_Control_Request_Headers="content-type,authorization")
    assert (status, body, headers["Access-Control-Allow-Methods"]) == (204, b"", "GET, POST")
    assert (headers["Access-Control-Allow-Origin"], headers["Access-Control-Allow-Headers"]) == (friend, "content-type,authorization")
    # What a form or a script without asking can send is no call.
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; application/json"):
        assert ask(port, Content_Type=content_type)[0] == 415


def test_tokens_and_roles(make_server, tmp_path):
    server = make_server(*LISTEN, "--tokens", write_tokens(tmp_path / "tokens"))
    port = http_port(server)
    with HttpWire(port, token=ADMIN) as admin:
        for name in ("team/a", "other"):
            admin.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name=name, space=pb.SearchSpace(parameters=[float_parameter()]))))
    # In every method the same refusal as over gRPC, by whatever is sent instead of a token; a cookie is none.
    for token, more, reason in [(None, {}, "TOKEN_MISSING"), (None, {"Cookie": f"token={ADMIN}"}, "TOKEN_MISSING"), ("nobody-knows-this-one", {}, "TOKEN_UNKNOWN"),
                                (None, {"Authorization": f"Basic {ADMIN}"}, "TOKEN_MALFORMED"), ("x" * 600, {}, "TOKEN_MALFORMED")]:
        with HttpWire(port, token=token) as nobody:
            for method in METHODS:
                answer = nobody.call(method, b"{}", **more)
                assert (answer.code, answer.reason) == ("UNAUTHENTICATED", reason), (method, answer)
    response = HttpWire(port).post("GetServerInfo", b"{}")
    assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")
    for token in (READER, WORKER, ADMIN):
        with HttpWire(port, token=token) as http_wire, Wire(server.address, token=token) as wire:
            for method in sorted(METHODS):
                expected = wire.call(method, b"")
                answer = http_wire.call(method, b"{}")
                assert (answer.code, answer.reason) == (expected.code, expected.reason), (method, answer, expected)
    with HttpWire(port, token=WORKER) as worker:
        assert worker.call("GetStudy", pb.GetStudyRequest(study="other")).reason == "OUTSIDE_PREFIX"
        assert worker.call("WatchStudy", pb.WatchStudyRequest(study="other")).reason == "OUTSIDE_PREFIX"
        assert [study.name for study in worker.must("ListStudies", pb.ListStudiesRequest()).studies] == ["team/a"]
    for token in (READER, WORKER, ADMIN):
        assert token not in server.log()
    assert "principal=willi" in server.log()


def test_tls_with_the_certificates_of_the_grpc_port(make_server, tmp_path):
    authority = Authority(tmp_path / "authority")
    pair = authority.issue("server")
    server = make_server("--http-listen", "127.0.0.1:0", "--tls-cert", str(pair.certificate), "--tls-key", str(pair.key))
    port = http_port(server)
    trusting = ssl.create_default_context(cafile=str(authority.certificate))
    with HttpWire(port, tls=trusting) as wire:
        wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="s", space=pb.SearchSpace(parameters=[float_parameter()]))))
        asked = wire.must("Ask", pb.AskRequest(study="s", count=50))
        assert len(asked.trials) == 50
        flags, _ = next(wire.stream("WatchStudy", b'{"study": "s"}'))
        assert flags == 0
    with pytest.raises(ssl.SSLError):
        HttpWire(port, tls=ssl.create_default_context()).call("GetServerInfo", b"{}")
    old = ssl.create_default_context(cafile=str(authority.certificate))
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        HttpWire(port, tls=old).call("GetServerInfo", b"{}")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        HttpWire(port).call("GetServerInfo", b"{}")  # in the clear
    # A client that does not finish its handshake holds nobody up.
    with socket.create_connection(("127.0.0.1", port)) as silent, HttpWire(port, tls=trusting) as wire:
        silent.sendall(b"\x16\x03\x01")
        wire.must("GetServerInfo", b"{}")


def test_mutual_tls(make_server, tmp_path):
    authority, stranger = Authority(tmp_path / "authority"), Authority(tmp_path / "stranger", "stranger")
    pair, client, other = authority.issue("server"), authority.issue("carla"), stranger.issue("mallory")
    server = make_server(*LISTEN, "--tls-cert", str(pair.certificate), "--tls-key", str(pair.key), "--tls-client-ca", str(authority.certificate),
                         "--log-level", "debug")
    port = http_port(server)

    def context(identity=None):
        tls = ssl.create_default_context(cafile=str(authority.certificate))
        if identity is not None:
            tls.load_cert_chain(identity.certificate, identity.key)
        return tls

    with HttpWire(port, tls=context(client)) as wire:
        wire.must("GetServerInfo", b"{}")
    for refused in (context(), context(other)):
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            HttpWire(port, tls=refused).call("GetServerInfo", b"{}")
    assert "principal=carla" in server.log()


def test_what_ends_the_server_ends_streams_in_their_own_way(make_server):
    server = make_server(*LISTEN)
    port = http_port(server)
    with Wire(server.address) as wire:
        wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="s", space=pb.SearchSpace(parameters=[float_parameter()]))))
    with HttpWire(port) as watching:
        stream = watching.stream("WatchStudy", b'{"study": "s"}')
        next(stream)
        server.process.terminate()
        flags, message = list(stream)[-1]
        assert flags == 2 and json.loads(message)["error"]["details"][0]["debug"]["reason"] == "SHUTTING_DOWN"
    assert server.process.wait(30) == 0
    server.process = None
