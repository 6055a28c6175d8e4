"""Texts of the words study: ratings of VADER's authors, and texts as segments of a recording."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.features.text.table import segment_table
from clinic.inconsistency.training.encoding import EncodedTexts
from clinic.inconsistency.training.rated_texts import same_text
from clinic.records import Extraction, FeatureSpec, Segment, Stamp
from clinic.validation.spoken_texts import as_segments

#: File stem, name, correlation of VADER with the mean ratings
#: (Hutto & Gilbert 2014, doi:10.1609/icwsm.v8i1.14550).
VADER_SETS = (
    ("tweets", "tweets", 0.872),
    ("movieReviewSnippets", "film reviews", 0.427),
    ("amazonReviewSnippets", "product reviews", 0.590),
    ("nytEditorialSnippets", "editorials", 0.503),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class RatedValence:
    """Texts with the mean of 20 ratings of valence, -4 to 4.

    Args:
        units: The review or article of each text; the text itself where it stands alone.
    """

    texts: tuple[str, ...]
    units: NDArray[np.str_]
    ratings: NDArray[np.float64]


def read_vader(
    folder: Path, stem: str, *, most: int, seed: int, without: Collection[str]
) -> RatedValence:
    """Return at most ``most`` texts of one set, drawn at random.

    Args:
        without: Texts (as ``same_text``) that a head was trained on.

    Raises:
        SetupError: The file is missing or a row is no (id, rating, text).
    """
    file = folder / "hutto_ICWSM_2014" / f"{stem}_GroundTruth.txt"
    try:
        lines = file.read_text("utf-8").rstrip("\n").split("\n")
        rows = [line.rstrip("\r").split("\t", 2) for line in lines]
        found = [(key, float(rating), text) for key, rating, text in rows]
    except (OSError, ValueError) as error:
        raise SetupError(f"no VADER ratings in {file.name}: {error} (vader)") from error
    kept = [row for row in found if same_text(row[2]) not in without]
    order = np.random.default_rng(seed).permutation(len(kept))[:most]
    chosen = [kept[i] for i in sorted(order)]
    return RatedValence(
        texts=tuple(text for _, _, text in chosen),
        units=np.array([key.split("_")[0] for key, _, _ in chosen]),
        ratings=np.array([rating for _, rating, _ in chosen]),
    )


def as_recording(
    texts: Sequence[str], encoded: EncodedTexts, *, table: str
) -> tuple[tuple[Segment, ...], Extraction]:
    """Return texts as utterances, 5 s apart, with their embeddings as the features stage gives."""
    segments = as_segments(texts)
    specs = tuple(
        FeatureSpec(
            name=column,
            unit="1",
            minimum=-np.inf,
            maximum=np.inf,
            source=encoded.encoder,
            group="content of words",
            meaning="what the words are about",
        )
        for column in encoded.columns
    )
    stamp = Stamp(
        component=__name__, version="", settings={}, weights_sha256=encoded.encoder_sha256
    )
    return segments, Extraction(
        segments=segment_table(
            name=table,
            specs=specs,
            segments=segments,
            values=encoded.values,
            stamp=stamp,
            notes=(),
        )
    )
