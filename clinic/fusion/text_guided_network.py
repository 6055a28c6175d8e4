"""The text-guided network: words ask, voice and face answer.

Every segment's words are a query with which multi-head attention looks through the other
streams. Where a segment has no words but something else was observed, a learned query stands
in, the same for everybody: it knows its place in the interview, but not what was said.

Source: M2FNet (arXiv:2206.02187), fusion attention with text as the query, adapted to segments
of an interview and to absent modalities. What is found comes from the voice and the face
themselves, not from the words weighed by them.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from clinic.fusion.attention import FeedForward, MaskedAttention
from clinic.fusion.base import FusionOutputs
from clinic.fusion.blocks import MaskedPooling
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.sequence import SequenceNetwork, SequenceRecipe, Streams, placed
from clinic.records import Modality, Scale


class GuidedLayer(nn.Module):
    """Queries look through each of the other streams apart; what they found is joined."""

    def __init__(
        self, streams: Sequence[Modality], width: int, n_heads: int, dropout: float
    ) -> None:
        super().__init__()
        self.norm_queries = nn.LayerNorm(width)
        self.norms = nn.ModuleDict({str(m): nn.LayerNorm(width) for m in streams})
        self.looks = nn.ModuleDict({str(m): MaskedAttention(width, n_heads) for m in streams})
        self.join = nn.Linear(len(streams) * width, width)
        self.dropout = nn.Dropout(dropout)
        self.feed = FeedForward(width, dropout)

    def forward(
        self, queries: Tensor, keys: Mapping[Modality, Tensor], present: Mapping[Modality, Tensor]
    ) -> Tensor:
        """Return queries (B, S, D) with what they found in keys (B, S, D) per stream."""
        normed = self.norm_queries(queries)
        found = [
            self.looks[str(m)](normed, self.norms[str(m)](rows), present[m])
            for m, rows in keys.items()
        ]
        if found:
            queries = queries + self.dropout(self.join(torch.cat(found, dim=-1)))
        return self.feed(queries)


class TextGuidedNetwork(SequenceNetwork):
    """See the module's text. Settings are those of ``TextGuided``."""

    def __init__(
        self, layout: FeatureLayout, scales: Sequence[Scale], settings: SequenceRecipe
    ) -> None:
        width = settings.width
        super().__init__(layout, scales, settings, pooled=2 * width)
        self.guided = [m for m in self.encoder.blocks if m is not Modality.TEXT]
        self.stand_in = nn.Parameter(torch.zeros(width))
        self.layers = nn.ModuleList(
            GuidedLayer(self.guided, width, settings.n_heads, settings.dropout)
            for _ in range(settings.n_layers)
        )
        self.norm = nn.LayerNorm(width)
        self.pool = MaskedPooling(width)

    def restart(self) -> None:
        """The query that stands in for words starts from asking nothing in particular."""
        super().restart()
        nn.init.zeros_(self.stand_in)

    def forward(self, values: Tensor, segment_mask: Tensor) -> FusionOutputs:
        """Return the distributions for a batch."""
        streams = self.streams(values, segment_mask)
        observed = streams.observed
        keys = {m: placed(streams.tokens[m], streams.present[m]) for m in self.guided}
        rows = placed(self._queries(streams, observed), observed)
        for layer in self.layers:
            rows = layer(rows, keys, streams.present)
        rows = self.norm(rows) * observed[..., None]
        return self.answer(streams, self.pool(rows, observed), rows)

    def _queries(self, streams: Streams, observed: Tensor) -> Tensor:
        stand_in = self.stand_in * observed[..., None]
        if Modality.TEXT not in streams.tokens:
            return stand_in
        said = streams.present[Modality.TEXT][..., None]
        return torch.where(said, streams.tokens[Modality.TEXT], stand_in)
