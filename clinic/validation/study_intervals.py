"""Intervals of a study: whole groups are drawn again, every statistic from the same draws."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.bootstrap import Draws, mean_known, percentile_interval
from clinic.evaluation.weighted_curves import areas_under_roc

Floats = NDArray[np.float64]

#: From row weights, shape (n_draws, n_rows), to values, shape (n_draws,).
Weighted = Callable[[Floats], Floats]

LEVEL = 0.95


def weighted_interval(
    groups: Sequence[str], statistic: Weighted, *, n_draws: int, seed: int
) -> tuple[float, float, float]:
    """Return value, low and high of a statistic of weighted rows; whole groups are drawn again.

    Draws depend on the groups alone, so that statistics of the same rows can be compared.

    Source:
        Field & Welsh (2007), doi:10.1111/j.1467-9868.2007.00593.x (cluster bootstrap).
    """
    ids = np.asarray(groups)
    value = float(statistic(np.ones((1, len(ids))))[0])
    low, high = percentile_interval(drawn(groups, statistic, n_draws=n_draws, seed=seed), LEVEL)
    return value, low, high


def mean_interval(
    parts: Sequence[tuple[Sequence[str], Weighted]], *, n_draws: int, seed: int
) -> tuple[float, float, float]:
    """Return the mean of a statistic over repeats of one study, with its interval.

    A draw takes the same groups in every repeat: repeats do not narrow the interval, they take
    the luck of one random split out of it.

    Args:
        parts: One per repeat: the groups of its rows, and its statistic. Groups that are in
            no row of a repeat are drawn all the same.
    """
    everybody = sorted({group for groups, _ in parts for group in groups})
    values = [float(statistic(np.ones((1, len(groups))))[0]) for groups, statistic in parts]
    draws = Draws.of(everybody, n_draws=n_draws, seed=seed)
    found = [_on_draws(draws, np.asarray(groups), statistic) for groups, statistic in parts]
    low, high = percentile_interval(mean_known(np.stack(found)), LEVEL)
    return float(mean_known(np.array(values)[:, None])[0]), low, high


def drawn(groups: Sequence[str], statistic: Weighted, *, n_draws: int, seed: int) -> Floats:
    """Return the statistic of each draw, shape (n_draws,)."""
    draws = Draws.of(groups, n_draws=n_draws, seed=seed)
    return _on_draws(draws, np.asarray(groups), statistic)


def weighted_mean(values: Floats) -> Weighted:
    """Return the statistic "mean of these values"; NaN in a draw without rows."""

    def statistic(weights: Floats) -> Floats:
        total = weights.sum(axis=1)
        return np.asarray(np.where(total > 0, weights @ values / np.maximum(total, 1), np.nan))

    return statistic


def weighted_area(positive: NDArray[np.bool_], signal: Floats) -> Weighted:
    """Return the statistic "area under the ROC curve"; NaN in a draw with one answer only."""
    return lambda weights: areas_under_roc(positive, signal, weights)


def weighted_correlation(first: Floats, second: Floats) -> Weighted:
    """Return the statistic "Pearson's correlation"; NaN in a draw without spread."""

    def statistic(weights: Floats) -> Floats:
        total = weights.sum(axis=1)
        mean_1, mean_2 = weights @ first / total, weights @ second / total
        covariance = weights @ (first * second) / total - mean_1 * mean_2
        spread_1 = weights @ first**2 / total - mean_1**2
        spread_2 = weights @ second**2 / total - mean_2**2
        product = np.sqrt(np.maximum(spread_1 * spread_2, 0.0))
        flat = product < 1e-12
        return np.asarray(np.where(flat, np.nan, covariance / np.where(flat, 1.0, product)))

    return statistic


def _on_draws(draws: Draws, ids: NDArray[np.str_], statistic: Weighted) -> Floats:
    return np.concatenate([statistic(counts) for counts in draws.on_rows(ids)])
