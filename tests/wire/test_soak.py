"""A few seconds of tests/soak: workers and the server are killed, connections cut, requests sent twice; nothing is lost or doubled."""

import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "soak"))

from soak import Soak  # noqa: E402


def test_nothing_acknowledged_is_lost_or_doubled(tmp_path):
    seed = random.SystemRandom().randrange(2**31)
    problems, total = Soak(tmp_path, workers=9, seed=seed).run(seconds=5)
    assert problems == [], f"seed {seed}: {problems[:10]}"
    assert total["worker_kills"] > 0 and total["server_kills"] > 0
    assert all(study["acknowledged"] > 0 for study in total["studies"].values()), total
