"""Affect of the words: a linear head on sentence embeddings, trained on EmoBank."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.affect import AROUSAL, VALENCE, absent_affect, affect_table, find_table
from clinic.inconsistency.affect_head import AffectHead, load_head
from clinic.records import (
    Extraction,
    FeatureSpec,
    FeatureTable,
    Modality,
    Segment,
    Stamp,
    stamp_of,
)

_SOURCE = "Buechel & Hahn (2017), EmoBank; clinic/inconsistency/weights/card.md"


@dataclass(frozen=True, kw_only=True)
class SentenceAffect:
    """Valence, arousal and dominance that readers would see in the words.

    Args:
        table: Name of the component that embeds sentences.
        prefix: Its columns are ``<prefix>000``, ``<prefix>001`` ...
        weights: A shipped head by name, or the path of a safetensors file.
        weights_sha256: Hash that the file must have.
        min_words: Shorter utterances ("mm-hm", "yes") are not read.
        floor: Least spread, on the raters' 1-5 scale, that counts as change.

    Raises:
        SetupError: The head is not there or has another hash.
    """

    table: str
    prefix: str
    weights: str
    weights_sha256: str
    min_words: int
    floor: float

    def __post_init__(self) -> None:
        load_head(self.weights, self.weights_sha256)

    @property
    def modality(self) -> Modality:
        """Always text."""
        return Modality.TEXT

    @property
    def floors(self) -> dict[str, float]:
        """One floor for all dimensions: all are on the raters' scale."""
        return {VALENCE: self.floor, AROUSAL: self.floor, "dominance": self.floor}

    def stamp(self) -> Stamp:
        """Provenance with the hash of the head."""
        return stamp_of(
            self,
            weights_sha256=self.weights_sha256,
            licence="CC BY-SA 4.0 (head, trained on EmoBank)",
        )

    def read(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> FeatureTable:
        """Return valence, arousal and dominance on the raters' 1-5 scale."""
        head = load_head(self.weights, self.weights_sha256)
        table = find_table(extractions, self.table)
        if table is None:
            return self._absent(segments, f"no {self.table} features")
        made_by = table.stamp.weights_sha256
        if made_by is not None and made_by != head.encoder_sha256:
            return self._absent(
                segments,
                f"the head was trained on encoder {head.encoder_sha256[:12]}, "
                f"{self.table} was made by {made_by[:12]} (weights)",
            )
        predicted = head.predict(self._embeddings(table, head))
        short = np.array([_n_words(s.text) < self.min_words for s in segments], dtype=bool)
        predicted[short] = np.nan
        return affect_table(
            modality=Modality.TEXT,
            segments=segments,
            specs=_SPECS,
            columns=list(predicted.T),
            coverage=table.coverage,
            stamp=self.stamp(),
        )

    def _absent(self, segments: Sequence[Segment], why: str) -> FeatureTable:
        return absent_affect(
            modality=Modality.TEXT,
            segments=segments,
            specs=_SPECS,
            stamp=self.stamp(),
            note=f"Affect of the words was not read: {why}.",
        )

    def _embeddings(self, table: FeatureTable, head: AffectHead) -> NDArray[np.float64]:
        wanted = [f"{self.prefix}{i:03d}" for i in range(head.coefficients.shape[0])]
        place = {name: i for i, name in enumerate(table.columns)}
        missing = [name for name in wanted if name not in place]
        if missing:
            raise SetupError(
                f"table {table.name} has no column {missing[0]}, {len(wanted)} needed (prefix)"
            )
        return table.values[:, [place[name] for name in wanted]]


def _n_words(text: str | None) -> int:
    return len(text.split()) if text else 0


def _spec(name: str, meaning: str) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit="points, 1-5",
        minimum=-np.inf,
        maximum=np.inf,
        source=_SOURCE,
        group="affect of the words",
        meaning=meaning,
    )


_SPECS = (
    _spec(VALENCE, "how pleasant readers would find the words"),
    _spec(AROUSAL, "how stirring readers would find the words"),
    _spec("dominance", "how much in control readers would find the words"),
)
