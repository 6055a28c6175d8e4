"""Small network parts that respect masks: standardiser, table encoder, attention, pooling."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from clinic.fusion.layout import TableBlock

#: Standardised inputs are held within this many standard deviations: one broken measurement
#: must not decide an estimate. Far outliers are caught by the population check.
CLIP_SD = 5.0
#: Columns whose spread is below this are constant in training and carry nothing.
LEAST_SD = 1e-6

#: Step size of the linear path against that of the other weights under one optimiser; pooled
#: means vary about a third as much as single segments. Measured: docs/model.md, linear path.
LINEAR_GAIN = 4.0
POOLED_GAIN = 3.0
#: Deviation within an interview, as a share of that over all segments; centres the input.
TYPICAL_DEVIATION = 0.8


class Standardiser(nn.Module):
    """Centre and scale with statistics of the training participants; NaN becomes 0 and a mask."""

    mean: Tensor
    sd: Tensor

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("sd", torch.ones(n_features))

    def fit(self, values: Sequence[NDArray[np.float32]]) -> None:
        """Fit on segments of the training recordings; a column never observed keeps 0 and 1."""
        rows = np.concatenate([np.asarray(value, dtype=np.float64) for value in values])
        count = (~np.isnan(rows)).sum(axis=0)
        mean = np.nansum(rows, axis=0) / np.maximum(count, 1)
        variance = np.nansum((rows - mean) ** 2, axis=0) / np.maximum(count, 1)
        sd = np.sqrt(variance)
        sd[sd < LEAST_SD] = 1.0
        self.mean.copy_(torch.from_numpy(mean))
        self.sd.copy_(torch.from_numpy(sd))

    def forward(self, values: Tensor, segment_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return inputs (B, S, F) without NaN and the mask (B, S, F) of what was observed."""
        observed = ~torch.isnan(values) & segment_mask[..., None]
        scaled = ((values - self.mean) / self.sd).clamp(-CLIP_SD, CLIP_SD)
        return torch.where(observed, scaled, torch.zeros_like(scaled)), observed


class TableEncoder(nn.Module):
    """Linear map of one table with its mask; a wide table goes through a narrow bottleneck."""

    def __init__(
        self, block: TableBlock, width: int, *, dropout: float, wide_from: int, bottleneck: int
    ) -> None:
        super().__init__()
        self.start, self.stop = block.start, block.stop
        self.is_wide = block.width >= wide_from
        self.dropout = nn.Dropout(dropout)
        # A wide table (an embedding) is observed as a whole: one mask channel is enough.
        n_inputs = block.width + 1 if self.is_wide else 2 * block.width
        self.linear: nn.Module = (
            nn.Sequential(nn.Linear(n_inputs, bottleneck), nn.Linear(bottleneck, width))
            if self.is_wide
            else nn.Linear(n_inputs, width)
        )

    def forward(self, inputs: Tensor, observed: Tensor) -> Tensor:
        """Return (B, S, width) from (B, S, F) and its mask."""
        values = self.dropout(inputs[..., self.start : self.stop])
        mask = observed[..., self.start : self.stop].to(values.dtype)
        if self.is_wide:
            mask = mask.mean(dim=-1, keepdim=True)
        return self.linear(torch.cat([values, mask], dim=-1))


class TokenMixer(nn.Module):
    """Pre-norm transformer layer over the few tokens of a segment.

    Source: Xiong et al. (2020), arXiv:2002.04745 (pre-norm).
    """

    def __init__(self, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm_attention = nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, present: Tensor) -> Tensor:
        """Return tokens (N, T, D); absent tokens (N, T) are attended by nobody."""
        n, n_tokens, width = tokens.shape
        shape = (n, n_tokens, 3, self.n_heads, width // self.n_heads)
        query, key, value = self.project(self.norm_attention(tokens)).view(shape).unbind(dim=2)
        mixed = F.scaled_dot_product_attention(
            query.transpose(1, 2),
            key.transpose(1, 2),
            value.transpose(1, 2),
            attn_mask=present[:, None, None, :],
        )
        mixed = mixed.transpose(1, 2).reshape(n, n_tokens, width)
        tokens = tokens + self.dropout(self.merge(mixed))
        return tokens + self.dropout(self.feed(tokens))


class MaskedPooling(nn.Module):
    """Mean and attention-weighted mean over the rows that are there, side by side."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 1))

    def forward(self, rows: Tensor, present: Tensor) -> Tensor:
        """Return (B, 2 D) from (B, S, D) and (B, S); zeros where no row is present."""
        return torch.cat([masked_mean(rows, present), self._attended(rows, present)], dim=-1)

    def _attended(self, rows: Tensor, present: Tensor) -> Tensor:
        scores = self.score(rows).squeeze(-1).masked_fill(~present, -1e4)
        # The mask once more: with no row present the softmax would weigh padding evenly.
        weights = torch.softmax(scores, dim=1) * present
        return (weights[..., None] * rows).sum(dim=1)


def masked_mean(rows: Tensor, present: Tensor) -> Tensor:
    """Return the mean (B, D) of the present rows of (B, S, D); zeros where there is none."""
    weights = present.to(rows.dtype)
    total = (rows * weights[..., None]).sum(dim=1)
    return total / weights.sum(dim=1, keepdim=True).clamp_min(1.0)


class NoOutputs(nn.Module):
    """Stands where a linear layer would have no output: torch warns of empty weights."""

    def forward(self, rows: Tensor) -> Tensor:
        """Return no column, shape (..., 0)."""
        return rows.new_zeros((*rows.shape[:-1], 0))


def linear(n_inputs: int, n_outputs: int, *, bias: bool = True) -> nn.Module:
    """Return a linear layer, also one without any output."""
    return nn.Linear(n_inputs, n_outputs, bias=bias) if n_outputs else NoOutputs()


class LinearPath(nn.Module):
    """Linear maps of pooled statistics and of single segments, beside the deeper network.

    What a linear model can say, the network need not learn anew from a few hundred people.
    Tables weigh alike, else an embedding of hundreds of columns drowns ten measured ones.
    """

    gain: Tensor

    def __init__(
        self, blocks: Sequence[TableBlock], n_outputs: int, n_segment_outputs: int, dropout: float
    ) -> None:
        super().__init__()
        widths = torch.cat([torch.full((b.width,), float(b.width)) for b in blocks])
        self.register_buffer("gain", LINEAR_GAIN / widths.sqrt(), persistent=False)
        self.dropout = nn.Dropout(dropout)
        self.recording = linear(2 * len(widths), n_outputs, bias=False)
        self.segment = linear(len(widths), n_segment_outputs, bias=False)

    def restart(self) -> None:
        """Start from saying nothing."""
        for weight in self.parameters():
            nn.init.zeros_(weight)

    def forward(self, inputs: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
        """Return (B, n_outputs) and (B, S, n_segment_outputs) from inputs and mask (B, S, F)."""
        scaled = inputs * self.gain
        count = observed.sum(dim=1)
        mean = scaled.sum(dim=1) / count.clamp_min(1)
        centred = (scaled - mean[:, None]) * observed
        # 1e-6: the root has no slope at zero.
        deviation = (centred.square().sum(dim=1) / count.clamp_min(1) + 1e-6).sqrt()
        deviation = (deviation - TYPICAL_DEVIATION * self.gain) * (count > 1)
        # Dropped after pooling: a value missing in some segments only would pass for variation.
        pooled = self.dropout(POOLED_GAIN * torch.cat([mean, deviation], dim=1))
        return self.recording(pooled), self.segment(self.dropout(scaled))
