"""Optuna programs on a Parzen server: a storage with TLS, tokens, retries and leases, and a sampler that samples in the server.

    import optuna
    from parzen.optuna import ParzenSampler, ParzenStorage

    study = optuna.create_study(storage=ParzenStorage("127.0.0.1:7070"), sampler=ParzenSampler("tpe"))

Needs Optuna 4.2 or later (``pip install parzen[optuna]``); ``import parzen`` does not.
"""

from parzen.optuna.pruner import ParzenPruner
from parzen.optuna.sampler import ParzenSampler
from parzen.optuna.service import StorageError
from parzen.optuna.storage import ParzenStorage

__all__ = ["ParzenPruner", "ParzenSampler", "ParzenStorage", "StorageError"]
