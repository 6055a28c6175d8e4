"""Calibrated late fusion: a regularised multinomial stack of what each modality says.

What the tri-modal severity study (arXiv:2510.20239) announces and its released code leaves out:
one calibrated model per modality, and a multinomial stack of their log-probabilities of bands,
learned on predictions for people left out, with an indicator of each modality's presence.

The stack works on bands. Within a band, scores keep the proportions that the modalities give
them, so that the bands' probabilities are the sums of the scores'. Evidence and indicators are
centred on the training participants: a modality that is absent adds nothing to the others'
evidence, and its absence counts only where absence itself went along with severity in training.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from clinic.fusion.base import FusionNetwork
from clinic.fusion.distribution import LEAST_PROBABILITY
from clinic.fusion.late import Combiner, Evidence, LateNetwork, LateRecipe
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.minimise import minimise
from clinic.fusion.outcome_shares import PSEUDO_COUNT, spread_over_scores
from clinic.records import Scale


class Stack(Combiner):
    """Multinomial regression on centred log-probabilities of bands and presence indicators.

    ``reliance``, shape (M,), is how far a modality moves the logits of a training participant
    left out: root mean square over people and bands.
    """

    centre: Tensor
    reliance: Tensor
    presence: Tensor
    evidence: Tensor
    flags: Tensor
    bias: Tensor

    def __init__(self, membership: Tensor, n_modalities: int) -> None:
        super().__init__(membership, n_modalities)
        n_bands = membership.shape[1]
        self.register_buffer("centre", torch.zeros(n_modalities, n_bands))
        self.register_buffer("presence", torch.ones(n_modalities))
        self.register_buffer("reliance", torch.zeros(n_modalities))
        self.register_buffer("evidence", torch.zeros(n_modalities, n_bands, n_bands))
        self.register_buffer("flags", torch.zeros(n_modalities, n_bands))
        self.register_buffer("bias", torch.zeros(n_bands))

    def combine(self, said: Tensor, present: Tensor) -> Tensor:
        """Return probabilities of outcomes, shape (N, V)."""
        weights = torch.cat([self.evidence.flatten(0, 1), self.flags])
        bands = torch.softmax(self._inputs(said, present) @ weights + self.bias, dim=1)
        # Where the stack relies on nobody, all who are present share the shape within bands.
        trust = (self.reliance + 1e-3) * present
        trust = trust / trust.sum(dim=1, keepdim=True).clamp_min(1e-6)
        within = (trust[..., None] * said).sum(dim=1).clamp_min(LEAST_PROBABILITY)
        return spread_over_scores(bands, within, self.membership)

    def learn(self, training: Evidence, penalty: float) -> None:
        """Fit the stack: log loss, ridge on all weights but the bias, one made-up row a band."""
        there = training.present.to(torch.float32) * training.weights[:, None]
        logs = self._logs(training.said)
        total = there.sum(dim=0).clamp_min(1e-6)
        self.centre.copy_((logs * there[..., None]).sum(dim=0) / total[:, None])
        self.presence.copy_(there.sum(dim=0) / training.weights.sum())
        x = self._inputs(training.said, training.present).to(torch.float64)
        reached = self.membership[training.outcomes].argmax(dim=1)
        w = training.weights.to(torch.float64)
        n_bands, n_inputs = len(self.bias), x.shape[1]
        each_band = torch.arange(n_bands)

        def loss(numbers: Tensor) -> Tensor:
            logits = x @ numbers[:n_inputs] + numbers[n_inputs]
            rows = (w * F.cross_entropy(logits, reached, reduction="none")).sum()
            average = numbers[n_inputs].expand(n_bands, n_bands)
            made_up = PSEUDO_COUNT * F.cross_entropy(average, each_band, reduction="sum")
            ridge = 0.5 * penalty * numbers[:n_inputs].square().sum()
            return (rows + made_up + ridge) / w.sum()

        found = minimise(loss, torch.zeros(n_inputs + 1, n_bands))
        n_evidence = self.n_modalities * n_bands
        self.evidence.copy_(found[:n_evidence].view_as(self.evidence))
        self.flags.copy_(found[n_evidence:n_inputs])
        self.bias.copy_(found[n_inputs])
        moved = torch.einsum("nmk,mkj->nmj", logs - self.centre, self.evidence)
        # Softmax does not hear what all bands are moved by.
        moved = (moved - moved.mean(dim=2, keepdim=True)).square().mean(dim=2)
        self.reliance.copy_(((moved * there).sum(dim=0) / total).sqrt())

    def _logs(self, said: Tensor) -> Tensor:
        return (said @ self.membership).clamp_min(LEAST_PROBABILITY).log()

    def _inputs(self, said: Tensor, present: Tensor) -> Tensor:
        """Return (N, M K + M): centred log-probabilities, 0 where absent, and indicators."""
        there = present.to(said.dtype)
        logs = (self._logs(said) - self.centre) * there[..., None]
        return torch.cat([logs.flatten(1), there - self.presence], dim=1)


@dataclass(frozen=True, kw_only=True)
class CalibratedLate(LateRecipe):
    """One calibrated model per modality and a multinomial stack with presence indicators."""

    def network(self, layout: FeatureLayout, scales: Sequence[Scale]) -> FusionNetwork:
        """Return an unfitted network."""
        return LateNetwork(layout, scales, Stack)
