"""Tables with known content for tests of the inconsistency stage."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from omegaconf import DictConfig, OmegaConf

from clinic.config import build
from clinic.inconsistency import CrossModalInconsistency
from clinic.inconsistency.affect_head import load_head
from clinic.records import Extraction, FeatureSpec, FeatureTable, Modality, Role, Segment, Stamp

Floats = NDArray[np.float64]
CONF = Path(__file__).resolve().parents[2] / "conf" / "inconsistency" / "default.yaml"
STAMP = Stamp(component="tests.builders", version="tests 0", settings={})


def segments(n: int, *, text: str | None = "these are some words") -> tuple[Segment, ...]:
    """Return n utterances of 4 s, 5 s apart."""
    return tuple(
        Segment(
            index=i,
            start_s=5.0 * i,
            end_s=5.0 * i + 4.0,
            speaker=Role.PARTICIPANT,
            origin="utterance",
            text=text,
        )
        for i in range(n)
    )


def extraction(
    name: str,
    modality: Modality,
    columns: Mapping[str, Floats],
    *,
    coverage: Floats | None = None,
    stamp: Stamp = STAMP,
) -> Extraction:
    """Return one extractor's table with the given columns."""
    values = np.column_stack(list(columns.values()))
    n = len(values)
    return Extraction(
        segments=FeatureTable(
            name=name,
            modality=modality,
            row_kind="segment",
            specs=tuple(
                FeatureSpec(
                    name=column,
                    unit="1",
                    minimum=-np.inf,
                    maximum=np.inf,
                    source="test",
                    group="test",
                    meaning="test",
                )
                for column in columns
            ),
            start_s=5.0 * np.arange(n),
            end_s=5.0 * np.arange(n) + 4.0,
            values=values,
            coverage=np.ones(n) if coverage is None else coverage,
            stamp=stamp,
        )
    )


VOICE_COLUMNS = (
    "F0semitoneFrom27.5Hz_sma3nz_percentile50.0",
    "loudness_sma3_percentile50.0",
    "alphaRatioV_sma3nz_amean",
)
FACE_COLUMNS = tuple(f"AU{number:02d}_mean" for number in (1, 2, 4, 5, 6, 7, 9, 12, 15, 20))


def voice(arousal: Floats) -> Extraction:
    """Return a voice whose cues all rise with the given arousal (in about SD)."""
    return extraction(
        "egemaps",
        Modality.VOICE,
        {
            VOICE_COLUMNS[0]: 30.0 + 3.0 * arousal,
            VOICE_COLUMNS[1]: 0.8 + 0.2 * arousal,
            VOICE_COLUMNS[2]: -12.0 + 4.0 * arousal,
        },
    )


def face(valence: Floats) -> Extraction:
    """Return a face that smiles with the given valence (in about SD)."""
    columns = {name: np.full(len(valence), 0.2) for name in FACE_COLUMNS}
    columns["AU12_mean"] = 0.4 + 0.1 * valence
    columns["AU06_mean"] = 0.3 + 0.1 * valence
    return extraction("face", Modality.FACE, columns)


def words(valence: Floats, arousal: Floats, coefficients: Floats) -> Extraction:
    """Return embeddings that a head of these coefficients reads as the given affect.

    Args:
        coefficients: Shape (n_embedding, 3).
    """
    wanted = np.column_stack([0.3 * valence, 0.2 * arousal, np.zeros(len(valence))])
    embeddings = wanted @ np.linalg.pinv(coefficients)
    return extraction(
        "sentence_embedding",
        Modality.TEXT,
        {f"embedding_{i:03d}": embeddings[:, i] for i in range(embeddings.shape[1])},
    )


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """Builders of segments and tables."""
    return SimpleNamespace(
        segments=segments, extraction=extraction, voice=voice, face=face, words=words
    )


@pytest.fixture(scope="session")
def settings() -> DictConfig:
    """The shipped settings of the inconsistency stage."""
    loaded = OmegaConf.load(CONF)
    assert isinstance(loaded, DictConfig)
    return loaded


@pytest.fixture(scope="session")
def component(settings: DictConfig) -> CrossModalInconsistency:
    """The component that the shipped settings build."""
    built = build(settings)
    assert isinstance(built, CrossModalInconsistency)
    return built


@pytest.fixture(scope="session")
def coefficients(component: CrossModalInconsistency) -> Floats:
    """Coefficients of the shipped affect head, shape (384, 3)."""
    reader = component.readers["text"]
    return load_head(reader.weights, reader.weights_sha256).coefficients
