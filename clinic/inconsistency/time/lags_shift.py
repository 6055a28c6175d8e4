"""Allow for a reaction lag: pool the face over each utterance's stretch, moved by the lag."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clinic.records import Extraction, FeatureTable, Segment

Floats = NDArray[np.float64]

STATISTICS: dict[str, Callable[[Floats], float]] = {
    "mean": lambda seen: float(seen.mean()),
    "sd": lambda seen: float(seen.std()) if len(seen) > 1 else float("nan"),
    "p90": lambda seen: float(np.percentile(seen, 90)),
}


def shifted(
    extractions: Sequence[Extraction],
    segments: Sequence[Segment],
    *,
    lag_s: float,
    table: str = "face",
    min_share: float = 0.5,
) -> tuple[Extraction, ...]:
    """Return extractions in which the utterances of one table are read ``lag_s`` later.

    Columns ``<frame column>_mean``, ``_sd`` and ``_p90`` are pooled anew over the frames of
    ``[start_s + lag_s, end_s + lag_s)``; rows keep their own times, and columns of other kinds
    (shares, rates) their values. Frames stay where they are. With a lag of 0, and for a table
    without frames, everything comes back as it was.

    Args:
        lag_s: Negative where the face runs ahead.
        min_share: Share of a stretch's frames that must show a value, as in the face table.
    """
    if lag_s == 0.0:
        return tuple(extractions)
    return tuple(
        replace(e, segments=_moved(e.segments, e.frames, segments, lag_s, min_share))
        if e.segments.name == table and e.frames is not None and e.frames.n_rows
        else e
        for e in extractions
    )


def _moved(
    table: FeatureTable,
    frames: FeatureTable,
    segments: Sequence[Segment],
    lag_s: float,
    min_share: float,
) -> FeatureTable:
    values, coverage = table.values.copy(), table.coverage.copy()
    recipes = [
        (place, frames.column(name), STATISTICS[statistic])
        for place, (name, _, statistic) in enumerate(c.rpartition("_") for c in table.columns)
        if statistic in STATISTICS and name in frames.columns
    ]
    step_s = float(np.median(frames.end_s - frames.start_s))
    spans = np.array([(s.start_s, s.end_s) for s in segments]).reshape(-1, 2) + lag_s
    bounds = np.searchsorted(frames.start_s, spans)
    for row, (first, last) in enumerate(bounds):
        observed_s = step_s * frames.coverage[first:last].sum()
        coverage[row] = np.clip(observed_s / (spans[row, 1] - spans[row, 0]), 0.0, 1.0)
        for place, column, statistic in recipes:
            seen = column[first:last][np.isfinite(column[first:last])]
            enough = len(seen) > 0 and len(seen) >= min_share * (last - first)
            values[row, place] = statistic(seen) if enough else np.nan
    return replace(table, values=values, coverage=coverage)
