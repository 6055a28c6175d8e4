"""Conflict of feeling between the two sides of a contrast: before the but against after it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.readers.affect import VALENCE, AffectReader, find_table
from clinic.inconsistency.stamping import nested_stamp
from clinic.records import Extraction, FeatureSpec, FeatureTable, Segment, Stamp

Floats = NDArray[np.float64]

SOURCE = "valence on both sides of a contrastive marker: docs/features/ambivalence.md"


@dataclass(frozen=True, kw_only=True)
class FeelingTurn:
    """How far the valence of the words changes across a word of contrast.

    Each side is handed to the reader of the words as if it were the whole utterance. The null
    shuffles the second sides over the first sides of the same person.

    Args:
        reader: Reads the valence of words.
        table: Name of the component that embeds the two sides.
        stands_for: Name of the table that the reader looks for.
        first_prefix, second_prefix: What stands before the reader's columns in ``table``.
        min_contrasts: Fewer contrasts in an interview leave no null: no surprise.

    Raises:
        SetupError: A null of fewer than two contrasts.
    """

    reader: AffectReader
    table: str
    stands_for: str
    first_prefix: str
    second_prefix: str
    min_contrasts: int

    def __post_init__(self) -> None:
        if self.min_contrasts < 2:
            raise SetupError(f"min_contrasts = {self.min_contrasts}, at least 2 needed")

    def specs(self) -> tuple[FeatureSpec, ...]:
        """``feeling_turn`` and its surprise."""
        return _SPECS

    def stamp(self) -> Stamp:
        """Provenance with the hash of a learned reader."""
        read = self.reader.stamp()
        return nested_stamp(self, weights_sha256=read.weights_sha256, licence=read.licence)

    def values(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> Floats:
        """Return shape (n_segments, 2): size of the turn, and surprise in bits."""
        table = find_table(extractions, self.table)
        if table is None:
            return np.full((len(segments), len(_SPECS)), np.nan)
        first, second = (
            self._read(table, prefix, segments).column(VALENCE)
            for prefix in (self.first_prefix, self.second_prefix)
        )
        bits = shuffled_surprise(first, second, min_contrasts=self.min_contrasts)
        return np.column_stack([np.abs(second - first), bits])

    def _read(self, table: FeatureTable, prefix: str, segments: Sequence[Segment]) -> FeatureTable:
        """Read one side as if its words were the utterance."""
        places = [i for i, name in enumerate(table.columns) if name.startswith(prefix)]
        if not places:
            raise SetupError(
                f"table {table.name} has no column that begins with {prefix!r} "
                "(first_prefix, second_prefix)"
            )
        specs = [table.specs[i] for i in places]
        side = replace(
            table,
            name=self.stands_for,
            specs=tuple(replace(spec, name=spec.name.removeprefix(prefix)) for spec in specs),
            values=table.values[:, places],
        )
        return self.reader.read(segments, [Extraction(segments=side)])

    def shortage(
        self, segments: Sequence[Segment], extractions: Sequence[Extraction]
    ) -> tuple[str, str]:
        """Say why no turn was read."""
        if not any(segment.text for segment in segments):
            return "absent", "No words: the recording has no transcript."
        table = find_table(extractions, self.table)
        if table is None:
            return "absent", f"No {self.table} features were extracted (features)."
        n_turns = int(np.isfinite(self.values(segments, extractions)[:, 0]).sum())
        if n_turns:
            return (
                "too_little",
                f"utterances with a contrast: {n_turns}, {self.min_contrasts} needed for a null "
                "(min_contrasts)",
            )
        if table.coverage.any():
            notes = self._read(table, self.first_prefix, segments).notes
            return "withheld", " ".join(notes) or "The two sides were not read."
        unread = [note for note in table.notes if "not measured" in note]
        if unread:
            return "withheld", f"The words were not read: {'; '.join(unread)}."
        return "too_little", "No utterance has a contrast with enough words on both sides."


def shuffled_surprise(first: Floats, second: Floats, *, min_contrasts: int) -> Floats:
    """Return -log2 of the share of shuffled pairings that turn at least as far.

    All pairings of one person's first sides with their second sides count, the own among them,
    so that a share is never zero; n contrasts give at most 2 log2(n) bits.

    Args:
        first, second: Shape (n_segments,), NaN without a contrast.
        min_contrasts: With fewer, all NaN.
    """
    bits = np.full(first.shape, np.nan)
    has_both = np.isfinite(first) & np.isfinite(second)
    if has_both.sum() < min_contrasts:
        return bits
    before, after = first[has_both], second[has_both]
    null = np.sort(np.abs(after[None, :] - before[:, None]).ravel())
    # 1e-12: the same difference, added up in another order, must count as at least as far.
    n_below = np.searchsorted(null, np.abs(after - before) - 1e-12)
    bits[has_both] = np.maximum(-np.log2((len(null) - n_below) / len(null)), 0.0)
    return bits


_SPECS = (
    FeatureSpec(
        name="feeling_turn",
        unit="points, 1-5",
        minimum=0.0,
        maximum=np.inf,
        source=SOURCE,
        group="within the words",
        meaning="how far the feeling of the words turns at a but",
    ),
    FeatureSpec(
        name="feeling_turn_bits",
        unit="bit",
        minimum=0.0,
        maximum=np.inf,
        source=SOURCE,
        group="within the words",
        meaning="how rare such a turn is among this person's own sides, shuffled",
    ),
)
