"""DeLong's interval of an area under the ROC curve, and the test of two on the same people."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Answers = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class AreaInterval:
    """An area under the ROC curve; the interval is NaN where it has no variance."""

    area: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class AreaDifference:
    """Two areas of the same people; ``difference`` is second less first."""

    first: float
    second: float
    difference: float
    low: float
    high: float
    p_value: float


def area_interval(reference: Answers, score: Floats, *, level: float = 0.95) -> AreaInterval:
    """Return the area under the ROC curve with DeLong's interval, cut at 0 and 1.

    Args:
        reference: Shape (n,), one row per person: recordings of one person are not independent.
        score: Shape (n,), higher for the condition.

    Raises:
        ValueError: Fewer than two people with or without the condition.

    Source:
        DeLong et al. (1988), doi:10.2307/2531595, by midranks as in Sun & Xu (2014),
        doi:10.1109/LSP.2014.2337313.
    """
    areas, covariance = _areas(reference, np.asarray(score)[None])
    half_width = _quantile(level) * np.sqrt(covariance[0, 0])
    area = float(areas[0])
    return AreaInterval(
        area=area, low=max(0.0, area - half_width), high=min(1.0, area + half_width)
    )


def compare_areas(
    reference: Answers, first: Floats, second: Floats, *, level: float = 0.95
) -> AreaDifference:
    """Test two areas of the same people against each other.

    Two scores that rank everybody alike differ by nothing, with p = 1.

    Args:
        reference, first, second: Shape (n,), one row per person.

    Raises:
        ValueError: Fewer than two people with or without the condition.

    Source:
        DeLong et al. (1988), doi:10.2307/2531595.
    """
    from scipy.stats import norm

    areas, covariance = _areas(reference, np.stack([first, second]))
    difference = float(areas[1] - areas[0])
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    # Below this the two rank everybody alike, and what is left is rounding.
    error = float(np.sqrt(variance)) if variance > 1e-15 else 0.0
    if error:
        p_value = float(2 * norm.sf(abs(difference) / error))
    else:
        p_value = 1.0 if abs(difference) < 1e-12 else 0.0
    half_width = _quantile(level) * error
    return AreaDifference(
        first=float(areas[0]),
        second=float(areas[1]),
        difference=difference,
        low=difference - half_width,
        high=difference + half_width,
        p_value=p_value,
    )


def _areas(reference: Answers, scores: Floats) -> tuple[Floats, Floats]:
    """Areas of scores (n_scores, n) and their covariance."""
    from scipy.stats import rankdata

    answers = np.asarray(reference, dtype=bool)
    n_yes, n_no = int(answers.sum()), int((~answers).sum())
    if min(n_yes, n_no) < 2:
        raise ValueError(f"{n_yes} with and {n_no} without the condition, 2 of each needed")
    yes, no = scores[:, answers], scores[:, ~answers]
    among_all = rankdata(np.concatenate([yes, no], axis=1), axis=1)
    of_yes = (among_all[:, :n_yes] - rankdata(yes, axis=1)) / n_no
    of_no = 1 - (among_all[:, n_yes:] - rankdata(no, axis=1)) / n_yes
    covariance = np.atleast_2d(np.cov(of_yes)) / n_yes + np.atleast_2d(np.cov(of_no)) / n_no
    return of_yes.mean(axis=1), covariance


def _quantile(level: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf((1 + level) / 2))
