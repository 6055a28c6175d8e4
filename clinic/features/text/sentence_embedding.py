"""What was said as a point in a space of meanings: one sentence embedding a segment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf

import numpy as np

from clinic import extras
from clinic.features.text.encoder_folder import EncoderFolder, find_encoder
from clinic.features.text.language import language_notes
from clinic.features.text.sentence_encoder import load_encoder
from clinic.features.text.table import segment_table
from clinic.records import (
    Extraction,
    FeatureSpec,
    Modality,
    Recording,
    Segment,
    Stamp,
    stamp_of,
)

SOURCE = "Reimers & Gurevych (2019), doi:10.18653/v1/D19-1410"


@dataclass(frozen=True, kw_only=True)
class SentenceEmbedding:
    """Sentence-transformers embedding of each participant segment.

    Args:
        encoder: ``all_minilm_l6_v2`` (comes with a package, no network), a folder in
            sentence-transformers layout with safetensors weights, or a hub model that is
            in the local cache.
        encoder_sha256: Hash of the weights, needed for an encoder that
            ``clinic/weights.toml`` does not list; None otherwise.
        languages: Primary language subtags that the encoder reads.
        n_threads: Torch threads while encoding.

    Raises:
        SetupError: The encoder is absent, unlisted, pickled or changed.
    """

    encoder: str
    encoder_sha256: str | None
    languages: Sequence[str]
    name: str = "sentence_embedding"
    batch_size: int = 32
    n_threads: int = 1

    def __post_init__(self) -> None:
        extras.require("sentence_transformers")
        _ = self._folder

    @property
    def modality(self) -> Modality:
        """Read from the words."""
        return Modality.TEXT

    @cached_property
    def _folder(self) -> EncoderFolder:
        return find_encoder(self.encoder, self.encoder_sha256)

    def specs(self) -> tuple[FeatureSpec, ...]:
        """One column a dimension: ``embedding_000`` and so on."""
        n_dimensions = self._folder.n_dimensions
        bound = 1.0 if self._folder.is_normalised else inf
        return tuple(
            FeatureSpec(
                name=f"embedding_{i:03d}",
                unit="1",
                minimum=-bound,
                maximum=bound,
                source=SOURCE,
                group="content of words",
                meaning=f"what the words are about (axis {i + 1} of {n_dimensions})",
            )
            for i in range(n_dimensions)
        )

    def stamp(self) -> Stamp:
        """Provenance, with the hash and licence of the weights."""
        stamp = stamp_of(
            self,
            distribution="sentence-transformers",
            weights_sha256=self._folder.sha256,
            licence=self._folder.licence,
        )
        # A folder of this machine means nothing elsewhere: the hash says which encoder it was.
        return replace(stamp, settings={**stamp.settings, "encoder": self._folder.label})

    def extract(self, recording: Recording, segments: Sequence[Segment]) -> Extraction:
        """Embed the text of each segment; a segment without text is a row of NaN."""
        values = np.full((len(segments), self._folder.n_dimensions), np.nan)
        is_readable, notes = language_notes(recording, self.languages, segments)
        rows = [i for i, segment in enumerate(segments) if segment.text and segment.text.strip()]
        if rows and is_readable:
            texts = [segments[row].text or "" for row in rows]
            vectors, n_cut = load_encoder(self._folder.folder).encode(
                texts, batch_size=self.batch_size, n_threads=self.n_threads
            )
            if self._folder.is_normalised:
                vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            values[rows] = vectors
            if n_cut:
                notes += (
                    f"{n_cut} segments are longer than {self._folder.label} reads at once and "
                    "were embedded in pieces",
                )
        table = segment_table(
            name=self.name,
            specs=self.specs(),
            segments=segments,
            values=values,
            stamp=self.stamp(),
            notes=notes,
        )
        return Extraction(segments=table)
