"""What a page that is open costs the server: trials a second that workers get through over gRPC, and the server's processor time for each,
with one viewer and without, in turns, on one study that grows. A viewer has opened the page before its round begins, and that alone is
measured too: it is what the server spends once for each page that is opened.

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
from multiprocessing.synchronize import Event
from typing import Any, List, Tuple

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/full/page"))

import parzen  # noqa: E402
from parzen._proto import parzen_pb2 as pb  # noqa: E402
from server import Server  # noqa: E402

SPACE = {name: parzen.Float(0, 1) for name in "abcde"}
BOUND = 0.97  # of the rate without a viewer
LEAST = 1.0  # seconds between two questions
FIRST = 1000  # trials of the study before the first round
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


def ask(port: int, method: str, name: str, answered: threading.Event) -> None:
    while True:
        begun = time.time()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", f"/parzen.v1.Optimizer/{method}", json.dumps({"study": name}), {"Content-Type": "application/json"})
        connection.getresponse().read()
        connection.close()
        answered.set()
        time.sleep(max(LEAST, SHARE * (time.time() - begun)))


def view(port: int, name: str, opened: Event, ending: Event, received: "multiprocessing.Queue[int]") -> None:
    """Follows the study until `ending`; `opened` is set once all is there that the page shows. Puts the bytes that came after that."""
    answers = []
    for method in ("RecommendTrials", "GetImportances"):
        answers.append(threading.Event())
        threading.Thread(target=ask, args=(port, method, name, answers[-1]), daemon=True).start()
    request = pb.WatchStudyRequest(study=name, view=pb.FULL).SerializeToString()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/parzen.v1.Optimizer/WatchStudy", struct.pack(">BI", 0, len(request)) + request, {"Content-Type": "application/connect+proto"})
    stream = connection.getresponse()
    stream.read1(1 << 16)
    for answer in answers:
        answer.wait()
    opened.set()
    size = 0
    while not ending.is_set():
        size += len(stream.read1(1 << 16))
    received.put(size)


def seconds_of(process: Any) -> float:
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def one_round(server: Server, name: str, workers: int, seconds: float) -> Tuple[float, float]:
    """Trials a second, and the server's processor time for a trial in ms."""
    queue: "multiprocessing.Queue[int]" = multiprocessing.Queue()
    until = time.time() + seconds
    programs = [multiprocessing.Process(target=work, args=(f"127.0.0.1:{server.grpc}", name, until, queue)) for _ in range(workers)]
    before = seconds_of(server.process)
    for program in programs:
        program.start()
    told = sum(queue.get() for _ in programs)
    spent = seconds_of(server.process) - before
    for program in programs:
        program.join()
    return told / seconds, 1000 * spent / told


def viewed_round(server: Server, name: str, workers: int, seconds: float) -> Tuple[float, float, float]:
    """As one_round, with a page open; and the server's processor time for opening that, in seconds."""
    opened, ending = multiprocessing.Event(), multiprocessing.Event()
    received: "multiprocessing.Queue[int]" = multiprocessing.Queue()
    viewer = multiprocessing.Process(target=view, args=(server.http, name, opened, ending, received))
    before = seconds_of(server.process)
    viewer.start()
    assert opened.wait(120), "the page's questions are answered"
    opening = seconds_of(server.process) - before
    rate, spent = one_round(server, name, workers, seconds)
    ending.set()
    with parzen.Client(f"127.0.0.1:{server.grpc}") as client:
        client.study(name).ask().tell(0.5)  # the stream has something to say, and the viewer looks up
    assert received.get() > rate * seconds * 50, "the viewer has seen the trials"
    viewer.kill()
    viewer.join()
    return rate, spent, opening


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
    alone: List[Tuple[float, float]] = []
    viewed: List[Tuple[float, float]] = []
    openings: List[float] = []
    name = "viewed"
    with Server(folder, name) as server:
        with parzen.Client(f"127.0.0.1:{server.grpc}") as client:
            study = client.create_study(name, SPACE, sampler="random", seed=1)
            study.optimize(lambda trial: trial.params["a"], n_trials=FIRST, n_jobs=8, progress=False)
        for number in range(2 * pairs):
            if (number + number // 2) % 2 == 1:  # no, yes, yes, no: a machine, or a study, that grows slower favours neither
                rate, spent, opening = viewed_round(server, name, workers, seconds)
                viewed.append((rate, spent))
                openings.append(opening)
                kind = "one viewer"
            else:
                rate, spent = one_round(server, name, workers, seconds)
                alone.append((rate, spent))
                kind = "no viewer"
            print(f"  pair {number // 2 + 1}, {kind}: {rate:.0f} trials/s, server {spent:.3f} ms a trial", flush=True)
    print(f"{workers} workers, {pairs} pairs of {seconds:g} s; opening the page: {statistics.median(openings):.2f} s of the server's processors")
    rate = show_ratio("trials a second", "1/s", [(a[0], v[0]) for a, v in zip(alone, viewed)])
    show_ratio("server's processor time", "ms a trial", [(a[1], v[1]) for a, v in zip(alone, viewed)])
    print(f"within 3 %: {'yes' if rate >= BOUND else 'NO'}")
