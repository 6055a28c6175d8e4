"""The person as the measure of themself: robust standard deviations of their own segments."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Median absolute deviation times this is the standard deviation of a normal variable.
MAD_TO_SD = 1.4826

#: 1e-6: a reading that lies on the floor must not become signal by rounding.
_ROUNDING = 1.0 + 1e-6

#: The one channel whose name is a plural.
PLURAL = "words"


def counted(n: int, noun: str) -> str:
    """Return a number with its noun, such as ``1 segment`` or ``8 segments``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


@dataclass(frozen=True, kw_only=True)
class PersonalBaseline:
    """Turns raw readings into robust z scores against the person's own median and MAD.

    A reading that never leaves the median by more than its floor is flat: nothing can stand
    out from it, and its scores are NaN rather than numbers made from nothing.

    Args:
        min_segments: Fewer observed segments make no baseline: all NaN.
        limit_sd: Scores beyond are cut off here, lest one artefact rule the interview.

    Source:
        Median and MAD as robust location and scale: Rousseeuw & Croux (1993),
        doi:10.1080/01621459.1993.10476408.
    """

    min_segments: int
    limit_sd: float

    def shortage(self, channel: str, n_observed: int) -> str:
        """Say why there is no baseline: too few segments, or none that differs."""
        if n_observed >= self.min_segments:
            change = "they hardly change" if channel == PLURAL else "it hardly changes"
            return (
                f"No personal baseline for the {channel}: {change} in the "
                f"{counted(n_observed, 'segment')} observed (floor)."
            )
        return (
            f"No personal baseline for the {channel}: {counted(n_observed, 'segment')} observed, "
            f"{self.min_segments} needed (min_segments)."
        )

    def is_flat(self, raw: Floats, *, floor: float) -> bool:
        """Return whether there are enough values, none further from the median than the floor."""
        observed = raw[np.isfinite(raw)]
        if len(observed) < self.min_segments:
            return False
        return bool(np.abs(observed - np.median(observed)).max() <= floor * _ROUNDING)

    def scores(self, raw: Floats, *, floor: float) -> Floats:
        """Return robust z scores, NaN where not observed, all NaN where too few or flat.

        Args:
            raw: Shape (n_segments,), any unit, NaN = not observed.
            floor: Least standard deviation, in the unit of ``raw``: a person who hardly
                varies must not have noise blown up into signal.

        Example:
            >>> baseline = PersonalBaseline(min_segments=3, limit_sd=5.0)
            >>> baseline.scores(np.array([1.0, 2.0, 3.0]), floor=0.1).round(2).tolist()
            [-0.67, 0.0, 0.67]
        """
        observed = np.isfinite(raw)
        if observed.sum() < self.min_segments or self.is_flat(raw, floor=floor):
            return np.full(raw.shape, np.nan)
        middle = np.median(raw[observed])
        spread = MAD_TO_SD * np.median(np.abs(raw[observed] - middle))
        scores = (raw - middle) / max(float(spread), floor)
        return np.clip(scores, -self.limit_sd, self.limit_sd)
