"""How much of a bias branch is subtracted: chosen where that branch says nothing.

A spurious sign holds among validation participants as it held in training. Judged by the plain
validation loss, subtracting it never pays. The participants are therefore weighed so that
branch and target are independent among them: those who contradict the branch count more.

Source: inverse propensity weights, Rosenbaum & Rubin (1983), doi:10.1093/biomet/70.1.41, with the
side of the branch's estimate as the condition.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

#: A participant counts at most this many times as much as without weighing.
GREATEST_WEIGHT = 10.0


def independence_weights(estimate: Tensor, target: Tensor) -> Tensor:
    """Return weights (N,) under which two halves of the estimate have the same targets.

    Each person gets P(side) P(group) / P(side, group), with the side of the branch's median on
    which the estimate lies and the group of the target (above its median, or the answer yes).

    Args:
        estimate: What the branch alone says, shape (N,).
        target: Shape (N,), NaN where unknown; such people weigh 1 and count in no loss.

    Returns:
        Weights; zeros where some combination occurs in nobody, so that nothing can be weighed.
    """
    known = ~torch.isnan(target)
    side = estimate > estimate[known].median() if known.any() else known
    values = target[known]
    # A median of yes/no answers is one of the answers: the mean divides both cases.
    group = target > values.mean() if known.any() else known
    weights = torch.ones_like(target)
    total = known.sum()
    for left in (side, ~side):
        for right in (group, ~group):
            cell = left & right & known
            if not cell.any():
                return torch.zeros_like(target)
            expected = (left & known).sum() * (right & known).sum() / total
            weights[cell] = (expected / cell.sum()).clamp_max(GREATEST_WEIGHT)
    return weights


def best_weight(candidates: Sequence[float], loss: Callable[[float], float]) -> float:
    """Return the candidate of least loss, the smallest of equals."""
    losses = [loss(candidate) for candidate in candidates]
    return float(candidates[int(np.argmin(losses))])
