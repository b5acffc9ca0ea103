"""One training worker: asks, trains, tells, until the studies are finished.

    python worker.py --address 127.0.0.1:7070 --worker worker-1 digits digits-random

With --trials N it makes the studies that are not there yet, so that workers alone are enough (docker/compose.yaml).

The worker id is fixed and every ask says resume=True: a worker that was killed and is started again goes on with the trial that it
had. With --parent the worker ends with that process, however that one ends.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import socket
import sys
import time
from typing import List

# One core a worker: the libraries below read this when they are first imported.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import parzen  # noqa: E402

from train import SPACE, Digits  # noqa: E402

_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """Linux kills this process when its parent ends; where that has happened already, it ends here."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent has ended")


def work(study: parzen.Study, digits: Digits) -> None:
    while True:
        try:
            trial = study.ask(resume=True)
        except parzen.StudyFinished:
            return
        except parzen.AllHandedOut:
            time.sleep(0.2)  # another worker still runs the last trials
            continue
        with trial:
            loss, accuracy = digits.evaluate(trial.params)
            trial.tell(loss, metrics={"accuracy": accuracy})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", help="of the server; default: PARZEN_ADDRESS")
    parser.add_argument("--worker", default=socket.gethostname(), help="this worker's fixed id; default: the host's name")
    parser.add_argument("--trials", type=int, help="make the studies that are not there yet, of so many trials")
    parser.add_argument("--parent", type=int, help="end when this process ends, which started the worker")
    parser.add_argument("studies", nargs="+", help="names of studies, worked on one after the other")
    arguments: argparse.Namespace = parser.parse_args()
    if arguments.parent is not None:
        end_with(arguments.parent)
    names: List[str] = arguments.studies
    digits = Digits()
    with parzen.Client(arguments.address, worker=arguments.worker) as client:
        for name in names:
            if arguments.trials is not None:
                client.create_study(name, SPACE, seed=1, max_trials=arguments.trials, exist_ok=True)
            work(client.study(name), digits)


if __name__ == "__main__":
    main()
