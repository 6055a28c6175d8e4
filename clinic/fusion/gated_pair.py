"""Two modalities that complement each other through gates, layer by layer.

Source: BBFN (arXiv:2107.13669): a pair of cross-attentions, one in each direction; the result of
attention and the residual pass gates that both modalities control, ``x = att * fuse_gate +
residual * mem_gate``; a discriminator per layer must tell the two apart, so that what is fused
stays distinguishable. It is minimised together with the rest, not against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from clinic.fusion.attention import FeedForward, MaskedAttention
from clinic.fusion.blocks import masked_mean

#: Hidden units of the discriminator per input, as published.
DISCRIMINATOR_FACTOR = 4


@dataclass(frozen=True, eq=False)
class PairOutputs:
    """What a pair says.

    Args:
        streams: One per side, shape (B, S, D), zeros where that side was not observed.
        controls: Per layer and side the pooled vectors that gates and discriminator see, (B, D).
        verdicts: Per layer and side the discriminator's log-odds of "not the anchor", (B,).
    """

    streams: tuple[Tensor, Tensor]
    controls: Sequence[tuple[Tensor, Tensor]]
    verdicts: Sequence[tuple[Tensor, Tensor]]


class GatedDirection(nn.Module):
    """One direction of a layer: one side asks, the other answers, gates weigh the answer."""

    def __init__(self, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.norm_query = nn.LayerNorm(width)
        self.norm_key = nn.LayerNorm(width)
        self.attention = MaskedAttention(width, n_heads)
        self.fuse_gate = nn.Linear(2 * width, width)
        self.memory_gate = nn.Linear(2 * width, width)
        self.feed = FeedForward(width, dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, rows: Tensor, others: Tensor, present: Tensor, control: Tensor) -> Tensor:
        """Return rows (B, S, D) after asking ``others``, of which ``present`` (B, S) are there."""
        found = self.attention(self.norm_query(rows), self.norm_key(others), present)
        fuse = torch.sigmoid(self.fuse_gate(control))[:, None]
        memory = torch.sigmoid(self.memory_gate(control))[:, None]
        return self.feed(self.dropout(found) * fuse + rows * memory)


class PairLayer(nn.Module):
    """Both directions with the gates' control and the discriminator of one layer."""

    def __init__(self, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.summaries = nn.ModuleList(nn.Linear(width, width) for _ in range(2))
        self.directions = nn.ModuleList(GatedDirection(width, n_heads, dropout) for _ in range(2))
        hidden = DISCRIMINATOR_FACTOR * width
        self.discriminator = nn.Sequential(
            nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, 1)
        )

    def forward(
        self, sides: tuple[Tensor, Tensor], present: tuple[Tensor, Tensor]
    ) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Return both sides, their control vectors and the discriminator's verdicts."""
        there = [mask.any(dim=1, keepdim=True) for mask in present]
        anchor, other = (
            summary(masked_mean(side, mask)) * any_
            for summary, side, mask, any_ in zip(self.summaries, sides, present, there, strict=True)
        )
        control = torch.cat([anchor, other], dim=1)
        first, second = self.directions
        asked = (
            first(sides[0], sides[1], present[1], control) * present[0][..., None],
            second(sides[1], sides[0], present[0], control) * present[1][..., None],
        )
        verdicts = (
            self.discriminator(anchor).squeeze(1),
            self.discriminator(other).squeeze(1),
        )
        return asked, (anchor, other), verdicts


class GatedPair(nn.Module):
    """An anchor and another modality through several gated layers."""

    def __init__(self, width: int, n_layers: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(PairLayer(width, n_heads, dropout) for _ in range(n_layers))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))

    def forward(self, sides: tuple[Tensor, Tensor], present: tuple[Tensor, Tensor]) -> PairOutputs:
        """Return what the pair says of segments (B, S, D) of either side, present (B, S)."""
        controls, verdicts = [], []
        for layer in self.layers:
            sides, control, verdict = layer(sides, present)
            controls.append(control)
            verdicts.append(verdict)
        anchor, other = (
            norm(side) * mask[..., None]
            for norm, side, mask in zip(self.norms, sides, present, strict=True)
        )
        return PairOutputs((anchor, other), controls, verdicts)


def separation_loss(pair: PairOutputs, present: tuple[Tensor, Tensor]) -> Tensor:
    """Return the discriminator's cross-entropy, mean over layers, where both sides are there.

    Args:
        present: Per side shape (B, S).
    """
    both = present[0].any(dim=1) & present[1].any(dim=1)
    losses = [
        F.binary_cross_entropy_with_logits(
            verdict, torch.full_like(verdict, float(place)), reduction="none"
        )
        for verdicts in pair.verdicts
        for place, verdict in enumerate(verdicts)
    ]
    return (torch.stack(losses).mean(dim=0) * both).sum() / both.sum().clamp_min(1)
