"""EmoBank: sentences whose valence, arousal and dominance readers and writers rated."""

from pathlib import Path

import numpy as np
import pandas as pd

from clinic.errors import SetupError
from clinic.inconsistency.training.rated_texts import SPLITS, RatedTexts

#: Whose feeling was asked: the reader's own, or the one the writer seems to express.
PERSPECTIVES = ("reader", "writer")
DIMENSIONS = {"valence": "V", "arousal": "A", "dominance": "D"}
OUTPUTS = tuple(f"{who}_{dimension}" for who in PERSPECTIVES for dimension in DIMENSIONS)


def read_emobank(folder: Path) -> RatedTexts:
    """Return every sentence of the official split with six mean ratings, 1 to 5.

    Args:
        folder: A checkout: ``corpus/emobank.csv`` (split), ``reader.csv`` and ``writer.csv``.

    Raises:
        SetupError: A file, a column or a rating is missing.

    Source:
        Buechel & Hahn (2017), EmoBank, https://aclanthology.org/E17-2092/.
    """
    try:
        table = pd.read_csv(folder / "corpus" / "emobank.csv", keep_default_na=False)
        parts = []
        for who in PERSPECTIVES:
            ratings = pd.read_csv(folder / "corpus" / f"{who}.csv").set_index("id")
            parts.append(ratings.reindex(table["id"])[list(DIMENSIONS.values())].to_numpy())
        split = table["split"].to_numpy(dtype=str)
        texts = tuple(table["text"])
        # An id is the document's name with the first and the last character of the sentence.
        documents = table["id"].str.replace(r"_\d+_\d+$", "", regex=True).to_numpy(dtype=str)
    except (OSError, KeyError, ValueError) as error:
        raise SetupError(f"no EmoBank at that folder: {error} (--emobank)") from error
    targets = np.hstack(parts).astype(np.float64)
    unknown = sorted(set(split) - set(SPLITS))
    if unknown or not np.isfinite(targets).all():
        raise SetupError(
            f"EmoBank: split {unknown} or a sentence without ratings of reader and writer, "
            f"{SPLITS} and six ratings each needed (--emobank)"
        )
    return RatedTexts(texts=texts, split=split, units=documents, outputs=OUTPUTS, targets=targets)
