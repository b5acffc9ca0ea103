"""Compares what workers were told with what the server kept."""

from __future__ import annotations

import collections
import dataclasses
import pathlib

from wire import Wire, pb


@dataclasses.dataclass
class Journal:
    """All workers' acknowledgements of one study."""

    asks: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(list))  # (number, attempt) -> [params]
    reports: dict = dataclasses.field(default_factory=dict)  # (number, attempt, step) -> value
    tells: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(list))  # number -> [(attempt, value)]
    bad: list = dataclasses.field(default_factory=list)
    counts: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    longest_ms: int = 0

    def read(self, path: pathlib.Path) -> None:
        for line in path.read_bytes().decode(errors="replace").split("\n")[:-1]:
            kind, *words = line.split(" ")
            if kind == "ask":
                self.asks[int(words[0]), int(words[1])].append(words[2] if len(words) > 2 else "")
            elif kind == "report":
                self.reports[int(words[0]), int(words[1]), int(words[2])] = float.fromhex(words[3])
            elif kind == "tell":
                self.tells[int(words[0])].append((int(words[1]), float.fromhex(words[2])))
            elif kind == "waited":
                self.longest_ms = max(self.longest_ms, int(words[0]))
            elif kind == "counts":
                self.counts.update(requests=int(words[0]), retries=int(words[1]), sent_twice=int(words[2]))
            elif kind in ("late", "lost", "preempted"):
                self.counts.update([kind])
            else:
                self.bad.append(f"{path.name}: {line}")


def all_trials(wire: Wire, study: str):
    token = ""
    while True:
        page = wire.must("ListTrials", pb.ListTrialsRequest(study=study, page_size=5000, page_token=token, view=pb.FULL))
        yield from page.trials
        token = page.next_page_token
        if not token:
            return


def essence(trial) -> str:
    return b"".join(pb.Param(name=p.name, value=p.value).SerializeToString() for p in trial.params).hex()


def check_study(wire: Wire, study: str, journal: Journal) -> tuple[list[str], int, int]:
    """What is wrong, how many trials there are, how many single facts were compared."""
    problems = list(journal.bad)
    trials = {}
    checks = 0

    def check(fact: bool, problem: str) -> None:
        nonlocal checks
        checks += 1
        if not fact:
            problems.append(f"{study}: {problem}")

    numbers = []
    for trial in all_trials(wire, study):
        numbers.append(trial.handle.number)
        trials[trial.handle.number] = trial
        check(trial.state == pb.Trial.COMPLETE, f"trial {trial.handle.number} is {pb.Trial.State.Name(trial.state)} at the end")
        check(len(trial.values) == 1, f"trial {trial.handle.number} has {len(trial.values)} values")
    check(numbers == list(range(len(numbers))), "the numbers have a hole, a repeat or another order")
    check(len({t.id for t in trials.values()}) == len(trials), "a trial id is there twice")
    described = wire.must("GetStudy", pb.GetStudyRequest(study=study))
    counts = described.counts
    check(described.state == pb.Study.FINISHED, f"the study is {pb.Study.State.Name(described.state)} though all trials have ended")
    check(counts.complete == len(trials), f"the study counts {counts.complete} complete trials, there are {len(trials)}")
    for (number, attempt), params in journal.asks.items():
        trial = trials.get(number)
        check(trial is not None, f"the acknowledged Ask of trial {number} is missing")
        check(all(p == params[0] for p in params), f"trial {number}, attempt {attempt} was handed out with different parameters")
        if trial is not None:
            check(essence(trial) == params[0], f"trial {number} has other parameters than were handed out")
            check(attempt <= trial.handle.attempt, f"attempt {attempt} of trial {number} was handed out, {trial.handle.attempt} is kept")
    for number, told in journal.tells.items():
        trial = trials.get(number)
        kept = list(trial.values) if trial is not None else None
        values = {value for _, value in told}
        check(len(values) == 1, f"trial {number} was acknowledged with different values: {sorted(values)}")
        check(kept == [told[0][1]], f"the acknowledged Tell of trial {number} is lost: told {told}, kept {kept}")
    steps = {number: {i.step: i.value for i in trial.intermediate_values} for number, trial in trials.items()}
    for (number, attempt, step), value in journal.reports.items():
        if number in trials and attempt == trials[number].handle.attempt:
            check(step in steps[number], f"the acknowledged Report of trial {number}, step {step} is lost")
            # A later copy of a killed worker may have reported the step again.
    return problems, len(trials), checks
