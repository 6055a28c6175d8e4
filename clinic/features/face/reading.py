"""What is kept of a recording's frames once their meshes are reduced."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

#: What is known of a frame only where a face was found.
_PER_FACE = ("moments", "average_moments", "energy", "head_deg", "gaze_deg", "opening")


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """What is kept of the frames: rows are sampled frames, NaN where no face was found."""

    time_s: Values
    found: NDArray[np.bool_]
    moments: Values
    average_moments: Values
    energy: Values
    head_deg: Values
    gaze_deg: Values
    opening: Values
    n_probed: int
    n_crowded: int

    @classmethod
    def joined(cls, parts: "Sequence[Reading]") -> "Reading":
        """Return consecutive readings as one."""
        return cls(
            time_s=np.concatenate([part.time_s for part in parts]),
            found=np.concatenate([part.found for part in parts]),
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in _PER_FACE},
            n_probed=sum(part.n_probed for part in parts),
            n_crowded=sum(part.n_crowded for part in parts),
        )

    def rate_hz(self, wanted_hz: float) -> float:
        """Return the rate that was reached: a slow camera gives fewer frames than wanted."""
        if len(self.time_s) < 2:
            return wanted_hz
        return min(wanted_hz, round(1.0 / float(np.median(np.diff(self.time_s))), 3))

    def without_faces(self) -> "Reading":
        """Return the same frames with no face found in any."""
        empty = {name: np.full_like(getattr(self, name), np.nan) for name in _PER_FACE}
        return replace(self, found=np.zeros_like(self.found), **empty)


def spread(rows: NDArray[np.bool_], values: Values) -> Values:
    """Put values of the chosen rows back in their place, NaN elsewhere."""
    result = np.full((len(rows), values.shape[1]), np.nan)
    result[rows] = values
    return result
