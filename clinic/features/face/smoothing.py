"""Smoothing over time that adds no lag."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError

#: Kernel half-width in standard deviations.
_REACH = 3.0
#: 0.3 - 0.2 is 0.09999999999999998 in floating point.
_ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True)
class Smoothing:
    """Gaussian smoothing, alike forwards and backwards in time.

    Args:
        sd_s: Standard deviation of the kernel in seconds; 0 smooths nothing.
        sharp: Action units that are read from each frame alone: a blink is as short as the
            kernel is wide.
    """

    sd_s: float
    sharp: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "sharp", tuple(self.sharp))
        if not self.sd_s >= 0:
            raise SetupError(f"sd_s {self.sd_s}, 0 or more needed (smoothing)")

    def smooth(
        self, time_s: NDArray[np.float64], values: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the weighted mean of each row and its neighbours in time.

        Near an end or a gap the neighbours that exist share the weight, the same number on both
        sides, so that a steady rise is left as it is.

        Args:
            time_s: Shape (n,), rising, of the rows that were observed: gaps may lie between.
            values: Shape (n, k).
        """
        if self.sd_s == 0 or len(time_s) < 2:
            return values
        step_s = float(np.median(np.diff(time_s)))
        reach = int(_REACH * self.sd_s / step_s + _ROUNDING)
        total, weights = values.copy(), np.ones((len(values), 1))
        for offset in range(1, min(reach, (len(values) - 1) // 2) + 1):
            inner = slice(offset, len(values) - offset)
            before_s = time_s[inner] - time_s[: -2 * offset]
            after_s = time_s[2 * offset :] - time_s[inner]
            distance = np.maximum(before_s, after_s) / self.sd_s
            near = np.where(
                distance <= _REACH + _ROUNDING, np.exp(-0.5 * np.square(distance)), 0.0
            )[:, None]
            total[inner] += near * (values[: -2 * offset] + values[2 * offset :])
            weights[inner] += 2.0 * near
        return np.asarray(total / weights)
