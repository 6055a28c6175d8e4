"""Losses of answers yes and no: smoothed cross-entropy with a focal part.

Sources: label smoothing, Szegedy et al. (2016), arXiv:1512.00567; focal loss, Lin et al. (2017),
arXiv:1708.02002; their sum as in MMFformer (arXiv:2508.06701).
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from clinic.fusion.arrays import Batch
from clinic.fusion.base import FusionNetwork, FusionOutputs, log_odds
from clinic.records import Condition


def smoothed_focal_loss(
    logits: Tensor, answers: Tensor, *, smoothing: float, focal_weight: float, gamma: float
) -> Tensor:
    """Return BCE with smoothed answers plus ``focal_weight`` times the focal loss, per element.

    Args:
        logits: Log-odds of yes.
        answers: 0, 1, or the share of raters who said yes.
        smoothing: An answer of 1 becomes ``1 - smoothing / 2``, one of 0 ``smoothing / 2``.
        gamma: Exponent of the focal loss, ``(1 - p)^gamma * -log p`` for the given answer; a
            divided answer counts with each of its shares.
    """
    smoothed = answers * (1 - smoothing) + smoothing / 2
    plain = F.binary_cross_entropy_with_logits(logits, smoothed, reduction="none")
    focal_yes = torch.sigmoid(-logits) ** gamma * F.softplus(-logits)
    focal_no = torch.sigmoid(logits) ** gamma * F.softplus(logits)
    return plain + focal_weight * (answers * focal_yes + (1 - answers) * focal_no)


def binary_answers(
    network: FusionNetwork, outputs: FusionOutputs, batch: Batch
) -> dict[Condition, tuple[Tensor, Tensor]]:
    """Return per target the log-odds of yes and the answer, both (B,), NaN where unknown.

    Yes is the rating itself (the share of raters who said yes, where several voted), or a score
    at or above the cut-off of its scale.
    """
    from clinic.fusion.task import rating_target

    pairs = {}
    for scale in network.scored:
        reached = network.grid(scale.condition).values >= scale.cutoff
        probability = outputs.scores[scale.condition][:, reached].sum(dim=1)
        target = batch.targets[scale.condition]
        answer = torch.where(torch.isnan(target), target, (target >= scale.cutoff).to(target.dtype))
        pairs[scale.condition] = (log_odds(probability), answer)
    for scale in network.rated:
        odds = log_odds(outputs.ratings[scale.condition])
        pairs[scale.condition] = (odds, rating_target(batch, scale.condition))
    return pairs
