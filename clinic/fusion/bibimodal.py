"""The choice ``bibimodal`` of ``conf/fusion``: settings and losses."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from clinic.fusion.arrays import Batch
from clinic.fusion.base import FusionNetwork
from clinic.fusion.bibimodal_network import ANCHOR, BibimodalNetwork
from clinic.fusion.gated_pair import separation_loss
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.neural import NeuralNetwork
from clinic.fusion.token_recipe import TokenRecipe
from clinic.records import Scale


@dataclass(frozen=True, kw_only=True)
class Bibimodal(TokenRecipe):
    """Words with voice and words with face in gated pairs, a small ensemble.

    Where BBFN takes the error of a single number stands the loss on distributions that all models
    share (``clinic.fusion.task.outputs_loss``).

    Args:
        separation_weight: Weight of the discriminators' loss.
    """

    separation_weight: float

    def member(self, layout: FeatureLayout, scales: Sequence[Scale]) -> NeuralNetwork:
        """Return one unfitted network."""
        return BibimodalNetwork(
            layout,
            scales,
            self,
        )

    def training_loss(self, network: FusionNetwork, batch: Batch) -> Tensor:
        """Return the loss of the answer and of the discriminators."""
        from clinic.fusion.task import outputs_loss

        assert isinstance(network, BibimodalNetwork)
        outputs, pairs, there = network.judge(batch.values, batch.segment_mask)
        loss = outputs_loss(network, outputs, batch, segment_weight=self.segment_weight)
        apart = [separation_loss(pair, (there[ANCHOR], there[m])) for m, pair in pairs.items()]
        return loss + self.separation_weight * torch.stack(apart).mean()
