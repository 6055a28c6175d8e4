"""When the first filler and the word of contrast are spoken: by word times, else an estimate."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np

from clinic.errors import SetupError
from clinic.features.text.contrast import ContrastFinder
from clinic.features.text.language import language_notes
from clinic.features.text.table import segment_table
from clinic.features.text.words import PhraseFinder, PlacedWord, placed_words
from clinic.records import (
    Extraction,
    FeatureSpec,
    Modality,
    Recording,
    Segment,
    Stamp,
    Transcript,
    stamp_of,
)


@dataclass(frozen=True, kw_only=True)
class WordPlaces:
    """Places a few words of each segment in time.

    Where the words of the segment have times in the transcript, these are taken; else a word
    is placed by the share of the segment's characters before it, as if speech ran evenly.

    Args:
        fillers: Words whose first is looked for, in lower case.
        contrast: Finds the word of contrast.
        languages: Primary language subtags that the lists are made for.
    """

    fillers: Sequence[str]
    contrast: ContrastFinder
    languages: Sequence[str]
    name: str = "word_places"

    def __post_init__(self) -> None:
        if not self.fillers:
            raise SetupError("word_places: no filler is listed (fillers)")

    @property
    def modality(self) -> Modality:
        """Read from the words."""
        return Modality.TEXT

    @cached_property
    def _fillers(self) -> PhraseFinder:
        return PhraseFinder(self.fillers)

    def specs(self) -> tuple[FeatureSpec, ...]:
        """Two times, and whether they are measured."""
        return _SPECS

    def stamp(self) -> Stamp:
        """Provenance."""
        return stamp_of(self)

    def extract(self, recording: Recording, segments: Sequence[Segment]) -> Extraction:
        """Place the words of each segment; NaN where there is no such word."""
        values = np.full((len(segments), len(_SPECS)), np.nan)
        is_readable, notes = language_notes(recording, self.languages, segments)
        if is_readable:
            for row, segment in enumerate(segments):
                if segment.text:
                    values[row] = self._places(recording.transcript, segment, segment.text)
        table = segment_table(
            name=self.name,
            specs=_SPECS,
            segments=segments,
            values=values,
            stamp=self.stamp(),
            notes=notes,
        )
        return Extraction(segments=table)

    def _places(
        self, transcript: Transcript | None, segment: Segment, text: str
    ) -> tuple[float, float, float]:
        placed = placed_words(text)
        if not placed:
            return np.nan, np.nan, np.nan
        timed = word_times(transcript, segment, placed)
        starts = timed or estimated_times(segment, text, placed)
        contrast = self.contrast.find(text)
        fillers = self._fillers.find([word.word for word in placed])
        return (
            starts[contrast.at_word] if contrast else np.nan,
            starts[fillers[0][0]] if fillers else np.nan,
            float(timed is not None),
        )


def word_times(
    transcript: Transcript | None, segment: Segment, placed: Sequence[PlacedWord]
) -> list[float] | None:
    """Return when each word begins, None unless the transcript times these very words."""
    if transcript is None:
        return None
    inside = [
        word
        for utterance in transcript.utterances
        if utterance.speaker is segment.speaker
        for word in utterance.words
        if segment.start_s <= word.start_s < segment.end_s
    ]
    # A token of the transcript may hold two of our words ("twice/day"); both begin with it.
    timed = [(part.word, word.start_s) for word in inside for part in placed_words(word.text)]
    if [word for word, _ in timed] != [word.word for word in placed]:
        return None
    return [start_s for _, start_s in timed]


def estimated_times(segment: Segment, text: str, placed: Sequence[PlacedWord]) -> list[float]:
    """Return when each word would begin if every character took the same time.

    Example:
        >>> from clinic.records import Role
        >>> turn = Segment(index=0, start_s=10.0, end_s=20.0, speaker=Role.PARTICIPANT,
        ...                origin="utterance", text="so it is")
        >>> estimated_times(turn, "so it is", placed_words("so it is"))
        [10.0, 13.75, 17.5]
    """
    return [segment.start_s + segment.duration_s * word.first / len(text) for word in placed]


def _spec(name: str, unit: str, maximum: float, meaning: str) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit=unit,
        minimum=0.0,
        maximum=maximum,
        source="word times of the transcript, else the share of characters",
        group="places of words",
        meaning=meaning,
    )


_SPECS = (
    _spec("contrast_s", "s", inf, "when the word of contrast begins"),
    _spec("filler_s", "s", inf, "when the first filler begins"),
    _spec("is_timed", "1", 1.0, "places come from word times (1), or are estimated (0)"),
)
