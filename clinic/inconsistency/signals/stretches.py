"""From scores of utterances to stretches of time: where hesitancy or ambivalence is high."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.readers.affect import find_table
from clinic.inconsistency.signals.tables import read_column
from clinic.records import Extraction, FeatureTable, Segment, Stretch
from clinic.units import clock

Floats = NDArray[np.float64]

#: What a stretch of each kind shows, and what its place is the place of.
KINDS: Mapping[str, tuple[str, str, str]] = {
    "hesitancy": ("more hesitant than this person usually is", "filler_s", "first filler"),
    "ambivalence": ("signs of being torn or hesitant", "contrast_s", "word of contrast"),
}


@dataclass(frozen=True, kw_only=True)
class StretchFinder:
    """Joins neighbouring utterances above a threshold to one stretch.

    Args:
        thresholds: From which score on an utterance belongs to a stretch, by column.
        max_gap_s: Utterances further apart are never joined.
        places: Name of the table that places words in time; without it a stretch has no place.

    Raises:
        SetupError: A column that no stretch is made of.
    """

    thresholds: Mapping[str, float]
    max_gap_s: float
    places: str

    def __post_init__(self) -> None:
        unknown = sorted(set(self.thresholds) - set(KINDS))
        if unknown:
            raise SetupError(f"stretches of {unknown}, one of {list(KINDS)} needed (thresholds)")

    def find(
        self, segments: Sequence[Segment], table: FeatureTable, extractions: Sequence[Extraction]
    ) -> tuple[Stretch, ...]:
        """Return the stretches in order of time.

        Args:
            table: Segment table with the columns that ``thresholds`` names.

        Raises:
            SetupError: A column is not in the table.
        """
        found = []
        for kind, threshold in self.thresholds.items():
            scores = read_column(table, kind, setting="thresholds")
            for rows in runs(segments, scores >= threshold, max_gap_s=self.max_gap_s):
                found.append(self._stretch(kind, [segments[i] for i in rows], scores[rows], rows,
                                           find_table(extractions, self.places)))  # fmt: skip
        return tuple(sorted(found, key=lambda s: (s.start_s, s.kind)))

    def _stretch(
        self,
        kind: str,
        segments: Sequence[Segment],
        scores: Floats,
        rows: Sequence[int],
        places: FeatureTable | None,
    ) -> Stretch:
        what, column, landmark = KINDS[kind]
        start_s, end_s = segments[0].start_s, max(segment.end_s for segment in segments)
        at_s, is_estimate = _place(places, column, rows)
        sentence = f"{clock(start_s)}-{clock(end_s)}: {what}"
        if len(segments) > 1:
            sentence += f", over {len(segments)} utterances"
        if at_s is not None:
            about = "about " if is_estimate else ""
            sentence += f"; {landmark} at {about}{clock(at_s)}"
        quote = " ".join(segment.text for segment in segments if segment.text)
        return Stretch(
            start_s=start_s,
            end_s=end_s,
            kind=kind,
            score=float(scores.max()),
            quote=quote or None,
            sentence=f"{sentence}.",
            at_s=at_s,
            at_is_estimate=is_estimate,
        )


def runs(
    segments: Sequence[Segment], is_high: NDArray[np.bool_], *, max_gap_s: float
) -> list[list[int]]:
    """Return runs of consecutive high segments whose gaps are at most ``max_gap_s``."""
    found: list[list[int]] = []
    for row in np.flatnonzero(is_high).tolist():
        last = found[-1][-1] if found else None
        if last == row - 1 and segments[row].start_s - segments[row - 1].end_s <= max_gap_s:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def _place(
    places: FeatureTable | None, column: str, rows: Sequence[int]
) -> tuple[float | None, bool]:
    """Return the first place in a run of rows, and whether it is an estimate."""
    if places is None:
        return None, False
    times = read_column(places, column, setting="places")
    timed = read_column(places, "is_timed", setting="places")
    row = next((row for row in rows if np.isfinite(times[row])), None)
    return (None, False) if row is None else (float(times[row]), bool(timed[row] != 1.0))
