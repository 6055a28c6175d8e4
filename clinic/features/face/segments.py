"""From values per frame to one row per segment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.features.face.columns import SMILES
from clinic.records import Segment
from clinic.units import SECONDS_PER_MINUTE

Values = NDArray[np.float64]

POSE = ("pose_pitch_deg", "pose_yaw_deg", "pose_roll_deg")

#: 1.5: neighbours on the sampling grid, with room for frames that do not fall on it.
_NEIGHBOUR_STEPS = 1.5


@dataclass(frozen=True, kw_only=True)
class SegmentSummary:
    """Means, spreads, peaks and rates over the frames of each segment.

    Args:
        min_face_share: With a smaller share of frames that show a value, it is not observed.
        smile_intensity: A smile is AU12 at or above this; felt, if AU06 is too.
        min_blink_observed_s: With less observed time, there is no blink rate.
    """

    min_face_share: float
    smile_intensity: float
    min_blink_observed_s: float

    def rows(
        self,
        time_s: Values,
        frames: Mapping[str, Values],
        segments: Sequence[Segment],
        *,
        units: Sequence[str],
        columns: Sequence[str],
        rate_hz: float,
    ) -> tuple[Values, Values]:
        """Return values of shape (n_segments, n_columns) and coverage of shape (n_segments,).

        Coverage is the share of the segment's time in which action units were measured: of the
        sampled frames, times what the pictures span of the segment.

        Args:
            time_s: Shape (n,), rising.
            frames: Columns of the frame table, each of shape (n,).
            units: Names of the action units that the tables show.
            columns: Columns wanted: ``<frame column>_mean``, ``_sd`` or ``_p90``, or one of the
                shares, speeds and rates.
            rate_hz: Frames sampled per second.
        """
        series = {**frames, **self._derived(time_s, frames, units, columns, rate_hz)}
        values = np.full((len(segments), len(columns)), np.nan)
        coverage = np.zeros(len(segments))
        spans = np.array([(s.start_s, s.end_s) for s in segments]).reshape(-1, 2)
        for row, (first, last) in enumerate(np.searchsorted(time_s, spans)):
            if first == last:
                continue
            start_s, end_s = spans[row]
            shown_s = min(end_s, time_s[-1] + 1.0 / rate_hz) - max(start_s, time_s[0])
            measured = np.isfinite(frames[units[0]][first:last]).mean()
            coverage[row] = measured * min(1.0, shown_s / (end_s - start_s))
            for place, column in enumerate(columns):
                name, statistic, least = self._recipe(column, rate_hz)
                values[row, place] = self._of(series[name][first:last], statistic, least)
        return values, coverage

    def _recipe(self, column: str, rate_hz: float) -> tuple[str, Callable[[Values], float], int]:
        """Return the series a column is taken from, the statistic, and the least frames for it."""
        if column == "blinks_per_min":
            least = max(1, round(self.min_blink_observed_s * rate_hz))
            per_minute = rate_hz * SECONDS_PER_MINUTE
            return "blink_start", lambda seen: float(seen.mean()) * per_minute, least
        if column in _DERIVED:
            return column, _mean, 1
        if column in _SHARES:
            return _SHARES[column], _mean, 1
        name, _, statistic = column.rpartition("_")
        return name, _STATISTICS[statistic], 2 if statistic == "sd" else 1

    def _of(self, column: Values, statistic: Callable[[Values], float], least: int) -> float:
        seen = column[np.isfinite(column)]
        if len(seen) < least or len(seen) < self.min_face_share * len(column):
            return float("nan")
        return statistic(seen)

    def _derived(
        self,
        time_s: Values,
        frames: Mapping[str, Values],
        units: Sequence[str],
        columns: Sequence[str],
        rate_hz: float,
    ) -> dict[str, Values]:
        """Series that are not in the frame table, as far as they are wanted."""
        step_s = _NEIGHBOUR_STEPS / rate_hz
        series: dict[str, Values] = {}
        for column, (needed, _) in SMILES.items():
            if column in columns:
                least = np.stack([frames[name] for name in sorted(needed)]).min(axis=0)
                shown = least >= self.smile_intensity
                series[column] = np.where(np.isfinite(least), shown, np.nan)
        if "facial_movement" in columns:
            units_over_time = np.stack([frames[name] for name in units], axis=1)
            series["facial_movement"] = _speed(time_s, units_over_time, step_s, _mean_size)
        if "head_speed_deg_per_s" in columns:
            pose = np.stack([frames[name] for name in POSE], axis=1)
            series["head_speed_deg_per_s"] = _speed(time_s, pose, step_s, np.linalg.norm)
        return series


def _speed(
    time_s: Values, values: Values, longest_step_s: float, size: Callable[..., Values]
) -> Values:
    """Change since the frame before, per second; NaN without a neighbouring frame before."""
    result = np.full(len(time_s), np.nan)
    if len(time_s) > 1:
        step_s = np.diff(time_s)
        change = size(np.diff(values, axis=0), axis=1) / step_s
        result[1:] = np.where(step_s <= longest_step_s, change, np.nan)
    return result


def _mean_size(values: Values, axis: int) -> Values:
    return np.asarray(np.abs(values).mean(axis=axis))


def _mean(values: Values) -> float:
    return float(values.mean())


def _spread(values: Values) -> float:
    return float(values.std())


def _ninetieth(values: Values) -> float:
    return float(np.percentile(values, 90))


_STATISTICS: dict[str, Callable[[Values], float]] = {
    "mean": _mean,
    "sd": _spread,
    "p90": _ninetieth,
}
_SHARES = {"gaze_away_share": "gaze_away", "eyes_closed_share": "eyes_closed"}
_DERIVED = ("smile_share", "felt_smile_share", "facial_movement", "head_speed_deg_per_s")
