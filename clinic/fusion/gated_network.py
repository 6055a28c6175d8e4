"""A mixture of experts: one per modality, one across modalities, and a gate that weighs them.

Each expert judges the recording alone, so that a report can say what words, voice and face each
said and how far each was believed. The expert across modalities sees all of them per segment and
the measured inconsistency. The gate's weights add up to one over the experts that are there.

Sources: MiSTER-E (arXiv:2602.23300), experts and gate; MoSEAR (arXiv:2508.01181), modality-
specific experts under conflict. Adapted to segments of an interview, absent modalities and a few
hundred participants.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from clinic.fusion.anchor_answers import anchored_where_unseen
from clinic.fusion.base import FusionOutputs
from clinic.fusion.blocks import TokenMixer
from clinic.fusion.experts import Expert, Gate, mixture, statement
from clinic.fusion.heads import Heads
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.modality_tokens import ModalityTokens
from clinic.fusion.neural import NeuralNetwork
from clinic.fusion.token_recipe import TokenRecipe
from clinic.records import OBSERVED_MODALITIES, Modality, Scale

#: Name of the expert that sees all modalities.
ACROSS = "across"


@dataclass(frozen=True, eq=False)
class Judgement:
    """What experts and gate say of a batch.

    Args:
        experts: One per name in ``GatedNetwork.expert_names``, that across modalities last.
        present: Whether each expert saw anything, shape (B, E).
        gate: Weights, shape (B, E).
        pooled: Representation of the recording per expert, shape (B, E, 2 D).
        mixed: The answer.
    """

    experts: Sequence[FusionOutputs]
    present: Tensor
    gate: Tensor
    pooled: Tensor
    mixed: FusionOutputs


class GatedNetwork(NeuralNetwork):
    """See the module's text. Settings are those of ``GatedExperts``."""

    def __init__(
        self,
        layout: FeatureLayout,
        scales: Sequence[Scale],
        settings: TokenRecipe,
        *,
        gate_temperature: float,
        has_across: bool,
    ) -> None:
        super().__init__(layout, scales)
        self.tokens = ModalityTokens(layout, settings)
        width, dropout = settings.width, settings.dropout
        self.kinds = nn.Parameter(0.02 * torch.randn(1 + len(self.tokens.blocks), width))
        self.mixers = nn.ModuleList(
            TokenMixer(width, settings.n_heads, dropout) for _ in range(settings.n_layers)
        )
        own = {str(m): self.tokens.blocks[m] for m in self.modalities}
        if has_across:
            own[ACROSS] = list(layout.blocks)
        #: Names of the experts in the order of the gate's weights.
        self.expert_names = tuple(own)
        self.experts = nn.ModuleDict(
            {
                name: Expert(
                    self, blocks, width, dropout=dropout, input_dropout=settings.input_dropout
                )
                for name, blocks in own.items()
            }
        )
        self.gating = Gate(self, len(own), width, temperature=gate_temperature, dropout=dropout)

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """Modalities with an expert of their own, in order."""
        return tuple(m for m in OBSERVED_MODALITIES if m in self.tokens.blocks)

    def head_sets(self) -> tuple[Heads, ...]:
        """The heads of every expert."""
        experts = [self.experts[name] for name in self.expert_names]
        return tuple(expert.heads for expert in experts if isinstance(expert, Expert))

    def restart(self) -> None:
        """Draw the kinds of tokens again; linear paths start from saying nothing."""
        with torch.no_grad():
            self.kinds.copy_(0.02 * torch.randn_like(self.kinds))
        for expert in self.experts.values():
            assert isinstance(expert, Expert)
            expert.linear.restart()

    def judge(self, values: Tensor, segment_mask: Tensor) -> Judgement:
        """Return what every expert and the gate say of values (B, S, F)."""
        inputs, observed = self.standardiser(values, segment_mask)
        observed = self.tokens.survivors(observed)
        inputs = inputs * observed
        tokens, present = self.tokens(inputs, observed)
        rows = {str(m): (tokens[m], present[m]) for m in self.modalities}
        if ACROSS in self.expert_names:
            rows[ACROSS] = self._across(tokens, present)
        answers, pooled, said = [], [], []
        for name, heads in zip(self.expert_names, self.head_sets(), strict=True):
            outputs, summary = self.experts[name](self, *rows[name], inputs, observed)
            answers.append(outputs)
            pooled.append(summary)
            # The experts answer for what they say by their own losses, not to suit the gate.
            said.append(statement(self, heads, outputs).detach())
        segments = torch.stack([rows[name][1] for name in self.expert_names], dim=1)
        there = segments.any(dim=2)
        gate = self.gating(pooled, said, there)
        mixed = anchored_where_unseen(
            self, self.head_sets()[-1], mixture(answers, gate, segments), there.any(dim=1)
        )
        return Judgement(answers, there, gate, torch.stack(pooled, dim=1), mixed)

    def gate(self, values: Tensor, segment_mask: Tensor) -> Tensor:
        """Return how far each expert is believed, shape (B, E); zeros where nothing was seen."""
        return self.judge(values, segment_mask).gate

    def forward(self, values: Tensor, segment_mask: Tensor) -> FusionOutputs:
        """Return the mixture."""
        return self.judge(values, segment_mask).mixed

    def _across(
        self, tokens: dict[Modality, Tensor], present: dict[Modality, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Mix the tokens of each segment; the first gathers and belongs to no modality."""
        first = next(iter(tokens.values()))
        n, n_segments, width = first.shape
        row = torch.stack([torch.zeros_like(first), *tokens.values()], dim=2) + self.kinds
        there = torch.stack(list(present.values()), dim=2)
        mask = torch.cat([torch.ones_like(there[..., :1]), there], dim=2).flatten(0, 1)
        mixed = row.view(n * n_segments, -1, width)
        for mixer in self.mixers:
            mixed = mixer(mixed, mask)
        weights = mask.to(mixed.dtype)[..., None]
        mean = (mixed * weights).sum(dim=1) / weights.sum(dim=1)
        return mean.view(n, n_segments, width), there.any(dim=2)
