"""One token per modality and segment, with whether it was observed, and modality dropout."""

import torch
from torch import Tensor, nn

from clinic.fusion.blocks import TableEncoder
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.token_recipe import TokenRecipe
from clinic.records import OBSERVED_MODALITIES, Modality

ALL_MODALITIES = (*OBSERVED_MODALITIES, Modality.CROSS)


class ModalityTokens(nn.Module):
    """Tokens of the modalities of a layout; a modality without table has none."""

    def __init__(
        self,
        layout: FeatureLayout,
        settings: TokenRecipe,
    ) -> None:
        super().__init__()
        self.modality_dropout = settings.modality_dropout
        width = settings.width
        self.blocks = {
            modality: blocks
            for modality in ALL_MODALITIES
            if (blocks := [b for b in layout.blocks if b.modality is modality])
        }
        self.encoders = nn.ModuleDict(
            {
                str(modality): nn.ModuleList(
                    TableEncoder(
                        block,
                        width,
                        dropout=settings.input_dropout,
                        wide_from=settings.wide_from,
                        bottleneck=settings.bottleneck,
                    )
                    for block in blocks
                )
                for modality, blocks in self.blocks.items()
            }
        )
        self.deeper = nn.ModuleDict(
            {str(m): nn.Sequential(nn.GELU(), nn.Linear(width, width)) for m in self.blocks}
        )

    def forward(
        self, inputs: Tensor, observed: Tensor
    ) -> tuple[dict[Modality, Tensor], dict[Modality, Tensor]]:
        """Return tokens (B, S, D), zero where absent, and presence (B, S), from (B, S, F)."""
        tokens: dict[Modality, Tensor] = {}
        present: dict[Modality, Tensor] = {}
        for modality in self.blocks:
            encoders = self.encoders[str(modality)]
            assert isinstance(encoders, nn.ModuleList)
            present[modality] = self._present(observed, modality)
            encoded = torch.stack([encoder(inputs, observed) for encoder in encoders]).sum(dim=0)
            token = encoded + self.deeper[str(modality)](encoded)
            tokens[modality] = token * present[modality][..., None]
        return tokens, present

    def survivors(self, observed: Tensor) -> Tensor:
        """Drop whole modalities in training, never all that a recording has of the observed."""
        if not self.training or self.modality_dropout == 0:
            return observed
        present = torch.stack([self._present(observed, m).any(dim=1) for m in self.blocks], dim=1)
        kept = torch.rand(present.shape, device=observed.device) >= self.modality_dropout
        firsthand = torch.tensor([m is not Modality.CROSS for m in self.blocks])
        left = (kept & present & firsthand.to(observed.device)).any(dim=1)
        kept = kept | ~left[:, None]
        columns = torch.ones_like(observed[:, 0])
        for place, blocks in enumerate(self.blocks.values()):
            for block in blocks:
                columns[:, block.start : block.stop] = kept[:, place, None]
        return observed & columns[:, None]

    def _present(self, observed: Tensor, modality: Modality) -> Tensor:
        blocks = self.blocks[modality]
        there = [observed[..., b.start : b.stop].any(dim=-1) for b in blocks]
        return torch.stack(there).any(dim=0)
