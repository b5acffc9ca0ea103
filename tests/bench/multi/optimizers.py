"""Optimizers of several objectives behind one face: ask() -> (handle, params), tell(handle, values), and attach(params, values) for a trial that was made
elsewhere. Values are to be minimized."""
import json, os, subprocess, uuid


class Optuna:
    def __init__(self, space, objectives, seed, sampler):
        import optuna
        if sampler == "GPSampler":
            import torch
            torch.set_num_threads(1)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.space, self.study = space, optuna.create_study(directions=["minimize"] * objectives, sampler=getattr(optuna.samplers, sampler)(seed=seed))

    def ask(self):
        trial = self.study.ask()
        return trial, {p["name"]: trial.suggest_categorical(p["name"], p["choices"]) if p["type"] == "categorical" else
                       getattr(trial, f"suggest_{p['type']}")(p["name"], p["low"], p["high"], log=p.get("log", False)) for p in self.space}

    def tell(self, trial, values): self.study.tell(trial, values)

    def attach(self, params, values):
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
        from optuna.trial import create_trial
        kinds = {"float": FloatDistribution, "int": IntDistribution}
        distributions = {p["name"]: CategoricalDistribution(p["choices"]) if p["type"] == "categorical" else kinds[p["type"]](p["low"], p["high"], log=p.get("log", False))
                         for p in self.space}
        self.study.add_trial(create_trial(params=params, distributions=distributions, values=values))


class Ax:
    """Ax's client with its default strategy for several objectives; it is told no reference point, as the others are not."""
    def __init__(self, space, objectives, seed):
        import logging, torch
        torch.set_num_threads(1)
        from ax.api.client import Client
        from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig
        logging.disable(logging.INFO)
        self.client = Client(random_seed=seed)
        self.client.configure_experiment(parameters=[
            ChoiceParameterConfig(name=p["name"], values=list(p["choices"]), parameter_type="str", is_ordered=False) if p["type"] == "categorical" else
            RangeParameterConfig(name=p["name"], bounds=(p["low"], p["high"]), parameter_type=p["type"], scaling="log" if p.get("log") else "linear") for p in space])
        self.client.configure_optimization(objective=", ".join(f"-f{i}" for i in range(objectives)))

    def ask(self):
        (index, params), = self.client.get_next_trials(max_trials=1).items()
        return index, dict(params)

    def tell(self, index, values): self.client.complete_trial(trial_index=index, raw_data={f"f{i}": v for i, v in enumerate(values)})

    def attach(self, params, values): self.tell(self.client.attach_trial(parameters=params), values)


class Parzen:
    """Our server through its Python client; PARZEN names the address."""
    def __init__(self, space, objectives, seed, sampler):
        import parzen
        def param(p):
            if p["type"] == "categorical": return parzen.Categorical(p["choices"])
            return (parzen.Float if p["type"] == "float" else parzen.Int)(p["low"], p["high"], log=p.get("log", False))
        self.study = parzen.Client(os.environ["PARZEN"]).create_study(f"multi-{uuid.uuid4()}", {p["name"]: param(p) for p in space},
                                                                     directions=["minimize"] * objectives, sampler=sampler, seed=seed)

    def ask(self):
        trial = self.study.ask(); return trial, dict(trial.params)

    def tell(self, trial, values): trial.tell(values)

    def attach(self, params, values): self.study.add_trials([(params, values)])


class ParzenInProcess:
    """Our samplers in a process of their own (../quality/quality_study.cc): the same suggestions without a server."""
    def __init__(self, space, objectives, seed, sampler):
        self.process = subprocess.Popen([os.environ["QUALITY_STUDY"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.call({"create": {"space": space, "objectives": objectives, "seed": seed, "sampler": sampler or "auto"}})

    def call(self, request):
        self.process.stdin.write(json.dumps(request) + "\n"); self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ask(self):
        trial = self.call({"ask": {}}); return trial["number"], trial["params"]

    def tell(self, number, values): self.call({"tell": {"number": number, "values": values}})

    def __del__(self): self.process.stdin.close(); self.process.wait(); self.process.stdout.close()


def make(name, space, objectives, seed):
    kinds = {"random": "RandomSampler", "optuna-tpe": "TPESampler", "optuna-gp": "GPSampler", "nsga2": "NSGAIISampler"}
    if name == "ax": return Ax(space, objectives, seed)
    if name in kinds: return Optuna(space, objectives, seed, kinds[name])
    return (Parzen if "PARZEN" in os.environ else ParzenInProcess)(space, objectives, seed, {"parzen-gp": "gp-ei", "parzen-tpe": "tpe", "parzen-default": None}[name])
