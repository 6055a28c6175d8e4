"""PriMock57: utterances as transcribed, what is left without their fillers, and their timing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.features.speech.floor_transfer import Turns
from clinic.features.text.words import PhraseFinder, placed_words, words_of
from clinic.io.transcripts import TranscriptReader
from clinic.records import (
    Extraction,
    FeatureSpec,
    FeatureTable,
    Modality,
    Role,
    Segment,
    Stamp,
    Transcript,
)

Floats = NDArray[np.float64]

#: Longer than any consultation: the files tell no length of the recording to check against.
_LONGEST_S = 3600.0


@dataclass(frozen=True, kw_only=True)
class Consultation:
    """One consultation, one person of it taken for the participant.

    Args:
        segments: Their utterances as transcribed.
        stripped: The same without fillers.
        n_fillers: Shape (n_segments,), what was taken out.
    """

    name: str
    transcript: Transcript
    segments: tuple[Segment, ...]
    stripped: tuple[Segment, ...]
    n_fillers: NDArray[np.int64]


def read_consultations(
    folder: Path, reader: TranscriptReader, *, participant: str, fillers: Collection[str]
) -> tuple[Consultation, ...]:
    """Read all consultations in order of their names.

    Args:
        folder: Holds ``transcripts`` with one TextGrid a speaker.
        participant: Speaker whose utterances are taken, as the file names say it.
        fillers: Words that are taken out, in lower case.

    Raises:
        SetupError: No consultation.
    """
    paths = sorted((folder / "transcripts").glob(f"*_{participant}.TextGrid"))
    if not paths:
        raise SetupError(f"no consultation of a {participant} in {folder.name} (participant)")
    finder = PhraseFinder(fillers)
    return tuple(_consultation(path, reader, participant, finder) for path in paths)


def without_fillers(text: str, finder: PhraseFinder) -> tuple[str, int]:
    """Return the text with its fillers cut out, and how many words that were.

    Example:
        >>> without_fillers("Um, I was, uh, late.", PhraseFinder(["um", "uh"]))
        ('I was,  late.', 2)
    """
    placed = placed_words(text)
    runs = finder.find([word.word for word in placed])
    parts, end = [], 0
    for first, last in runs:
        parts.append(text[end : placed[first].first])
        end = placed[last - 1].last
        # The comma that set the filler off goes with it.
        if text[end : end + 1] == ",":
            end += 1
    return "".join([*parts, text[end:]]).strip(), sum(last - first for first, last in runs)


def timing(
    segments: Sequence[Segment], transcript: Transcript, *, table: str, has_rate: bool
) -> Extraction:
    """Return what of the timing table can be known without sound: latency and rate.

    Pauses within a turn are not observed.

    Args:
        has_rate: Whether words per second are told; a rate of words without fillers in a time
            with them would betray the fillers.
    """
    turns = Turns(transcript)
    values = np.array(
        [
            (
                turns.response_latency_s(segment),
                np.nan,
                len(words_of(segment.text or "")) / segment.duration_s if has_rate else np.nan,
            )
            for segment in segments
        ]
    ).reshape(len(segments), 3)
    columns = (("response_latency_s", "s"), ("pause_share", "1"), ("words_per_s", "1/s"))
    specs = tuple(
        FeatureSpec(
            name=name, unit=unit, minimum=-np.inf, maximum=np.inf, source="transcript",
            group="timing", meaning="timing as far as a transcript tells it",
        )
        for name, unit in columns
    )  # fmt: skip
    return Extraction(
        segments=FeatureTable(
            name=table,
            modality=Modality.VOICE,
            row_kind="segment",
            specs=specs,
            start_s=np.array([s.start_s for s in segments], dtype=np.float64),
            end_s=np.array([s.end_s for s in segments], dtype=np.float64),
            values=values,
            coverage=np.isfinite(values).any(axis=1).astype(np.float64),
            stamp=Stamp(component=__name__, version="", settings={}),
        )
    )


def _consultation(
    path: Path, reader: TranscriptReader, participant: str, finder: PhraseFinder
) -> Consultation:
    name = path.stem.removesuffix(f"_{participant}")
    both = sorted(path.parent.glob(f"{name}_*.TextGrid"))
    read = reader.read(
        both, duration_s=_LONGEST_S, language="en", participant_speaker=participant
    ).transcript
    said = [u for u in read.utterances if u.speaker is Role.PARTICIPANT]
    segments = tuple(
        Segment(
            index=i, start_s=u.start_s, end_s=u.end_s, speaker=u.speaker, origin="utterance",
            text=u.text,
        )
        for i, u in enumerate(said)
    )  # fmt: skip
    cut = [without_fillers(segment.text or "", finder) for segment in segments]
    return Consultation(
        name=name,
        transcript=read,
        segments=segments,
        stripped=tuple(
            replace(s, text=text or None) for s, (text, _) in zip(segments, cut, strict=True)
        ),
        n_fillers=np.array([n for _, n in cut], dtype=np.int64),
    )
