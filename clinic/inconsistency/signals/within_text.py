"""Conflict within the words: two sides of one matter, in one utterance or against earlier ones.

Counts of wishes, of reasons to leave things as they are, and of words of contrast come from the
lexical table. They tell that two sides are spoken of, not what either means: "I want to, but the
bus was late" is two-sided as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.readers.affect import find_table
from clinic.inconsistency.signals.tables import read_column, text_shortage, words_of_segment
from clinic.records import Extraction, FeatureSpec, Segment, Stamp, stamp_of

Floats = NDArray[np.float64]

GROUP = "within the words"
TALK = "change and sustain talk: after Miller & Rollnick (2013), Motivational Interviewing, 3rd ed."


@dataclass(frozen=True, kw_only=True)
class WithinText:
    """Three columns: two sides, change against sustain talk, and a stance that turned.

    Args:
        table: Name of the component that counts words.
        change, sustain, contrast: Its columns with the shares of such words.
        wish_then_contrast: Its column that tells whether a but follows a wish.
        contrast_alone: Value of ``two_sided`` where there is a contrast without a wish before
            it; with one it is 1.
        n_previous: How many earlier utterances with such talk the stance is held against.
        min_words: Shorter utterances are not read.

    Raises:
        SetupError: ``contrast_alone`` outside [0, 1], or no earlier utterance.
    """

    table: str
    change: str
    sustain: str
    contrast: str
    wish_then_contrast: str
    contrast_alone: float
    n_previous: int
    min_words: int

    def __post_init__(self) -> None:
        if not 0 <= self.contrast_alone <= 1:
            raise SetupError(f"contrast_alone = {self.contrast_alone:g}, 0 to 1 needed")
        if self.n_previous < 1:
            raise SetupError(f"n_previous = {self.n_previous}, at least 1 needed")

    def specs(self) -> tuple[FeatureSpec, ...]:
        """``two_sided``, ``change_and_sustain``, ``stance_shift``."""
        return _SPECS

    def stamp(self) -> Stamp:
        """Provenance."""
        return stamp_of(self)

    def values(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> Floats:
        """Return shape (n_segments, 3), each from 0 (one side) to 1."""
        values = np.full((len(segments), len(_SPECS)), np.nan)
        table = find_table(extractions, self.table)
        if table is None:
            return values
        change = read_column(table, self.change, setting="change")
        sustain = read_column(table, self.sustain, setting="sustain")
        contrast = read_column(table, self.contrast, setting="contrast")
        wish = read_column(table, self.wish_then_contrast, setting="wish_then_contrast")
        values[:, 0] = np.where(contrast > 0, np.maximum(wish, self.contrast_alone), 0.0)
        values[~(np.isfinite(contrast) & np.isfinite(wish)), 0] = np.nan
        values[:, 1] = balance(change, sustain)
        values[:, 2] = stance_shift(stance(change, sustain), n_previous=self.n_previous)
        short = np.array([words_of_segment(s) < self.min_words for s in segments], dtype=bool)
        values[short] = np.nan
        return values

    def shortage(
        self, segments: Sequence[Segment], extractions: Sequence[Extraction]
    ) -> tuple[str, str]:
        """Say why nothing could be read."""
        found = text_shortage(segments, extractions, table=self.table, min_words=self.min_words)
        return found or ("too_little", "No talk of change or of leaving things as they are.")


def balance(change: Floats, sustain: Floats) -> Floats:
    """Return how evenly both kinds of talk are there: 0 for one kind or none, 1 for equal shares.

    Twice the smaller over the sum; NaN where not observed.

    Example:
        >>> balance(np.array([0.2, 0.3, 0.0]), np.array([0.2, 0.1, 0.0])).tolist()
        [1.0, 0.5, 0.0]
    """
    total = change + sustain
    return np.asarray(2 * np.minimum(change, sustain) / np.where(total == 0, 1.0, total))


def stance(change: Floats, sustain: Floats) -> Floats:
    """Return -1 (all sustain talk) to 1 (all change talk); NaN without any such talk."""
    total = change + sustain
    return np.asarray((change - sustain) / np.where(total > 0, total, np.nan))


def stance_shift(stances: Floats, *, n_previous: int) -> Floats:
    """Return how far a stance lies from the mean of the last ones, from 0 to 1.

    NaN for an utterance without a stance and for the first that has one.

    Args:
        stances: Shape (n_segments,), in order of time, -1 to 1 or NaN.
        n_previous: How many earlier stances are averaged; utterances without one are passed.

    Example:
        >>> stance_shift(np.array([1.0, np.nan, 1.0, -1.0]), n_previous=2).tolist()
        [nan, nan, 0.0, 1.0]
    """
    shifts = np.full(stances.shape, np.nan)
    earlier: list[float] = []
    for place, value in enumerate(stances):
        if not np.isfinite(value):
            continue
        if earlier:
            shifts[place] = abs(value - np.mean(earlier[-n_previous:])) / 2
        earlier.append(float(value))
    return shifts


def _spec(name: str, meaning: str) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit="1",
        minimum=0.0,
        maximum=1.0,
        source=TALK,
        group=GROUP,
        meaning=meaning,
    )


_SPECS = (
    _spec("two_sided", "a wish followed by a but (1), or a contrast alone"),
    _spec("change_and_sustain", "wanting to change and wanting to stay in one utterance"),
    _spec("stance_shift", "speaks for change where earlier against it, or the reverse"),
)
