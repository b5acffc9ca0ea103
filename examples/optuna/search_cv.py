"""scikit-learn's search interface over a study on the server. pip install optuna-integration scikit-learn pandas"""

import optuna
from optuna_integration.sklearn import OptunaSearchCV
from sklearn.datasets import load_iris
from sklearn.svm import SVC

from parzen.optuna import ParzenSampler, ParzenStorage

study = optuna.create_study(
    storage=ParzenStorage(), study_name="search-cv", load_if_exists=True, direction="maximize", sampler=ParzenSampler("tpe")
)
search = OptunaSearchCV(
    SVC(), {"C": optuna.distributions.FloatDistribution(1e-3, 1e2, log=True)}, n_trials=10, study=study
)
search.fit(*load_iris(return_X_y=True))
print(search.best_params_, search.best_score_)
