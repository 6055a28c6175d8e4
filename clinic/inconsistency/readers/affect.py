"""What one modality says about affect: the interface of rule-based and learned readers alike."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from clinic.records import Extraction, FeatureSpec, FeatureTable, Modality, Segment, Stamp

Floats = NDArray[np.float64]

VALENCE = "valence"
AROUSAL = "arousal"
SMILE = "smile"

#: The meaning of a column that its reader never gives, in any recording, begins so.
NOT_READ = "not read"


class AffectReader(Protocol):
    """Reads affect of one modality, per segment, from tables that the features stage made.

    A reader finds its tables by name and column; it never knows which component made them.
    The answer has the columns ``valence`` and ``arousal`` (NaN where the modality cannot tell)
    and may have more, such as ``smile``. Its unit is the reader's own: the personal baseline
    turns it into standard deviations of the person.
    """

    @property
    def modality(self) -> Modality: ...

    @property
    def floors(self) -> dict[str, float]:
        """Least spread, in the unit of each column, that counts as change in this person."""
        ...

    def stamp(self) -> Stamp: ...

    def read(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> FeatureTable:
        """Return one row a segment; coverage is the share of the stretch that was observed.

        Raises:
            SetupError: The table is there but lacks a column that a setting names.
        """
        ...


@runtime_checkable
class RefusingReader(Protocol):
    """A reader that can tell why it gave no value at all."""

    def shortage(self, extractions: Sequence[Extraction]) -> tuple[str, str] | None:
        """Return a state of ``clinic.records.inconsistency.STATES`` and the reason, or None."""
        ...


def find_table(extractions: Sequence[Extraction], name: str) -> FeatureTable | None:
    """Return the segment table of one component, or None where that component did not run."""
    return next((e.segments for e in extractions if e.segments.name == name), None)


def affect_table(
    *,
    modality: Modality,
    segments: Sequence[Segment],
    specs: tuple[FeatureSpec, ...],
    columns: Sequence[Floats],
    coverage: Floats,
    stamp: Stamp,
    notes: tuple[str, ...] = (),
) -> FeatureTable:
    """Put the columns of one reader into a table; a row without any value has coverage 0."""
    values = np.column_stack(columns) if len(segments) else np.empty((0, len(specs)))
    seen = np.isfinite(values).any(axis=1)
    return FeatureTable(
        name=f"affect_{modality.value}",
        modality=modality,
        row_kind="segment",
        specs=specs,
        start_s=np.array([s.start_s for s in segments], dtype=np.float64),
        end_s=np.array([s.end_s for s in segments], dtype=np.float64),
        values=values,
        coverage=np.where(seen, coverage, 0.0),
        stamp=stamp,
        notes=notes,
    )


def absent_affect(
    *,
    modality: Modality,
    segments: Sequence[Segment],
    specs: tuple[FeatureSpec, ...],
    stamp: Stamp,
    note: str,
) -> FeatureTable:
    """Return the table of a modality that could not be read: all NaN, with the reason."""
    missing = np.full(len(segments), np.nan)
    return affect_table(
        modality=modality,
        segments=segments,
        specs=specs,
        columns=[missing] * len(specs),
        coverage=np.zeros(len(segments)),
        stamp=stamp,
        notes=(note,),
    )
