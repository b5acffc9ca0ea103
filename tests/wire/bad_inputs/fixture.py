"""The studies that the cases are aimed at."""

from __future__ import annotations

from messages import choice_parameter, float_parameter, int_parameter, mask, param, when
from parzen._proto import parzen_pb2 as pb
from wire import Wire, request_id


class Fixture:
    """Studies in every condition that a request can meet."""

    def __init__(self, wire: Wire) -> None:
        must = wire.must
        space = pb.SearchSpace(
            parameters=[
                float_parameter("lr", 1e-5, 1e-1, log=True),
                int_parameter("depth", 1, 8),
                choice_parameter("kernel", ("rbf", "poly")),
                float_parameter("gamma", 0, 1, when=when("kernel", "rbf")),
            ]
        )

        def create(name, **more):
            study = pb.Study(name=name, sampler=pb.SamplerConfig(random=pb.RandomSampler(), seed=1), **more)
            return must("CreateStudy", pb.CreateStudyRequest(request_id=request_id(), study=study))

        def ask(name, **more):
            return must("Ask", pb.AskRequest(request_id=request_id(), study=name, worker="w", **more)).trials[0]

        def tell(trial, *values, **more):
            outcome = pb.Outcome(trial=trial.handle, values=values, **more)
            must("Tell", pb.TellRequest(request_id=request_id(), outcomes=[outcome]))

        self.study = create("s", space=space)
        self.done, self.pruned, self.failed, self.running = (ask("s").handle for _ in range(4))
        self.used_id = request_id()
        outcome = pb.Outcome(trial=self.done, values=[0.5])
        must("Tell", pb.TellRequest(request_id=self.used_id, outcomes=[outcome]))
        must("Tell", pb.TellRequest(outcomes=[pb.Outcome(trial=self.pruned, state=pb.Trial.PRUNED)]))
        must("Tell", pb.TellRequest(outcomes=[pb.Outcome(trial=self.failed, state=pb.Trial.FAILED)]))
        # Taken back from its worker: the handle of its first attempt.
        self.lost = ask("s").handle
        preempted = pb.Failure(kind=pb.Failure.PREEMPTED)
        must("Tell", pb.TellRequest(outcomes=[pb.Outcome(trial=self.lost, state=pb.Trial.FAILED, failure=preempted)]))
        self.waiting = must("Enqueue", pb.EnqueueRequest(study="s", params=[param("lr", 0.01)])).trial.handle
        # Define-by-run.
        self.dynamic = create("dynamic")
        self.dynamic_trial = ask("dynamic").handle
        self.dynamic_other = ask("dynamic").handle
        suggest = pb.SuggestRequest(trial=self.dynamic_other, name="x", distribution=float_parameter().distribution)
        must("Suggest", suggest)
        # Two objectives.
        self.multi = create("multi", space=space, directions=[pb.MINIMIZE, pb.MAXIMIZE], metric_names=["loss", "accuracy"])
        self.multi_trial = ask("multi").handle
        # Paused, finished, everything handed out, a finite space exhausted.
        create("paused", space=space)
        must("UpdateStudy", pb.UpdateStudyRequest(study=pb.Study(name="paused", state=pb.Study.PAUSED), update_mask=mask("state")))
        create("finished", space=space, max_trials=1)
        tell(ask("finished"), 1.0)
        create("full", space=space, max_trials=1)
        ask("full")
        create("tiny", space=pb.SearchSpace(parameters=[choice_parameter("c", (1, 2))]))
        ask("tiny"), ask("tiny")
        # A study that is gone: its uid is never used again.
        gone = create("gone", space=space)
        self.gone = pb.TrialHandle(study_uid=gone.uid, number=0)
        must("DeleteStudy", pb.DeleteStudyRequest(study="gone"))
