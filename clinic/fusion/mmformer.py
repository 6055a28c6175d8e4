"""The MMFformer choice of ``conf/fusion``: settings and loss."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from clinic.fusion.arrays import Batch
from clinic.fusion.base import FusionNetwork, FusionOutputs, weighted_mean
from clinic.fusion.binary_losses import binary_answers, smoothed_focal_loss
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.mmformer_network import MMFormerNetwork
from clinic.fusion.neural import NeuralNetwork
from clinic.fusion.sequence import SequenceRecipe
from clinic.records import Scale


@dataclass(frozen=True, kw_only=True)
class MMFormer(SequenceRecipe):
    """A transformer per stream and attention between streams.

    The published target is yes or no. Its loss takes the place of the cross-entropy of ratings,
    and is added for reaching the cut-off of scored scales: these keep the loss of their whole
    distribution, because the cut-off alone forgets how far above or below it somebody is.
    Which epoch is kept is decided by proper scores alone: smoothing and focus bend
    probabilities.

    Args:
        meeting: How streams meet: ``lt``, ``it`` or ``ia`` (``mmformer_network``).
        kernel: Neighbouring segments that the convolution sees at once.
        cutoff_weight: Weight of the published loss at the cut-off of a scored scale.
        smoothing: Label smoothing of the cross-entropy.
        focal_weight, focal_gamma: Weight and exponent of the focal loss.
    """

    meeting: str
    kernel: int
    cutoff_weight: float
    smoothing: float
    focal_weight: float
    focal_gamma: float

    def member(self, layout: FeatureLayout, scales: Sequence[Scale]) -> NeuralNetwork:
        """Return one unfitted network."""
        return MMFormerNetwork(layout, scales, self, meeting=self.meeting, kernel=self.kernel)

    def training_loss(self, network: FusionNetwork, batch: Batch) -> Tensor:
        """Return the loss of distributions, of segments, and of the answers yes and no."""
        from clinic.fusion.task import score_loss, segment_loss

        outputs = network(batch.values, batch.segment_mask)
        parts = [self.answers_loss(network, outputs, batch)]
        for scale in network.scored:
            parts.append(score_loss(network, outputs, batch, scale.condition))
        for scale in network.rated:
            parts.append(self.segment_weight * segment_loss(outputs, batch, scale.condition))
        parts += [criterion(network, outputs, batch) for criterion in network.criteria]
        return torch.stack(parts).sum()

    def answers_loss(self, network: FusionNetwork, outputs: FusionOutputs, batch: Batch) -> Tensor:
        """Return the published loss, summed over ratings and cut-offs."""
        total = batch.weights.new_zeros(())
        for condition, (logits, answers) in binary_answers(network, outputs, batch).items():
            loss = smoothed_focal_loss(
                logits,
                answers.nan_to_num(0.0),
                smoothing=self.smoothing,
                focal_weight=self.focal_weight,
                gamma=self.focal_gamma,
            )
            weight = self.cutoff_weight if condition in outputs.scores else 1.0
            known = ~torch.isnan(answers)
            total = total + weight * weighted_mean(loss, batch.weights * known)
        return total
