"""The conflict-aware choice of ``conf/fusion``: settings, losses and fitting."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from clinic.fusion.arrays import Batch, CaseSet, batch_of
from clinic.fusion.base import FusionNetwork, FusionOutputs
from clinic.fusion.conflict_network import PAIRS, ConflictAwareNetwork
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.neural import NeuralNetwork
from clinic.fusion.token_recipe import TokenRecipe
from clinic.records import Condition, Scale

#: Shares of the text-only head that are tried on validation participants.
BLENDS = (0.0, 0.2, 0.4, 0.6, 0.8)
#: Temperature of the alignment loss and most segments that enter it per batch.
ALIGNMENT_TEMPERATURE = 0.2
ALIGNMENT_SEGMENTS = 128


@dataclass(frozen=True, kw_only=True)
class ConflictAware(TokenRecipe):
    """Conflict tokens, text-guided late fusion, a small ensemble.

    Args:
        text_weight: Share of the text-only head in the loss (arXiv:2603.15818: one half).
        alignment_weight: Weight of the loss that makes modalities share a space.
    """

    text_weight: float
    alignment_weight: float

    def member(self, layout: FeatureLayout, scales: Sequence[Scale]) -> NeuralNetwork:
        """Return one unfitted network."""
        return ConflictAwareNetwork(
            layout,
            scales,
            self,
        )

    def training_loss(self, network: FusionNetwork, batch: Batch) -> Tensor:
        """Return the loss of both heads and of the alignment."""
        assert isinstance(network, ConflictAwareNetwork)
        loss = self.validation_loss(network, batch)
        if self.alignment_weight > 0:
            loss = loss + self.alignment_weight * alignment_loss(network, batch)
        return loss

    def validation_loss(self, network: FusionNetwork, batch: Batch) -> Tensor:
        """Return the loss of both heads."""
        from clinic.fusion.task import outputs_loss

        assert isinstance(network, ConflictAwareNetwork)
        full, text = network.both(batch.values, batch.segment_mask)
        weight = self.segment_weight
        return (1 - self.text_weight) * outputs_loss(
            network, full, batch, segment_weight=weight
        ) + self.text_weight * outputs_loss(network, text, batch, segment_weight=weight)

    def settle(self, member: NeuralNetwork, training: CaseSet, validation: CaseSet) -> None:
        """Choose the share of words on validation participants."""
        del training
        assert isinstance(member, ConflictAwareNetwork)
        choose_blend(member, batch_of(validation, range(len(validation))))


def choose_blend(network: ConflictAwareNetwork, validation: Batch) -> None:
    """Set the share of words per target to the one with the least validation loss."""
    from clinic.fusion.task import rating_loss, rating_target, score_loss

    def loss(condition: Condition) -> float:
        outputs: FusionOutputs = network(validation.values, validation.segment_mask)
        if condition in outputs.scores:
            return float(score_loss(network, outputs, validation, condition))
        target = rating_target(validation, condition)
        return float(rating_loss(outputs.ratings[condition], target, validation))

    network.eval()
    with torch.no_grad():
        for place, condition in enumerate(network.conditions):
            losses = []
            for share in BLENDS:
                network.blend[place] = share
                losses.append(loss(condition))
            network.blend[place] = BLENDS[int(np.argmin(losses))]


def alignment_loss(network: ConflictAwareNetwork, batch: Batch) -> Tensor:
    """Return a symmetric contrastive loss over pairs of modalities of the same segment.

    A difference |v - a| means something only where both lie in one space. Segments rated as
    showing ambivalence are left out: aligning them would remove what is to be measured.

    Source: modality-pairwise InfoNCE, van den Oord et al. (2018), arXiv:1807.03748.
    """
    tokens, present = network.project(*network.inputs(batch.values, batch.segment_mask))
    consistent = torch.ones_like(batch.segment_mask)
    for labels in batch.segment_targets.values():
        consistent = consistent & ~(labels == 1.0)
    losses = []
    for one, other in PAIRS:
        if one not in tokens or other not in tokens:
            continue
        rows = torch.nonzero((present[one] & present[other] & consistent).flatten()).squeeze(1)
        if len(rows) < 2:
            continue
        rows = rows[torch.randperm(len(rows), device=rows.device)[:ALIGNMENT_SEGMENTS]]
        left = torch.nn.functional.normalize(tokens[one].flatten(0, 1)[rows], dim=1)
        right = torch.nn.functional.normalize(tokens[other].flatten(0, 1)[rows], dim=1)
        similarity = left @ right.T / ALIGNMENT_TEMPERATURE
        same = torch.arange(len(rows), device=rows.device)
        losses.append(
            torch.nn.functional.cross_entropy(similarity, same)
            + torch.nn.functional.cross_entropy(similarity.T, same)
        )
    return torch.stack(losses).mean() / 2 if losses else 0.0 * next(iter(tokens.values())).sum()
