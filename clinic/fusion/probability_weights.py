"""Late fusion that a clinician can read: a weight for each modality and each band.

The probability of a band is the weighted mean of what the modalities present say of it, then
divided by the sum over the bands. The weights of one band are positive and sum to one over the
modalities present. Whole scores take the weights of the band that they lie in.

Source: class-wise weighting of modality probabilities, Team RAS, 9th ABAW competition; here the
weights are found by log loss on predictions for people left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clinic.fusion.base import FusionNetwork
from clinic.fusion.distribution import LEAST_PROBABILITY
from clinic.fusion.late import Combiner, Evidence, LateNetwork, LateRecipe
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.minimise import minimise
from clinic.records import Condition, Modality, Scale

#: A weight's logit where the modality is absent: e^-30 of anything is nothing.
ABSENT = -30.0


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightsTable:
    """Who is listened to about which band.

    Args:
        modalities: Rows of ``weights``.
        bands: Names of the bands, columns of ``weights``.
        weights: Shape (n_modalities, n_bands); columns sum to 1.
    """

    modalities: tuple[Modality, ...]
    bands: tuple[str, ...]
    weights: NDArray[np.float64]


class ClassWeights(Combiner):
    """Mean of probabilities with a weight per modality and band."""

    logits: Tensor

    def __init__(self, membership: Tensor, n_modalities: int) -> None:
        super().__init__(membership, n_modalities)
        self.register_buffer("logits", torch.zeros(n_modalities, membership.shape[1]))

    def weights(self, present: Tensor) -> Tensor:
        """Return weights (N, M, K) that sum to 1 over the modalities present (N, M)."""
        return _weights(self.logits, present)

    def combine(self, said: Tensor, present: Tensor) -> Tensor:
        """Return probabilities of outcomes, shape (N, V)."""
        each = self.weights(present) @ self.membership.T
        mixed = (each * said).sum(dim=1).clamp_min(LEAST_PROBABILITY)
        return mixed / mixed.sum(dim=1, keepdim=True)

    def learn(self, training: Evidence, penalty: float) -> None:
        """Fit by log loss; the penalty draws the modalities' weights of a band together."""
        bands = (training.said @ self.membership).to(torch.float64)
        reached = self.membership[training.outcomes].argmax(dim=1)
        w = training.weights.to(torch.float64)

        def loss(logits: Tensor) -> Tensor:
            mixed = (_weights(logits, training.present) * bands).sum(dim=1)
            share = mixed.gather(1, reached[:, None]).squeeze(1) / mixed.sum(dim=1)
            ridge = 0.5 * penalty * (logits - logits.mean(dim=0)).square().sum()
            # The mean of a band's logits changes no weight: held at zero so that it has one place.
            held = logits.mean(dim=0).square().sum()
            rows = -(w * share.clamp_min(LEAST_PROBABILITY).log()).sum()
            return (rows + ridge + held) / w.sum()

        self.logits.copy_(minimise(loss, torch.zeros(self.logits.shape)))


class ProbabilityWeightsNetwork(LateNetwork):
    """Linear models per modality, combined with a weight per modality and band."""

    def __init__(self, layout: FeatureLayout, scales: Sequence[Scale]) -> None:
        super().__init__(layout, scales, ClassWeights)

    def weights_table(
        self, present: Sequence[Modality] | None = None
    ) -> dict[Condition, WeightsTable]:
        """Return the weights of every target.

        Args:
            present: Modalities observed, all of them unless said; the others get 0.
        """
        there = torch.tensor([[present is None or m in present for m in self.modalities]])
        return {
            scale.condition: self._table(self.combiner(scale.condition), scale, there)
            for scale in (*self.scored, *self.rated)
        }

    def segment_weights_table(self) -> dict[Condition, WeightsTable]:
        """Return the weights of single segments, all modalities present."""
        there = torch.ones(1, len(self.modalities), dtype=torch.bool)
        return {
            scale.condition: self._table(self.segment_combiner(scale.condition), scale, there)
            for scale in self.rated
        }

    def _table(self, combiner: Combiner, scale: Scale, present: Tensor) -> WeightsTable:
        assert isinstance(combiner, ClassWeights)
        weights = _weights(combiner.logits.to(torch.float64), present)[0] * present[0, :, None]
        return WeightsTable(
            modalities=self.modalities,
            bands=tuple(scale.band_names),
            weights=weights.numpy(),
        )


@dataclass(frozen=True, kw_only=True)
class ProbabilityWeights(LateRecipe):
    """One calibrated model per modality, and a readable weight per modality and band."""

    def network(self, layout: FeatureLayout, scales: Sequence[Scale]) -> FusionNetwork:
        """Return an unfitted network."""
        return ProbabilityWeightsNetwork(layout, scales)


def _weights(logits: Tensor, present: Tensor) -> Tensor:
    """Return softmax over modalities of (M, K), those absent in (N, M) left out: (N, M, K)."""
    return torch.softmax(
        logits.expand(len(present), -1, -1).masked_fill(~present[..., None], ABSENT), dim=1
    )
