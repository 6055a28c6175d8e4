"""Shipped frame tables pooled to segment tables, on segments of the transcript or on windows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clinic.errors import DataError
from clinic.io.segments import Segmenter
from clinic.records import Case, FeatureSpec, FeatureTable, Role, Segment, Transcript


@dataclass(frozen=True, kw_only=True)
class Pooler:
    """Makes the case of a recording out of its shipped tables.

    Args:
        segmenter: How the participant's turns are cut; its ``window_s`` is the length of a
            window where there is no transcript.
    """

    segmenter: Segmenter

    def case(
        self,
        *,
        recording_id: str,
        participant_id: str,
        transcript: Transcript | None,
        tables: Sequence[FeatureTable],
    ) -> Case:
        """Return segment tables: mean and standard deviation of each column.

        Raises:
            DataError: The transcript has no turn of the participant, or the tables no row.
        """
        segments = self.segments(transcript, tables)
        return Case(
            recording_id=recording_id,
            participant_id=participant_id,
            segments=segments,
            tables=tuple(pool(table, segments) for table in tables),
        )

    def segments(
        self, transcript: Transcript | None, tables: Sequence[FeatureTable]
    ) -> tuple[Segment, ...]:
        """Return the participant's turns as segments, or windows over the tables' whole time.

        Raises:
            DataError: The transcript has no turn of the participant, or the tables no row.
        """
        if transcript is not None:
            found = self.segmenter._by_utterance(transcript).segments
            if not found:
                raise DataError("the transcript holds no turn of the participant")
            return found
        end_s = max((float(table.end_s.max()) for table in tables if table.n_rows), default=0.0)
        if end_s <= 0:
            raise DataError("neither a transcript nor a row of features: no time to pool over")
        return windows(end_s, self.segmenter.window_s)


def windows(end_s: float, window_s: float) -> tuple[Segment, ...]:
    """Return windows from 0 s to the end; a last one shorter than half joins the one before."""
    n_windows = max(1, math.floor(end_s / window_s + 0.5))
    edges = [*(n * window_s for n in range(n_windows)), end_s]
    return tuple(
        Segment(index=index, start_s=a, end_s=b, speaker=Role.UNKNOWN, origin="window")
        for index, (a, b) in enumerate(pairwise(edges))
    )


def pool(table: FeatureTable, segments: Sequence[Segment]) -> FeatureTable:
    """Return mean and standard deviation of each column over each segment.

    A row counts with the time that it shares with the segment. The deviation is that of the
    weighted rows themselves (divided by the weight, not one less) and needs two of them. NaN
    where nothing was observed. Coverage is the share of the segment's time with observed rows.

    Args:
        table: Rows are frames in order of time.

    Raises:
        DataError: Rows are no frames, or out of order.
    """
    if table.row_kind != "frame":
        raise DataError(f"table {table.name} has {table.row_kind} rows, frames needed")
    if np.any(np.diff(table.start_s) < 0) or np.any(np.diff(table.end_s) < 0):
        raise DataError(f"table {table.name}: frames are out of order")
    n_columns = len(table.specs)
    values = np.full((len(segments), 2 * n_columns), np.nan)
    coverage = np.zeros(len(segments))
    for index, segment in enumerate(segments):
        first = int(np.searchsorted(table.end_s, segment.start_s, side="right"))
        last = int(np.searchsorted(table.start_s, segment.end_s, side="left"))
        if first >= last:
            continue
        rows = slice(first, last)
        shared_s = np.minimum(table.end_s[rows], segment.end_s) - np.maximum(
            table.start_s[rows], segment.start_s
        )
        means, deviations = _moments(table.values[rows], shared_s)
        values[index] = np.stack([means, deviations], axis=1).ravel()
        observed_s = float(np.sum(shared_s * table.coverage[rows]))
        coverage[index] = min(observed_s / segment.duration_s, 1.0)
    return replace(
        table,
        row_kind="segment",
        specs=tuple(spec for column in table.specs for spec in _pooled_specs(column)),
        start_s=np.array([segment.start_s for segment in segments]),
        end_s=np.array([segment.end_s for segment in segments]),
        values=values,
        coverage=coverage,
    )


def not_observed(table: FeatureTable, segments: Sequence[Segment]) -> FeatureTable:
    """Return a segment table of the same columns in which nothing was observed."""
    return replace(
        table,
        start_s=np.array([segment.start_s for segment in segments]),
        end_s=np.array([segment.end_s for segment in segments]),
        values=np.full((len(segments), len(table.specs)), np.nan),
        coverage=np.zeros(len(segments)),
        notes=("the corpus ships no such file for this recording",),
    )


def _moments(
    values: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weighted mean and deviation of each column over its observed rows."""
    seen = np.isfinite(values)
    share = seen * weights[:, None]
    total = share.sum(axis=0)
    filled = np.where(seen, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (filled * share).sum(axis=0) / total
        squares = np.where(seen, (values - means) ** 2, 0.0)
        deviations = np.sqrt((squares * share).sum(axis=0) / total)
    # Sums round: a constant column must not leave its range.
    low, high = _extremes(values, seen)
    means = np.clip(means, low, high)
    deviations[seen.sum(axis=0) < 2] = np.nan
    return means, deviations


def _extremes(
    values: NDArray[np.float64], seen: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low = np.where(seen, values, np.inf).min(axis=0)
    high = np.where(seen, values, -np.inf).max(axis=0)
    return np.where(seen.any(axis=0), low, np.nan), np.where(seen.any(axis=0), high, np.nan)


def _pooled_specs(spec: FeatureSpec) -> tuple[FeatureSpec, FeatureSpec]:
    widest = spec.maximum - spec.minimum
    return (
        replace(spec, name=f"{spec.name}_mean", meaning=f"mean {spec.meaning}"),
        replace(
            spec,
            name=f"{spec.name}_stddev",
            minimum=0.0,
            maximum=widest if math.isfinite(widest) else math.inf,
            meaning=f"how much this moves: {spec.meaning}",
        ),
    )
