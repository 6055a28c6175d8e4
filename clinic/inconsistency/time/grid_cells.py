"""Tracks pooled into equal cells of time: the one clock of all modalities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.time.tracks import Track

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """One track on a grid; cell k is [k * step_s, (k + 1) * step_s).

    Args:
        values: Shape (n_cells,), NaN where too little of the cell was observed.
        share: Shape (n_cells,), part of the cell's time that was observed.
        confidence: Shape (n_cells,), the same with each stretch weighed by its confidence.
    """

    values: Floats
    share: Floats
    confidence: Floats


def pooled(track: Track, *, n_cells: int, step_s: float, min_share: float) -> Cells:
    """Return the mean of a track in every cell, over the time in which it was observed.

    A frame counts in the cell that holds its middle; an utterance counts in every cell by the
    time that they share.
    """
    seen = np.isfinite(track.values)
    start_s, end_s = track.start_s[seen], track.end_s[seen]
    values, trust = track.values[seen], track.confidence[seen]
    if track.is_held:
        cell, owner, time_s = _overlaps(start_s, end_s, n_cells, step_s)
        values, trust = values[owner], trust[owner]
    else:
        cell = np.floor((start_s + end_s) / 2.0 / step_s).astype(np.intp)
        time_s = end_s - start_s
    inside = (cell >= 0) & (cell < n_cells)
    cell, time_s, values, trust = cell[inside], time_s[inside], values[inside], trust[inside]
    observed_s = np.bincount(cell, time_s, n_cells)
    total = np.bincount(cell, time_s * values, n_cells)
    share = np.clip(observed_s / step_s, 0.0, 1.0)
    weight = np.bincount(cell, time_s * trust, n_cells)
    # 1e-9: ten frames of 0.1 s are not quite a second in floating point.
    enough = (observed_s > 0) & (share >= min_share - 1e-9)
    return Cells(
        values=np.where(enough, total / np.where(enough, observed_s, 1.0), np.nan),
        share=share,
        confidence=np.clip(weight / np.maximum(observed_s, step_s), 0.0, 1.0),
    )


def _overlaps(
    start_s: Floats, end_s: Floats, n_cells: int, step_s: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Return cell, utterance and shared time of every pair that overlaps."""
    first = np.floor(start_s / step_s).astype(np.intp)
    last = np.minimum(np.ceil(end_s / step_s).astype(np.intp), n_cells)
    counts = np.maximum(last - first, 0)
    owner = np.repeat(np.arange(len(first), dtype=np.intp), counts)
    offset = np.arange(counts.sum(), dtype=np.intp) - np.repeat(np.cumsum(counts) - counts, counts)
    cell = first[owner] + offset
    shared = np.minimum(end_s[owner], (cell + 1) * step_s) - np.maximum(
        start_s[owner], cell * step_s
    )
    return cell, owner, np.maximum(shared, 0.0)
