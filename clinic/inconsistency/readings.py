"""Readings of all modalities on one scale: this person's own usual."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.baseline import PersonalBaseline
from clinic.inconsistency.measures.base import CHANNEL
from clinic.inconsistency.measures.emotions import CONFIDENCE, tilt_columns
from clinic.inconsistency.readers.emotions import EMOTION_COLUMNS, EMOTIONS, PREFIX
from clinic.records import OBSERVED_MODALITIES, FeatureSpec, FeatureTable, Modality, Segment, Stamp

Floats = NDArray[np.float64]

#: Columns of the affect table in the person's own unit, and how each is explained to a reader.
AFFECT_COLUMNS = {
    "text_valence": "how pleasant the words are",
    "text_arousal": "how stirring the words are",
    "voice_valence": "how pleasant the voice sounds",
    "voice_arousal": "how raised the voice is",
    "face_valence": "how pleasant the face looks",
    "face_arousal": "how much the face moves",
    "face_smile": "how strong the smile is",
}

#: Probabilities below are taken as this: no reader can tell one in a hundred from never, and a
#: ratio of two such numbers would outweigh all that it can tell.
LEAST_PROBABILITY = 0.01

#: Least spread of the logarithm of a probability, in nat, that counts as change.
EMOTION_FLOOR = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Readings:
    """What the readers gave, and what of it is compared.

    Args:
        raw: By modality, the reader's own table.
        scores: Shape (n_segments,) each: ``text_valence`` ... as personal z scores;
            ``text_emotion_joy`` ... as z scores of the log probability; ``text_tilt_joy`` ... as
            the distributions that measures compare; ``text_confidence`` ... as the share of the
            stretch that was observed. NaN where not observed.
    """

    raw: Mapping[Modality, FeatureTable]
    scores: Mapping[str, Floats]

    @property
    def confidence(self) -> dict[str, Floats]:
        """By modality, the share of each segment that was observed."""
        return {m.value: self.scores[f"{m.value}_{CONFIDENCE}"] for m in OBSERVED_MODALITIES}

    @property
    def known(self) -> frozenset[str]:
        """Names of all scores."""
        return frozenset(self.scores)


def score_names() -> frozenset[str]:
    """Return every name that a measure may compare."""
    per_modality = [
        name
        for m in CHANNEL
        for name in (*tilt_columns(m), *_emotion_columns(m), f"{m}_{CONFIDENCE}")
    ]
    return frozenset((*AFFECT_COLUMNS, *per_modality))


def compared(
    raw: Mapping[Modality, FeatureTable],
    floors: Mapping[Modality, Mapping[str, float]],
    baseline: PersonalBaseline,
    n_rows: int,
) -> Readings:
    """Set each reading against the person's own usual.

    Args:
        floors: By modality and column, the least spread that counts as change.
    """
    scores: dict[str, Floats] = {}
    for name in AFFECT_COLUMNS:
        modality, _, quantity = name.partition("_")
        table = raw.get(Modality(modality))
        scores[name] = (
            np.full(n_rows, np.nan)
            if table is None or quantity not in table.columns
            else baseline.scores(table.column(quantity), floor=floors[Modality(modality)][quantity])
        )
    for m in OBSERVED_MODALITIES:
        table = raw.get(m)
        scores[f"{m.value}_{CONFIDENCE}"] = np.zeros(n_rows) if table is None else table.coverage
        read = _probabilities(table, n_rows)
        logs = np.log(np.maximum(read, LEAST_PROBABILITY))
        is_flat = all(baseline.is_flat(column, floor=EMOTION_FLOOR) for column in logs.T)
        tilts = tilted(read, min_segments=baseline.min_segments)
        scores |= dict(zip(tilt_columns(m.value), np.where(is_flat, np.nan, tilts).T, strict=True))
        for name, column in zip(_emotion_columns(m.value), logs.T, strict=True):
            scores[name] = baseline.scores(column, floor=EMOTION_FLOOR)
    return Readings(raw=raw, scores=scores)


def tilted(probabilities: Floats, *, min_segments: int) -> Floats:
    """Return how far each distribution is tilted away from the person's own usual one.

    In centred log-ratios (Aitchison 1982, doi:10.1111/j.2517-6161.1982.tb01195.x) the person's
    median is taken off and the row brought back to sum 1: the usual distribution becomes the
    uniform one, and a reader's constant bias, a factor for each emotion, falls out exactly.

    Args:
        probabilities: Shape (n_segments, 6), NaN rows where not observed.

    Example:
        >>> biased = np.array([[0.6, 0.2, 0.05, 0.05, 0.05, 0.05]] * 3)
        >>> tilted(biased, min_segments=3)[0].round(3).tolist()
        [0.167, 0.167, 0.167, 0.167, 0.167, 0.167]
    """
    seen = np.isfinite(probabilities).all(axis=1)
    if seen.sum() < min_segments:
        return np.full(probabilities.shape, np.nan)
    logs = np.log(np.maximum(probabilities, LEAST_PROBABILITY))
    centred = logs - logs.mean(axis=1, keepdims=True)
    ratio = np.exp(centred - np.median(centred[seen], axis=0))
    tilts = ratio / ratio.sum(axis=1, keepdims=True)
    return np.asarray(np.where(seen[:, None], tilts, np.nan))


def affect_table(readings: Readings, segments: Sequence[Segment], stamp: Stamp) -> FeatureTable:
    """Return z scores of valence, arousal and smile, and the emotions as they were read.

    Emotions that could not be set against the person's usual (flat, too few) are not told.
    """
    columns = [readings.scores[name] for name in AFFECT_COLUMNS]
    for m in OBSERVED_MODALITIES:
        read = _probabilities(readings.raw.get(m), len(segments))
        is_compared = np.isfinite(readings.scores[tilt_columns(m.value)[0]]).any()
        columns += list((read if is_compared else np.full(read.shape, np.nan)).T)
    specs = (
        *(_affect_spec(name) for name in AFFECT_COLUMNS),
        *(_emotion_spec(m.value, e) for m in OBSERVED_MODALITIES for e in EMOTIONS),
    )
    return segment_table("affect", segments, specs, columns, stamp)


def segment_table(
    name: str,
    segments: Sequence[Segment],
    specs: tuple[FeatureSpec, ...],
    columns: Sequence[Floats],
    stamp: Stamp,
    notes: tuple[str, ...] = (),
) -> FeatureTable:
    """Return a table of comparisons; coverage is the share of columns that have a value."""
    values = np.column_stack(columns) if len(segments) and specs else np.empty((0, len(specs)))
    return FeatureTable(
        name=name,
        modality=Modality.CROSS,
        row_kind="segment",
        specs=specs,
        start_s=np.array([s.start_s for s in segments], dtype=np.float64),
        end_s=np.array([s.end_s for s in segments], dtype=np.float64),
        values=values,
        coverage=np.isfinite(values).mean(axis=1) if values.size else np.zeros(len(segments)),
        stamp=stamp,
        notes=notes,
    )


def _probabilities(table: FeatureTable | None, n_rows: int) -> Floats:
    if table is None or not set(EMOTION_COLUMNS) <= set(table.columns):
        return np.full((n_rows, len(EMOTIONS)), np.nan)
    return np.column_stack([table.column(name) for name in EMOTION_COLUMNS])


def _emotion_columns(modality: str) -> tuple[str, ...]:
    return tuple(f"{modality}_{PREFIX}{emotion}" for emotion in EMOTIONS)


def _affect_spec(name: str) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit="SD of this person",
        minimum=-np.inf,
        maximum=np.inf,
        source="docs/features/inconsistency.md",
        group="affect",
        meaning=AFFECT_COLUMNS[name],
    )


def _emotion_spec(modality: str, emotion: str) -> FeatureSpec:
    return FeatureSpec(
        name=f"{modality}_{PREFIX}{emotion}",
        unit="1",
        minimum=0.0,
        maximum=1.0,
        source="docs/features/inconsistency.md",
        group="affect",
        meaning=f"probability of {emotion} in the {CHANNEL[modality]}",
    )
