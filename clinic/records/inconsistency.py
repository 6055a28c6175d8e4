"""Where words, voice and face disagree: values per segment with the evidence behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from clinic.records.features import Extraction, FeatureTable
from clinic.records.modality import Absence, Modality
from clinic.records.stamp import Stamp
from clinic.records.transcript import Segment

#: Column of ``InconsistencySignals.surprise``.
RARITY = "rarity"


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
        strength: Size of the disagreement, in the measure's own unit.
        surprise_bits: -log2 of the share of this person's own pairings, shuffled, that are at
            least as strong: 1 bit is a coin thrown once, 10 bits one pairing in a thousand.
        false_discovery_rate: Share of the moments at least as rare as this one that shuffled
            pairing would account for, in [0, 1].
        quote: The words, or None without a transcript.
        sentence: One plain sentence for a clinician.

    Raises:
        ValueError: It runs backwards, or surprise or rate are out of range.
    """

    start_s: float
    end_s: float
    kind: str
    strength: float
    surprise_bits: float
    false_discovery_rate: float
    readings: tuple[Reading, ...]
    sentence: str
    quote: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s:
            raise ValueError(f"evidence from {self.start_s} s to {self.end_s} s")
        if not self.surprise_bits >= 0:
            raise ValueError(f"evidence with a surprise of {self.surprise_bits} bits")
        if not 0 <= self.false_discovery_rate <= 1:
            raise ValueError(f"evidence with a false discovery rate {self.false_discovery_rate}")


@dataclass(frozen=True, kw_only=True)
class ReactionLag:
    """How far one modality runs behind another over the interview.

    Args:
        leader, follower: Names of affect tracks, such as ``voice_arousal`` and ``face_smile``.
        lag_s: Positive where the follower comes later; NaN where no lag stands out.
        correlation: Of the two tracks at that lag; NaN where it could not be computed.
        p_value: Share of circular shifts that correlate as well at their own best lag.
    """

    leader: str
    follower: str
    lag_s: float
    correlation: float
    p_value: float


@dataclass(frozen=True, kw_only=True)
class SignalState:
    """Whether a signal was measured in this recording, and if not, why.

    Args:
        signal: An affect reading (``text_valence``) or a column of the segment table.
        state: One of ``STATES``.
        reason: Empty where measured; else what came, what was needed, which setting decides.
        n_segments: Segments that have a value.
    """

    signal: str
    state: str
    reason: str
    n_segments: int

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(f"{self.signal}: state {self.state!r}, one of {STATES} needed")
        if (self.state == "measured") != (self.n_segments > 0):
            raise ValueError(f"{self.signal}: {self.state} with {self.n_segments} segments")
        if (self.state == "measured") == bool(self.reason):
            raise ValueError(f"{self.signal}: {self.state} with the reason {self.reason!r}")


#: ``absent``: no such modality, or no speech. ``withheld``: it is there, but reading it would
#: mislead (language, a face seldom seen). ``too_little``: too few or too short utterances.
#: ``flat``: it never changes, so that nothing can stand out.
STATES = ("measured", "absent", "withheld", "too_little", "flat")


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A stretch of time that shows hesitancy or ambivalence: a place to look, no finding.

    Args:
        kind: Column of the segment table that was high, ``hesitancy`` or ``ambivalence``.
        score: Highest value of that column within, in the column's unit.
        quote: The words, or None without a transcript.
        sentence: One plain sentence for a clinician.
        at_s: Where in it the word of contrast or the first filler begins; None where neither
            was found.
        at_is_estimate: Words had no times of their own, so that ``at_s`` was placed by the
            share of the characters before it.

    Raises:
        ValueError: It runs backwards, or ``at_s`` lies outside.
    """

    start_s: float
    end_s: float
    kind: str
    score: float
    quote: str | None
    sentence: str
    at_s: float | None = None
    at_is_estimate: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s:
            raise ValueError(f"stretch from {self.start_s} s to {self.end_s} s")
        if self.at_s is not None and not self.start_s <= self.at_s <= self.end_s:
            raise ValueError(
                f"stretch from {self.start_s} s to {self.end_s} s, its place at {self.at_s} s"
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class InconsistencySignals:
    """Disagreement per segment, summary over the interview, strongest moments.

    Args:
        affect: Per segment, what each modality said: columns ``text_valence``,
            ``text_arousal``, ``voice_valence`` ..., in the person's own standard deviations.
        segments: Per segment, the disagreements.
        summary: One row (row kind ``recording``).
        evidence: Rarest under shuffled pairing first.
        duration_s: Length of the recording; evidence must lie inside.
        surprise: Per segment and compared column of ``segments``, bits; None where no measure
            has a null distribution. Its column ``RARITY`` is what moments are ranked by: all
            measures that bring moments together, against the same in shuffled interviews.
        grid: Affect tracks on a fixed grid (row kind ``frame``), or None.
        lags: Reaction lags that were estimated.
        states: One an affect reading and one a column of ``segments``.
        stretches: Where hesitancy or ambivalence is high, in order of time.
    """

    affect: FeatureTable
    segments: FeatureTable
    summary: FeatureTable
    evidence: tuple[Evidence, ...]
    duration_s: float
    surprise: FeatureTable | None = None
    grid: FeatureTable | None = None
    lags: tuple[ReactionLag, ...] = ()
    states: tuple[SignalState, ...] = ()
    stretches: tuple[Stretch, ...] = ()

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
        self,
        segments: Sequence[Segment],
        extractions: Sequence[Extraction],
        duration_s: float,
        *,
        language: str | None = None,
        absent: Sequence[Absence] = (),
    ) -> InconsistencySignals:
        """Compare what each modality says; absent modalities give NaN, never zero.

        Args:
            language: Primary subtag of the spoken language, None where nobody said.
            absent: Modalities that the recording cannot show, with the reason.
        """
        ...
