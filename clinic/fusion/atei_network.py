"""The ATEI network: where what is said and how it is said do not go together.

Words and voice are each encoded as a sequence; each then looks through the other, and what they
found becomes an embedding of inconsistency. The recording is ``[voice; words; s * embedding]``:
the learned factor s starts small, so that the embedding has to earn its place.

Source: ATEI (arXiv:2412.18614). Beyond it, every further modality that the tables name (face,
measured inconsistency) is pooled beside them, outside the embedding; leave its tables out and
the model is the published one.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from clinic.fusion.attention import AttentionLayer
from clinic.fusion.base import FusionOutputs
from clinic.fusion.blocks import MaskedPooling
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.pseudo_labels import COMPARED, PseudoLabels
from clinic.fusion.sequence import (
    SequenceNetwork,
    SequenceRecipe,
    Streams,
    mean_of_present,
    placed,
)
from clinic.records import Modality, Scale


class AteiNetwork(SequenceNetwork):
    """See the module's text. Settings are those of ``Atei``.

    Args:
        labels: Pseudo-labels for the auxiliary loss.
        no_labels: Why there are none, in words; empty where there are.
    """

    def __init__(
        self,
        layout: FeatureLayout,
        scales: Sequence[Scale],
        settings: SequenceRecipe,
        *,
        scale_start: float,
        labels: PseudoLabels,
        no_labels: str,
    ) -> None:
        width, n_heads, dropout = settings.width, settings.n_heads, settings.dropout
        modalities = dict.fromkeys(block.modality for block in layout.blocks)
        super().__init__(layout, scales, settings, pooled=2 * width * len(modalities) + width)
        self.scale_start = scale_start
        self.labels = labels
        self.no_labels = no_labels
        names = [str(m) for m in self.encoder.blocks]
        self.layers = nn.ModuleDict(
            {
                name: nn.ModuleList(
                    AttentionLayer(width, n_heads, dropout) for _ in range(settings.n_layers)
                )
                for name in names
                if name in COMPARED
            }
        )
        self.norms = nn.ModuleDict({name: nn.LayerNorm(width) for name in names})
        self.pools = nn.ModuleDict({name: MaskedPooling(width) for name in names})
        self.words_over_voice = AttentionLayer(width, n_heads, dropout)
        self.voice_over_words = AttentionLayer(width, n_heads, dropout)
        self.words_pool = MaskedPooling(width)
        self.voice_pool = MaskedPooling(width)
        self.embed = nn.Sequential(
            nn.LayerNorm(4 * width), nn.Linear(4 * width, width), nn.GELU(), nn.LayerNorm(width)
        )
        self.factor = nn.Parameter(torch.tensor(scale_start))
        self.inconsistent = nn.Linear(width, 1)

    def restart(self) -> None:
        """The factor of the embedding starts small again."""
        super().restart()
        nn.init.constant_(self.factor, self.scale_start)

    def forward(self, values: Tensor, segment_mask: Tensor) -> FusionOutputs:
        """Return the distributions for a batch."""
        return self.both(values, segment_mask)[0]

    def both(self, values: Tensor, segment_mask: Tensor) -> tuple[FusionOutputs, Tensor]:
        """Return the distributions, and the log-odds of inconsistency (B,).

        These are NaN where words or voice were not observed (in training: or dropped).
        """
        streams = self.streams(values, segment_mask)
        rows = self._encoded(streams)
        embedding, crossed, compared = self._inconsistency(streams, rows)
        rows = {
            m: self.norms[str(m)](row) * streams.present[m][..., None] for m, row in rows.items()
        }
        pooled = [self.pools[str(m)](row, streams.present[m]) for m, row in rows.items()]
        pooled.append(self.factor * embedding)
        segments = mean_of_present(rows, streams.present) + self.factor * crossed
        odds = self.inconsistent(embedding).squeeze(1)
        odds = torch.where(compared, odds, torch.nan)
        return self.answer(streams, torch.cat(pooled, dim=1), segments), odds

    def _encoded(self, streams: Streams) -> dict[Modality, Tensor]:
        encoded = dict(streams.tokens)
        for modality in COMPARED:
            if modality not in encoded:
                continue
            present = streams.present[modality]
            row = placed(encoded[modality], present)
            layers = self.layers[str(modality)]
            assert isinstance(layers, nn.ModuleList)
            for layer in layers:
                row = layer(row, row, present)
            encoded[modality] = row * present[..., None]
        return encoded

    def _inconsistency(
        self, streams: Streams, rows: dict[Modality, Tensor]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the embedding (B, D), its segments (B, S, D), and where both were there (B,).

        Nothing disagrees with an absent modality: without words or voice both are zeros.
        """
        if Modality.TEXT not in rows or Modality.VOICE not in rows:
            anyone = next(iter(rows.values()))
            never = torch.zeros(len(anyone), dtype=torch.bool, device=anyone.device)
            return anyone.new_zeros(anyone.shape[0], anyone.shape[2]), 0.0 * anyone, never
        words, voice = rows[Modality.TEXT], rows[Modality.VOICE]
        said, heard = streams.present[Modality.TEXT], streams.present[Modality.VOICE]
        compared = said.any(dim=1) & heard.any(dim=1)
        asked = self.words_over_voice(words, voice, heard) * said[..., None]
        answered = self.voice_over_words(voice, words, said) * heard[..., None]
        pooled = [self.words_pool(asked, said), self.voice_pool(answered, heard)]
        embedding = self.embed(torch.cat(pooled, dim=1)) * compared[:, None]
        crossed = mean_of_present({Modality.TEXT: asked, Modality.VOICE: answered}, streams.present)
        return embedding, crossed * compared[:, None, None], compared
