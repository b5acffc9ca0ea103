"""Proxies, certificates and tokens that are replaced: what a client of many days meets."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import time

from cli.conftest import PARZEN_CLI, ROOT, Cli, environment, runner
from cli.workers import Workers, trials, wait_for

sys.path.insert(0, str(ROOT / "tests" / "wire"))
from certificates import Authority  # noqa: E402


def test_loopback_goes_through_no_proxy_and_the_message_names_it(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)")
    dead = "http://user:secret@127.0.0.1:1"
    for variable in ("http_proxy", "https_proxy", "grpc_proxy"):
        cli("study", "list", **{variable: dead})
        said = cli("--timeout", "2", "--address", "parzen.invalid:7070", "study", "list", code=7, **{variable: dead}).stderr
        assert f"through the proxy http://127.0.0.1:1 that {variable} names" in said and "NO_PROXY" in said and "secret" not in said
    for around in ("parzen.invalid", "other,.invalid", "*"):
        for variable in ("NO_PROXY", "no_proxy"):
            said = cli("--timeout", "0.5", "--address", "parzen.invalid:7070", "study", "list", code=7, http_proxy=dead, **{variable: around}).stderr
            assert "proxy" not in said


def test_a_certificate_that_is_renewed_on_disk_is_taken_up(tmp_path: pathlib.Path) -> None:
    from conftest import Server

    authority = Authority(tmp_path / "ca")
    pair, stale = authority.issue("localhost"), authority.issue("stale", expired=True)
    fresh = authority.issue("fresh")
    server = Server(tmp_path, "--tls-cert", pair.certificate, "--tls-key", pair.key, "--tls-client-ca", authority.certificate)
    certificate, key = tmp_path / "client.crt", tmp_path / "client.key"
    shutil.copy(stale.certificate, certificate)
    shutil.copy(stale.key, key)
    command = [str(PARZEN_CLI), "--timeout", "60", "--tls-ca", str(authority.certificate), "--tls-cert", str(certificate), "--tls-key", str(key),
               "--tls-name", "localhost", "study", "list"]
    try:
        asking = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(server.address, tmp_path))
        time.sleep(2)
        assert asking.poll() is None
        shutil.copy(fresh.certificate, certificate)  # for a moment they do not belong together
        time.sleep(0.5)
        shutil.copy(fresh.key, key)
        out, said = asking.communicate(timeout=100)
        assert asking.returncode == 0, said
    finally:
        server.kill()


def test_results_wait_for_a_token_that_is_replaced(tmp_path: pathlib.Path) -> None:
    from conftest import Server

    authority = Authority(tmp_path / "ca")
    pair = authority.issue("localhost")
    tokens, token = tmp_path / "tokens", tmp_path / "token"

    def accept(value: str) -> None:
        (tmp_path / "tokens.new").write_text(f"{value} ada admin\n")
        (tmp_path / "tokens.new").chmod(0o600)
        (tmp_path / "tokens.new").rename(tokens)

    accept("old-token-0123456789abc")
    token.write_text("old-token-0123456789abc\n")
    server = Server(tmp_path, "--tls-cert", pair.certificate, "--tls-key", pair.key, "--tokens", tokens)
    workers = Workers(server.address, tmp_path)
    tls = ["--tls-ca", str(authority.certificate), "--tls-name", "localhost", "--token-file", str(token)]
    spooled = tmp_path / "state" / "parzen"
    try:
        cli = runner(server.address, tmp_path)
        for study, replaced in [("file", True), ("variable", False)]:
            cli(*tls, "study", "create", study, "-p", "x=float(0,0.4)", "-n", 2, "--seed", 1)
            for file in tmp_path.glob("running-*"):
                file.unlink()
            for number in range(2):
                (tmp_path / f"hold-{number}").touch()
            shown = tls if replaced else tls[:4]
            worker = workers.start(study, "--jobs", "2", *shown, PARZEN_TOKEN="" if replaced else token.read_text().strip())
            wait_for(lambda: len(list(tmp_path.glob("running-*"))) == 2, "both commands")
            accept(f"new-token-{study}-0123456789abc")
            time.sleep(2.5)  # the server looks once a second
            for number in range(2):
                (tmp_path / f"hold-{number}").unlink()
            wait_for(lambda: workers.log(worker).count("not told yet") == 2, "both to be refused")
            assert len(list(spooled.glob("*.json"))) == 2
            if not replaced:
                assert worker.wait(60) == 5, workers.log(worker)
            token.write_text(f"new-token-{study}-0123456789abc\n")
            if not replaced:
                worker = workers.start(study, *tls)
            assert worker.wait(60) == 0, workers.log(worker)
            assert {t["state"] for t in trials(lambda *a: cli(*tls, *a), study)} == {"complete"}
            assert list(spooled.glob("*.json")) == []
    finally:
        workers.end()
        server.kill()
