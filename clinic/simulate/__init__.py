"""Simulated interviews with known truth: drawn people, real media, no real person."""

from clinic.simulate.cohort import CohortWriter
from clinic.simulate.interview import STATEMENT, InterviewSimulator
from clinic.simulate.media import MediaSettings
from clinic.simulate.people import Participant, Population, Trait
from clinic.simulate.script import CONFLICT_KINDS, Conflicts
from clinic.simulate.soundtrack import Speaking

__all__ = [
    "CONFLICT_KINDS",
    "STATEMENT",
    "CohortWriter",
    "Conflicts",
    "InterviewSimulator",
    "MediaSettings",
    "Participant",
    "Population",
    "Speaking",
    "Trait",
]
