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
from clinic.fusion.neural import NeuralNetwork, NeuralRecipe
from clinic.records import Scale


@dataclass(frozen=True, kw_only=True)
class Bibimodal(NeuralRecipe):
    """Words with voice and words with face in gated pairs, a small ensemble.

    Where BBFN takes the error of a single number stands the loss on distributions that all models
    share (``clinic.fusion.task.outputs_loss``).

    Args:
        width: Size of a token.
        n_layers, n_heads: Of each pair.
        bottleneck: Size to which a wide table (an embedding) is first reduced.
        input_dropout, dropout, modality_dropout: Shares dropped in training.
        separation_weight: Weight of the discriminators' loss.
    """

    width: int
    n_layers: int
    n_heads: int
    bottleneck: int
    input_dropout: float
    dropout: float
    modality_dropout: float
    separation_weight: float
    wide_from: int = 128

    def member(self, layout: FeatureLayout, scales: Sequence[Scale]) -> NeuralNetwork:
        """Return one unfitted network."""
        return BibimodalNetwork(
            layout,
            scales,
            width=self.width,
            n_layers=self.n_layers,
            n_heads=self.n_heads,
            bottleneck=self.bottleneck,
            wide_from=self.wide_from,
            input_dropout=self.input_dropout,
            dropout=self.dropout,
            modality_dropout=self.modality_dropout,
        )

    def training_loss(self, network: FusionNetwork, batch: Batch) -> Tensor:
        """Return the loss of the answer and of the discriminators."""
        from clinic.fusion.task import outputs_loss

        assert isinstance(network, BibimodalNetwork)
        outputs, pairs, there = network.judge(batch.values, batch.segment_mask)
        loss = outputs_loss(network, outputs, batch, segment_weight=self.segment_weight)
        apart = [separation_loss(pair, (there[ANCHOR], there[m])) for m, pair in pairs.items()]
        return loss + self.separation_weight * torch.stack(apart).mean()
