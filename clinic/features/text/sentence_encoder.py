"""The one place that calls sentence-transformers: texts in, one vector a text out."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic import extras
from clinic.errors import SetupError
from clinic.torch_threads import torch_threads


class SentenceEncoder:
    """A loaded encoder; texts beyond its window are cut into pieces, never cut off.

    Raises:
        SetupError: The folder cannot be loaded.
    """

    def __init__(self, folder: Path) -> None:
        extras.require("sentence_transformers")
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        try:
            self._model: Any = SentenceTransformer(
                str(folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except (OSError, ValueError, KeyError) as error:
            raise SetupError(
                f"encoder {folder.name} cannot be loaded: {error} (encoder)"
            ) from error
        tokenizer = self._model.tokenizer
        window = int(self._model.max_seq_length or tokenizer.model_max_length)
        #: Tokens of text that fit beside the special ones.
        self.window_tokens = window - tokenizer.num_special_tokens_to_add(pair=False)

    def encode(
        self, texts: Sequence[str], *, batch_size: int, n_threads: int
    ) -> tuple[NDArray[np.float64], int]:
        """Return embeddings of shape (n_texts, n_dimensions), and how many texts were cut.

        A text longer than the window is cut between words into pieces of about equal length;
        its vector is the mean of the pieces' vectors, weighted by their tokens.
        """
        pieces = [self.pieces(text) for text in texts]
        flat = [piece for parts in pieces for piece, _ in parts]
        with torch_threads(n_threads):
            vectors = self._model.encode(
                flat,
                batch_size=batch_size,
                show_progress_bar=False,
                convert_to_numpy=True,
            ).astype(np.float64)
        rows = []
        first = 0
        for parts in pieces:
            weights = np.array([n_tokens for _, n_tokens in parts], dtype=np.float64)
            rows.append(np.average(vectors[first : first + len(parts)], axis=0, weights=weights))
            first += len(parts)
        return np.vstack(rows), sum(len(parts) > 1 for parts in pieces)

    def pieces(self, text: str) -> list[tuple[str, int]]:
        """Cut a text into stretches that fit the window, each with its number of tokens."""
        tokens = self._model.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        spans = tokens["offset_mapping"]
        if len(spans) <= self.window_tokens:
            return [(text, max(1, len(spans)))]
        n_pieces = -(-len(spans) // self.window_tokens)
        wished = -(-len(spans) // n_pieces)
        parts: list[tuple[str, int]] = []
        first = 0
        while first < len(spans):
            last = self._cut(text, spans, first, min(wished, self.window_tokens))
            parts.append((text[spans[first][0] : spans[last - 1][1]], last - first))
            first = last
        return parts

    @staticmethod
    def _cut(text: str, spans: Sequence[tuple[int, int]], first: int, wished: int) -> int:
        """Return the index after the last token of a piece, moved back to a word's end."""
        limit = first + wished
        if limit >= len(spans):
            return len(spans)
        last = limit
        while last > first + 1 and not text[spans[last - 1][1] : spans[last][0]].isspace():
            last -= 1
        # One word longer than the window has no gap to cut at.
        return last if last > first + 1 else limit


@lru_cache(maxsize=2)
def load_encoder(folder: Path) -> SentenceEncoder:
    """Load an encoder once a process: importing and loading cost seconds."""
    return SentenceEncoder(folder)
