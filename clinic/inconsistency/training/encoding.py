"""Texts to the columns that the sentence embedding component writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from omegaconf import OmegaConf

from clinic.config import build

_FOLDER = "clinic.features.text.encoder_folder.find_encoder"
_ENCODER = "clinic.features.text.sentence_encoder.SentenceEncoder"


@dataclass(frozen=True, kw_only=True)
class EncodedTexts:
    """Embeddings of some texts, and of which encoder they are.

    Args:
        columns: Column names in the table of ``SentenceEmbedding``.
        values: Shape (n_texts, n_columns).
        encoder: How the encoder is called, never a path.
        encoder_sha256, licence: Of the encoder's weights.
    """

    columns: tuple[str, ...]
    values: NDArray[np.float64]
    encoder: str
    encoder_sha256: str
    licence: str


def encode_texts(
    texts: Sequence[str], *, encoder: str, encoder_sha256: str | None, batch_size: int = 64
) -> EncodedTexts:
    """Embed texts as the features stage does, built from configuration as everywhere.

    Args:
        encoder: ``all_minilm_l6_v2``, a folder in sentence-transformers layout with
            safetensors weights, or a hub model in the local cache.
        encoder_sha256: Hash of the weights where ``clinic/weights.toml`` does not list them.

    Raises:
        SetupError: The encoder is absent, unlisted, pickled or changed.
    """
    found: Any = build(
        OmegaConf.create({"_target_": _FOLDER, "encoder": encoder, "sha256": encoder_sha256})
    )
    model: Any = build(OmegaConf.create({"_target_": _ENCODER, "folder": str(found.folder)}))
    values, _ = model.encode(texts, batch_size=batch_size, n_threads=1)
    if found.is_normalised:
        values = values / np.linalg.norm(values, axis=1, keepdims=True)
    return EncodedTexts(
        columns=tuple(f"embedding_{i:03d}" for i in range(found.n_dimensions)),
        values=values,
        encoder=found.label,
        encoder_sha256=found.sha256,
        licence=found.licence,
    )
