"""What is said of a recording in which nothing was observed: the training participants' shares."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

#: Nobody in a band is little evidence that nobody ever will be: one made-up person per band.
PSEUDO_COUNT = 1.0


def outcome_shares(
    outcomes: NDArray[np.intp], weights: NDArray[np.float64], membership: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the share of every outcome (whole score, or no and yes), none of them zero.

    Args:
        outcomes: Shape (n,), rows of ``membership``.
        weights: Shape (n,), 1 / recordings of that participant.
        membership: Shape (n_outcomes, n_bands), 1 where the outcome lies in the band.

    Returns:
        Shape (n_outcomes,). A band's share is (its participants + 1) / (all + bands); the one
        added stands evenly over the band's scores.
    """
    counts = np.bincount(outcomes, weights=weights, minlength=len(membership))
    added = membership @ (PSEUDO_COUNT / membership.sum(axis=0))
    total = counts + added
    return total / total.sum()


def spread_over_scores(bands: Tensor, prior: Tensor, membership: Tensor) -> Tensor:
    """Return probabilities of outcomes (N, V) whose sums over the bands are ``bands`` (N, K).

    Within a band, scores keep the proportions of ``prior`` (V,) or (N, V).
    """
    within = prior / ((prior @ membership) @ membership.T)
    return (bands @ membership.T) * within
