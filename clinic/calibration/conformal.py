"""Intervals and sets that cover new participants as often as promised."""

import math

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError

#: 1e-9: 20 * 0.55 is 11.000000000000002 in floating point.
ROUNDING = 1e-9


class TooFewSubjectsError(SetupError):
    """No finite width would give the coverage asked for."""


def rank_needed(n_subjects: int, *, coverage: float) -> int:
    """Return which smallest score (counted from 1) covers new subjects.

    Raises:
        TooFewSubjectsError: More subjects are needed.

    Example:
        >>> rank_needed(9, coverage=0.9)
        9
    """
    if not 0 < coverage < 1:
        raise SetupError(f"coverage {coverage}: a share between 0 and 1 needed (coverage)")
    rank = math.ceil((n_subjects + 1) * coverage - ROUNDING)
    if rank > n_subjects:
        needed = math.ceil(coverage / (1 - coverage) - ROUNDING)
        raise TooFewSubjectsError(
            f"{n_subjects} calibration subjects, {needed} needed for coverage {coverage:g}"
        )
    return rank


def interval_half_width(errors: NDArray[np.float64], *, coverage: float) -> float:
    """Return the width w for which ``estimate ± w`` covers new subjects.

    Split conformal prediction: w is the k-th smallest absolute error among subjects kept out
    of training, with k = ceil((n + 1) * coverage).

    Args:
        errors: Shape (n_subjects,), estimate minus reference, in scale points. One entry per
            subject, not per recording: recordings of one person are not exchangeable.
        coverage: Share of new subjects to cover, in (0, 1).

    Returns:
        Half-width in scale points.

    Raises:
        TooFewSubjectsError: k exceeds n, so that no finite width would do.

    Source:
        Lei et al. (2018), doi:10.1080/01621459.2017.1307116, section 2.2.

    Example:
        >>> interval_half_width(np.array([1.0, -2.0, 0.5, 3.0]), coverage=0.8)
        3.0
    """
    rank = rank_needed(len(errors), coverage=coverage)
    return float(np.sort(np.abs(errors))[rank - 1])


def least_probability(true_probabilities: NDArray[np.float64], *, coverage: float) -> float:
    """Return the probability from which on a band belongs to the set of plausible bands.

    Args:
        true_probabilities: Shape (n_subjects,), probability given to the band that was true.

    Raises:
        TooFewSubjectsError: As in ``interval_half_width``.

    Source:
        Least ambiguous sets, Sadinle et al. (2019), doi:10.1080/01621459.2017.1395341.

    Example:
        >>> least_probability(np.array([0.9, 0.2, 0.6, 0.7]), coverage=0.8)
        0.2
    """
    rank = rank_needed(len(true_probabilities), coverage=coverage)
    return float(np.sort(true_probabilities)[::-1][rank - 1])


def plausible_classes(probabilities: NDArray[np.float64], threshold: float) -> NDArray[np.bool_]:
    """Return the conformal set of each row over classes without order.

    The most probable class is always in: an empty set would say nothing, and adding a class
    only raises the coverage.

    Args:
        probabilities: Shape (n, n_classes).
        threshold: As ``least_probability`` gave it.

    Returns:
        Shape (n, n_classes), whether a class is in the set.

    Source:
        Least ambiguous sets, Sadinle et al. (2019), doi:10.1080/01621459.2017.1395341.

    Example:
        >>> plausible_classes(np.array([[0.5, 0.1, 0.4]]), 0.3)
        array([[ True, False,  True]])
    """
    best = np.eye(probabilities.shape[1], dtype=bool)[np.argmax(probabilities, axis=1)]
    return np.asarray(best | (probabilities >= threshold - ROUNDING))


def plausible_run(
    probabilities: NDArray[np.float64], threshold: float, *, anchor: int
) -> tuple[int, ...]:
    """Return the shortest run of bands that holds the anchor and every band above a threshold.

    Filling gaps and adding the anchor only makes the set larger, so coverage is kept.

    Args:
        anchor: Index of the band in which the score shown lies, which a reader would miss.

    Example:
        >>> plausible_run(np.array([0.1, 0.5, 0.1, 0.3]), 0.2, anchor=1)
        (1, 2, 3)
    """
    inside = {anchor, *(int(i) for i in np.flatnonzero(probabilities >= threshold - ROUNDING))}
    return tuple(range(min(inside), max(inside) + 1))
