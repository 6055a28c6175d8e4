"""What words say without their content: a branch of its own, to be subtracted.

CIDer (arXiv:2506.10452) keeps only the "bias words" of a transcript in a counterfactual text and
subtracts what the model makes of it. We hold no transcript here but two tables of words: an
embedding of each sentence, which is its content, and rates of listed words (pronouns, negations,
fillers), which say how somebody speaks whatever it is about. The counterfactual text is
therefore the second without the first. Departures: the published one goes through the same
model, ours through a branch that shares no weights, since that model would meet an input which it
never saw in training; and a rate that helps everywhere (self-reference in depression) is
subtracted like one that helps in one corpus only. What of the two it is, no table can say.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from clinic.errors import SetupError
from clinic.fusion.anchor_answers import anchored_where_unseen
from clinic.fusion.base import FusionNetwork, FusionOutputs
from clinic.fusion.blocks import MaskedPooling, TableEncoder
from clinic.fusion.heads import Heads
from clinic.fusion.layout import FeatureLayout, TableBlock
from clinic.records import Modality


class BiasBranch(nn.Module):
    """Heads over some tables of words alone.

    Args:
        blocks: The tables that say no content.
    """

    reference: Tensor

    def __init__(
        self,
        network: FusionNetwork,
        blocks: Sequence[TableBlock],
        width: int,
        *,
        bottleneck: int,
        wide_from: int,
        input_dropout: float,
        dropout: float,
    ) -> None:
        super().__init__()
        self.blocks = tuple(blocks)
        self.encoders = nn.ModuleList(
            TableEncoder(
                block, width, dropout=input_dropout, wide_from=wide_from, bottleneck=bottleneck
            )
            for block in blocks
        )
        self.norm = nn.LayerNorm(width)
        self.pool = MaskedPooling(width)
        self.heads = Heads(network, 2 * width, width, width, dropout)
        self.n_scored = len(network.scored)
        n_outputs = 2 * self.n_scored + len(network.rated)
        self.register_buffer("reference", torch.zeros(n_outputs))

    def forward(
        self, network: FusionNetwork, inputs: Tensor, observed: Tensor
    ) -> tuple[FusionOutputs, Tensor]:
        """Return distributions from these tables alone and the raw outputs behind them (B, n).

        Raw outputs are zero where none of the tables was observed.
        """
        rows, present = self._rows(inputs, observed)
        pooled = self.pool(rows, present)
        seen = present.any(dim=1)
        outputs = self.heads(network, pooled, rows, present)
        raw = self.heads.body(pooled) * seen[:, None]
        return anchored_where_unseen(network, self.heads, outputs, seen), raw

    def effect(self, inputs: Tensor, observed: Tensor) -> Tensor:
        """Return places and log-odds (B, n) as they differ from those of a usual speaker.

        Usual is the mean of the training participants, so that subtraction moves nobody on the
        whole. Spreads are left alone (zero), as is everything where no such word was observed.
        """
        rows, present = self._rows(inputs, observed)
        difference = self.heads.body(self.pool(rows, present)) - self.reference
        spreads = torch.arange(difference.shape[1], device=difference.device)
        is_spread = (spreads % 2 == 1) & (spreads < 2 * self.n_scored)
        return difference.masked_fill(is_spread, 0.0) * present.any(dim=1)[:, None]

    def _rows(self, inputs: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
        there = [observed[..., b.start : b.stop].any(dim=-1) for b in self.blocks]
        present = torch.stack(there).any(dim=0)
        rows = torch.stack([encoder(inputs, observed) for encoder in self.encoders]).sum(dim=0)
        return self.norm(rows) * present[..., None], present


def bias_blocks(layout: FeatureLayout, names: Sequence[str]) -> list[TableBlock]:
    """Return the blocks of the named tables.

    Raises:
        SetupError: A name that is no table of words of the model.
    """
    words = {b.table: b for b in layout.blocks if b.modality is Modality.TEXT}
    for name in names:
        if name not in words:
            known = ", ".join(words) or "none"
            raise SetupError(f"bias_tables names {name!r}, tables of words are {known} (fusion)")
    return [words[name] for name in names]
