"""The MMFformer network: a transformer per stream, and attention from stream to stream.

Per stream a convolution over neighbouring segments, then a transformer encoder. Streams meet
in one of three ways: ``lt``, cross-attention after the encoders; ``it``, cross-attention between
convolution and encoders; ``ia``, before the encoders too, but only the attention counts: each
segment of a stream is weighted by how much the other streams look at it.

Source: MMFformer (arXiv:2508.06701); the three ways are those of Chumachenko et al. (2022),
arXiv:2201.11095. Two streams there; here each stream looks at all others side by side.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from clinic.errors import SetupError
from clinic.fusion.attention import AttentionLayer, MaskedAttention
from clinic.fusion.base import FusionOutputs
from clinic.fusion.blocks import MaskedPooling
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.sequence import SequenceNetwork, SequenceRecipe, mean_of_present, placed
from clinic.records import Modality, Scale

#: Ways in which streams meet.
MEETINGS = ("lt", "it", "ia")

Rows = Mapping[Modality, Tensor]


class MaskedConvolution(nn.Module):
    """Convolution over neighbouring segments with a residual; absent segments count as zeros.

    Args:
        kernel: Segments seen at once, an odd number.
    """

    def __init__(self, width: int, kernel: int, dropout: float) -> None:
        super().__init__()
        if kernel < 1 or kernel % 2 == 0:
            raise SetupError(f"a convolution over {kernel} segments, an odd number needed (kernel)")
        self.norm = nn.LayerNorm(width)
        self.conv = nn.Conv1d(width, width, kernel, padding=kernel // 2)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, present: Tensor) -> Tensor:
        """Return (B, S, D), zeros where absent (B, S)."""
        there = present[..., None]
        mixed = self.conv((self.norm(tokens) * there).transpose(1, 2)).transpose(1, 2)
        return (tokens + self.dropout(F.gelu(mixed))) * there


class SeenByOthers(nn.Module):
    """Weighs the segments of one stream by how much the other streams look at them."""

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.norm_queries = nn.LayerNorm(width)
        self.norm_keys = nn.LayerNorm(width)
        self.attention = MaskedAttention(width, n_heads, is_local=False)

    def forward(self, own: Tensor, present: Tensor, others: Tensor, asking: Tensor) -> Tensor:
        """Return the stream (B, S, D), weighted; weights average one over present segments.

        Args:
            others: Segments of all other streams, shape (B, Q, D), and which are there, (B, Q).
        """
        looks = self.attention.weights(self.norm_queries(others), self.norm_keys(own), present)
        asked = asking.to(own.dtype)
        share = (looks.mean(dim=1) * asked[..., None]).sum(dim=1)
        share = share / asked.sum(dim=1, keepdim=True).clamp_min(1.0)
        weights = share * present.sum(dim=1, keepdim=True)
        # Nobody looks where no other stream was observed: the stream stays as it is.
        weights = torch.where(asking.any(dim=1, keepdim=True), weights, 1.0)
        return own * weights[..., None]


class MMFormerNetwork(SequenceNetwork):
    """See the module's text. Settings are those of ``MMFormer``."""

    def __init__(
        self,
        layout: FeatureLayout,
        scales: Sequence[Scale],
        settings: SequenceRecipe,
        *,
        meeting: str,
        kernel: int,
    ) -> None:
        if meeting not in MEETINGS:
            raise SetupError(f"streams meet {meeting!r}, one of {MEETINGS} needed (meeting)")
        width, n_heads, dropout = settings.width, settings.n_heads, settings.dropout
        kept = dict.fromkeys(block.modality for block in layout.blocks)
        super().__init__(layout, scales, settings, pooled=2 * width * len(kept))
        self.meeting = meeting
        names = [str(m) for m in self.encoder.blocks]
        self.convolutions = nn.ModuleDict(
            {name: MaskedConvolution(width, kernel, dropout) for name in names}
        )
        self.layers = nn.ModuleDict(
            {
                name: nn.ModuleList(
                    AttentionLayer(width, n_heads, dropout) for _ in range(settings.n_layers)
                )
                for name in names
            }
        )
        self.meetings = nn.ModuleDict(
            {
                name: SeenByOthers(width, n_heads)
                if meeting == "ia"
                else AttentionLayer(width, n_heads, dropout)
                for name in (names if len(names) > 1 else [])
            }
        )
        self.norms = nn.ModuleDict({name: nn.LayerNorm(width) for name in names})
        self.pools = nn.ModuleDict({name: MaskedPooling(width) for name in names})

    def forward(self, values: Tensor, segment_mask: Tensor) -> FusionOutputs:
        """Return the distributions for a batch."""
        streams = self.streams(values, segment_mask)
        present = streams.present
        rows: Rows = {
            m: placed(self.convolutions[str(m)](tokens, present[m]), present[m])
            for m, tokens in streams.tokens.items()
        }
        if self.meeting == "lt":
            rows = self._met(self._encoded(rows, present), present)
        else:
            rows = self._encoded(self._met(rows, present), present)
        rows = {m: self.norms[str(m)](row) * present[m][..., None] for m, row in rows.items()}
        pooled = torch.cat([self.pools[str(m)](row, present[m]) for m, row in rows.items()], dim=1)
        return self.answer(streams, pooled, mean_of_present(rows, present))

    def _encoded(self, rows: Rows, present: Rows) -> Rows:
        encoded = {}
        for modality, row in rows.items():
            layers = self.layers[str(modality)]
            assert isinstance(layers, nn.ModuleList)
            for layer in layers:
                row = layer(row, row, present[modality])
            encoded[modality] = row * present[modality][..., None]
        return encoded

    def _met(self, rows: Rows, present: Rows) -> Rows:
        if len(rows) < 2:
            return rows
        met = {}
        for modality, own in rows.items():
            others = [m for m in rows if m is not modality]
            keys = torch.cat([rows[m] for m in others], dim=1)
            there = torch.cat([present[m] for m in others], dim=1)
            meeting = self.meetings[str(modality)]
            if isinstance(meeting, SeenByOthers):
                row = meeting(own, present[modality], keys, there)
            else:
                places = torch.arange(own.shape[1], device=own.device).repeat(len(others))
                row = meeting(own, keys, there, places)
            met[modality] = row * present[modality][..., None]
        return met
