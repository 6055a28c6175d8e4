"""What was said, by whom, when. Every stretch of time is half-open: [start_s, end_s)."""

from dataclasses import dataclass

from clinic.records.modality import Role


@dataclass(frozen=True, kw_only=True)
class Word:
    """One word with its times."""

    start_s: float
    end_s: float
    text: str

    def __post_init__(self) -> None:
        _require_forward(self.start_s, self.end_s)


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """One turn or sentence of one speaker; ``words`` is empty where times are unknown."""

    start_s: float
    end_s: float
    speaker: Role
    text: str
    words: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        _require_forward(self.start_s, self.end_s)
        starts = [word.start_s for word in self.words]
        if starts != sorted(starts):
            raise ValueError("words out of order")


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """Utterances in order of their start.

    Args:
        source_format: Name of the reader, such as ``webvtt``.
        has_speakers: False where the source does not tell speakers apart.
    """

    utterances: tuple[Utterance, ...]
    source_format: str
    has_speakers: bool
    sha256: str
    language: str | None = None

    def __post_init__(self) -> None:
        starts = [utterance.start_s for utterance in self.utterances]
        if starts != sorted(starts):
            raise ValueError("utterances out of order")

    @property
    def participant_utterances(self) -> tuple[Utterance, ...]:
        """The participant's turns; all turns where the source tells no speakers apart."""
        if not self.has_speakers:
            return self.utterances
        return tuple(u for u in self.utterances if u.speaker is Role.PARTICIPANT)


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A stretch of the participant's time, the row of every segment-level table.

    Args:
        origin: ``utterance`` (from the transcript), ``voice`` (from voice activity) or
            ``window`` (fixed windows of a silent video).
        text: The words, or None without a transcript.
    """

    index: int
    start_s: float
    end_s: float
    speaker: Role
    origin: str
    text: str | None = None

    def __post_init__(self) -> None:
        _require_forward(self.start_s, self.end_s)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


def _require_forward(start_s: float, end_s: float) -> None:
    if not 0 <= start_s < end_s:
        raise ValueError(f"a stretch runs from {start_s} s to {end_s} s: start before end needed")
