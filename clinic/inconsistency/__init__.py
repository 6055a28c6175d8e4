"""Cross-modal inconsistency: where words, voice and face of one person disagree."""

from clinic.inconsistency.affect import AffectReader
from clinic.inconsistency.baseline import PersonalBaseline
from clinic.inconsistency.cross_modal import CrossModalInconsistency
from clinic.inconsistency.face_affect import ActionUnitAffect
from clinic.inconsistency.measures import (
    AbsoluteDifference,
    Divergence,
    Measure,
    Pattern,
    SignedDifference,
)
from clinic.inconsistency.moments import MomentFinder
from clinic.inconsistency.summary import Coupling, InterviewSummary
from clinic.inconsistency.text_affect import SentenceAffect
from clinic.inconsistency.voice_arousal import Cue, ProsodicArousal

__all__ = [
    "AbsoluteDifference",
    "ActionUnitAffect",
    "AffectReader",
    "Coupling",
    "CrossModalInconsistency",
    "Cue",
    "Divergence",
    "InterviewSummary",
    "Measure",
    "MomentFinder",
    "Pattern",
    "PersonalBaseline",
    "ProsodicArousal",
    "SentenceAffect",
    "SignedDifference",
]
