"""The ATEI choice of ``conf/fusion``: settings, auxiliary loss and fitting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from clinic.fusion.arrays import Batch, CaseSet
from clinic.fusion.atei_network import AteiNetwork
from clinic.fusion.base import Ensemble, FusionNetwork, TrainerFactory, weighted_mean
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.neural import NeuralNetwork
from clinic.fusion.pseudo_labels import LEAST_PARTICIPANTS, PseudoLabels, affect_columns
from clinic.fusion.sequence import SequenceRecipe
from clinic.records import Scale


@dataclass(frozen=True, kw_only=True)
class Atei(SequenceRecipe):
    """Acoustic-textual emotional inconsistency as an embedding with a learned factor.

    Args:
        scale_start: What the factor of the embedding starts from.
        affect: Per modality (text, voice) the ``table`` and ``column`` that carry its affect.
            Where a column is not read, there is no auxiliary loss, and the network's
            ``no_labels`` says why.
        affect_cut_sd: Affect beyond this is high or low, in standard deviations.
        consistent_percentile, inconsistent_percentile: Distances up to the first and from the
            second have a pseudo-label.
        inconsistency_weight: Weight of the auxiliary loss.
    """

    scale_start: float
    affect: Mapping[str, Mapping[str, str]]
    affect_cut_sd: float
    consistent_percentile: float
    inconsistent_percentile: float
    inconsistency_weight: float

    def member(self, layout: FeatureLayout, scales: Sequence[Scale]) -> NeuralNetwork:
        """Return one unfitted network."""
        columns, reason = affect_columns(layout, self.affect)
        labels = PseudoLabels(
            columns,
            cut_sd=self.affect_cut_sd,
            percentiles=(self.consistent_percentile, self.inconsistent_percentile),
        )
        return AteiNetwork(
            layout, scales, self, scale_start=self.scale_start, labels=labels, no_labels=reason
        )

    def fit(
        self,
        network: FusionNetwork,
        training: CaseSet,
        validation: CaseSet,
        *,
        trainer: TrainerFactory,
        seed: int,
    ) -> None:
        """Fit the pseudo-labels on the training participants, then every member."""
        assert isinstance(network, Ensemble)
        for member in network.members:
            assert isinstance(member, AteiNetwork)
            member.labels.fit(training)
            if not member.no_labels and not member.labels.is_fitted:
                member.no_labels = (
                    f"fewer than {LEAST_PARTICIPANTS} training participants with affect of both "
                    "words and voice"
                )
        super().fit(network, training, validation, trainer=trainer, seed=seed)

    def training_loss(self, network: FusionNetwork, batch: Batch) -> Tensor:
        """Return the loss of the distributions and, where there are labels, of inconsistency."""
        from clinic.fusion.task import outputs_loss

        assert isinstance(network, AteiNetwork)
        outputs, odds = network.both(batch.values, batch.segment_mask)
        loss = outputs_loss(network, outputs, batch, segment_weight=self.segment_weight)
        if not network.labels.is_fitted or self.inconsistency_weight <= 0:
            return loss
        labels = network.labels(batch.values, batch.segment_mask)
        known = ~torch.isnan(labels) & ~torch.isnan(odds)
        wrong = F.binary_cross_entropy_with_logits(
            torch.where(known, odds, 0.0), torch.where(known, labels, 0.0), reduction="none"
        )
        return loss + self.inconsistency_weight * weighted_mean(wrong, batch.weights * known)
