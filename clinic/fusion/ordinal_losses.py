"""Losses on the probabilities of a scale's bands that know the bands' order.

Each is a choice (``band_loss``) that is added to the ranked probability score. Each takes
probabilities (B, K) and a target (B, K): a one for the band of the reference, or the shares of
several raters' votes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clinic.errors import SetupError
from clinic.fusion.arrays import Batch, CaseSet
from clinic.fusion.base import FusionNetwork, FusionOutputs, weighted_mean
from clinic.fusion.distribution import LEAST_PROBABILITY
from clinic.records import Condition, Scale


class BandLoss(Protocol):
    """What every loss on bands promises."""

    @property
    def weight(self) -> float:
        """Its weight against the ranked probability score."""
        ...

    def losses(self, bands: Tensor, target: Tensor, counts: Tensor) -> Tensor:
        """Return one loss a recording, shape (B,).

        Args:
            bands: Probabilities, shape (B, K).
            target: Rows that sum to one, shape (B, K).
            counts: Training participants in each band, shape (K,).
        """
        ...


@dataclass(frozen=True, kw_only=True)
class ImbalancedOrdinal:
    """Ordinal log-loss with weights for rare bands (ImbOLL).

    ``-sum_i log(1 - p_i) |y - i|^alpha (n_T / n_y)^beta``: probability put on a band costs the
    more the farther that band lies from the true one. With beta above 0 errors on rare bands
    weigh more: this bends probabilities towards them, which calibration must bend back.

    Args:
        alpha: 0 counts every wrong band alike; 1, 1.5 and 2 in the source.
        beta: 0 knows no imbalance; .5 and 1 in the source.

    Source:
        Mandal et al. (2025), QuestMF, arXiv:2503.20496; without beta Castagnos et al. (2022),
        "A simple log-based loss function for ordinal text classification", COLING.
    """

    alpha: float
    beta: float
    weight: float

    def __post_init__(self) -> None:
        if self.alpha < 0 or self.beta < 0:
            raise SetupError(f"alpha {self.alpha:g}, beta {self.beta:g}: from 0 up (band_loss)")

    def losses(self, bands: Tensor, target: Tensor, counts: Tensor) -> Tensor:
        """Return one loss a recording, shape (B,); see the class."""
        place = torch.arange(bands.shape[1], dtype=bands.dtype, device=bands.device)
        apart = (place[:, None] - place[None, :]).abs()
        # 0 ** 0 is 1: the true band itself never counts, at no alpha.
        distance = torch.where(apart > 0, apart**self.alpha, torch.zeros_like(apart))
        # A band without a training participant has no frequency: it counts as if it had one.
        rarity = (counts.sum() / counts.clamp_min(1.0)) ** self.beta
        away = -torch.log((1 - bands).clamp_min(LEAST_PROBABILITY))
        return ((target * rarity) @ distance * away).sum(dim=1)


@dataclass(frozen=True, kw_only=True)
class ConditionalOrdinal:
    """CORN: cross-entropy of "above k, given that above k - 1", each asked of those above k - 1.

    The conditional questions multiply to a chain, so that on the bands of one distribution their
    sum is the plain cross-entropy. The order enters through the distribution, not through
    this loss; it is here for comparison with networks that have one output a question.

    Source:
        Shi, Cao & Raschka (2021), arXiv:2111.08851, equation 5, summed over a recording's
        questions.
    """

    weight: float

    def losses(self, bands: Tensor, target: Tensor, counts: Tensor) -> Tensor:
        """Return one loss a recording, shape (B,); see the class."""
        del counts
        reach, asked = _from_above(bands), _from_above(target)
        at_least, above = reach[:, :-1], reach[:, 1:]
        stays = torch.log((bands[:, :-1] / at_least.clamp_min(LEAST_PROBABILITY)).clamp(_LEAST, 1))
        goes = torch.log((above / at_least.clamp_min(LEAST_PROBABILITY)).clamp(_LEAST, 1))
        return -(asked[:, 1:] * goes + target[:, :-1] * stays).sum(dim=1)


@dataclass(frozen=True, kw_only=True)
class AdjacentSmoothing:
    """Cross-entropy to a target that gives a share of each band to its neighbours.

    A person one point from a border could as well have landed beyond it: half of the share goes
    to either neighbour, all of it to the only one of the lowest and highest band, none farther.

    Args:
        share: In [0, 1): what the band of the reference gives away.

    Source:
        Ordinal label smoothing as in HiSTN; soft ordinal labels, Diaz & Marathe (2019), CVPR.
    """

    share: float
    weight: float

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise SetupError(f"share {self.share:g}, [0, 1) needed (band_loss)")

    def losses(self, bands: Tensor, target: Tensor, counts: Tensor) -> Tensor:
        """Return one loss a recording, shape (B,); see the class."""
        del counts
        smooth = target @ self._given(bands.shape[1]).to(bands)
        return -(smooth * torch.log(bands.clamp_min(LEAST_PROBABILITY))).sum(dim=1)

    def _given(self, n_bands: int) -> Tensor:
        """Return how each band (row) is shared out, shape (K, K)."""
        place = torch.arange(n_bands)
        beside = ((place[:, None] - place[None, :]).abs() == 1).to(torch.float64)
        shares = beside / beside.sum(dim=1, keepdim=True)
        return (1 - self.share) * torch.eye(n_bands, dtype=torch.float64) + self.share * shares


@dataclass(frozen=True, kw_only=True, eq=False)
class BandCriterion:
    """A loss on the bands of every scored scale, as a criterion of a fit.

    Args:
        counts: Per condition training participants in each band, shape (n_bands,).
    """

    loss: BandLoss
    counts: dict[Condition, Tensor]

    @classmethod
    def of(cls, loss: BandLoss, training: CaseSet, scales: Sequence[Scale]) -> "BandCriterion":
        """Count the training participants' bands."""
        counts = {s.condition: torch.from_numpy(band_counts(training, s)).float() for s in scales}
        return cls(loss=loss, counts=counts)

    def __call__(self, network: FusionNetwork, outputs: FusionOutputs, batch: Batch) -> Tensor:
        """Return the weighted sum over scales of mean losses, shape ()."""
        parts = []
        for scale in network.scored:
            bands = network.grid(scale.condition).bands(outputs.scores[scale.condition])
            target = band_targets(batch, scale)
            known = ~torch.isnan(target[:, 0])
            counts = self.counts[scale.condition].to(bands)
            losses = self.loss.losses(bands, target.nan_to_num(0.0), counts)
            parts.append(weighted_mean(losses, batch.weights * known))
        return self.loss.weight * torch.stack(parts).sum() if parts else batch.weights.sum() * 0.0


def band_targets(batch: Batch, scale: Scale) -> Tensor:
    """Return shares of votes, else a one for the band of the score, (B, K); NaN = neither."""
    score = batch.targets[scale.condition]
    starts = torch.tensor(scale.band_starts, dtype=score.dtype, device=score.device)
    reached = (score.nan_to_num(scale.minimum)[:, None] >= starts).sum(dim=1) - 1
    hard = torch.nn.functional.one_hot(reached, scale.n_bands).to(score.dtype)
    hard = torch.where(torch.isnan(score)[:, None], torch.full_like(hard, torch.nan), hard)
    if scale.condition not in batch.soft:
        return hard
    voted = batch.soft[scale.condition]
    return torch.where(torch.isnan(voted), hard, voted)


def band_counts(training: CaseSet, scale: Scale) -> NDArray[np.float64]:
    """Return how many training participants lie in each band, shape (n_bands,)."""
    counts = np.zeros(scale.n_bands)
    scores = training.targets[scale.condition]
    for score, weight in zip(scores, training.weights, strict=True):
        if not np.isnan(score):
            counts[scale.band_of(score)] += weight
    return counts


#: Least conditional probability: keeps the logarithm finite.
_LEAST = LEAST_PROBABILITY


def _from_above(shares: Tensor) -> Tensor:
    """Return the share of each band and all above it, shape (B, K)."""
    return shares.flip(1).cumsum(dim=1).flip(1)
