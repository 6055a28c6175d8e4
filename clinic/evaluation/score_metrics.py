"""Metrics of scores and of their intervals, in the scale's points."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def mean_absolute_error(reference: Floats, estimate: Floats) -> float:
    """Return the mean absolute error in points."""
    return float(np.mean(np.abs(estimate - reference)))


def root_mean_square_error(reference: Floats, estimate: Floats) -> float:
    """Return the root of the mean squared error in points."""
    return float(np.sqrt(np.mean((estimate - reference) ** 2)))


def concordance(reference: Floats, estimate: Floats) -> float:
    """Return Lin's concordance correlation coefficient; NaN where nothing varies.

    Source: Lin (1989), doi:10.2307/2532051, with the 1/n moments of the paper.
    """
    shift = (np.mean(reference) - np.mean(estimate)) ** 2
    spread = np.var(reference) + np.var(estimate) + shift
    if spread == 0:
        return float("nan")
    covariance = np.mean((reference - reference.mean()) * (estimate - estimate.mean()))
    return float(2 * covariance / spread)


def coverage(reference: Floats, low: Floats, high: Floats) -> float:
    """Return the share of references inside their intervals, ends included."""
    return float(np.mean((low <= reference) & (reference <= high)))
