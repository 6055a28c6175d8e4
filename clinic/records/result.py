"""Everything about one recording that a reader may see."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from clinic.records.estimate import SeverityEstimate, Withheld
from clinic.records.explanation import Explanation
from clinic.records.inconsistency import InconsistencySignals
from clinic.records.modality import Absence, Condition
from clinic.records.stamp import Stamp


class QualityState(StrEnum):
    """How a quality check ended."""

    GOOD = "good"
    LIMITED = "limited"
    POOR = "poor"


@dataclass(frozen=True, kw_only=True)
class QualityCheck:
    """One measured property of the input with its threshold and effect.

    Args:
        value: The measurement; None where it could not be made.
        threshold: What ``good`` needs, in words with the unit.
        effect: What the state means for the answer, in one sentence.
        setting: Name of the setting that decides.
    """

    name: str
    value: float | None
    unit: str
    threshold: str
    state: QualityState
    effect: str
    setting: str


@dataclass(frozen=True, kw_only=True)
class SafetyNotice:
    """Language of self-harm, for a person to read; not a prediction."""

    start_s: float
    end_s: float
    quote: str
    phrase: str


@dataclass(frozen=True, kw_only=True)
class ModelSummary:
    """The fusion model as far as a reader needs it.

    Args:
        banner: Sentence that every page must carry, or an empty string.
    """

    name: str
    version: str
    weights_sha256: str
    trained_on: str
    n_training_participants: int
    banner: str
    licence: str


@dataclass(frozen=True, kw_only=True)
class MediaSummary:
    """What was read: durations, streams, hashes; no path and no name."""

    sha256: str
    duration_s: float
    has_audio: bool
    has_video: bool
    transcript_format: str | None
    transcript_sha256: str | None
    language: str | None
    n_segments: int
    speech_s: float


@dataclass(frozen=True, kw_only=True, eq=False)
class ScreeningResult:
    """The outcome for one recording. ``model`` is None after feature extraction alone."""

    recording_id: str
    participant_id: str
    visit_date: date | None
    created_at: datetime
    media: MediaSummary
    quality: tuple[QualityCheck, ...]
    absences: tuple[Absence, ...]
    notes: tuple[str, ...]
    safety: tuple[SafetyNotice, ...]
    inconsistency: InconsistencySignals | None
    estimates: tuple[SeverityEstimate | Withheld, ...]
    explanations: tuple[Explanation, ...]
    model: ModelSummary | None
    stamps: tuple[Stamp, ...]
    settings_sha256: str
    software_version: str
    run_id: str

    def __post_init__(self) -> None:
        if self.created_at.tzinfo is None:
            raise ValueError("created_at needs a time zone")
        conditions = [estimate.condition for estimate in self.estimates]
        if len(set(conditions)) != len(conditions):
            raise ValueError("a condition is estimated twice")
        if self.estimates and self.model is None:
            raise ValueError("estimates need the model that made them")

    def estimate(self, condition: Condition) -> SeverityEstimate | Withheld | None:
        """Return the settled estimate of one condition, None where it was not asked for."""
        return next((e for e in self.estimates if e.condition is condition), None)

    def explanation(self, condition: Condition) -> Explanation | None:
        """Return the explanation of one condition, None where the estimate is withheld."""
        return next((e for e in self.explanations if e.condition is condition), None)
