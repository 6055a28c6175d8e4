"""How well readings agree with people, with intervals over the texts (or clips) drawn again."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: A statistic of estimates and references, rows matched, shape (n,) or (n, n_labels).
Statistic = Callable[[Floats, Floats], float]


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A value with its 95 % percentile interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def concordance(estimate: Floats, reference: Floats) -> float:
    """Return Lin's concordance correlation coefficient; NaN where nothing varies.

    Source:
        Lin (1989), doi:10.2307/2532051, with the 1/n moments of the paper.

    Example:
        >>> concordance(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]))
        1.0
    """
    spread = estimate.var() + reference.var() + (estimate.mean() - reference.mean()) ** 2
    if spread == 0:
        return float("nan")
    shared = np.mean((estimate - estimate.mean()) * (reference - reference.mean()))
    return float(2 * shared / spread)


def pearson(estimate: Floats, reference: Floats) -> float:
    """Return the product-moment correlation; NaN where one of the two does not vary."""
    first, second = estimate - estimate.mean(), reference - reference.mean()
    size = np.sqrt(np.sum(first**2) * np.sum(second**2))
    return float(np.sum(first * second) / size) if size > 0 else float("nan")


def label_f1(decided: Floats, reference: Floats) -> Floats:
    """Return F1 of each label, shape (n_labels,); 0 where a label is neither given nor decided.

    Args:
        decided, reference: Shape (n, n_labels), 1 where a text has the label, else 0.
    """
    hits = np.sum(decided * reference, axis=0)
    total = decided.sum(axis=0) + reference.sum(axis=0)
    return np.asarray(np.where(total > 0, 2 * hits / np.where(total > 0, total, 1.0), 0.0))


def macro_f1(decided: Floats, reference: Floats) -> float:
    """Return the mean of F1 over labels, every label counting the same."""
    return float(label_f1(decided, reference).mean())


def with_interval(
    statistic: Statistic,
    estimate: Floats,
    reference: Floats,
    *,
    units: NDArray[np.str_],
    n_draws: int,
    seed: int,
) -> Interval:
    """Return a statistic with its interval over units drawn again, all rows of a unit together.

    NaN without rows; draws in which the statistic is NaN do not count.

    Args:
        units: Shape (n,), such as the document or the speaker of each row.

    Source:
        Field & Welsh (2007), doi:10.1111/j.1467-9868.2007.00593.x (cluster bootstrap).
    """
    if not len(reference):
        return Interval(value=np.nan, low=np.nan, high=np.nan)
    random = np.random.default_rng(seed)
    names, place = np.unique(units, return_inverse=True)
    members = [np.flatnonzero(place == unit) for unit in range(len(names))]
    values = np.empty(n_draws)
    for draw in range(n_draws):
        rows = np.concatenate([members[i] for i in random.integers(len(names), size=len(names))])
        values[draw] = statistic(estimate[rows], reference[rows])
    known = values[np.isfinite(values)]
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan)
    return Interval(value=statistic(estimate, reference), low=float(low), high=float(high))
