"""A person's acoustic features as standard deviations around their own neutral voice."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class OwnScale:
    """Scores of each feature against the person's own neutral voice and a steadied spread.

    The spread is ``sqrt((n s^2 + k t^2) / (n + k))`` with the person's own variance ``s^2``
    over n segments and the variance ``t^2`` that is typical within a person: a voice that
    hardly changes is not blown up to look like one that acts all emotions, and one segment
    cannot set the scale. It is the posterior mean of a variance under a scaled inverse
    chi-squared prior with k degrees of freedom, but for a constant.

    Args:
        min_segments: Fewer observed segments of a feature make no baseline: all NaN.
        typical_weight: ``k``, how many segments the typical spread counts for.
        limit_sd: Scores beyond are cut off here, lest one artefact rule the answer.
        neutral_rounds: How often the neutral middle is sought again.
        least_weight: What a segment weighs in that middle however little neutral it sounds.

    Source:
        Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., section 2.6 (spread); Busso,
        Metallinou & Narayanan (2011), Iterative feature normalization for emotional speech
        detection, ICASSP, pp. 5692-5695 (middle of what a first reading finds neutral).
    """

    min_segments: int
    typical_weight: float
    limit_sd: float
    neutral_rounds: int
    least_weight: float

    def scores(self, values: Floats, *, typical: Floats, middle: Floats) -> Floats:
        """Return scores of shape (n, d), NaN where not observed.

        Args:
            values: Shape (n, d), all segments of one person.
            typical: Shape (d,), spread within a person in the unit of each feature.
            middle: Shape (d,), what counts as 0.
        """
        seen = np.isfinite(values)
        n_seen = seen.sum(axis=0)
        own = mean_and_spread(values)[1]
        spread = np.sqrt(
            (n_seen * own**2 + self.typical_weight * typical**2) / (n_seen + self.typical_weight)
        )
        scores = np.full(values.shape, np.nan)
        known = n_seen >= self.min_segments
        np.divide(values - middle, spread, out=scores, where=seen & known & (spread > 0))
        return np.clip(scores, -self.limit_sd, self.limit_sd)

    def neutral_middle(
        self, values: Floats, *, typical: Floats, p_neutral: Callable[[Floats], Floats]
    ) -> Floats:
        """Return the mean of what sounds neutral, shape (d,), starting from the median.

        A plain mean would make the calmest person read as roused for half of their time, and
        depend on which moods an interview happens to hold.

        Args:
            p_neutral: Takes scores (n, d) without NaN, returns shape (n,).
        """
        middle = medians(values)
        for _ in range(self.neutral_rounds):
            scores = self.scores(values, typical=typical, middle=middle)
            weights = p_neutral(np.nan_to_num(scores, nan=0.0)) + self.least_weight
            weights = np.where(np.isfinite(values), weights[:, None], 0.0)
            total = weights.sum(axis=0)
            heard = np.where(np.isfinite(values), values, 0.0)
            middle = (weights * heard).sum(axis=0) / np.where(total > 0, total, 1.0)
        return middle

    def liveliness(self, values: Floats, *, typical: Floats) -> float:
        """Return the median over features of own spread over typical spread; NaN with too few.

        A voice whose features stand still has 0: there is nothing to read in it.
        """
        known = np.isfinite(values).sum(axis=0) >= self.min_segments
        if not known.any():
            return float("nan")
        return float(np.median(mean_and_spread(values)[1][known] / typical[known]))


def medians(values: Floats) -> Floats:
    """Return the median of each column over what is observed, 0 for a column without any."""
    found = np.zeros(values.shape[1])
    seen = np.isfinite(values).any(axis=0)
    found[seen] = np.nanmedian(values[:, seen], axis=0)
    return found


def mean_and_spread(values: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of each column over what is observed.

    A column without any observation has mean and spread 0.
    """
    seen = np.isfinite(values)
    n_seen = np.maximum(seen.sum(axis=0), 1)
    middle = np.where(seen, values, 0.0).sum(axis=0) / n_seen
    squares = np.where(seen, values - middle, 0.0) ** 2
    return middle, np.sqrt(squares.sum(axis=0) / n_seen)
