"""What a page that is open costs the server: trials a second that workers get through over gRPC, and the server's processor time for each,
with one viewer and without, in turns.

The viewer is the page without its drawing, so that a browser does not take the workers' processors: it follows the study's stream and
asks for what the page asks for, at the page's pace (clients/web/src/ui/asked.ts).
"""

from __future__ import annotations

import http.client
import json
import math
import multiprocessing
import os
import pathlib
import statistics
import struct
import sys
import threading
import time
from typing import Any, List, Tuple

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/full/page"))

import parzen  # noqa: E402
from parzen._proto import parzen_pb2 as pb  # noqa: E402
from server import Server  # noqa: E402

SPACE = {name: parzen.Float(0, 1) for name in "abcde"}
BOUND = 0.97  # of the rate without a viewer
LEAST = 1.0  # seconds between two questions
SHARE = 500  # they take no more than this part of the time, while many trials are told


def work(address: str, name: str, until: float, told: "multiprocessing.Queue[int]") -> None:
    count = 0
    with parzen.Client(address) as client:
        study = client.study(name)
        while time.time() < until:
            trial = study.ask()
            trial.tell(trial.params["a"] + (count % 7) / 10)
            count += 1
    told.put(count)


def ask(port: int, method: str, name: str, until: float) -> None:
    while time.time() < until:
        begun = time.time()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", f"/parzen.v1.Optimizer/{method}", json.dumps({"study": name}), {"Content-Type": "application/json"})
        connection.getresponse().read()
        connection.close()
        time.sleep(max(LEAST, SHARE * (time.time() - begun)))


def view(port: int, name: str, until: float, received: "multiprocessing.Queue[int]") -> None:
    for method in ("RecommendTrials", "GetImportances"):
        threading.Thread(target=ask, args=(port, method, name, until), daemon=True).start()
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


def show_ratio(name: str, unit: str, pairs: List[Tuple[float, float]]) -> float:
    """`pairs`: without and with a viewer. Returns the geometric mean of with / without."""
    logs = [math.log(viewed / alone) for alone, viewed in pairs]
    mean = statistics.fmean(logs)
    error = statistics.stdev(logs) / math.sqrt(len(logs)) if len(logs) > 1 else math.nan
    alone, viewed = (statistics.median(pair[k] for pair in pairs) for k in (0, 1))
    print(f"{name:28} {alone:8.3f} without, {viewed:8.3f} with one viewer ({unit}): ratio {math.exp(mean):.3f} +- {error:.3f}, "
          f"of single pairs {math.exp(min(logs)):.3f} to {math.exp(max(logs)):.3f}", flush=True)
    return math.exp(mean)


def bench_viewer(folder: pathlib.Path, pairs: int, workers: int, seconds: float) -> None:
    rounds: List[List[Tuple[float, float]]] = [[], []]
    with Server(folder, "viewed") as server:
        with parzen.Client(f"127.0.0.1:{server.grpc}") as client:
            for number in range(2 * pairs):
                viewed = (number + number // 2) % 2 == 1  # no, yes, yes, no: a machine that grows slower favours neither
                client.create_study(f"viewed-{number}", SPACE, sampler="random", seed=1)
                rounds[viewed].append(one_round(server, f"viewed-{number}", workers, seconds, viewed))
                print(f"  pair {number // 2 + 1}, {'one viewer' if viewed else 'no viewer'}: {rounds[viewed][-1][0]:.0f} trials/s, "
                      f"server {rounds[viewed][-1][1]:.3f} ms a trial", flush=True)
    print(f"{workers} workers, {pairs} pairs of {seconds:g} s")
    rate = show_ratio("trials a second", "1/s", [(alone[0], viewed[0]) for alone, viewed in zip(*rounds)])
    show_ratio("server's processor time", "ms a trial", [(alone[1], viewed[1]) for alone, viewed in zip(*rounds)])
    print(f"within 3 %: {'yes' if rate >= BOUND else 'NO'}")
