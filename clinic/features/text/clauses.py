"""Embeddings of the two sides of a contrast: only for utterances that have one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from clinic.features.text.contrast import ContrastFinder
from clinic.features.text.sentence_embedding import SentenceEmbedding
from clinic.features.text.table import segment_table
from clinic.records import Extraction, FeatureSpec, Modality, Recording, Segment, Stamp

GROUP = "two sides"

#: Prefixes of the columns of the two sides, before the name that the column of a whole
#: utterance has: a head for utterances reads a side once the prefix is taken off.
FIRST = "first_"
SECOND = "second_"


@dataclass(frozen=True, kw_only=True)
class Clauses:
    """What stands before and after a word of contrast, each as a sentence embedding.

    Args:
        encoder, encoder_sha256, languages: As in ``SentenceEmbedding``; the same encoder is
            loaded once.
        contrast: Finds the word of contrast and its two sides.
    """

    encoder: str
    encoder_sha256: str | None
    languages: Sequence[str]
    contrast: ContrastFinder
    name: str = "clauses"

    def __post_init__(self) -> None:
        _ = self._embedding

    @property
    def modality(self) -> Modality:
        """Read from the words."""
        return Modality.TEXT

    @cached_property
    def _embedding(self) -> SentenceEmbedding:
        return SentenceEmbedding(
            encoder=self.encoder, encoder_sha256=self.encoder_sha256, languages=self.languages
        )

    @cached_property
    def _specs(self) -> tuple[FeatureSpec, ...]:
        return tuple(
            replace(
                spec,
                name=f"{prefix}{spec.name}",
                group=GROUP,
                meaning=f"what is said {place} the word of contrast (axis {axis})",
            )
            for prefix, place in ((FIRST, "before"), (SECOND, "after"))
            for axis, spec in enumerate(self._embedding.specs(), start=1)
        )

    def specs(self) -> tuple[FeatureSpec, ...]:
        """``first_embedding_000`` and so on, then ``second_embedding_000`` and so on."""
        return self._specs

    def stamp(self) -> Stamp:
        """Provenance, with the hash and licence of the encoder's weights."""
        kind = type(self)
        stamp = self._embedding.stamp()
        contrast = {
            "joining": list(self.contrast.joining),
            "opening": list(self.contrast.opening),
            "unless": list(self.contrast.unless),
            "min_side_words": self.contrast.min_side_words,
            "max_side_words": self.contrast.max_side_words,
        }
        return replace(
            stamp,
            component=f"{kind.__module__}.{kind.__qualname__}",
            settings={**stamp.settings, "contrast": contrast},
        )

    def extract(self, recording: Recording, segments: Sequence[Segment]) -> Extraction:
        """Embed both sides; a segment without a contrast is a row of NaN."""
        found = [self.contrast.find(s.text) if s.text else None for s in segments]
        rows = [i for i, contrast in enumerate(found) if contrast is not None]
        sides = [
            replace(segments[row], text=side)
            for row, contrast in enumerate(found)
            if contrast is not None
            for side in (contrast.first, contrast.second)
        ]
        embedded = self._embedding.extract(recording, sides).segments
        values = np.full((len(segments), len(self._specs)), np.nan)
        values[rows] = embedded.values.reshape(len(rows), len(self._specs))
        table = segment_table(
            name=self.name,
            specs=self._specs,
            segments=segments,
            values=values,
            stamp=self.stamp(),
            notes=embedded.notes,
        )
        return Extraction(segments=table)
