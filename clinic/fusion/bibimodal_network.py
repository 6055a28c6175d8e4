"""Two pairs anchored in words: words with voice, words with face.

Per pair both sides ask each other through gated attention over the segments; a discriminator per
layer keeps the sides apart. What the pairs say, four streams, is pooled side by side.

Source: BBFN (arXiv:2107.13669). Departures: masks instead of padding with zeros; attention knows
which segments belong together instead of a place code; the gates' control vectors come from masked
means at every layer (published: a recurrent network from the second on), which takes fewer
weights; all segments are pooled (published: the first token); measured inconsistency, which
belongs to no pair, is pooled beside them; a linear path. Streams are of one width.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from clinic.fusion.anchor_answers import anchored_where_unseen
from clinic.fusion.base import FusionOutputs
from clinic.fusion.blocks import LinearPath, MaskedPooling
from clinic.fusion.gated_pair import GatedPair, PairOutputs
from clinic.fusion.heads import Heads
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.modality_tokens import ModalityTokens
from clinic.fusion.neural import NeuralNetwork
from clinic.fusion.token_recipe import TokenRecipe
from clinic.records import Modality, Scale

ANCHOR = Modality.TEXT
OTHERS = (Modality.VOICE, Modality.FACE)


class BibimodalNetwork(NeuralNetwork):
    """See the module's text. Settings are those of ``Bibimodal``."""

    def __init__(
        self,
        layout: FeatureLayout,
        scales: Sequence[Scale],
        settings: TokenRecipe,
    ) -> None:
        super().__init__(layout, scales)
        self.tokens = ModalityTokens(layout, settings)
        width, dropout = settings.width, settings.dropout
        self.pairs = nn.ModuleDict(
            {str(m): GatedPair(width, settings.n_layers, settings.n_heads, dropout) for m in OTHERS}
        )
        self.cross_norm = nn.LayerNorm(width)
        n_streams = 2 * len(OTHERS) + 1
        self.pools = nn.ModuleList(MaskedPooling(width) for _ in range(n_streams))
        self.heads = Heads(self, 2 * width * n_streams, width, width, dropout)
        n_outputs = 2 * len(self.scored) + len(self.rated)
        self.linear = LinearPath(layout.blocks, n_outputs, len(self.rated), settings.input_dropout)

    def head_sets(self) -> tuple[Heads, ...]:
        """The one set of heads."""
        return (self.heads,)

    def restart(self) -> None:
        """The linear path starts from saying nothing."""
        self.linear.restart()

    def judge(
        self, values: Tensor, segment_mask: Tensor
    ) -> tuple[FusionOutputs, Mapping[Modality, PairOutputs], Mapping[Modality, Tensor]]:
        """Return the answer, what each pair says, and who was there (B, S)."""
        inputs, observed = self.standardiser(values, segment_mask)
        observed = self.tokens.survivors(observed)
        inputs = inputs * observed
        tokens, present = self.tokens(inputs, observed)
        nobody = torch.zeros_like(segment_mask)
        silent = torch.zeros_like(next(iter(tokens.values())))
        there = {m: present.get(m, nobody) for m in (ANCHOR, *OTHERS, Modality.CROSS)}
        rows = {m: tokens.get(m, silent) for m in there}
        pairs: dict[Modality, PairOutputs] = {}
        streams: list[tuple[Tensor, Tensor]] = []
        for other in OTHERS:
            sides, masks = (rows[ANCHOR], rows[other]), (there[ANCHOR], there[other])
            pairs[other] = self.pairs[str(other)](sides, masks)
            streams += zip(pairs[other].streams, masks, strict=True)
        cross = there[Modality.CROSS]
        streams.append((self.cross_norm(rows[Modality.CROSS]) * cross[..., None], cross))
        pooled = [pool(row, mask) for pool, (row, mask) in zip(self.pools, streams, strict=True)]
        seen = torch.stack(list(there.values())).any(dim=0)
        count = torch.stack([mask for _, mask in streams]).sum(dim=0).clamp_min(1)
        segments = torch.stack([row for row, _ in streams]).sum(dim=0) / count[..., None]
        outputs = self.heads(
            self, torch.cat(pooled, dim=1), segments, seen, self.linear(inputs, observed)
        )
        return anchored_where_unseen(self, self.heads, outputs, seen.any(dim=1)), pairs, there

    def forward(self, values: Tensor, segment_mask: Tensor) -> FusionOutputs:
        """Return the answer."""
        return self.judge(values, segment_mask)[0]
