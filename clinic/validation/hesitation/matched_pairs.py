"""Area under the ROC curve over pairs of like rows only: same person, same length."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from clinic.validation.study_intervals import Weighted

Floats = NDArray[np.float64]


def matched_area(
    positive: NDArray[np.bool_],
    signal: Floats,
    *,
    strata: Sequence[Hashable],
    groups: Sequence[str],
) -> Weighted:
    """Return the share of pairs of a stratum in which the positive row has the higher signal.

    Ties count half. What differs between strata, such as the length of an utterance, cannot
    make the area larger or smaller.

    Args:
        strata: One a row; a stratum lies inside one group.
        groups: One a row; the weight of a row is that of its group.
    """
    ids = np.asarray(groups)
    names = np.unique(ids)
    won, n_pairs = np.zeros(len(names)), np.zeros(len(names))
    members: dict[Hashable, list[int]] = {}
    for row, stratum in enumerate(strata):
        members.setdefault(stratum, []).append(row)
    for rows in members.values():
        above, below = signal[rows][positive[rows]], signal[rows][~positive[rows]]
        group = np.searchsorted(names, ids[rows[0]])
        gaps = above[:, None] - below[None, :]
        won[group] += (gaps > 0).sum() + 0.5 * (gaps == 0).sum()
        n_pairs[group] += gaps.size
    first = np.array([np.flatnonzero(ids == name)[0] for name in names], dtype=np.intp)

    def statistic(weights: Floats) -> Floats:
        of_groups = weights[:, first]
        total = of_groups @ n_pairs
        return np.asarray(np.where(total > 0, of_groups @ won / np.maximum(total, 1), np.nan))

    return statistic
