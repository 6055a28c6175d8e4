"""How often chance alone would pair this person's own readings in such a way."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.measures import Measure, modalities_of

Floats = NDArray[np.float64]

#: Rows of the pair matrix held at once: 512 x 5,000 float64 are 20 MB.
ROWS_AT_ONCE = 512


def chance_shares(measure: Measure, scores: Mapping[str, Floats]) -> Floats:
    """Return, per segment, the share of all pairings that are at least as strong.

    The null is that the two modalities have nothing to do with each other: words of one
    segment could as well have met the voice of any other. All pairings are counted, so that
    the answer is what infinitely many random permutations would converge to, with no seed.

    Args:
        scores: Personal z scores by reading, each of shape (n_segments,).

    Returns:
        Shape (n_segments,), in (0, 1]; NaN where the measure is NaN. Times the number of
        observed segments it is the expected number of such segments under chance.
    """
    values = measure.values(scores)
    seen = np.isfinite(values)
    shares = np.full(values.shape, np.nan)
    n_seen = int(seen.sum())
    if n_seen == 0:
        return shares
    at_least = _count_at_least(
        measure, {k: scores[k][seen] for k in measure.readings}, values[seen]
    )
    shares[seen] = at_least / n_seen**2
    return shares


def chance_rate(measure: Measure, scores: Mapping[str, Floats], *, threshold: float) -> float:
    """Return the share of all pairings whose value reaches the threshold; NaN if none is seen."""
    values = measure.values(scores)
    seen = np.isfinite(values)
    n_seen = int(seen.sum())
    if n_seen == 0:
        return float("nan")
    part = {k: scores[k][seen] for k in measure.readings}
    count = _count_at_least(measure, part, np.array([threshold]))
    return float(count[0]) / n_seen**2


def expected_by_chance(shares: Floats) -> Floats:
    """Return how many moments as rare as each chance alone would bring about in the interview.

    The expected count over all measures and segments, as the E value of sequence searches
    (Karlin & Altschul 1990, doi:10.1073/pnas.87.6.2264): share of pairings x pairings made.

    Args:
        shares: Shape (n_measures, n_segments), from ``chance_shares``.

    Returns:
        Same shape; NaN where a measure was not observed.

    Example:
        >>> expected_by_chance(np.array([[0.01, 0.02, np.nan], [0.5, 0.5, 0.5]])).round(2).tolist()
        [[0.05, 0.1, nan], [2.5, 2.5, 2.5]]
    """
    return np.asarray(shares * np.isfinite(shares).sum())


def _count_at_least(
    measure: Measure, scores: Mapping[str, Floats], thresholds: Floats
) -> NDArray[np.int64]:
    """Count pairings (row modality x column modality) with a value >= each threshold."""
    rows_of, _ = modalities_of(measure.readings)
    n_rows = len(next(iter(scores.values())))
    ascending = np.sort(thresholds)
    counts = np.zeros(len(thresholds) + 1, dtype=np.int64)
    for start in range(0, n_rows, ROWS_AT_ONCE):
        laid = {
            name: column[start : start + ROWS_AT_ONCE, None]
            if name.startswith(f"{rows_of}_")
            else column[None, :]
            for name, column in scores.items()
        }
        # Place k: the value reaches the k lowest thresholds.
        places = np.searchsorted(ascending, measure.values(laid).ravel(), side="right")
        counts += np.bincount(places, minlength=len(thresholds) + 1)
    reached = counts[::-1].cumsum()[::-1]
    return reached[np.searchsorted(ascending, thresholds, side="right")]
