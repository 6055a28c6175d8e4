"""Who speaks and through which channel something was observed."""

from dataclasses import dataclass
from enum import StrEnum


class Modality(StrEnum):
    """What a feature was read from. ``CROSS`` marks values that compare modalities."""

    TEXT = "text"
    VOICE = "voice"
    FACE = "face"
    CROSS = "cross"


OBSERVED_MODALITIES = (Modality.TEXT, Modality.VOICE, Modality.FACE)


class Role(StrEnum):
    """Speaker role. ``UNKNOWN`` where the source does not say."""

    PARTICIPANT = "participant"
    INTERVIEWER = "interviewer"
    UNKNOWN = "unknown"


class Condition(StrEnum):
    """What is estimated. ``AMBIVALENCE`` is ambivalence/hesitancy (A/H)."""

    DEPRESSION = "depression"
    PTSD = "ptsd"
    AMBIVALENCE = "ambivalence"


@dataclass(frozen=True, kw_only=True)
class Absence:
    """A modality that was not observed, and why."""

    modality: Modality
    reason: str
