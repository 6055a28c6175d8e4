"""The values that travel between stages: frozen, and refusing nonsense when made."""

from clinic.records.case import Case, MomentLabel, Reference
from clinic.records.estimate import (
    MomentEstimate,
    RawEstimate,
    Settled,
    SeverityEstimate,
    Withheld,
)
from clinic.records.explanation import Contribution, Explanation, MomentContribution
from clinic.records.features import Extraction, Extractor, FeatureSpec, FeatureTable
from clinic.records.inconsistency import (
    RARITY,
    Evidence,
    InconsistencyMeasure,
    InconsistencySignals,
    ReactionLag,
    Reading,
    SignalState,
    Stretch,
)
from clinic.records.modality import OBSERVED_MODALITIES, Absence, Condition, Modality, Role
from clinic.records.recording import AudioBlock, AudioTrack, Frame, Recording, VideoTrack
from clinic.records.result import (
    MediaSummary,
    ModelSummary,
    QualityCheck,
    QualityState,
    SafetyNotice,
    ScreeningResult,
)
from clinic.records.scale import Scale
from clinic.records.stamp import Stamp, package_version, stamp_of
from clinic.records.transcript import Segment, Transcript, Utterance, Word

__all__ = [
    "OBSERVED_MODALITIES",
    "RARITY",
    "Absence",
    "AudioBlock",
    "AudioTrack",
    "Case",
    "Condition",
    "Contribution",
    "Evidence",
    "Explanation",
    "Extraction",
    "Extractor",
    "FeatureSpec",
    "FeatureTable",
    "Frame",
    "InconsistencyMeasure",
    "InconsistencySignals",
    "MediaSummary",
    "Modality",
    "ModelSummary",
    "MomentContribution",
    "MomentEstimate",
    "MomentLabel",
    "QualityCheck",
    "QualityState",
    "RawEstimate",
    "ReactionLag",
    "Reading",
    "Recording",
    "Reference",
    "Role",
    "SafetyNotice",
    "Scale",
    "ScreeningResult",
    "Segment",
    "Settled",
    "SeverityEstimate",
    "SignalState",
    "Stamp",
    "Stretch",
    "Transcript",
    "Utterance",
    "VideoTrack",
    "Withheld",
    "Word",
    "package_version",
    "stamp_of",
]
