"""How far raters, or items of a questionnaire, agree: kappa, intraclass correlation, alpha."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Intraclass:
    """An intraclass correlation with its interval."""

    value: float
    low: float
    high: float


def fleiss_kappa(ratings: ArrayLike) -> float:
    """Return Fleiss' kappa of several raters; NaN where all chose one and the same category.

    Args:
        ratings: Shape (n_subjects, n_raters), categories as numbers or words, none missing.

    Raises:
        ValueError: Fewer than two raters.

    Source:
        Fleiss (1971), doi:10.1037/h0031619.
    """
    values = np.asarray(ratings)
    if values.ndim != 2 or values.shape[1] < 2:
        raise ValueError(f"ratings of shape {values.shape}: subjects x two or more raters needed")
    _, place = np.unique(values, return_inverse=True)
    counts = np.eye(place.max() + 1)[place.reshape(values.shape)].sum(axis=1)
    n = values.shape[1]
    agreed = float(np.mean((np.sum(counts**2, axis=1) - n) / (n * (n - 1))))
    by_chance = float(np.sum((counts.sum(axis=0) / counts.sum()) ** 2))
    return (agreed - by_chance) / (1 - by_chance) if by_chance < 1 else float("nan")


def intraclass_agreement(ratings: Floats, *, level: float = 0.95) -> Intraclass:
    """Return ICC(A,1): two-way, absolute agreement, one rater.

    Args:
        ratings: Shape (n_subjects, n_raters), none missing; every rater rated everybody.

    Raises:
        ValueError: A missing rating, or fewer than two subjects or raters.

    Source:
        McGraw & Wong (1996), doi:10.1037/1082-989X.1.1.30, tables 4 and 7.
    """
    from scipy.stats import f

    values = _complete(ratings)
    n, k = values.shape
    rows = k * np.var(values.mean(axis=1), ddof=1)
    columns = n * np.var(values.mean(axis=0), ddof=1)
    rest = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
    error = np.sum(rest**2) / ((n - 1) * (k - 1))
    whole = rows + (k - 1) * error + k * (columns - error) / n
    if whole <= 0:
        return Intraclass(value=float("nan"), low=float("nan"), high=float("nan"))
    value = (rows - error) / whole
    if value >= 1:
        return Intraclass(value=1.0, low=1.0, high=1.0)
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    freedom = (a * columns + b * error) ** 2 / (
        (a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    )
    tail = (1 + level) / 2
    below, above = f.ppf(tail, n - 1, freedom), f.ppf(tail, freedom, n - 1)
    shared = k * columns + (k * n - k - n) * error
    return Intraclass(
        value=float(value),
        low=float(n * (rows - below * error) / (below * shared + n * rows)),
        high=float(n * (above * rows - error) / (shared + n * above * rows)),
    )


def cronbach_alpha(items: Floats) -> float:
    """Return Cronbach's alpha; NaN where the totals do not vary.

    Args:
        items: Shape (n_subjects, n_items), none missing, all scored in one direction.

    Raises:
        ValueError: A missing answer, or fewer than two subjects or items.

    Source:
        Cronbach (1951), doi:10.1007/BF02310555.
    """
    values = _complete(items)
    of_total = np.var(values.sum(axis=1), ddof=1)
    if of_total == 0:
        return float("nan")
    k = values.shape[1]
    return float(k / (k - 1) * (1 - np.var(values, axis=0, ddof=1).sum() / of_total))


def _complete(values: Floats) -> Floats:
    table = np.asarray(values, dtype=float)
    if table.ndim != 2 or min(table.shape) < 2:
        raise ValueError(f"a table of shape {table.shape}: two or more rows and columns needed")
    missing = int(np.isnan(table).any(axis=1).sum())
    if missing:
        raise ValueError(f"{missing} of {len(table)} rows have a missing value: complete ones only")
    return table
