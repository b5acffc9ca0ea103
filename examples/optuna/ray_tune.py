"""Ray Tune asks the study on the server. pip install 'ray[tune]'"""

import optuna
from ray import tune
from ray.tune.search.optuna import OptunaSearch

from parzen.optuna import ParzenStorage

search = OptunaSearch(
    space={"x": optuna.distributions.FloatDistribution(-10, 10)},
    metric="loss",
    mode="min",
    storage=ParzenStorage(),
    study_name="ray-tune",
)
tuner = tune.Tuner(
    lambda config: {"loss": config["x"] ** 2}, tune_config=tune.TuneConfig(search_alg=search, num_samples=10)
)
print(tuner.fit().get_best_result("loss", "min").config)
