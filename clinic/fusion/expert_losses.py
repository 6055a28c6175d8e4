"""Losses on experts and their gate: balance, agreement where it may be asked for, contrast.

Sources: MiSTER-E (arXiv:2602.23300) for contrast and agreement of experts, MoSEAR
(arXiv:2508.01181) for the balance of the gate, Khosla et al. (2020, arXiv:2004.11362) for the
supervised contrastive loss.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from clinic.fusion.arrays import Batch
from clinic.fusion.base import FusionNetwork, FusionOutputs
from clinic.fusion.distribution import LEAST_PROBABILITY
from clinic.records import Condition

#: Share of recordings taken for consistent, those in which experts differ least, where no rater
#: said which are. ATEI (arXiv:2412.18614) labels up to the 30th percentile.
CONSISTENT_SHARE = 0.3


def balance_loss(gate: Tensor, present: Tensor) -> Tensor:
    """Return KL(mean gate || what an even gate would be), shape ().

    Args:
        gate: Weights of the experts, shape (B, E); a row sums to one, or to zero where no
            expert is there.
        present: Which experts are there, shape (B, E). An even gate shares itself among them.

    Source:
        MoSEAR (arXiv:2508.01181): KL(mean gate || uniform); uniform where all are present.
    """
    even = present / present.sum(dim=1, keepdim=True).clamp_min(1)
    known = present.any(dim=1).sum().clamp_min(1)
    mean, target = gate.sum(dim=0) / known, even.sum(dim=0) / known
    return (mean * (_log(mean) - _log(target))).sum()


def expert_divergence(experts: Sequence[FusionOutputs], present: Tensor) -> Tensor:
    """Return the mean KL divergence over ordered pairs of present experts and targets, (B,).

    Zero where fewer than two experts are there.
    """
    pairs = (present[:, :, None] & present[:, None, :]).to(torch.float32)
    pairs = pairs * (1 - torch.eye(present.shape[1], device=present.device))
    per_target = []
    for distributions in _distributions(experts):
        logs = _log(distributions)
        own = (distributions * logs).sum(dim=-1)
        crossed = torch.einsum("bik,bjk->bij", distributions, logs)
        per_target.append(((own[:, :, None] - crossed) * pairs).sum(dim=(1, 2)))
    total = torch.stack(per_target).mean(dim=0)
    return total / pairs.sum(dim=(1, 2)).clamp_min(1)


def consistent_recordings(batch: Batch, divergence: Tensor) -> Tensor:
    """Return which recordings (B,) may be asked for agreement between modalities.

    Disagreement is what is measured, so it must not be trained away. The rating of ambivalence
    decides; without one, those are taken in which the experts differ least.
    """
    least = torch.quantile(divergence.detach(), CONSISTENT_SHARE)
    consistent = divergence.detach() <= least
    rated = batch.targets.get(Condition.AMBIVALENCE)
    if rated is None:
        return consistent
    return torch.where(torch.isnan(rated), consistent, rated == 0)


def agreement_loss(divergence: Tensor, consistent: Tensor) -> Tensor:
    """Return the mean divergence of experts over consistent recordings; zero without any."""
    return (divergence * consistent).sum() / consistent.sum().clamp_min(1)


def contrastive_loss(
    vectors: Tensor, present: Tensor, classes: Sequence[Tensor], temperature: float
) -> Tensor:
    """Return the supervised contrastive loss over recordings and modalities, mean over targets.

    Representations of one class attract each other, whichever modality they come from.

    Args:
        vectors: Shape (B, M, D), one per recording and modality.
        present: Shape (B, M).
        classes: Per target the class of each recording, shape (B,), -1 where unknown.
    """
    n_modalities = vectors.shape[1]
    rows = torch.nn.functional.normalize(vectors.flatten(0, 1), dim=1)
    others = ~torch.eye(len(rows), dtype=torch.bool, device=rows.device)
    similarity = rows @ rows.T / temperature
    losses = []
    for labels in classes:
        label = labels.repeat_interleave(n_modalities)
        usable = present.flatten() & (label >= 0)
        against = others & usable[None, :] & usable[:, None]
        same = against & (label[:, None] == label[None, :])
        # -1e4 and not infinity: a row without any other would give NaN.
        logs = similarity - similarity.masked_fill(~against, -1e4).logsumexp(dim=1, keepdim=True)
        count = same.sum(dim=1)
        mean = (logs * same).sum(dim=1) / count.clamp_min(1)
        losses.append(-mean[count > 0].sum() / (count > 0).sum().clamp_min(1))
    return torch.stack(losses).mean() if losses else 0.0 * vectors.sum()


def classes_of(network: FusionNetwork, batch: Batch) -> list[Tensor]:
    """Return per target the band or answer of each recording, shape (B,), -1 where unknown."""
    classes = []
    for scale in network.scored:
        target = batch.targets[scale.condition]
        grid = network.grid(scale.condition)
        place = (target.nan_to_num(scale.minimum).round() - scale.minimum).long()
        place = place.clamp(0, len(grid.values) - 1)
        band = grid.membership[place].argmax(dim=1)
        classes.append(torch.where(torch.isnan(target), -1, band))
    for scale in network.rated:
        target = batch.targets[scale.condition]
        classes.append(torch.where(torch.isnan(target), -1, target.nan_to_num(0.0).long()))
    return classes


def _distributions(experts: Sequence[FusionOutputs]) -> list[Tensor]:
    """Return per target the experts' distributions, shape (B, E, K)."""
    stacked = [torch.stack([e.scores[c] for e in experts], dim=1) for c in experts[0].scores]
    for condition in experts[0].ratings:
        yes = torch.stack([e.ratings[condition] for e in experts], dim=1)
        stacked.append(torch.stack([1 - yes, yes], dim=2))
    return stacked


def _log(probabilities: Tensor) -> Tensor:
    return torch.log(probabilities.clamp_min(LEAST_PROBABILITY))
