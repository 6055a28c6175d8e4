"""Signals that need tables rather than two z scores: within the words, or over time."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clinic.records import Extraction, FeatureSpec, Segment, Stamp

Floats = NDArray[np.float64]


class SegmentSignal(Protocol):
    """One or more columns of the segment table, made from the tables of the features stage.

    Used beside ``Measure`` where a signal does not come from comparing two readings: conflict
    within the words, hesitation, words and expression out of step.
    """

    def specs(self) -> tuple[FeatureSpec, ...]:
        """Columns, known before anything is read."""
        ...

    def stamp(self) -> Stamp: ...

    def values(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> Floats:
        """Return shape (n_segments, n_columns), NaN where it could not be told.

        Raises:
            SetupError: A table is there but lacks a column that a setting names.
        """
        ...

    def shortage(
        self, segments: Sequence[Segment], extractions: Sequence[Extraction]
    ) -> tuple[str, str]:
        """Return a state of ``clinic.records.inconsistency.STATES`` and the reason.

        Asked only where ``values`` gave no value at all.
        """
        ...
