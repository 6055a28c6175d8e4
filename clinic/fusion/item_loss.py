"""How well answers to single items were foreseen, as a criterion of a fit."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from clinic.errors import SetupError
from clinic.fusion.arrays import Batch
from clinic.fusion.base import FusionNetwork, FusionOutputs, weighted_mean
from clinic.records import Scale


@dataclass(frozen=True, kw_only=True)
class ItemCriterion:
    """Mean negative log-likelihood of the answers that are known, times a weight.

    Args:
        scales: Scales whose items are estimated.
        weight: Against the ranked probability score of the sum.
    """

    scales: Sequence[Scale]
    weight: float

    def __call__(self, network: FusionNetwork, outputs: FusionOutputs, batch: Batch) -> Tensor:
        """Return the weighted sum over scales, shape ().

        Raises:
            SetupError: The network estimates scores by another way than the shared heads.
        """
        del network
        total = batch.weights.sum() * 0.0
        for scale in self.scales:
            if scale.condition not in outputs.items:
                raise SetupError(f"this fusion model gives no items of {scale.name} (items)")
            if scale.condition in batch.items:
                answers = batch.items[scale.condition]
                total = total + item_loss(outputs.items[scale.condition], answers, scale, batch)
        return self.weight * total


def item_loss(probabilities: Tensor, answers: Tensor, scale: Scale, batch: Batch) -> Tensor:
    """Return the mean over recordings of the mean over known items of -log p, shape ().

    Args:
        probabilities: Shape (B, n_items, n_levels).
        answers: As printed on the form, shape (B, n_items), NaN = blank.
    """
    known = ~torch.isnan(answers)
    level = (answers.nan_to_num(scale.item_minimum) - scale.item_minimum).long()
    given = probabilities.gather(2, level[..., None])[..., 0]
    per_recording = -(torch.log(given) * known).sum(dim=1) / known.sum(dim=1).clamp_min(1)
    return weighted_mean(per_recording, batch.weights * known.any(dim=1))
