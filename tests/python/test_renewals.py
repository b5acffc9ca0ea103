"""Secrets that are renewed on disk while a worker runs: certificates and tokens."""

from __future__ import annotations

import hashlib
import os
import pathlib
import pickle
import shutil
import threading
import time
from typing import Iterator

import pytest

import parzen
from certificates import Authority
from conftest import Server


class Files:
    """Where a deployment's certificates are, and what puts others there."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        for name in ("first", "second"):
            authority = Authority(folder / name, name)
            authority.issue("server")
            authority.issue("me")

    def install(self, name: str, *files: str) -> None:
        source = self.folder / name
        sources = {"ca.crt": source / f"{name}.crt", **{f: source / f for f in ("server.crt", "server.key", "me.crt", "me.key")}}
        for file in files or sources:
            new = self.folder / (file + ".new")
            shutil.copy(sources[file], new)
            os.replace(new, self.folder / file)

    def tls(self) -> parzen.Tls:
        return parzen.Tls(self.folder / "ca.crt", self.folder / "me.crt", self.folder / "me.key")


@pytest.fixture
def files(tmp_path: pathlib.Path) -> Files:
    files = Files(tmp_path)
    files.install("first")
    return files


@pytest.fixture
def mutual(files: Files) -> Iterator[Server]:
    at = files.folder
    server = Server(at, "--tls-cert", at / "server.crt", "--tls-key", at / "server.key", "--tls-client-ca", at / "ca.crt")
    yield server
    server.kill()


def test_renewed_certificates_are_taken_up(mutual: Server, files: Files) -> None:
    with parzen.Client(mutual.address, tls=files.tls(), timeout=30) as client:
        study = client.create_study("s", {"x": parzen.Float(0, 1)}, sampler="random")
        trial = study.ask()
        mutual.stop()
        files.install("second")
        mutual.start()  # knows nobody of the first authority
        trial.tell(0.5)
        assert study.best_trial.value == 0.5


def test_a_call_waits_for_certificates_that_are_just_being_renewed(mutual: Server, files: Files) -> None:
    """Not all files change in one moment, and the first to be seen may not fit the others."""
    with parzen.Client(mutual.address, tls=files.tls(), timeout=30) as client:
        study = client.create_study("s", {"x": parzen.Float(0, 1)}, sampler="random")
        trial = study.ask()
        mutual.stop()
        files.install("second", "server.crt", "server.key", "ca.crt")
        mutual.start()
        (files.folder / "me.key").unlink()
        timers = [threading.Timer(1.0, lambda: files.install("second", "me.crt")), threading.Timer(2.0, lambda: files.install("second"))]
        for timer in timers:
            timer.start()
        trial.tell(0.5)
        for timer in timers:
            timer.join()


def write_token(path: pathlib.Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    new.chmod(0o600)
    os.replace(new, path)


def entry(token: str) -> str:
    return f"sha256:{hashlib.sha256(token.encode()).hexdigest()} ci admin\n"


def test_a_renewed_token_file_is_taken_up(tmp_path: pathlib.Path) -> None:
    table, mine = tmp_path / "tokens", tmp_path / "mine"
    write_token(table, entry("first-token-of-32-characters-0001"))
    write_token(mine, "first-token-of-32-characters-0001\n# a comment that nobody reads\n")
    server = Server(tmp_path, "--tokens", table)
    try:
        client = parzen.Client(server.address, token_file=mine, timeout=30)
        study = client.create_study("s", {"x": parzen.Float(0, 1)}, sampler="random")
        trial = study.ask()
        write_token(table, entry("other-token-of-32-characters-0002"))
        with pytest.raises(parzen.Unauthenticated):
            for step in range(6000):  # the server reads its file every second
                trial.report(0.5, step=step)
                time.sleep(0.01)
        write_token(mine, "other-token-of-32-characters-0002\n")
        trial.tell(0.5)
        copy = pickle.loads(pickle.dumps(study))  # by the file's path
        mine.unlink()  # for a moment: what was read last counts
        assert study.best_trial.value == 0.5
        with pytest.raises(parzen.InvalidArgument, match="token_file: .* cannot be read"):
            pickle.loads(pickle.dumps(study))
        with pytest.raises(parzen.Unauthenticated):
            parzen.Client(server.address, token="first-token-of-32-characters-0001", timeout=5).studies()
        assert copy.best_trial.value == 0.5
    finally:
        server.kill()


def test_a_token_file_without_a_token_is_refused(tmp_path: pathlib.Path) -> None:
    for content in ("", "\n", "a token\n", "t\u00f6ken\n"):
        (tmp_path / "token").write_text(content)
        with pytest.raises(parzen.InvalidArgument, match="token_file: accepted is"):
            parzen.Client("127.0.0.1:1", token_file=tmp_path / "token")
    with pytest.raises(parzen.InvalidArgument, match="token_file: give token or token_file, not both"):
        parzen.Client("127.0.0.1:1", token="t", token_file=tmp_path / "token")
