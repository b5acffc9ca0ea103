#!/usr/bin/env python3
"""A disk that fills up under the server: what was acknowledged stays, what was not is told DISK_FULL, and it goes on when there is room again.

Needs root (it mounts a small tmpfs), the release build, and the client's protobuf in Python:
    PYTHONPATH=clients/python/src python3 tests/full/full_disk.py
"""

import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "wire")]

from messages import float_parameter  # noqa: E402
from parzend import Parzend  # noqa: E402
from wire import Wire, pb, request_id  # noqa: E402


def ask(rid: str) -> pb.AskRequest:
    return pb.AskRequest(request_id=rid, study="s", count=200)


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        disk = pathlib.Path(scratch) / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], check=True)
        try:
            run(disk, pathlib.Path(scratch))
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)
    print("full disk: everything held")


def run(disk: pathlib.Path, scratch: pathlib.Path) -> None:
    server = Parzend(scratch / "server", "--log-level", "warn")
    server.db = disk / "studies.db"
    ballast = disk / "ballast"
    ballast.write_bytes(b"\0" * (6 << 20))
    server.start()
    acknowledged = {}
    with Wire(server.address) as wire:
        space = pb.SearchSpace(parameters=[float_parameter(f"p{i}") for i in range(10)])
        wire.must("CreateStudy", pb.CreateStudyRequest(study=pb.Study(name="s", space=space, sampler=pb.SamplerConfig(random=pb.RandomSampler()))))
        refused = None
        while refused is None:
            rid = request_id()
            answer = wire.call("Ask", ask(rid))
            if answer.ok:
                acknowledged.update({t.handle.number: t.SerializeToString() for t in answer.response.trials})
            else:
                refused = rid
                assert (answer.code, answer.reason) == ("RESOURCE_EXHAUSTED", "DISK_FULL"), answer
        print(f"full after {len(acknowledged)} trials: {answer.message}")
        for _ in range(20):  # it stays refused, and reading goes on
            answer = wire.call("Ask", ask(request_id()))
            assert answer.reason == "DISK_FULL", answer
            assert wire.must("GetStudy", pb.GetStudyRequest(study="s")).counts.running == len(acknowledged)
        ballast.unlink()
        for attempt in range(100):
            answer = wire.call("Ask", ask(refused))  # the same request again
            if answer.ok:
                break
            time.sleep(0.1)
        assert answer.ok, f"there is room again, but: {answer}"
        acknowledged.update({t.handle.number: t.SerializeToString() for t in answer.response.trials})
        check(wire, acknowledged)
    server.kill()
    server.start()
    with Wire(server.address) as wire:
        wire.must("GetServerInfo", pb.GetServerInfoRequest(), wait_for_ready=True)
        check(wire, acknowledged)
    assert server.stop() == 0


def check(wire: Wire, acknowledged: dict) -> None:
    trials, token = [], ""
    while True:
        page = wire.must("ListTrials", pb.ListTrialsRequest(study="s", page_size=5000, page_token=token, view=pb.FULL))
        trials += page.trials
        token = page.next_page_token
        if not token:
            break
    assert [t.handle.number for t in trials] == list(range(len(acknowledged))), "a hole, a repeat, or more than was acknowledged"
    for trial in trials:
        asked = pb.Trial.FromString(acknowledged[trial.handle.number])
        assert list(trial.params) == list(asked.params), f"trial {trial.handle.number} differs from what was acknowledged"


if __name__ == "__main__":
    main()
