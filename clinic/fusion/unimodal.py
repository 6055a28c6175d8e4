"""One linear model per modality: what words alone, voice alone and face alone would say.

Scales: a place that is linear in the modality's pooled statistics, and a spread. Ratings:
log-odds, per recording from pooled statistics and per segment from the segment's values.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from clinic.fusion.base import FusionNetwork
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.pooling import PooledStandardiser
from clinic.records import Condition, Modality


@dataclass(frozen=True, eq=False)
class Views:
    """What each of M modalities says about a batch.

    Args:
        recordings: Per condition, probabilities of its outcomes, shape (B, M, n_outcomes); the
            outcomes are whole scores, or no and yes.
        present: Whether anything of a modality was observed in a recording, shape (B, M).
        segments: Per rating, probabilities of no and yes, shape (B, S, M, 2).
        segments_present: The same per segment, shape (B, S, M).
    """

    recordings: dict[Condition, Tensor]
    present: Tensor
    segments: dict[Condition, Tensor]
    segments_present: Tensor


def modalities_of(layout: FeatureLayout) -> tuple[Modality, ...]:
    """Return the modalities that a layout has columns of, in the order of the columns."""
    return tuple(dict.fromkeys(block.modality for block in layout.blocks))


class UnimodalModels(nn.Module):
    """Linear models side by side; a column has a weight in its own modality's models only."""

    weights: Tensor
    offsets: Tensor
    spreads: Tensor
    segment_weights: Tensor
    segment_offsets: Tensor
    member: Tensor
    root: Tensor

    def __init__(self, network: FusionNetwork, layout: FeatureLayout) -> None:
        super().__init__()
        self.modalities = modalities_of(layout)
        self.scored = [scale.condition for scale in network.scored]
        self.rated = [scale.condition for scale in network.rated]
        self.standardiser = PooledStandardiser(layout.n_features)
        n_targets, n_modalities = len(self.scored) + len(self.rated), len(self.modalities)
        member = torch.zeros(layout.n_features, n_modalities)
        # Tables weigh alike: else an embedding of hundreds of columns drowns ten measured ones.
        root = torch.ones(layout.n_features)
        for block in layout.blocks:
            member[block.start : block.stop, self.modalities.index(block.modality)] = 1.0
            root[block.start : block.stop] = block.width**0.5
        self.register_buffer("member", member, persistent=False)
        self.register_buffer("root", root, persistent=False)
        self.register_buffer("weights", torch.zeros(2 * layout.n_features, n_targets))
        self.register_buffer("offsets", torch.zeros(n_modalities, n_targets))
        self.register_buffer("spreads", torch.ones(n_modalities, len(self.scored)))
        self.register_buffer("segment_weights", torch.zeros(layout.n_features, len(self.rated)))
        self.register_buffer("segment_offsets", torch.zeros(n_modalities, len(self.rated)))

    def inputs(self, values: Tensor, segment_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return segments (B, S, F) as the models read them, and the mask (B, S, F)."""
        inputs, observed = self.standardiser(values, segment_mask)
        return inputs / self.root, observed

    def pooled(self, values: Tensor, segment_mask: Tensor) -> Tensor:
        """Return pooled statistics (B, 2 F) as the models read them."""
        pooled, _ = self.standardiser.pooled(*self.standardiser(values, segment_mask))
        return pooled / self.root.repeat(2)

    def forward(self, network: FusionNetwork, values: Tensor, segment_mask: Tensor) -> Views:
        """Return what each modality says; an absent one says what it says on average."""
        inputs, observed = self.inputs(values, segment_mask)
        member = self.member.repeat(2, 1)
        pooled = self.pooled(values, segment_mask)
        linear = torch.einsum("bf,fm,ft->bmt", pooled, member, self.weights) + self.offsets
        recordings: dict[Condition, Tensor] = {}
        for place, condition in enumerate(self.scored):
            grid = network.grid(condition)
            spread = self.spreads[:, place].expand(len(values), -1).flatten()
            said = grid.probabilities(linear[:, :, place].flatten(), spread)
            recordings[condition] = said.view(len(values), len(self.modalities), -1)
        for place, condition in enumerate(self.rated):
            recordings[condition] = no_and_yes(linear[:, :, len(self.scored) + place])
        # One modality after the other: a product over modalities would hold M copies of the batch.
        each = [inputs @ (part[:, None] * self.segment_weights) for part in self.member.T]
        logits = torch.stack(each, dim=2) + self.segment_offsets
        segments_present = (observed.to(inputs.dtype) @ self.member) > 0
        return Views(
            recordings=recordings,
            present=segments_present.any(dim=1),
            segments={c: no_and_yes(logits[..., place]) for place, c in enumerate(self.rated)},
            segments_present=segments_present,
        )


def no_and_yes(logits: Tensor) -> Tensor:
    """Return probabilities of no and yes (..., 2) from log-odds of yes."""
    return torch.stack([torch.sigmoid(-logits), torch.sigmoid(logits)], dim=-1)


def columns_of(member: Tensor, place: int, copies: int) -> Sequence[int]:
    """Return the positions of one modality's columns in ``copies`` runs of all columns."""
    found: list[int] = torch.nonzero(member[:, place].repeat(copies)).squeeze(1).tolist()
    return found
