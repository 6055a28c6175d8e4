"""Put values read from words into a segment table."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clinic.records import FeatureSpec, FeatureTable, Modality, Segment, Stamp


def segment_table(
    *,
    name: str,
    specs: tuple[FeatureSpec, ...],
    segments: Sequence[Segment],
    values: NDArray[np.float64],
    stamp: Stamp,
    notes: tuple[str, ...],
) -> FeatureTable:
    """Return the table; a row with any value counts as observed, a row of NaN does not.

    Words come with their segment as a whole, so that coverage is 1 or 0.
    """
    return FeatureTable(
        name=name,
        modality=Modality.TEXT,
        row_kind="segment",
        specs=specs,
        start_s=np.array([segment.start_s for segment in segments], dtype=np.float64),
        end_s=np.array([segment.end_s for segment in segments], dtype=np.float64),
        values=values,
        coverage=np.isfinite(values).any(axis=1).astype(np.float64),
        stamp=stamp,
        notes=notes,
    )
