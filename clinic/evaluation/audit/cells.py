"""Rows of different persons that share measured values to the last digit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.audit.data import Floats, Rows

#: A value that more rows share than this is a constant, a gap filled in or a rounded number.
MOST_SHARING = 4
#: At least this share of the columns, such as one modality's vector used twice.
LEAST_SHARE = 0.10
LEAST_CELLS = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Pairs of rows.

    Args:
        first, second: Row indices, shape (n_pairs,).
        closeness: What made each a pair: share of equal cells, or distance over usual distance.
        limit: From what closeness on a pair counts; NaN where the table cannot show one.
    """

    first: Rows
    second: Rows
    closeness: Floats
    limit: float


def equal_cells(values: Floats, persons: NDArray[np.intp], *, alpha: float) -> Pairs:
    """Return pairs of rows of different persons with more equal cells than chance explains.

    Chance: equal cells of two strangers are counted as a Poisson variable whose mean is what all
    pairs share on average, corrected for the number of pairs (Bonferroni). That average already
    holds what rounding makes equal.

    Args:
        values: Shape (n_rows, n_columns).
    """
    from scipy.stats import poisson

    n, n_columns = values.shape
    codes = [_sharing(column, persons) for column in values.T]
    pairs = np.concatenate(codes) if codes else np.empty(0, dtype=np.int64)
    n_pairs = max(n * (n - 1) // 2, 1)
    by_chance = int(poisson.isf(alpha / n_pairs, len(pairs) / n_pairs)) + 1
    needed = max(int(np.ceil(LEAST_SHARE * n_columns)), LEAST_CELLS, by_chance)
    found, counts = np.unique(pairs, return_counts=True)
    kept = counts >= needed
    return Pairs(
        first=(found[kept] // n).astype(np.intp),
        second=(found[kept] % n).astype(np.intp),
        closeness=counts[kept] / max(n_columns, 1),
        limit=needed / n_columns if 0 < needed <= n_columns else float("nan"),
    )


def _sharing(column: Floats, persons: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return codes ``first * n + second`` of strangers with the same rare value."""
    n = len(column)
    order = np.argsort(column, kind="stable")
    order = order[~np.isnan(column[order])]
    if not len(order):
        return np.empty(0, dtype=np.int64)
    ordered = column[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, len(ordered)])
    rare = (sizes >= 2) & (sizes <= MOST_SHARING)
    codes = []
    for apart in range(1, MOST_SHARING):
        for offset in range(MOST_SHARING - apart):
            begin = starts[rare & (sizes > offset + apart)] + offset
            one, other = order[begin], order[begin + apart]
            strangers = persons[one] != persons[other]
            low, high = np.minimum(one, other)[strangers], np.maximum(one, other)[strangers]
            codes.append(low.astype(np.int64) * n + high)
    return np.concatenate(codes)
