"""What parzend does with a database file that it cannot use: it says why, and leaves the file as it is."""

import os

import pytest

from messages import float_parameter
from parzend import StartFailed
from wire import Wire, pb


@pytest.fixture
def filled(make_server):
    """A stopped server whose file holds a study of some trials."""
    server = make_server()
    with Wire(server.address) as wire:
        study = pb.Study(name="s", space=pb.SearchSpace(parameters=[float_parameter(n) for n in "abcdefgh"]))
        wire.must("CreateStudy", pb.CreateStudyRequest(study=study))
        for _ in range(3):
            wire.must("Ask", pb.AskRequest(study="s", count=500))
    assert server.stop() == 0
    return server


def refusal(server) -> str:
    before = server.db.read_bytes()
    with pytest.raises(StartFailed) as failed:
        server.start()
    assert failed.value.code == 1, failed.value.log
    assert server.db.read_bytes() == before, "a refused file is left as it is"
    return failed.value.log


def advises(text: str) -> bool:
    return "backup" in text.lower()


def test_a_truncated_file(filled):
    size = filled.db.stat().st_size
    os.truncate(filled.db, size // 2)
    assert advises(refusal(filled))


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_flipped_bits(filled, part):
    data = bytearray(filled.db.read_bytes())
    page = int(len(data) * part) // 4096 * 4096
    for at in range(page, page + 64):  # the page's head: its kind, its cells
        data[at] ^= 0xFF
    filled.db.write_bytes(data)
    assert advises(refusal(filled))


@pytest.mark.parametrize("part", [0.02, 0.5, 0.97])
def test_one_flipped_bit_anywhere(filled, part):
    data = bytearray(filled.db.read_bytes())
    data[int(len(data) * part)] ^= 0x04
    filled.db.write_bytes(data)
    assert advises(refusal(filled))


@pytest.mark.parametrize("size", [50, 100, 4096])
def test_hardly_anything_left(filled, size):
    os.truncate(filled.db, size)
    assert "studies.db" in refusal(filled)


def test_a_file_that_may_only_be_read(filled, tmp_path_factory):
    """As another user, where the tests run as root, whom no permission stops."""
    if os.geteuid() == 0:
        filled.user = 65534
        base = tmp_path_factory.getbasetemp()
        root = base.parents[1] if "PYTEST_XDIST_WORKER" in os.environ else base.parent  # a process of several has a folder more
        for folder in filled.db.parents:
            if folder.stat().st_uid == 0 and folder.is_relative_to(root):
                folder.chmod(0o755)
        filled.directory.chmod(0o777)
        filled.log_path.chmod(0o666)
    filled.db.chmod(0o444)
    log = refusal(filled)
    assert "studies.db" in log and "cannot be written" in log


def test_no_database_at_all(filled):
    filled.db.write_bytes(b"these are not the bytes of a database\n" * 1000)
    assert "studies.db" in refusal(filled)


def test_a_file_that_another_server_owns(make_server):
    first = make_server()
    second = make_server(start=False, name="second")
    second.db = first.db
    with pytest.raises(StartFailed) as failed:
        second.start()
    assert failed.value.code == 1
    assert "parzend" in failed.value.log and first.alive()
    with Wire(first.address) as wire:
        wire.must("GetServerInfo", pb.GetServerInfoRequest())


def test_a_directory_that_is_not_there(make_server, tmp_path):
    server = make_server(start=False)
    server.db = tmp_path / "absent" / "studies.db"
    with pytest.raises(StartFailed) as failed:
        server.start()
    assert failed.value.code == 1 and "absent" in failed.value.log
    assert not (tmp_path / "absent").exists()
