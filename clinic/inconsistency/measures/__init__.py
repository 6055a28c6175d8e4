"""Measures of disagreement between modalities, one value a segment."""

from clinic.inconsistency.measures.base import CHANNEL, Measure, modalities_of
from clinic.inconsistency.measures.differences import AbsoluteDifference, SignedDifference
from clinic.inconsistency.measures.divergence import Divergence, jensen_shannon
from clinic.inconsistency.measures.emotions import EmotionDivergence, ExpertDisagreement
from clinic.inconsistency.measures.learned import LearnedInconsistency
from clinic.inconsistency.measures.pattern import Pattern

__all__ = [
    "CHANNEL",
    "AbsoluteDifference",
    "Divergence",
    "EmotionDivergence",
    "ExpertDisagreement",
    "LearnedInconsistency",
    "Measure",
    "Pattern",
    "SignedDifference",
    "jensen_shannon",
    "modalities_of",
]
