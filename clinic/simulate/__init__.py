"""Simulated interviews with known truth: drawn people, real media, no real person."""

from clinic.simulate.cohort import CohortWriter
from clinic.simulate.features import FeatureCohort, simulate_cases
from clinic.simulate.interview import STATEMENT, InterviewSimulator
from clinic.simulate.media import MediaSettings
from clinic.simulate.people import Participant, Population, Trait
from clinic.simulate.script import CONFLICT_KINDS, Conflicts
from clinic.simulate.soundtrack import Speaking
from clinic.simulate.tables import write_labels

__all__ = [
    "CONFLICT_KINDS",
    "STATEMENT",
    "CohortWriter",
    "Conflicts",
    "FeatureCohort",
    "InterviewSimulator",
    "MediaSettings",
    "Participant",
    "Population",
    "Speaking",
    "Trait",
    "simulate_cases",
    "write_labels",
]
