"""Where words, voice and face disagree: values per segment with the evidence behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from clinic.records.features import Extraction, FeatureTable
from clinic.records.modality import Modality
from clinic.records.stamp import Stamp
from clinic.records.transcript import Segment


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one modality said at one moment, relative to the person's own baseline.

    Args:
        quantity: ``valence`` or ``arousal``.
        value: In standard deviations of this person's own segments.
        confidence: Share of the stretch that was observed, in [0, 1].
        words: The reading in plain words, such as "words more negative than usual".
    """

    modality: Modality
    quantity: str
    value: float
    confidence: float
    words: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One moment of disagreement.

    Args:
        kind: Name of the measure that found it, such as ``smile_over_negative_words``.
        strength: Size of the disagreement, in the person's own standard deviations.
        quote: The words, or None without a transcript.
        sentence: One plain sentence for a clinician.
    """

    start_s: float
    end_s: float
    kind: str
    strength: float
    readings: tuple[Reading, ...]
    sentence: str
    quote: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s:
            raise ValueError(f"evidence from {self.start_s} s to {self.end_s} s")


@dataclass(frozen=True, kw_only=True, eq=False)
class InconsistencySignals:
    """Disagreement per segment, summary over the interview, strongest moments.

    Args:
        affect: Per segment, what each modality said: columns ``text_valence``,
            ``text_arousal``, ``voice_valence`` ..., in the person's own standard deviations.
        segments: Per segment, the disagreements.
        summary: One row (row kind ``recording``).
        evidence: Strongest first.
        duration_s: Length of the recording; evidence must lie inside.
    """

    affect: FeatureTable
    segments: FeatureTable
    summary: FeatureTable
    evidence: tuple[Evidence, ...]
    duration_s: float

    def __post_init__(self) -> None:
        for item in self.evidence:
            if item.end_s > self.duration_s + 1.0:
                raise ValueError(
                    f"evidence ends at {item.end_s} s, recording at {self.duration_s} s"
                )


class InconsistencyMeasure(Protocol):
    """Measures disagreement between modalities from finished extractions."""

    def stamp(self) -> Stamp: ...

    def measure(
        self, segments: Sequence[Segment], extractions: Sequence[Extraction], duration_s: float
    ) -> InconsistencySignals:
        """Compare what each modality says; absent modalities give NaN, never zero."""
        ...
