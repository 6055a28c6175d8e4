"""Experts of a mixture and the gate that weighs them."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from clinic.fusion.anchor_answers import anchored_where_unseen
from clinic.fusion.base import FusionNetwork, FusionOutputs, log_odds
from clinic.fusion.blocks import LinearPath, MaskedPooling
from clinic.fusion.heads import Heads
from clinic.fusion.layout import TableBlock


class Expert(nn.Module):
    """Judges a recording from one stream of segments, with a linear path over its own columns."""

    columns: Tensor

    def __init__(
        self,
        network: FusionNetwork,
        blocks: Sequence[TableBlock],
        width: int,
        *,
        dropout: float,
        input_dropout: float,
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.pool = MaskedPooling(width)
        self.heads = Heads(network, 2 * width, width, width, dropout)
        n_outputs = 2 * len(network.scored) + len(network.rated)
        self.linear = LinearPath(blocks, n_outputs, len(network.rated), input_dropout)
        columns = np.concatenate([np.arange(block.start, block.stop) for block in blocks])
        self.register_buffer("columns", torch.from_numpy(columns), persistent=False)

    def forward(
        self,
        network: FusionNetwork,
        rows: Tensor,
        present: Tensor,
        inputs: Tensor,
        observed: Tensor,
    ) -> tuple[FusionOutputs, Tensor]:
        """Return distributions and the pooled recording (B, 2 D).

        Args:
            rows: Segments, shape (B, S, D), and whether each is there, (B, S).
            inputs: Standardised columns (B, S, F) and their mask.
        """
        rows = self.norm(rows) * present[..., None]
        pooled = self.pool(rows, present)
        linear = self.linear(inputs[..., self.columns], observed[..., self.columns])
        outputs = self.heads(network, pooled, rows, present, linear)
        return anchored_where_unseen(network, self.heads, outputs, present.any(dim=1)), pooled


class Gate(nn.Module):
    """Weights of the experts from what each of them says and rests on.

    Absent experts get no weight. A temperature above one keeps the softmax from settling on one
    expert early.

    Source:
        MiSTER-E (arXiv:2602.23300): softmax at T = 2 over the experts' logits. There the gate
        reads the logits alone; here the pooled representations too, because a sign of who is
        to be believed need not show in what an expert says.
    """

    def __init__(
        self,
        network: FusionNetwork,
        n_experts: int,
        width: int,
        *,
        temperature: float,
        dropout: float,
    ) -> None:
        super().__init__()
        self.temperature = temperature
        self.summaries = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(2 * width), nn.Linear(2 * width, width))
            for _ in range(n_experts)
        )
        n_said = 2 * len(network.scored) + len(network.rated)
        self.weigh = nn.Sequential(
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(n_experts * (width + n_said + 1), width),
            nn.GELU(),
            nn.Linear(width, n_experts),
        )

    def forward(self, pooled: Sequence[Tensor], said: Sequence[Tensor], present: Tensor) -> Tensor:
        """Return weights (B, E); a row sums to one, or to zero where no expert is present.

        Args:
            pooled: Per expert shape (B, 2 D).
            said: Per expert what it says, see ``statement``.
            present: Shape (B, E).
        """
        there = present.to(pooled[0].dtype)
        parts = [
            torch.cat([summary(one), words, torch.ones_like(one[:, :1])], dim=1) * mask[:, None]
            for summary, one, words, mask in zip(
                self.summaries, pooled, said, there.unbind(dim=1), strict=True
            )
        ]
        logits = self.weigh(torch.cat(parts, dim=1)) / self.temperature
        return torch.softmax(logits.masked_fill(~present, -1e4), dim=1) * there


def statement(network: FusionNetwork, heads: Heads, outputs: FusionOutputs) -> Tensor:
    """Return what an expert says as numbers near one: places, spreads, log-odds, shape (B, n).

    Places and spreads are in deviations of the training participants.
    """
    said = []
    for place, condition in enumerate(heads.scored):
        grid, probabilities = network.grid(condition), outputs.scores[condition]
        mean = grid.expectation(probabilities)
        variance = (probabilities * (grid.values - mean[:, None]) ** 2).sum(dim=1)
        said.append((mean - heads.location[place]) / heads.deviation[place])
        said.append((variance + 1e-6).sqrt() / heads.deviation[place])
    said += [log_odds(outputs.ratings[condition]) for condition in heads.rated]
    return torch.stack(said, dim=1)


def mixture(
    experts: Sequence[FusionOutputs], gate: Tensor, present_segments: Tensor
) -> FusionOutputs:
    """Return the mean of the experts' probabilities, weighted by the gate.

    Args:
        gate: Shape (B, E).
        present_segments: Shape (B, E, S); a segment is judged by the experts that observed it.
    """
    weights = gate[:, :, None] * present_segments
    weights = weights / weights.sum(dim=1, keepdim=True).clamp_min(1e-6)
    first = experts[0]
    return FusionOutputs(
        {
            key: torch.einsum("be,bek->bk", gate, torch.stack([e.scores[key] for e in experts], 1))
            for key in first.scores
        },
        {
            key: (gate * torch.stack([e.ratings[key] for e in experts], 1)).sum(dim=1)
            for key in first.ratings
        },
        {
            key: (weights * torch.stack([e.segments[key] for e in experts], 1)).sum(dim=1)
            for key in first.segments
        },
        present_segments.any(dim=1),
        {
            key: torch.einsum("be,beil->bil", gate, torch.stack([e.items[key] for e in experts], 1))
            for key in first.items
        },
    )
