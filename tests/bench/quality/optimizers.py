"""Peers behind one ask/tell face: factory(space, seed) -> object with ask() -> (handle, params), tell(handle, params, value) and, where it can say which
point to trust under noise, recommend() -> params.
Optuna and Parzen are given a space's conditions; the others, which know none here, the flat space. torch runs on one thread."""
import json, os, subprocess, warnings
warnings.simplefilter("ignore")


class NotYet(Exception):
    """This optimizer gives no further point until more running trials are told."""


def one_thread():
    import torch
    torch.set_num_threads(1)


def suggested(space, trial):
    """A trial's parameters, each asked for as a program comes to it."""
    out = {}
    for p in space:
        if "when" in p and out.get(p["when"]["param"]) not in p["when"]["in"]: continue
        if p["type"] == "categorical": out[p["name"]] = trial.suggest_categorical(p["name"], p["choices"])
        else: out[p["name"]] = getattr(trial, f"suggest_{p['type']}")(p["name"], p["low"], p["high"], log=p.get("log", False))
    return out


class Optuna:
    def __init__(self, space, seed, make, torch=False):
        import optuna
        if torch: one_thread()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.space, self.study = space, optuna.create_study(sampler=make(optuna.samplers, seed))

    def ask(self):
        t = self.study.ask()
        return t, suggested(self.space, t)

    def tell(self, t, params, value): self.study.tell(t, value)


class Vizier:
    """Vizier's GP bandit designer, called directly (its default, GP-UCB-PE, did not run from the package)."""
    def __init__(self, space, seed):
        import jax
        from vizier import pyvizier as vz
        from vizier import algorithms as core
        from vizier._src.algorithms.designers import gp_bandit
        self.vz, self.core, self.n, self.done = vz, core, 0, []
        problem = vz.ProblemStatement()
        root = problem.search_space.root
        for p in space:
            if p["type"] == "categorical": root.add_categorical_param(p["name"], [str(c) for c in p["choices"]])
            else:
                scale = vz.ScaleType.LOG if p.get("log") else vz.ScaleType.LINEAR
                (root.add_float_param if p["type"] == "float" else root.add_int_param)(p["name"], p["low"], p["high"], scale_type=scale)
        problem.metric_information.append(vz.MetricInformation("loss", goal=vz.ObjectiveMetricGoal.MINIMIZE))
        self.designer = gp_bandit.VizierGPBandit(problem, rng=jax.random.PRNGKey(seed))

    def ask(self):
        s = self.designer.suggest(1)[0]; self.n += 1
        return s.to_trial(self.n), {k: v.value for k, v in s.parameters.items()}

    def tell(self, t, params, value):
        t.complete(self.vz.Measurement({"loss": value}))
        self.designer.update(self.core.CompletedTrials([t]), self.core.ActiveTrials())


class Ax:
    """Ax's client with its default generation strategy (Sobol, then BoTorch's log noisy expected improvement)."""
    def __init__(self, space, seed):
        import logging
        one_thread()
        from ax.api.client import Client
        from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig
        logging.disable(logging.INFO)
        self.client = Client(random_seed=seed)
        params = [ChoiceParameterConfig(name=p["name"], values=list(p["choices"]), parameter_type="str", is_ordered=False) if p["type"] == "categorical" else
                  RangeParameterConfig(name=p["name"], bounds=(p["low"], p["high"]), parameter_type=p["type"], scaling="log" if p.get("log") else "linear") for p in space]
        self.client.configure_experiment(parameters=params)
        self.client.configure_optimization(objective="-loss")

    def ask(self):
        from ax.exceptions.core import DataRequiredError
        try: (i, params), = self.client.get_next_trials(max_trials=1).items()
        except DataRequiredError: raise NotYet
        return i, dict(params)

    def tell(self, i, params, value): self.client.complete_trial(trial_index=i, raw_data={"loss": value})

    def recommend(self): return dict(self.client.get_best_parameterization(use_model_predictions=True)[0])


class Hebo:
    """HEBO, winner of the NeurIPS 2020 black-box challenge, with its defaults."""
    def __init__(self, space, seed):
        import numpy as np, pandas as pd
        one_thread(); np.random.seed(seed); import torch; torch.manual_seed(seed)
        from hebo.design_space.design_space import DesignSpace
        from hebo.optimizers.hebo import HEBO
        self.np, self.space = np, space
        spec = [dict(name=p["name"], type="cat", categories=list(p["choices"])) if p["type"] == "categorical" else
                dict(name=p["name"], type={"float": "pow" if p.get("log") else "num", "int": "pow_int" if p.get("log") else "int"}[p["type"]], lb=p["low"], ub=p["high"]) for p in space]
        for s in spec:
            if s["type"].startswith("pow"): s["base"] = 10
        self.opt = HEBO(DesignSpace().parse(spec), scramble_seed=seed)

    def ask(self):
        rec = self.opt.suggest(n_suggestions=1)
        row = rec.iloc[0].to_dict()
        return rec, {p["name"]: (row[p["name"]] if p["type"] == "categorical" else int(row[p["name"]]) if p["type"] == "int" else float(row[p["name"]])) for p in self.space}

    def tell(self, rec, params, value): self.opt.observe(rec, self.np.array([[value]]))


class Smac:
    """SMAC3: kind "hpo" (random forest, log EI: its default for hyperparameters) or "bb" (Gaussian process)."""
    def __init__(self, space, seed, kind):
        import logging, tempfile
        from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer
        from smac import BlackBoxFacade, HyperparameterOptimizationFacade, Scenario
        from smac.runhistory.dataclasses import TrialValue
        logging.disable(logging.WARNING)
        cs = ConfigurationSpace(seed=seed)
        for p in space:
            cs.add(Categorical(p["name"], list(p["choices"])) if p["type"] == "categorical" else
                   (Float if p["type"] == "float" else Integer)(p["name"], (p["low"], p["high"]), log=p.get("log", False)))
        sc = Scenario(cs, deterministic=True, n_trials=100000, seed=seed, output_directory=tempfile.mkdtemp())
        facade = HyperparameterOptimizationFacade if kind == "hpo" else BlackBoxFacade
        init = facade.get_initial_design(sc, n_configs=10)
        self.smac = facade(sc, lambda config, seed=0: 0.0, initial_design=init, overwrite=True, logging_level=False); self.value = TrialValue; self.space = space

    def ask(self):
        info = self.smac.ask(); c = dict(info.config)
        return info, {p["name"]: c[p["name"]].item() if hasattr(c[p["name"]], "item") else c[p["name"]] for p in self.space}

    def tell(self, info, params, value): self.smac.tell(info, self.value(cost=value, time=0.1))


class Parzen:
    """Our server through its Python client; PARZEN names the address, e.g. 127.0.0.1:7070. define_by_run: the space is not declared."""
    def __init__(self, space, seed, sampler, define_by_run):
        import uuid, parzen
        client = parzen.Client(os.environ["PARZEN"])
        def param(p):
            when = {"when": {p["when"]["param"]: p["when"]["in"]}} if "when" in p else {}
            if p["type"] == "categorical": return parzen.Categorical(p["choices"], **when)
            kind = parzen.Float if p["type"] == "float" else parzen.Int
            return kind(p["low"], p["high"], log=p.get("log", False), **when)
        self.program = space if define_by_run else []
        declared = {} if define_by_run else {p["name"]: param(p) for p in space}
        self.study = client.create_study(f"quality-{uuid.uuid4()}", declared, sampler=sampler, seed=seed)

    def ask(self):
        t = self.study.ask(); suggested(self.program, t)
        return t, dict(t.params)

    def tell(self, t, params, value): t.tell(value)

    def recommend(self): return dict(self.study.recommended_trial.trial.params)


class ParzenInProcess:
    """Our samplers in a process of their own (quality_study.cc): the same suggestions without a server."""
    def __init__(self, space, seed, sampler, define_by_run):
        self.process = subprocess.Popen([os.environ["QUALITY_STUDY"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.call({"create": {"space": space, "seed": seed, "sampler": sampler or "auto", "define_by_run": define_by_run}})

    def call(self, request):
        self.process.stdin.write(json.dumps(request) + "\n"); self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ask(self):
        t = self.call({"ask": {}}); return t["number"], t["params"]

    def tell(self, number, params, value): self.call({"tell": {"number": number, "values": [value]}})

    def recommend(self): return self.call({"recommend": {}})["params"]

    def __del__(self): self.process.stdin.close(); self.process.wait(); self.process.stdout.close()


def make_parzen(space, seed, sampler, define_by_run=False):
    return (Parzen if "PARZEN" in os.environ else ParzenInProcess)(space, seed, sampler, define_by_run)


FACTORIES = {
    "random": lambda sp, s: Optuna(sp, s, lambda m, seed: m.RandomSampler(seed=seed)),
    "optuna-tpe": lambda sp, s: Optuna(sp, s, lambda m, seed: m.TPESampler(seed=seed)),
    "optuna-gp": lambda sp, s: Optuna(sp, s, lambda m, seed: m.GPSampler(seed=seed), torch=True),
    "optuna-cmaes": lambda sp, s: Optuna(sp, s, lambda m, seed: m.CmaEsSampler(seed=seed)),
    "vizier": Vizier,
    "ax": Ax,
    "hebo": Hebo,
    "smac-rf": lambda sp, s: Smac(sp, s, "hpo"),
    "smac-gp": lambda sp, s: Smac(sp, s, "bb"),
    "parzen-tpe": lambda sp, s: make_parzen(sp, s, "tpe"),
    "parzen-gp": lambda sp, s: make_parzen(sp, s, "gp-ei"),
    "parzen-default": lambda sp, s: make_parzen(sp, s, None),
    "parzen-gp-program": lambda sp, s: make_parzen(sp, s, "gp-ei", define_by_run=True),
    "parzen-tpe-program": lambda sp, s: make_parzen(sp, s, "tpe", define_by_run=True),
    "parzen-default-program": lambda sp, s: make_parzen(sp, s, None, define_by_run=True),
}
