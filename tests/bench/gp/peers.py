"""ms of processor time an ask of Optuna's GPSampler and of Ax, one Torch thread, on the observations of gp_bench.cc: one JSON line each.

usage: peers.py DIMENSIONS OBSERVATIONS[,..] NAME[,..]    names: optuna-gp (to 1,000 observations), ax (to 200)
"""
import json, logging, math, sys, time, warnings
import numpy as np
from scipy.stats import qmc

warnings.simplefilter("ignore")
REPEATS = 3


def loss(x):
    return float(((x - 0.3) ** 2).sum() + 0.1 * math.sin(12 * x[0]) * math.cos(9 * x[1]))


def optuna_ask(points, losses):
    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.GPSampler(seed=1))
    distributions = {f"x{i}": optuna.distributions.FloatDistribution(0, 1) for i in range(points.shape[1])}

    def add(i):
        study.add_trial(optuna.trial.create_trial(params={f"x{k}": float(v) for k, v in enumerate(points[i])},
                                                  distributions=distributions, value=losses[i]))

    def ask():
        trial = study.ask(distributions)
        study.tell(trial, state=optuna.trial.TrialState.FAIL)

    for i in range(len(points) - REPEATS): add(i)
    ask()  # the model of the observations before is known
    return add, ask


def ax_ask(points, losses):
    from ax.api.client import Client
    from ax.api.configs import RangeParameterConfig
    logging.disable(logging.INFO)
    client = Client(random_seed=1)
    client.configure_experiment(parameters=[RangeParameterConfig(name=f"x{i}", bounds=(0.0, 1.0), parameter_type="float") for i in range(points.shape[1])])
    client.configure_optimization(objective="-loss")

    def add(i):
        index = client.attach_trial({f"x{k}": float(v) for k, v in enumerate(points[i])})
        client.complete_trial(trial_index=index, raw_data={"loss": losses[i]})

    def ask():
        for index in client.get_next_trials(max_trials=1): client.mark_trial_abandoned(trial_index=index)

    for i in range(len(points) - REPEATS): add(i)
    ask()
    return add, ask


def main():
    import torch
    torch.set_num_threads(1)
    dimensions, counts, names = int(sys.argv[1]), [int(n) for n in sys.argv[2].split(",")], sys.argv[3].split(",")
    for name in names:
        for n in counts:
            if n > {"optuna-gp": 1000, "ax": 200}[name]: continue
            points = qmc.Sobol(dimensions, seed=1).random(n)
            losses = [loss(x) for x in points]
            add, ask = {"optuna-gp": optuna_ask, "ax": ax_ask}[name](points, losses)
            times = []
            for i in range(n - REPEATS, n):
                add(i)
                start = time.process_time()
                ask()
                times.append((time.process_time() - start) * 1e3)
            print(json.dumps(dict(optimizer=name, dimensions=dimensions, observations=n, warm=round(sorted(times)[REPEATS // 2], 3))), flush=True)


main()
