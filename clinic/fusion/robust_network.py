"""A network that is trained to say the same with much of its input gone.

Tokens of a segment's modalities are mixed by attention, segments are pooled, heads answer. The same
weights see each recording whole and with losses; answers, pooled representation and attention of
the second are drawn to the first, and what was lost is to be reconstructed. What words say
without content is subtracted, by a share that is chosen on validation participants.

Source: CIDer (arXiv:2506.10452). Departures: what is lost is masked and attended by nobody
(published: zeros); attention is over the modalities of a segment, and compared over those that
are left; the branch of words, see ``bias_branch``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from clinic.fusion.anchor_answers import anchored_where_unseen
from clinic.fusion.attention import AttentionLayer
from clinic.fusion.base import FusionOutputs
from clinic.fusion.bias_branch import BiasBranch, bias_blocks
from clinic.fusion.blocks import LinearPath, MaskedPooling
from clinic.fusion.heads import Heads
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.modality_tokens import ModalityTokens
from clinic.fusion.neural import NeuralNetwork
from clinic.fusion.token_recipe import TokenRecipe
from clinic.records import Scale


@dataclass(frozen=True, eq=False)
class Encoding:
    """A batch on its way to the heads.

    Args:
        segments: Shape (B, S, D), and whether anything was seen, (B, S).
        joint: Pooled recording, shape (B, 2 D).
        attention: Per layer who looks where among a segment's tokens, (B S, heads, T, T).
        tokens_seen: Which tokens were there, shape (B S, T); the first gathers and always is.
    """

    segments: Tensor
    seen: Tensor
    joint: Tensor
    attention: Sequence[Tensor]
    tokens_seen: Tensor


class RobustNetwork(NeuralNetwork):
    """See the module's text. Settings are those of ``Robust``."""

    subtracted: Tensor

    def __init__(
        self,
        layout: FeatureLayout,
        scales: Sequence[Scale],
        settings: TokenRecipe,
        *,
        bias_tables: Sequence[str],
    ) -> None:
        super().__init__(layout, scales)
        self.blocks = layout.blocks
        self.tokens = ModalityTokens(layout, settings)
        width, dropout = settings.width, settings.dropout
        self.kinds = nn.Parameter(0.02 * torch.randn(1 + len(self.tokens.blocks), width))
        self.layers = nn.ModuleList(
            AttentionLayer(width, settings.n_heads, dropout, is_local=False)
            for _ in range(settings.n_layers)
        )
        self.norm = nn.LayerNorm(width)
        self.pool = MaskedPooling(width)
        self.heads = Heads(self, 2 * width, width, width, dropout)
        n_outputs = 2 * len(self.scored) + len(self.rated)
        self.linear = LinearPath(layout.blocks, n_outputs, len(self.rated), settings.input_dropout)
        self.rebuild = nn.Linear(width, layout.n_features)
        blocks = bias_blocks(layout, bias_tables)
        self.bias = (
            BiasBranch(
                self,
                blocks,
                width,
                bottleneck=settings.bottleneck,
                wide_from=settings.wide_from,
                input_dropout=settings.input_dropout,
                dropout=dropout,
            )
            if blocks
            else None
        )
        self.register_buffer("subtracted", torch.zeros(len(scales)))
        self.conditions = [scale.condition for scale in scales]

    def head_sets(self) -> tuple[Heads, ...]:
        """Heads over all modalities, and over the words that say no content."""
        return (self.heads, self.bias.heads) if self.bias else (self.heads,)

    def restart(self) -> None:
        """Draw the kinds of tokens again; nothing is said linearly or subtracted at first."""
        with torch.no_grad():
            self.kinds.copy_(0.02 * torch.randn_like(self.kinds))
            self.subtracted.zero_()
            if self.bias:
                self.bias.reference.zero_()
        self.linear.restart()

    def encode(self, inputs: Tensor, observed: Tensor) -> Encoding:
        """Return the mixed segments and the pooled recording of standardised inputs."""
        tokens, present = self.tokens(inputs, observed)
        first = next(iter(tokens.values()))
        n, n_segments, width = first.shape
        row = torch.stack([torch.zeros_like(first), *tokens.values()], dim=2) + self.kinds
        there = torch.stack(list(present.values()), dim=2)
        mask = torch.cat([torch.ones_like(there[..., :1]), there], dim=2).flatten(0, 1)
        mixed = row.view(n * n_segments, -1, width)
        attention = []
        for layer in self.layers:
            assert isinstance(layer, AttentionLayer)
            if self.training:
                asked, keys = layer.norm_queries(mixed), layer.norm_keys(mixed)
                attention.append(layer.attention.weights(asked, keys, mask))
            mixed = layer(mixed, mixed, mask)
        weights = mask.to(mixed.dtype)[..., None]
        mean = (self.norm(mixed) * weights).sum(dim=1) / weights.sum(dim=1)
        seen = there.any(dim=2)
        segments = mean.view(n, n_segments, width) * seen[..., None]
        return Encoding(segments, seen, self.pool(segments, seen), attention, mask)

    def answer(self, encoding: Encoding, inputs: Tensor, observed: Tensor) -> FusionOutputs:
        """Return distributions, less what the words without content say.

        Segments keep what they say: the branch judges a whole recording.
        """
        raw, per_segment = self.linear(inputs, observed)
        if self.bias and bool(self.subtracted.any()):
            raw = raw - self.shares() * self.bias.effect(inputs, observed)
        outputs = self.heads(
            self, encoding.joint, encoding.segments, encoding.seen, (raw, per_segment)
        )
        return anchored_where_unseen(self, self.heads, outputs, encoding.seen.any(dim=1))

    def shares(self) -> Tensor:
        """Return the share subtracted from each raw output, shape (n_outputs,)."""
        by_condition = dict(zip(self.conditions, self.subtracted, strict=True))
        scored = [by_condition[scale.condition] for scale in self.scored for _ in range(2)]
        return torch.stack(scored + [by_condition[scale.condition] for scale in self.rated])

    def forward(self, values: Tensor, segment_mask: Tensor) -> FusionOutputs:
        """Return the answer."""
        inputs, observed = self.standardiser(values, segment_mask)
        return self.answer(self.encode(inputs, observed), inputs, observed)
