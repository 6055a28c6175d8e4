"""The choice ``gated_experts`` of ``conf/fusion``: settings and losses."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from clinic.fusion.arrays import Batch
from clinic.fusion.base import FusionNetwork
from clinic.fusion.expert_losses import (
    agreement_loss,
    balance_loss,
    classes_of,
    consistent_recordings,
    contrastive_loss,
    expert_divergence,
)
from clinic.fusion.gated_network import GatedNetwork, Judgement
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.neural import NeuralNetwork
from clinic.fusion.token_recipe import TokenRecipe
from clinic.records import Scale


@dataclass(frozen=True, kw_only=True)
class GatedExperts(TokenRecipe):
    """Experts of words, voice, face and all together, weighed by a gate, a small ensemble.

    Where the sources take a cross-entropy, for each expert and for the mixture, stands the loss
    on distributions that all models share (``clinic.fusion.task.outputs_loss``).

    Args:
        gate_temperature: Of the gate's softmax.
        expert_weight: Weight of the mean loss of the single experts against that of the mixture.
        contrast_weight, contrast_temperature: Of the supervised contrastive loss.
        agreement_weight: Weight of the divergence between experts on consistent recordings.
        balance_weight: Weight of the loss that keeps the gate from settling on one expert.
        has_across: Whether there is an expert that sees all modalities at once.
    """

    gate_temperature: float
    expert_weight: float
    contrast_weight: float
    contrast_temperature: float
    agreement_weight: float
    balance_weight: float
    has_across: bool

    def member(self, layout: FeatureLayout, scales: Sequence[Scale]) -> NeuralNetwork:
        """Return one unfitted network."""
        return GatedNetwork(
            layout,
            scales,
            self,
            gate_temperature=self.gate_temperature,
            has_across=self.has_across,
        )

    def training_loss(self, network: FusionNetwork, batch: Batch) -> Tensor:
        """Return the loss of mixture, experts, contrast, agreement and balance."""
        from clinic.fusion.task import outputs_loss

        assert isinstance(network, GatedNetwork)
        judged = network.judge(batch.values, batch.segment_mask)
        loss = outputs_loss(network, judged.mixed, batch, segment_weight=self.segment_weight)
        loss = loss + self.expert_weight * self._experts_loss(network, judged, batch)
        loss = loss + self.balance_weight * balance_loss(judged.gate, judged.present)
        if self.contrast_weight > 0:
            single = len(network.modalities)
            loss = loss + self.contrast_weight * contrastive_loss(
                judged.pooled[:, :single],
                judged.present[:, :single],
                classes_of(network, batch),
                self.contrast_temperature,
            )
        if self.agreement_weight > 0:
            divergence = expert_divergence(judged.experts, judged.present)
            consistent = consistent_recordings(batch, divergence)
            loss = loss + self.agreement_weight * agreement_loss(divergence, consistent)
        return loss

    def _experts_loss(self, network: GatedNetwork, judged: Judgement, batch: Batch) -> Tensor:
        """Return the mean loss over experts, each on the recordings in which it saw anything."""
        from clinic.fusion.task import outputs_loss

        losses = [
            outputs_loss(
                network,
                outputs,
                replace(batch, weights=batch.weights * present),
                segment_weight=self.segment_weight,
            )
            for outputs, present in zip(judged.experts, judged.present.unbind(dim=1), strict=True)
        ]
        return torch.stack(losses).mean()
