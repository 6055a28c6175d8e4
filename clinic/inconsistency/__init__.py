"""Cross-modal inconsistency: where words, voice and face of one person disagree."""

from clinic.inconsistency.baseline import PersonalBaseline
from clinic.inconsistency.cross_modal import CrossModalInconsistency
from clinic.inconsistency.measures import (
    AbsoluteDifference,
    Divergence,
    EmotionDivergence,
    ExpertDisagreement,
    LearnedInconsistency,
    Measure,
    Pattern,
    SignedDifference,
)
from clinic.inconsistency.moments.finder import MomentFinder
from clinic.inconsistency.readers.affect import AffectReader
from clinic.inconsistency.readers.face_affect import ActionUnitAffect
from clinic.inconsistency.readers.face_emotions import EmotionPrototypes
from clinic.inconsistency.readers.text_affect import SentenceAffect
from clinic.inconsistency.readers.voice_affect import VoiceAffect
from clinic.inconsistency.readers.voice_arousal import Cue, ProsodicArousal
from clinic.inconsistency.readers.voice_columns import VoiceColumns
from clinic.inconsistency.signals.ambivalence import Ambivalence, Grade
from clinic.inconsistency.signals.feeling_turn import FeelingTurn
from clinic.inconsistency.signals.hesitation import Hesitancy, Sign
from clinic.inconsistency.signals.stretches import StretchFinder
from clinic.inconsistency.signals.within_text import WithinText
from clinic.inconsistency.summary import Coupling, InterviewSummary
from clinic.inconsistency.time.grid import AffectGrid
from clinic.inconsistency.time.lags import ReactionLags
from clinic.inconsistency.time.out_of_step import OutOfStep
from clinic.inconsistency.time.tracks import AffectTracks, Track

__all__ = [
    "AbsoluteDifference",
    "ActionUnitAffect",
    "AffectGrid",
    "AffectReader",
    "AffectTracks",
    "Ambivalence",
    "Coupling",
    "CrossModalInconsistency",
    "Cue",
    "Divergence",
    "EmotionDivergence",
    "EmotionPrototypes",
    "ExpertDisagreement",
    "FeelingTurn",
    "Grade",
    "Hesitancy",
    "InterviewSummary",
    "LearnedInconsistency",
    "Measure",
    "MomentFinder",
    "OutOfStep",
    "Pattern",
    "PersonalBaseline",
    "ProsodicArousal",
    "ReactionLags",
    "SentenceAffect",
    "Sign",
    "SignedDifference",
    "StretchFinder",
    "Track",
    "VoiceAffect",
    "VoiceColumns",
    "WithinText",
]
