"""Masked multi-head attention over segments, and the place of a segment in the interview.

A query without any key to look at gets zeros, never NaN: an absent modality says nothing.
"""

import math

import torch
from torch import Tensor, nn

from clinic.errors import SetupError

#: Added to the scores of absent keys; finite, so that a row without keys has a slope of zero.
ABSENT = -1e9
#: How fast the heads' attention falls with distance at the start, in nats per segment: from a
#: head that looks at its own moment to one that looks over the whole interview. Learned.
STEEPEST, FLATTEST = 4.0, 0.03
#: Longest wave of the place code is 2 pi times this, in segments.
LONGEST = 1000.0


def place_code(n_segments: int, width: int, device: torch.device | None = None) -> Tensor:
    """Return sines and cosines of the segment's number, shape (n_segments, width).

    The code of a segment does not depend on how many follow.

    Source: Vaswani et al. (2017), arXiv:1706.03762, section 3.5.
    """
    half = (width + 1) // 2
    rates = LONGEST ** (-torch.arange(half, device=device) / max(half - 1, 1))
    angles = torch.arange(n_segments, device=device)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)[:, :width]


class MaskedAttention(nn.Module):
    """Multi-head attention of queries to the keys that are there; self or cross.

    Args:
        width: Size of a token, a multiple of ``n_heads``.
        is_local: Whether heads prefer segments near the query's, each with a learned steepness
            (after ALiBi, Press et al. 2022, arXiv:2108.12409). Streams share one clock: what
            was said and how it sounded belong together, and a few hundred people are too few
            to learn that from the place code alone.

    Raises:
        SetupError: Heads do not divide the width.
    """

    def __init__(self, width: int, n_heads: int, *, is_local: bool = True) -> None:
        super().__init__()
        if n_heads < 1 or width % n_heads:
            raise SetupError(f"width {width} is no multiple of {n_heads} heads (n_heads)")
        self.n_heads = n_heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.merge = nn.Linear(width, width)
        self.log_steepness = nn.Parameter(torch.zeros(n_heads)) if is_local else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Spread the heads from near to far again; linear layers reset themselves."""
        if self.log_steepness is not None:
            ends = math.log(STEEPEST), math.log(FLATTEST)
            with torch.no_grad():
                self.log_steepness.copy_(torch.linspace(*ends, self.n_heads))

    def weights(
        self, queries: Tensor, keys: Tensor, present: Tensor, places: Tensor | None = None
    ) -> Tensor:
        """Return who looks where, shape (B, heads, Q, K); rows without any key are zeros."""
        found = torch.softmax(self._scores(queries, keys, present, places), dim=-1)
        return found * present[:, None, None, :]

    def forward(
        self, queries: Tensor, keys: Tensor, present: Tensor, places: Tensor | None = None
    ) -> Tensor:
        """Return (B, Q, D); zeros for every query of a recording without keys.

        Args:
            queries: Shape (B, Q, D); query i belongs to segment i.
            keys: Shape (B, K, D).
            present: Which keys are there, shape (B, K); absent ones are attended by nobody.
            places: Segment of each key, shape (K,); by default key j belongs to segment j.
        """
        # Not torch's fused attention: on a CPU, with a learned bias, it takes longer.
        looks = torch.softmax(self._scores(queries, keys, present, places), dim=-1)
        mixed = looks @ self._split(self.value(keys))
        merged = self.merge(mixed.transpose(1, 2).flatten(2))
        return merged * present.any(dim=1)[:, None, None]

    def _split(self, rows: Tensor) -> Tensor:
        return rows.unflatten(2, (self.n_heads, -1)).transpose(1, 2)

    def _scores(
        self, queries: Tensor, keys: Tensor, present: Tensor, places: Tensor | None
    ) -> Tensor:
        asked = self._split(self.query(queries)) / math.sqrt(queries.shape[-1] / self.n_heads)
        scores = asked @ self._split(self.key(keys)).transpose(2, 3)
        scores = scores + torch.where(present, 0.0, ABSENT)[:, None, None, :]
        if self.log_steepness is None:
            return scores
        own = torch.arange(queries.shape[1], device=queries.device)
        if places is None:
            places = torch.arange(keys.shape[1], device=queries.device)
        distance = (own[:, None] - places[None, :]).abs()
        return scores - self.log_steepness.exp()[:, None, None] * distance


class AttentionLayer(nn.Module):
    """Pre-norm transformer layer whose queries look at keys of their own or another stream.

    Source: Xiong et al. (2020), arXiv:2002.04745 (pre-norm).
    """

    def __init__(self, width: int, n_heads: int, dropout: float, *, is_local: bool = True) -> None:
        super().__init__()
        self.norm_queries = nn.LayerNorm(width)
        self.norm_keys = nn.LayerNorm(width)
        self.attention = MaskedAttention(width, n_heads, is_local=is_local)
        self.feed = FeedForward(width, dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, queries: Tensor, keys: Tensor, present: Tensor, places: Tensor | None = None
    ) -> Tensor:
        """Return (B, Q, D); see ``MaskedAttention.forward``. Self-attention: keys = queries."""
        found = self.attention(self.norm_queries(queries), self.norm_keys(keys), present, places)
        return self.feed(queries + self.dropout(found))


class FeedForward(nn.Module):
    """Pre-norm feed-forward part of a transformer layer, with its residual."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
            nn.Dropout(dropout),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens of the same shape."""
        return tokens + self.body(tokens)
