"""The conflict-aware network: each modality beside the others, and where they disagree.

Per segment, words, voice and face are projected into one space; beside the three tokens stand
their absolute differences, masked wherever one side was not observed, and a token of measured
inconsistency. A small transformer mixes them, segments are pooled, and heads give one
distribution per scale and a probability per rating. A second set of heads sees the words alone;
its share is chosen on validation participants.

Source: ConflictAwareAH (arXiv:2603.15818), adapted to segments of an interview and to a few
hundred participants.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from clinic.fusion.base import FusionOutputs
from clinic.fusion.blocks import LinearPath, MaskedPooling, TableEncoder, TokenMixer
from clinic.fusion.heads import Heads
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.neural import NeuralNetwork
from clinic.fusion.token_recipe import TokenRecipe
from clinic.records import OBSERVED_MODALITIES, Modality, Scale

PAIRS = (
    (Modality.FACE, Modality.VOICE),
    (Modality.FACE, Modality.TEXT),
    (Modality.VOICE, Modality.TEXT),
)


class ConflictAwareNetwork(NeuralNetwork):
    """See the module's text. Settings are those of ``ConflictAware``."""

    blend: Tensor

    def __init__(
        self,
        layout: FeatureLayout,
        scales: Sequence[Scale],
        settings: TokenRecipe,
    ) -> None:
        super().__init__(layout, scales)
        self.modality_dropout = settings.modality_dropout
        width, dropout = settings.width, settings.dropout
        self.members = {
            m: [b for b in layout.blocks if b.modality is m]
            for m in (*OBSERVED_MODALITIES, Modality.CROSS)
        }
        self.encoders = nn.ModuleDict(
            {
                str(m): nn.ModuleList(
                    TableEncoder(
                        block,
                        width,
                        dropout=settings.input_dropout,
                        wide_from=settings.wide_from,
                        bottleneck=settings.bottleneck,
                    )
                    for block in blocks
                )
                for m, blocks in self.members.items()
            }
        )
        self.shared = nn.ModuleDict(
            {str(m): nn.Sequential(nn.GELU(), nn.Linear(width, width)) for m in self.members}
        )
        n_tokens = 1 + len(self.members) + len(PAIRS)
        self.kinds = nn.Parameter(0.02 * torch.randn(n_tokens, width))
        self.conflict = nn.Linear(width, width)
        self.mixers = nn.ModuleList(
            TokenMixer(width, settings.n_heads, dropout) for _ in range(settings.n_layers)
        )
        self.norm = nn.LayerNorm(width)
        self.pool = MaskedPooling(width)
        self.heads = Heads(self, 2 * width, width, width, dropout)
        n_outputs = 2 * len(self.scored) + len(self.rated)
        self.linear = LinearPath(layout.blocks, n_outputs, len(self.rated), settings.input_dropout)
        self.text_norm = nn.LayerNorm(width)
        self.text_pool = MaskedPooling(width)
        self.text_heads = Heads(self, 2 * width, width, width, dropout)
        self.register_buffer("blend", torch.zeros(len(scales)))
        self.conditions = [scale.condition for scale in scales]

    def head_sets(self) -> tuple[Heads, ...]:
        """Heads over all modalities, and over words alone."""
        return self.heads, self.text_heads

    def restart(self) -> None:
        """Draw the kinds of tokens again; the linear path starts from saying nothing."""
        with torch.no_grad():
            self.kinds.copy_(0.02 * torch.randn_like(self.kinds))
        self.linear.restart()

    def inputs(self, values: Tensor, segment_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return standardised inputs and their mask; in training some modalities are dropped."""
        inputs, observed = self.standardiser(values, segment_mask)
        if self.training and self.modality_dropout > 0:
            observed = observed & self._kept(len(values), values.device)[:, None, :]
            inputs = inputs * observed
        return inputs, observed

    def project(
        self, inputs: Tensor, observed: Tensor
    ) -> tuple[dict[Modality, Tensor], dict[Modality, Tensor]]:
        """Return one token (B, S, D) per modality and whether it was observed (B, S)."""
        tokens: dict[Modality, Tensor] = {}
        present: dict[Modality, Tensor] = {}
        for modality, blocks in self.members.items():
            if not blocks:
                present[modality] = torch.zeros_like(observed[..., 0])
                continue
            encoders = self.encoders[str(modality)]
            assert isinstance(encoders, nn.ModuleList)
            encoded = torch.stack([encoder(inputs, observed) for encoder in encoders]).sum(dim=0)
            tokens[modality] = encoded + self.shared[str(modality)](encoded)
            present[modality] = torch.stack(
                [observed[..., block.start : block.stop].any(dim=-1) for block in blocks]
            ).any(dim=0)
        return tokens, present

    def both(self, values: Tensor, segment_mask: Tensor) -> tuple[FusionOutputs, FusionOutputs]:
        """Return what all modalities say and what the words alone say."""
        inputs, columns = self.inputs(values, segment_mask)
        tokens, present = self.project(inputs, columns)
        mixed, observed = self._mix(tokens, present)
        linear = self.linear(inputs, columns)
        full = self.heads(self, self.pool(mixed, observed), mixed, observed, linear)
        heard = present[Modality.TEXT]
        words = tokens.get(Modality.TEXT, torch.zeros_like(mixed))
        words = self.text_norm(words) * heard[..., None]
        text = self.text_heads(self, self.text_pool(words, heard), words, heard)
        return full, text

    def forward(self, values: Tensor, segment_mask: Tensor) -> FusionOutputs:
        """Return the blend of both; where no word was observed the share of words is zero.

        Segments come from all modalities alone: they are judged by where modalities meet.
        """
        full, text = self.both(values, segment_mask)
        share = dict(zip(self.conditions, self.blend, strict=True))
        said = text.observed.any(dim=1)
        return FusionOutputs(
            {c: _mix(share[c] * said[:, None], text.scores[c], p) for c, p in full.scores.items()},
            {c: _mix(share[c] * said, text.ratings[c], p) for c, p in full.ratings.items()},
            full.segments,
            full.observed,
            {
                c: _mix(share[c] * said[:, None, None], text.items[c], p)
                for c, p in full.items.items()
            },
        )

    def _mix(
        self, tokens: dict[Modality, Tensor], present: dict[Modality, Tensor]
    ) -> tuple[Tensor, Tensor]:
        anyone = next(iter(tokens.values()))
        n, n_segments, width = anyone.shape
        empty = torch.zeros_like(anyone)
        # The first token belongs to no modality: it gathers, and keeps attention defined
        # where nothing was observed.
        row, there = [empty], [torch.ones_like(present[Modality.TEXT])]
        for modality in self.members:
            row.append(tokens.get(modality, empty))
            there.append(present[modality])
        for one, other in PAIRS:
            # |v - 0| is no conflict: both sides must have been observed.
            there.append(present[one] & present[other])
            if one in tokens and other in tokens:
                row.append(self.conflict((tokens[one] - tokens[other]).abs()))
            else:
                row.append(empty)
        stacked = (torch.stack(row, dim=2) + self.kinds).view(n * n_segments, -1, width)
        mask = torch.stack(there, dim=2).view(n * n_segments, -1)
        for mixer in self.mixers:
            stacked = mixer(stacked, mask)
        weights = mask.to(stacked.dtype)[..., None]
        mixed = (self.norm(stacked) * weights).sum(dim=1) / weights.sum(dim=1)
        observed = torch.stack(there[1:], dim=2).any(dim=2)
        return mixed.view(n, n_segments, width) * observed[..., None], observed

    def _kept(self, n: int, device: torch.device) -> Tensor:
        """Draw which columns (n, F) survive: whole modalities go, never all of them."""
        order = [*OBSERVED_MODALITIES, Modality.CROSS]
        kept = torch.rand(n, len(order), device=device) >= self.modality_dropout
        used = torch.tensor([bool(self.members[m]) for m in OBSERVED_MODALITIES], device=device)
        lost = ~(kept[:, :3] & used).any(dim=1)
        kept[lost] = True
        columns = torch.ones(n, len(self.standardiser.mean), dtype=torch.bool, device=device)
        for place, modality in enumerate(order):
            for block in self.members[modality]:
                columns[:, block.start : block.stop] = kept[:, place, None]
        return columns


def _mix(share: Tensor, text: Tensor, full: Tensor) -> Tensor:
    return share * text + (1 - share) * full
