"""Callbacks for training frameworks: they report a trial's progress and end it, by raising parzen.Pruned, when the study says so.

One module a framework: ``parzen.integrations.lightning``, ``keras``, ``xgboost``, ``lightgbm``, ``sklearn``. Each is imported by
name: none of the frameworks is a dependency of Parzen, and ``import parzen`` imports none. docs/pruning.md shows them at work.

What they have in common:

- ``metric`` names what is reported, as the framework calls it, in the study's direction. For several objectives it is a list.
  Instead of a name there may be a function without arguments, for what the framework does not measure (``lambda: model_size``).
- A metric that is not there raises parzen.InvalidArgument, which names those that are.
- A lease that was lost raises parzen.LeaseLost: another worker has the trial. A trial that is begun again starts without its
  reports; where training goes on from a checkpoint the framework counts its steps on, and so do the reports. A step that is
  reported again replaces the one before.
- A server that does not answer within the client's timeout costs a decision, not the training: it is warned of, and the training
  goes on.
- Of several processes that train one model together only that of rank 0 reports; all of them end together.
"""
