"""Optuna programs and native workers on one study, on a server that is killed meanwhile: no trial is lost, doubled or left running.

    mixed.py optuna|native ADDRESS     one worker; prints what it told
"""

import pathlib
import random
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "wire"))

STUDY = "mixed"


def loss_of(x, n):
    return (x - 0.25) ** 2 + n


def optuna_worker(address):
    import optuna

    from parzen.optuna import ParzenSampler, ParzenStorage, StorageError

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = ParzenStorage(address, timeout=300)
    study = optuna.load_study(study_name=STUDY, storage=storage, sampler=ParzenSampler("tpe"))
    while True:
        try:
            trial = study.ask()
        except StorageError as e:
            if e.error.reason not in ("ALL_HANDED_OUT", "STUDY_FINISHED"):
                raise
            return
        loss = loss_of(trial.suggest_float("x", 0, 1), trial.suggest_int("n", 0, 9))
        trial.report(loss, 0)
        study.tell(trial, loss)
        print(trial.number, repr(loss), flush=True)


def native_worker(address):
    import parzen

    with parzen.Client(address, timeout=300) as client:
        study = client.study(STUDY)
        while True:
            try:
                trial = study.ask()
            except (parzen.AllHandedOut, parzen.StudyFinished):
                return
            loss = loss_of(trial.suggest_float("x", 0, 1), trial.suggest_int("n", 0, 9))
            trial.report(loss, step=0)
            trial.tell(loss)
            print(trial.number, repr(loss), flush=True)


def run(directory, each, trials, kills, seconds=600):
    """``each`` workers of both kinds, until ``trials`` have ended; the server is killed ``kills`` times on the way."""
    import parzen

    from parzend import Parzend

    server = Parzend(directory).start()
    workers = []
    try:
        with parzen.Client(server.address, timeout=300) as client:
            study = client.create_study(STUDY, {}, sampler="tpe", seed=1, max_trials=trials)
            for kind in ("optuna", "native"):
                for _ in range(each):
                    command = [sys.executable, "-W", "ignore", __file__, kind, server.address]
                    workers.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            for kill in range(kills):
                _wait_for(study, (kill + 1) * trials // (kills + 2), seconds)
                time.sleep(random.random() / 5)
                server.kill()
                server.start()
            told = []
            for worker in workers:
                out, _ = worker.communicate(timeout=seconds)
                assert worker.returncode == 0, f"a worker ended with {worker.returncode}"
                told += [line.split() for line in out.splitlines()]
            _check(study, told, trials)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
        server.kill()


def _wait_for(study, count, seconds):
    end = time.monotonic() + seconds
    while sum(1 for t in study.trials() if str(t.state) == "complete") < count:
        assert time.monotonic() < end, "the workers stand still"
        time.sleep(0.05)


def _check(study, told, trials):
    kept = list(study.trials())
    assert [t.number for t in kept] == list(range(trials))
    assert {str(t.state) for t in kept} == {"complete"}, [(t.number, str(t.state)) for t in kept if str(t.state) != "complete"]
    assert sorted(int(number) for number, _ in told) == list(range(trials)), "a trial was told by nobody, or by two"
    for number, loss in told:
        assert kept[int(number)].value == float(loss)
        assert kept[int(number)].value == loss_of(**kept[int(number)].params)
    workers = {t.worker for t in kept}
    assert len(workers) > 1, workers


if __name__ == "__main__":
    {"optuna": optuna_worker, "native": native_worker}[sys.argv[1]](sys.argv[2])
