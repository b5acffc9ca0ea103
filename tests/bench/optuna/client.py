"""One client process of bench.py; prints what it measured as JSON.

    client.py trials STORAGE PORT SECONDS
    client.py fill STORAGE PORT TRIALS
    client.py asks STORAGE PORT tpe|gp optuna|parzen COUNT      STORAGE: proxy | parzen
"""

import json
import random
import sys
import time
import warnings

import optuna

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)

SPACE = {f"x{i}": optuna.distributions.FloatDistribution(0, 1) for i in range(10)}


def open_storage(kind, port):
    if kind == "proxy":
        return optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=int(port))
    from parzen.optuna import ParzenStorage

    return ParzenStorage(f"127.0.0.1:{port}")


def loss_of(params):
    return sum((value - 0.3) ** 2 for value in params.values())


def trials(storage, seconds):
    study = optuna.create_study(
        storage=storage, study_name="bench", load_if_exists=True, sampler=optuna.samplers.RandomSampler()
    )
    print("ready", flush=True)
    sys.stdin.readline()  # all clients begin together
    times = []
    spent = time.process_time()
    begin = now = time.perf_counter()
    while now - begin < float(seconds):
        trial = study.ask()
        loss = trial.suggest_float("x", 0, 1) + trial.suggest_float("y", 0, 1)
        trial.report(loss, 0)
        study.tell(trial, loss)
        times.append(time.perf_counter() - now)
        now += times[-1]
    return {"times": times, "seconds": now - begin, "cpu": time.process_time() - spent}


def fill(storage, count):
    study = optuna.create_study(storage=storage, study_name="bench")
    draw = random.Random(1)
    for _ in range(int(count)):
        params = {name: draw.random() for name in SPACE}
        study.add_trial(optuna.create_trial(params=params, distributions=SPACE, value=loss_of(params)))
    return {}


def make_sampler(kind, owner):
    if owner == "parzen":
        from parzen.optuna import ParzenSampler

        return ParzenSampler("tpe" if kind == "tpe" else "gp-ei", seed=1)
    return optuna.samplers.TPESampler(seed=1) if kind == "tpe" else optuna.samplers.GPSampler(seed=1)


def asks(storage, kind, owner, count):
    if kind == "gp" and owner == "optuna":
        try:
            import torch  # noqa: F401
        except ImportError:
            return {"missing": "torch is not installed"}
    study = optuna.load_study(storage=storage, study_name="bench", sampler=make_sampler(kind, owner))
    times, params = [], []
    for _ in range(int(count)):
        begin = time.perf_counter()
        trial = study.ask()
        for name in SPACE:
            trial.suggest_float(name, 0, 1)
        study.tell(trial, state=optuna.trial.TrialState.FAIL)  # leaves the history as it is for the next client
        times.append(time.perf_counter() - begin)
        params.append(trial.params)
    return {"times": times, "params": params}


def main():
    job, kind, port, *rest = sys.argv[1:]
    storage = open_storage(kind, port)
    print(json.dumps({"trials": trials, "fill": fill, "asks": asks}[job](storage, *rest)))


if __name__ == "__main__":
    main()
