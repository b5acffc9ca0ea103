"""Learning curves of scikit-learn's MLPs and gradient boosting, trained once and kept: for each of eight problems (four data sets that ship with
scikit-learn, two kinds of model) the validation loss of random configurations after every epoch (MLP: one pass; boosting: one stage).

usage: curves.py FOLDER [CONFIGURATIONS]    trains what FOLDER does not have yet (one core, some minutes), a JSON file a problem:
    {"problem", "epochs", "configurations": [{"params": {..}, "losses": [one an epoch, null where it diverged], "sizes": [..]}]}
"""
import json, math, pathlib, sys, time, warnings
import numpy as np

EPOCHS = 81
CONFIGURATIONS = 128
DATA = ("digits", "wine", "breast_cancer", "diabetes")
MODELS = ("mlp", "gb")
PROBLEMS = [f"{data}-{model}" for data in DATA for model in MODELS]
MOST_ROWS = 600  # of a data set: all of the others, a third of digits


def load(name):
    """Standardized rows split in halves: train_x, train_y, valid_x, valid_y."""
    from sklearn import datasets
    from sklearn.model_selection import train_test_split
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    if name == "diabetes": y = (y - y.mean()) / y.std()
    train_x, valid_x, train_y, valid_y = train_test_split(x, y, train_size=min(len(x), MOST_ROWS) // 2, random_state=0,
                                                          stratify=None if name == "diabetes" else y)
    mean, deviation = train_x.mean(0), train_x.std(0) + 1e-9
    return (train_x - mean) / deviation, train_y, (valid_x - mean) / deviation, valid_y


def loss_of(prediction, y):
    """Log loss of class probabilities, root mean square error of numbers; NaN where the model has diverged."""
    if not np.isfinite(prediction).all(): return math.nan
    if prediction.ndim == 1: return float(np.sqrt(np.mean((prediction - y) ** 2)))
    return float(-np.mean(np.log(np.maximum(prediction[np.arange(len(y)), y], 1e-12))))


def log_uniform(random, low, high): return float(math.exp(random.uniform(math.log(low), math.log(high))))


def mlp_params(random):
    return dict(width=int(log_uniform(random, 4, 65)), layers=int(random.integers(1, 3)), learning_rate_init=log_uniform(random, 1e-4, 0.3),
                alpha=log_uniform(random, 1e-6, 3), batch_size=int(log_uniform(random, 8, 65)), solver=str(random.choice(["adam", "sgd"])),
                momentum=float(random.uniform(0, 0.99)))


def train_mlp(params, data, regression, seed):
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    train_x, train_y, valid_x, valid_y = data
    options = {name: value for name, value in params.items() if name not in ("width", "layers")}
    model = (MLPRegressor if regression else MLPClassifier)(hidden_layer_sizes=(params["width"],) * params["layers"], random_state=seed, **options)
    losses, size = [], None
    for _ in range(EPOCHS):
        try:
            if regression: model.partial_fit(train_x, train_y)
            else: model.partial_fit(train_x, train_y, classes=np.unique(train_y))
            losses.append(loss_of(model.predict(valid_x) if regression else model.predict_proba(valid_x), valid_y))
        except ValueError:  # weights that are not finite
            losses.append(math.nan)
        if size is None: size = sum(part.size for part in model.coefs_ + model.intercepts_)
    return losses, [size] * EPOCHS


def gb_params(random):
    return dict(learning_rate=log_uniform(random, 0.005, 1), max_depth=int(random.integers(1, 7)), subsample=float(random.uniform(0.3, 1)),
                max_features=float(random.uniform(0.1, 1)), min_samples_leaf=int(log_uniform(random, 1, 31)))


def train_gb(params, data, regression, seed):
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
    train_x, train_y, valid_x, valid_y = data
    model = (GradientBoostingRegressor if regression else GradientBoostingClassifier)(n_estimators=EPOCHS, random_state=seed, **params)
    model.fit(train_x, train_y)
    stages = model.staged_predict(valid_x) if regression else model.staged_predict_proba(valid_x)
    nodes = [sum(tree.tree_.node_count for tree in stage) for stage in model.estimators_]
    return [loss_of(stage, valid_y) for stage in stages], np.cumsum(nodes).tolist()


def train(problem, count):
    data_name, model = problem.rsplit("-", 1)
    data, regression = load(data_name), data_name == "diabetes"
    sample, fit = {"mlp": (mlp_params, train_mlp), "gb": (gb_params, train_gb)}[model]
    random = np.random.default_rng([PROBLEMS.index(problem), 1])
    configurations = []
    for seed in range(count):
        params = sample(random)
        losses, sizes = fit(params, data, regression, seed)
        configurations.append(dict(params=params, losses=[None if math.isnan(loss) else loss for loss in losses], sizes=sizes))
    return dict(problem=problem, epochs=EPOCHS, configurations=configurations)


def main():
    folder = pathlib.Path(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else CONFIGURATIONS
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    for problem in PROBLEMS:
        path = folder / f"{problem}-{count}.json"
        if path.exists(): continue
        start = time.time()
        record = train(problem, count)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(record))
        part.rename(path)
        print(f"{problem}: {count} configurations of {EPOCHS} epochs in {time.time() - start:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    with np.errstate(all="ignore"): main()
