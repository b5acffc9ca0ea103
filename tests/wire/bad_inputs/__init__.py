"""Bad inputs over every RPC: what each one is, the request, and the answer that it must get.

A case's request is a message, or bytes where no message could say it. `Fixture` holds the studies that the cases are aimed at; a
case changes nothing, so that all of them run against the same ones.
"""

from __future__ import annotations

from bad_inputs.case import Case
from bad_inputs.fixture import Fixture
from bad_inputs.reading import bytes_cases, reading_cases
from bad_inputs.studies import create_cases, study_cases
from bad_inputs.trials import ask_cases, import_cases, explain_cases, lease_cases, tell_cases, trial_cases

__all__ = ["Case", "Fixture", "cases"]


def cases() -> list[Case]:
    groups = (create_cases, study_cases, ask_cases, tell_cases, trial_cases, import_cases, lease_cases, explain_cases, reading_cases, bytes_cases)
    return [case for group in groups for case in group()]
