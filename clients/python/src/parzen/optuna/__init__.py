"""Optuna programs on a Parzen server: a storage with TLS, tokens, retries and leases.

    import optuna
    from parzen.optuna import ParzenStorage

    study = optuna.create_study(storage=ParzenStorage("127.0.0.1:7070"))

Needs Optuna 4.2 or later (``pip install parzen[optuna]``); ``import parzen`` does not.
"""

from parzen.optuna.pruner import ParzenPruner
from parzen.optuna.storage import ParzenStorage, StorageError

__all__ = ["ParzenPruner", "ParzenStorage", "StorageError"]
