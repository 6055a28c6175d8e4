"""Hesitancy of an utterance: fillers, restarts, pauses, slow answers, hedges, in one number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.baseline import PersonalBaseline, counted
from clinic.inconsistency.readers.affect import find_table
from clinic.inconsistency.signals.tables import read_column, words_of_segment
from clinic.inconsistency.stamping import nested_stamp
from clinic.records import Extraction, FeatureSpec, Segment, Stamp

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One sign of hesitation.

    Args:
        table, column: Where it is measured.
        weight: Its share in the mean; negative where less of it means more hesitation.
        floor: Least spread, in the unit of the column, that counts as change in this person.
    """

    table: str
    column: str
    weight: float
    floor: float


@dataclass(frozen=True, kw_only=True)
class Hesitancy:
    """Weighted mean of the personal z scores of the signs that were observed.

    It tells where this person hesitates more than they usually do, not who hesitates. Where
    none of the signs ever leaves its usual by more than its floor, nothing is told: all NaN.

    Args:
        signs: By name.
        min_sign_share: Share of the total weight that must be observed in an utterance.
        min_words: Shorter utterances are not read.
        baseline: Person's own median and spread of each sign.

    Raises:
        SetupError: No sign, a weight of 0, or a floor that is not above 0.

    Source:
        Signs: Corley & Stewart (2008), doi:10.1111/j.1749-818X.2008.00068.x. Equal weights:
        Dawes (1979), doi:10.1037/0003-066X.34.7.571.
    """

    signs: Mapping[str, Sign]
    min_sign_share: float
    min_words: int
    baseline: PersonalBaseline

    def __post_init__(self) -> None:
        if not self.signs:
            raise SetupError("hesitancy: no sign is named (signs)")
        for name, sign in self.signs.items():
            if sign.weight == 0 or not sign.floor > 0:
                raise SetupError(
                    f"hesitancy: {name} has weight {sign.weight:g} and floor {sign.floor:g}, "
                    "a weight other than 0 and a floor above 0 needed (signs)"
                )

    def specs(self) -> tuple[FeatureSpec, ...]:
        """One column, ``hesitancy``."""
        return (_SPEC,)

    def stamp(self) -> Stamp:
        """Provenance with the signs."""
        return nested_stamp(self)

    def values(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> Floats:
        """Return shape (n_segments, 1), standard deviations of this person."""
        mean, is_flat = self._mean(segments, extractions)
        return np.where(is_flat, np.nan, mean)[:, None]

    def _mean(
        self, segments: Sequence[Segment], extractions: Sequence[Extraction]
    ) -> tuple[Floats, bool]:
        """Return shape (n_segments,), and whether no sign ever changes."""
        weights = np.array([sign.weight for sign in self.signs.values()])
        # Without any segment there is nothing to stack.
        scores = self.scores(segments, extractions).reshape(len(segments), len(weights))
        seen = np.isfinite(scores)
        seen_weight = (seen * np.abs(weights)).sum(axis=1)
        total = (np.where(seen, scores, 0.0) * weights).sum(axis=1)
        enough = seen_weight >= self.min_sign_share * np.abs(weights).sum()
        read = np.array([words_of_segment(s) >= self.min_words for s in segments], dtype=bool)
        mean = np.full(len(segments), np.nan)
        np.divide(total, seen_weight, out=mean, where=enough & read & (seen_weight > 0))
        # A sign that changes has a score other than 0 somewhere: see ``PersonalBaseline``.
        return mean, not (seen & (scores != 0.0)).any()

    def scores(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> Floats:
        """Return the z score of each sign, shape (n_segments, n_signs), its sign unturned."""
        columns = []
        for sign in self.signs.values():
            table = find_table(extractions, sign.table)
            if table is None:
                columns.append(np.full(len(segments), np.nan))
                continue
            raw = read_column(table, sign.column, setting="signs")
            columns.append(self._scores(raw, sign.floor))
        return np.column_stack(columns)

    def _scores(self, raw: Floats, floor: float) -> Floats:
        """Return z scores; a sign that never changes was seen to be as usual, which is 0."""
        if self.baseline.is_flat(raw, floor=floor):
            return np.where(np.isfinite(raw), 0.0, np.nan)
        return self.baseline.scores(raw, floor=floor)

    def shortage(
        self, segments: Sequence[Segment], extractions: Sequence[Extraction]
    ) -> tuple[str, str]:
        """Say why no utterance was read."""
        if not any(segment.text for segment in segments):
            return "absent", "No words: the recording has no transcript."
        mean, is_flat = self._mean(segments, extractions)
        n_read = int(np.isfinite(mean).sum())
        if n_read and is_flat:
            return (
                "flat",
                f"{counted(n_read, 'utterance')} read, no sign of hesitation further than its "
                "floor from this person's usual (signs, floor).",
            )
        n_long = sum(words_of_segment(s) >= self.min_words for s in segments)
        if n_long < self.baseline.min_segments:
            return (
                "too_little",
                f"{counted(n_long, 'utterance')} of {self.min_words} words, "
                f"{self.baseline.min_segments} needed for a personal baseline (min_segments).",
            )
        names = dict.fromkeys(sign.table for sign in self.signs.values())
        tables = {name: find_table(extractions, name) for name in names}
        missing = [name for name, table in tables.items() if table is None]
        if missing:
            return "absent", f"No {' and no '.join(missing)} features were extracted (features)."
        notes = [
            n for t in tables.values() if t is not None and not t.coverage.any() for n in t.notes
        ]
        why = "; ".join(notes) or "too few signs were observed together"
        return "withheld", f"Hesitation was not read: {why} (min_sign_share)."


_SPEC = FeatureSpec(
    name="hesitancy",
    unit="SD of this person",
    minimum=-np.inf,
    maximum=np.inf,
    source="Corley & Stewart (2008), doi:10.1111/j.1749-818X.2008.00068.x; equal weights",
    group="hesitation",
    meaning="more fillers, restarts, pauses and hedges than usual for this person",
)
