"""What every corpus adapter gives back: who took part, what lies where, what was mended."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from clinic.records import FeatureTable, Reference, Transcript


class FindingKind(StrEnum):
    """What an adapter noticed about a corpus folder."""

    MISSING = "missing"  # the corpus documents it, the folder lacks it
    EXTRA = "extra"  # the folder has it, the corpus does not document it
    REPAIRED = "repaired"  # a known error, and what was done about it
    CONTRADICTION = "contradiction"  # two sources of the corpus disagree; says which one was used
    UNREADABLE = "unreadable"  # the file is there and cannot be read
    EXCLUDED = "excluded"  # left out on purpose, with the reason


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a user of the corpus must know.

    Args:
        subject: Participant id, or a name relative to the corpus folder; never a local path.
        text: What came, what was needed, what was done.
    """

    kind: FindingKind
    subject: str
    text: str


def no_transcript() -> Transcript | None:
    """The corpus has no transcript of this recording."""
    return None


def no_tables() -> tuple[FeatureTable, ...]:
    """The corpus ships no features of this recording."""
    return ()


@dataclass(frozen=True, kw_only=True, eq=False)
class CorpusItem:
    """One recording of a corpus. Reading is lazy: a corpus does not fit into memory.

    Args:
        recording_id: Unique over all corpora, such as ``edaic-300``.
        participant_id: The person, the same wherever this person appears: participant 300 of
            DAIC-WOZ and of E-DAIC is ``daic-300`` in both.
        reference: Scores, items, moments and attributes; its ids are these ids.
        part: Official part (``train``, ``validation``, ``test``), None without one.
        media: Raw video or audio, None where the corpus ships features only.
        transcript: Reads the transcript; ``DataError`` where it is damaged.
        tables: Reads the shipped features, one table a file: rows are frames, rows not observed
            are NaN, times in seconds; ``DataError`` where a file is damaged.
        repairs: What was mended for this recording, in words for the report.
    """

    recording_id: str
    participant_id: str
    reference: Reference
    part: str | None = None
    media: Path | None = None
    transcript: Callable[[], Transcript | None] = no_transcript
    tables: Callable[[], tuple[FeatureTable, ...]] = no_tables
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CorpusReading:
    """A corpus folder as it was found.

    Args:
        counts: What was counted in the folder, such as ``{"train": 107, "train depressed": 30}``.
        published: The same counts as the corpus' authors publish them.
        has_speakers: False where transcripts do not tell the interviewer from the participant.
    """

    corpus: str
    items: tuple[CorpusItem, ...]
    findings: tuple[Finding, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    published: Mapping[str, int] = field(default_factory=dict)
    has_speakers: bool = True


class Corpus(Protocol):
    """A choice under ``conf/data``: settings in the constructor, the folder in the call."""

    @property
    def name(self) -> str:
        """Short name, such as ``e_daic``."""
        ...

    def read(self, root: Path) -> CorpusReading:
        """List a corpus folder; media and features are not read yet.

        Raises:
            SetupError: The folder is no such corpus: names what was looked for.
        """
        ...


def missing_of(wanted: Sequence[str], found: Sequence[str], text: str) -> list[Finding]:
    """Return one finding for each documented participant that the folder lacks."""
    present = set(found)
    return [
        Finding(kind=FindingKind.MISSING, subject=name, text=text)
        for name in wanted
        if name not in present
    ]
