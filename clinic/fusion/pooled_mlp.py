"""The second step of the baseline ladder: pooled statistics and a small network.

Mean and deviation of every column over the interview, one linear map per table, then a network
with one hidden layer of its own in the heads. It sees no order of segments and no segment beside
another: a sequence model that does not beat it has found nothing in the sequence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from clinic.fusion.base import FusionOutputs
from clinic.fusion.blocks import TableEncoder
from clinic.fusion.heads import LOGISTIC_SD, Heads
from clinic.fusion.layout import FeatureLayout, TableBlock
from clinic.fusion.neural import NeuralNetwork, NeuralRecipe
from clinic.fusion.pooling import PooledStandardiser
from clinic.fusion.unimodal import modalities_of
from clinic.records import Modality, Scale


class PooledMLPNetwork(NeuralNetwork):
    """See the module's text. Settings are those of ``PooledMLP``."""

    columns: Tensor

    def __init__(
        self,
        layout: FeatureLayout,
        scales: Sequence[Scale],
        *,
        width: int,
        bottleneck: int,
        wide_from: int,
        input_dropout: float,
        dropout: float,
        modality_dropout: float,
    ) -> None:
        super().__init__(layout, scales)
        self.standardiser = PooledStandardiser(layout.n_features)
        self.modality_dropout = modality_dropout
        modalities = modalities_of(layout)
        columns = torch.zeros(len(modalities), layout.n_features)
        for block in layout.blocks:
            columns[modalities.index(block.modality), block.start : block.stop] = 1.0
        self.register_buffer("columns", columns, persistent=False)
        # Measured inconsistency alone is no observation: one of the others is always kept.
        self.observed_rows = [i for i, m in enumerate(modalities) if m is not Modality.CROSS]

        def encoder(block: TableBlock) -> TableEncoder:
            return TableEncoder(
                block, width, dropout=input_dropout, wide_from=wide_from, bottleneck=bottleneck
            )

        blocks, n = layout.blocks, layout.n_features
        moved = [_moved(block, n) for block in blocks]
        self.means = nn.ModuleList(encoder(block) for block in blocks)
        self.deviations = nn.ModuleList(encoder(block) for block in moved)
        self.singles = nn.ModuleList(encoder(block) for block in blocks)
        self.heads = Heads(self, width, width, width, dropout)

    def head_sets(self) -> tuple[Heads, ...]:
        """The one set of heads."""
        return (self.heads,)

    def forward(self, values: Tensor, segment_mask: Tensor) -> FusionOutputs:
        """Return the distributions for a batch, the anchors' where nothing was observed."""
        inputs, observed = self.standardiser(values, segment_mask)
        if self.training and self.modality_dropout > 0:
            observed = observed & self._kept(len(values))[:, None, :]
            inputs = inputs * observed
        assert isinstance(self.standardiser, PooledStandardiser)
        pooled, known = self.standardiser.pooled(inputs, observed)
        recording = nn.functional.gelu(
            torch.stack([e(pooled, known) for e in (*self.means, *self.deviations)]).sum(dim=0)
        )
        segments = nn.functional.gelu(
            torch.stack([encoder(inputs, observed) for encoder in self.singles]).sum(dim=0)
        )
        seen = observed.any(dim=-1)
        outputs = self.heads(self, recording, segments, seen)
        return self._prior_where_nothing(outputs, seen)

    def _prior_where_nothing(self, outputs: FusionOutputs, seen: Tensor) -> FusionOutputs:
        """Replace what the network makes of an empty recording by the training anchors."""
        there = seen.any(dim=1)
        scores, ratings, segments, items = {}, {}, {}, dict(outputs.items)
        for place, condition in enumerate(self.heads.scored):
            location = self.heads.location[place : place + 1]
            spread = self.heads.deviation[place : place + 1] / LOGISTIC_SD
            prior, answers = self.distribution(condition, location, spread)
            scores[condition] = torch.where(there[:, None], outputs.scores[condition], prior)
            if answers is not None:
                items[condition] = torch.where(there[:, None, None], items[condition], answers)
        for place, condition in enumerate(self.heads.rated):
            share = torch.sigmoid(self.heads.prior[place])
            ratings[condition] = torch.where(there, outputs.ratings[condition], share)
            segments[condition] = torch.where(seen, outputs.segments[condition], share)
        return FusionOutputs(scores, ratings, segments, seen, items)

    def _kept(self, n: int) -> Tensor:
        """Draw which columns (n, F) survive: whole modalities go, never all of them."""
        device = self.columns.device
        kept = torch.rand(n, len(self.columns), device=device) >= self.modality_dropout
        kept[~kept[:, self.observed_rows].any(dim=1)] = True
        return (kept.to(self.columns.dtype) @ self.columns) > 0


@dataclass(frozen=True, kw_only=True)
class PooledMLP(NeuralRecipe):
    """Pooled statistics and a small network with dropout.

    Args:
        width: Size of the hidden layers.
        bottleneck: Size to which a wide table (an embedding) is first reduced.
        input_dropout, dropout, modality_dropout: Shares dropped in training.
    """

    width: int
    bottleneck: int
    input_dropout: float
    dropout: float
    modality_dropout: float
    wide_from: int = 128

    def member(self, layout: FeatureLayout, scales: Sequence[Scale]) -> NeuralNetwork:
        """Return one unfitted network."""
        return PooledMLPNetwork(
            layout,
            scales,
            width=self.width,
            bottleneck=self.bottleneck,
            wide_from=self.wide_from,
            input_dropout=self.input_dropout,
            dropout=self.dropout,
            modality_dropout=self.modality_dropout,
        )


def _moved(block: TableBlock, by: int) -> TableBlock:
    """Return the block's columns among the deviations, which stand after all means."""
    return TableBlock(
        table=block.table,
        modality=block.modality,
        start=block.start + by,
        stop=block.stop + by,
    )
