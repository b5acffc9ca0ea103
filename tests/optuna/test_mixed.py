"""Optuna programs and native workers share a study, also while the server is killed. tests/full/optuna_mixed.py does it with 16 of each."""

import mixed


def test_workers_of_both_kinds_share_a_study_over_kills(tmp_path):
    mixed.run(tmp_path, each=2, trials=40, kills=2, seconds=120)
