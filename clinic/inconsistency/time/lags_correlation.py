"""Correlation of two tracks with gaps at every circular shift, and how far its peak is chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import maximum_filter1d, uniform_filter1d

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Peak:
    """The best lag within reach.

    Args:
        lag: In steps, positive where the second track comes later.
        correlation: At that lag.
        p_value: Share of circular shifts whose own best lag correlates at least as well.
        is_inside: False where the best lag is the farthest one looked at: no peak, a slope.
    """

    lag: int
    correlation: float
    p_value: float
    is_inside: bool


def smoothed(values: Floats, *, width: int) -> Floats:
    """Return the moving mean over ``width`` steps of what was observed; NaN stays NaN."""
    seen = np.isfinite(values)
    total = uniform_filter1d(np.where(seen, values, 0.0), width, mode="constant")
    share = uniform_filter1d(seen.astype(np.float64), width, mode="constant")
    # A step that was seen has a share of at least 1 / width; the rest is masked.
    return np.where(seen, total / np.where(seen, np.maximum(share, 0.5 / width), 1.0), np.nan)


def without_trend(values: Floats, *, width: int) -> Floats:
    """Return values less their moving mean over ``width`` steps."""
    return values - smoothed(values, width=width)


def circular_correlations(first: Floats, second: Floats, *, min_joint: int) -> Floats:
    """Return Pearson's r of ``first[t]`` and ``second[t + s]`` at every circular shift s.

    Each shift uses the steps at which both are observed; NaN with fewer than ``min_joint`` of
    them or without spread. By Fourier transforms of the values and of their masks, as in masked
    template matching (Padfield 2012, doi:10.1109/TIP.2011.2181402).

    Args:
        first, second: Shape (n,), NaN = not observed.

    Returns:
        Shape (n,); index n - k is the shift by -k.
    """
    n = len(first)
    (x, x_seen), (y, y_seen) = _standardised(first), _standardised(second)
    spectra = [rfft(v) for v in (x_seen, x, x * x)], [rfft(v) for v in (y_seen, y, y * y)]

    def joint(left: int, right: int) -> Floats:
        return np.asarray(irfft(np.conj(spectra[0][left]) * spectra[1][right], n))

    count = np.round(joint(0, 0))
    enough = count >= max(min_joint, 2)
    size = np.where(enough, count, 1.0)
    mean_x, mean_y = joint(1, 0) / size, joint(0, 1) / size
    spread = (joint(2, 0) / size - mean_x**2) * (joint(0, 2) / size - mean_y**2)
    # 1e-6: of standardised values; below it a stretch is flat but for rounding.
    enough &= spread > 1e-6
    together = joint(1, 1) / size - mean_x * mean_y
    return np.where(enough, together / np.sqrt(np.where(enough, spread, 1.0)), np.nan)


def best_lag(first: Floats, second: Floats, *, max_lag: int, min_joint: int) -> Peak | None:
    """Return the lag within ``max_lag`` steps at which the tracks go together best.

    Chance is told by shifting one track as a whole around the other, which keeps the course of
    each but breaks what they have to do with one another. Every shifted pair may look for its
    own best lag, so that the search is paid for; shifts whose search would overlap the real one
    are left out.

    Returns:
        None where no lag, or no shift, leaves ``min_joint`` steps observed in both.

    Source:
        Circular shifts as a null for two autocorrelated courses: Theiler et al. (1992),
        doi:10.1016/0167-2789(92)90102-S, for surrogates in general.
    """
    n = next_fast_len(len(first) + max_lag, real=True)
    padded = [np.pad(v, (0, n - len(v)), constant_values=np.nan) for v in (first, second)]
    r = circular_correlations(*padded, min_joint=min_joint)
    known = np.where(np.isfinite(r), r, -np.inf)
    lags = np.arange(-max_lag, max_lag + 1)
    near = known[lags]
    place = int(near.argmax())
    shifts = np.arange(n)
    far = np.minimum(shifts, n - shifts) > 2 * max_lag
    shifted = maximum_filter1d(known, 2 * max_lag + 1, mode="wrap")[far]
    shifted = shifted[np.isfinite(shifted)]
    if not np.isfinite(near[place]) or not len(shifted):
        return None
    return Peak(
        lag=int(lags[place]),
        correlation=float(np.clip(near[place], -1.0, 1.0)),
        p_value=float((1 + (shifted >= near[place]).sum()) / (1 + len(shifted))),
        is_inside=0 < place < 2 * max_lag,
    )


def _standardised(values: Floats) -> tuple[Floats, Floats]:
    seen = np.isfinite(values)
    if not seen.any():
        return np.zeros(len(values)), seen.astype(np.float64)
    middle, spread = values[seen].mean(), values[seen].std()
    scaled = (values - middle) / (spread if spread > 0 else 1.0)
    return np.where(seen, scaled, 0.0), seen.astype(np.float64)
