"""Optuna's own storage contract, which it publishes for whoever writes a storage, against parzend.

One item is weaker here: the protocol carries a trial's parameters as a map, so that their order is lost on the way. Optuna's own
server cannot keep it either.
"""

import pytest
from optuna.distributions import FloatDistribution
from optuna.study import StudyDirection
from optuna.testing.pytest_storages import StorageTestCase


class TestParzend(StorageTestCase):
    @pytest.mark.parametrize("param_names", [["a", "b"], ["b", "a"]])
    def test_get_all_trials_params_order(self, storage, param_names):
        study_id = storage.create_new_study([StudyDirection.MINIMIZE])
        trial_id = storage.create_new_trial(study_id)
        for name in param_names:
            storage.set_trial_param(trial_id, name, 1.0, FloatDistribution(0.0, 2.0))
        assert set(storage.get_all_trials(study_id)[0].params) == {"a", "b"}
