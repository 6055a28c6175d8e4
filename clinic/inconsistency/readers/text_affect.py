"""Affect of the words: small heads on sentence embeddings, trained on EmoBank and GoEmotions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.heads import DenseHead, load_dense_head
from clinic.inconsistency.readers.affect import (
    AROUSAL,
    VALENCE,
    absent_affect,
    affect_table,
    find_table,
)
from clinic.inconsistency.readers.emotions import emotion_specs
from clinic.inconsistency.readers.text_emotions import six_emotions
from clinic.records import (
    Extraction,
    FeatureSpec,
    FeatureTable,
    Modality,
    Segment,
    Stamp,
    stamp_of,
)

Floats = NDArray[np.float64]

DOMINANCE = "dominance"
_DIMENSIONS = (VALENCE, AROUSAL, DOMINANCE)


@dataclass(frozen=True, kw_only=True)
class SentenceAffect:
    """How people would find the words: valence, arousal, dominance and six emotions.

    Args:
        table: Name of the component that embeds sentences; the heads name its columns.
        dimensions, emotions: Shipped heads by name, or paths of safetensors files.
        dimensions_sha256, emotions_sha256: Hashes that the files must have.
        perspective: Whose feeling valence, arousal and dominance are: ``reader``, what a
            reader feels, or ``writer``, what the writer seems to express.
        min_words: Shorter utterances ("mm-hm", "yes") are not read.
        least_mass: Share of an utterance's emotion that must fall on the six; words that
            mostly tell of surprise have no emotions.
        floor: Least spread, on the raters' 1-5 scale, that counts as change.

    Raises:
        SetupError: A head is not there, has another hash, was trained on another encoder than
            its fellow, or lacks an answer.
    """

    table: str
    dimensions: str
    dimensions_sha256: str
    emotions: str
    emotions_sha256: str
    perspective: str
    min_words: int
    least_mass: float
    floor: float

    def __post_init__(self) -> None:
        dimensions, emotions = self._heads()
        if dimensions.card["encoder_sha256"] != emotions.card["encoder_sha256"]:
            raise SetupError("the heads were trained on different encoders (dimensions, emotions)")
        missing = [name for name in self._answers() if name not in dimensions.outputs]
        if missing:
            raise SetupError(f"the head has no answer {missing[0]} (dimensions, perspective)")
        self._emotions(emotions, np.zeros((1, len(emotions.inputs))))

    @property
    def modality(self) -> Modality:
        """Always text."""
        return Modality.TEXT

    @property
    def floors(self) -> dict[str, float]:
        """One floor for all dimensions: all are on the raters' scale."""
        return dict.fromkeys(_DIMENSIONS, self.floor)

    def stamp(self) -> Stamp:
        """Provenance with the hashes of both heads."""
        dimensions, emotions = self._heads()
        return stamp_of(
            self,
            weights_sha256=f"{self.dimensions_sha256} {self.emotions_sha256}",
            licence=f"{dimensions.card['licence']}; {emotions.card['licence']}",
        )

    def read(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> FeatureTable:
        """Return the three dimensions on the raters' 1-5 scale, and six probabilities."""
        dimensions, emotions = self._heads()
        table = find_table(extractions, self.table)
        if table is None:
            return self._absent(segments, f"no {self.table} features")
        made_by, trained_on = table.stamp.weights_sha256, str(dimensions.card["encoder_sha256"])
        if made_by is not None and made_by != trained_on:
            return self._absent(
                segments,
                f"the heads were trained on encoder {trained_on[:12]}, "
                f"{self.table} was made by {made_by[:12]} (dimensions, emotions)",
            )
        answers = dimensions.predict(_inputs(table, dimensions))
        places = [dimensions.outputs.index(name) for name in self._answers()]
        values = np.hstack([answers[:, places], self._emotions(emotions, _inputs(table, emotions))])
        short = np.array([_n_words(s.text) < self.min_words for s in segments], dtype=bool)
        values[short] = np.nan
        return affect_table(
            modality=Modality.TEXT,
            segments=segments,
            specs=_SPECS,
            columns=list(values.T),
            coverage=table.coverage,
            stamp=self.stamp(),
        )

    def _heads(self) -> tuple[DenseHead, DenseHead]:
        return (
            load_dense_head(self.dimensions, self.dimensions_sha256),
            load_dense_head(self.emotions, self.emotions_sha256),
        )

    def _answers(self) -> list[str]:
        return [f"{self.perspective}_{dimension}" for dimension in _DIMENSIONS]

    def _emotions(self, head: DenseHead, inputs: Floats) -> Floats:
        return six_emotions(
            head.predict(inputs),
            head.outputs,
            temperature=float(str(head.card["temperature"])),
            least_mass=self.least_mass,
        )

    def _absent(self, segments: Sequence[Segment], why: str) -> FeatureTable:
        return absent_affect(
            modality=Modality.TEXT,
            segments=segments,
            specs=_SPECS,
            stamp=self.stamp(),
            note=f"Affect of the words was not read: {why}.",
        )


def _inputs(table: FeatureTable, head: DenseHead) -> Floats:
    place = {name: i for i, name in enumerate(table.columns)}
    missing = [name for name in head.inputs if name not in place]
    if missing:
        raise SetupError(
            f"table {table.name} has no column {missing[0]}, {len(head.inputs)} needed (table)"
        )
    return table.values[:, [place[name] for name in head.inputs]]


def _n_words(text: str | None) -> int:
    return len(text.split()) if text else 0


def _spec(name: str, meaning: str) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit="points, 1-5",
        minimum=-np.inf,
        maximum=np.inf,
        source="Buechel & Hahn (2017), EmoBank; clinic/inconsistency/weights/text_dimensions.md",
        group="affect of the words",
        meaning=meaning,
    )


_SPECS = (
    _spec(VALENCE, "how pleasant people would find the words"),
    _spec(AROUSAL, "how stirring people would find the words"),
    _spec(DOMINANCE, "how much in control people would find the words"),
    *emotion_specs(
        source="Demszky et al. (2020), GoEmotions; clinic/inconsistency/weights/text_emotions.md",
        group="emotions of the words",
        seen_in="words",
    ),
)
