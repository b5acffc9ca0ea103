"""The database file is removed, replaced, moved or cut under a running server: it acknowledges nothing that others would not find, says so
to callers and in its log, and no second server gets into its file."""

import os
import shutil
import time
import uuid

import pytest

from messages import float_parameter
from parzend import Parzend, StartFailed
from wire import Wire, pb


class Worker:
    """Asks and tells with request ids of its own; remembers what was acknowledged."""

    def __init__(self, server):
        self.wire = Wire(server.address)
        study = pb.Study(name="s", space=pb.SearchSpace(parameters=[float_parameter()]))
        self.wire.must("CreateStudy", pb.CreateStudyRequest(study=study))
        asked = self.wire.must("Ask", pb.AskRequest(study="s", count=20, request_id=str(uuid.uuid4())))
        self.handles = [trial.handle for trial in asked.trials]
        self.told = 0

    def tell(self):
        """The next one, by the same request id until it is acknowledged."""
        outcome = pb.Outcome(trial=self.handles[self.told], values=[float(self.told)])
        request = pb.TellRequest(request_id=str(uuid.uuid5(uuid.NAMESPACE_URL, str(self.told))), outcomes=[outcome])
        answer = self.wire.call("Tell", request)
        self.told += answer.ok
        return answer


@pytest.fixture
def at_work(make_server):
    server = make_server()
    worker = Worker(server)
    for _ in range(3):
        assert worker.tell().ok
    yield server, worker
    worker.wire.close()


def refused(server, worker, text):
    """Nothing is acknowledged any more; caller and log are told why, and what to do."""
    told = worker.told
    for _ in range(4):
        answer = worker.tell()
        assert answer.code == "UNAVAILABLE", answer
    assert worker.told == told
    assert str(server.db) in answer.message and text in answer.message, answer.message
    until = time.monotonic() + 60
    while text not in server.log():  # which is written by a thread of its own
        assert time.monotonic() < until, server.log()
        time.sleep(0.01)


def complete(server) -> int:
    with Wire(server.address) as wire:
        trials = wire.must("ListTrials", pb.ListTrialsRequest(study="s", page_size=100, states=[pb.Trial.COMPLETE])).trials
    return len(trials)


def beside(server):
    """A second server on the same file; its start is to be refused."""
    second = Parzend(server.directory / "second")
    second.db = server.db
    with pytest.raises(StartFailed) as failed:
        second.start()
    assert failed.value.code == 1
    return failed.value.log


def test_the_file_is_moved_away_and_back(at_work):
    server, worker = at_work
    away = server.directory / "away.db"
    server.db.rename(away)
    refused(server, worker, "is no longer there")
    away.rename(server.db)
    for _ in range(100):
        answer = worker.tell()
        if answer.ok:
            break
        time.sleep(0.05)
    assert answer.ok, answer
    assert worker.tell().ok
    assert server.stop() == 0
    server.start()
    assert complete(server) == worker.told == 5


def test_the_directory_is_moved(make_server, tmp_path):
    server = make_server(name="place/server")
    worker = Worker(server)
    assert worker.tell().ok
    (tmp_path / "place").rename(tmp_path / "elsewhere")
    server.log_path = tmp_path / "elsewhere" / "server" / "parzend.log"
    refused(server, worker, "is no longer there")
    server.kill()
    worker.wire.close()
    (tmp_path / "elsewhere").rename(tmp_path / "place")
    server.log_path = server.directory / "parzend.log"
    server.start()
    assert complete(server) in (worker.told, worker.told + 1)  # one more: committed before anybody looked, and never acknowledged


def test_all_is_removed_and_another_server_starts_there(at_work, make_server):
    server, worker = at_work
    for suffix in ("", "-wal", "-shm", ".lock"):
        os.remove(str(server.db) + suffix)
    second = Parzend(server.directory / "second")
    second.db = server.db
    second.start()
    try:
        with Wire(second.address) as wire:
            wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="new")))
            refused(server, worker, "was replaced under the running server")
            assert server.stop() == 0
            # The end of the first takes nothing of the second away.
            wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="newer")))
        second.kill()
        second.start()
        with Wire(second.address) as wire:
            studies = wire.must("ListStudies", pb.ListStudiesRequest()).studies
        assert [study.name for study in studies] == ["new", "newer"]
    finally:
        second.kill()


def test_a_file_is_put_in_its_place(at_work):
    server, worker = at_work
    other = server.directory / "other.db"
    other.write_bytes(b"somebody's notes")
    os.replace(other, server.db)
    refused(server, worker, "was replaced under the running server")
    assert server.stop() == 0
    assert server.db.read_bytes() == b"somebody's notes"


def test_another_database_is_copied_over_it(at_work, make_server):
    server, worker = at_work
    other = make_server(name="other")
    with Wire(other.address) as wire:
        wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="other", space=pb.SearchSpace(parameters=[float_parameter()]))))
        wire.must("Ask", pb.AskRequest(study="other", count=1000))
    assert other.stop() == 0
    shutil.copyfile(other.db, server.db)
    refused(server, worker, "under the running server")


@pytest.mark.parametrize("size", [0, 4096])
def test_the_file_is_cut(at_work, size):
    server, worker = at_work
    os.truncate(server.db, size)
    refused(server, worker, f"bytes to {size} under the running server")


def test_the_log_is_removed(at_work):
    server, worker = at_work
    os.remove(str(server.db) + "-wal")
    refused(server, worker, "studies.db-wal is no longer there")
    assert server.stop() == 0
    os.remove(str(server.db) + "-shm")
    server.start()
    assert complete(server) in (worker.told, worker.told + 1)
    while worker.told < 20:  # the same request ids: each once
        assert worker.tell().ok
    assert complete(server) == 20


def test_the_log_is_cut(at_work):
    server, worker = at_work
    os.truncate(str(server.db) + "-wal", 20000)
    refused(server, worker, "was cut or overwritten under the running server")


def test_the_lock_file_is_removed(at_work):
    server, worker = at_work
    lock = str(server.db) + ".lock"
    os.remove(lock)
    assert "in use by another server" in beside(server)
    os.remove(lock)
    for _ in range(100):  # noticed without any call
        if ".lock, which says that this server owns the database, was removed" in server.log() and os.path.exists(lock):
            break
        time.sleep(0.1)
    assert "made anew" in server.log()
    assert "in use by another server" in beside(server)
    assert worker.tell().ok


def test_it_is_noticed_while_nobody_calls(at_work):
    server, _ = at_work
    os.remove(server.db)
    for _ in range(100):
        if "is no longer there" in server.log():
            break
        time.sleep(0.1)
    assert "is no longer there" in server.log() and "Nothing is recorded until it is back" in server.log()
