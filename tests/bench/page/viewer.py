"""What a page that is open costs the server: trials a second that workers get through over gRPC, and the server's processor time for each,
with one viewer and without, in turns."""

from __future__ import annotations

import http.client
import multiprocessing
import os
import pathlib
import statistics
import struct
import sys
import time
from typing import Any, List, Tuple

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/full/page"))

import parzen  # noqa: E402
from parzen._proto import parzen_pb2 as pb  # noqa: E402
from server import Server  # noqa: E402

SPACE = {name: parzen.Float(0, 1) for name in "abcde"}


def work(address: str, name: str, until: float, told: "multiprocessing.Queue[int]") -> None:
    count = 0
    with parzen.Client(address) as client:
        study = client.study(name)
        while time.time() < until:
            study.ask().tell(0.5)
            count += 1
    told.put(count)


def view(port: int, name: str, until: float, received: "multiprocessing.Queue[int]") -> None:
    """Reads the study's stream as the page does, and throws it away."""
    request = pb.WatchStudyRequest(study=name, view=pb.FULL).SerializeToString()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/parzen.v1.Optimizer/WatchStudy", struct.pack(">BI", 0, len(request)) + request, {"Content-Type": "application/connect+proto"})
    stream = connection.getresponse()
    size = 0
    while time.time() < until:
        size += len(stream.read1(1 << 16))
    received.put(size)


def seconds_of(process: Any) -> float:
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def one_round(server: Server, name: str, workers: int, seconds: float, viewed: bool) -> Tuple[float, float]:
    """Trials a second, and the server's processor time for a trial in ms."""
    queue: "multiprocessing.Queue[int]" = multiprocessing.Queue()
    seen: "multiprocessing.Queue[int]" = multiprocessing.Queue()
    until = time.time() + seconds
    programs = [multiprocessing.Process(target=work, args=(f"127.0.0.1:{server.grpc}", name, until, queue)) for _ in range(workers)]
    viewer = multiprocessing.Process(target=view, args=(server.http, name, until, seen))
    before = seconds_of(server.process)
    for program in programs + ([viewer] if viewed else []):
        program.start()
    told = sum(queue.get() for _ in programs)
    spent = seconds_of(server.process) - before
    if viewed:
        assert seen.get() > told * 50, "the viewer has seen the trials"
        viewer.kill()
    for program in programs:
        program.join()
    return told / seconds, 1000 * spent / told


def bench_viewer(folder: pathlib.Path, rounds: int = 8, workers: int = 4, seconds: float = 4) -> None:
    results: List[List[Tuple[float, float]]] = [[], []]
    with Server(folder, "viewed") as server:
        with parzen.Client(f"127.0.0.1:{server.grpc}") as client:
            for number in range(rounds * 2):
                viewed = (number + number // 2) % 2 == 1  # no, yes, yes, no: a machine that grows slower favours neither
                client.create_study(f"viewed-{number}", SPACE, sampler="random", seed=1)
                results[viewed].append(one_round(server, f"viewed-{number}", workers, seconds, viewed))
    for viewed, name in enumerate(("no viewer", "one viewer")):
        rates, costs = zip(*results[viewed])
        print(f"{name:18} {statistics.median(rates):7.0f} trials/s  server {statistics.median(costs):.3f} ms a trial", flush=True)
