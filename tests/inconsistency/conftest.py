"""Tables with known content for tests of the inconsistency stage."""

import dataclasses
from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from omegaconf import DictConfig

from clinic.config import build, compose
from clinic.inconsistency import CrossModalInconsistency
from clinic.inconsistency.heads import DenseHead, load_dense_head
from clinic.inconsistency.readers.affect import absent_affect, find_table
from clinic.records import Extraction, FeatureSpec, FeatureTable, Modality, Role, Segment, Stamp

Floats = NDArray[np.float64]
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
            specs=tuple(_column(column) for column in columns),
            start_s=5.0 * np.arange(n),
            end_s=5.0 * np.arange(n) + 4.0,
            values=values,
            coverage=np.ones(n) if coverage is None else coverage,
            stamp=stamp,
        )
    )


def _column(name: str) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit="1",
        minimum=-np.inf,
        maximum=np.inf,
        source="test",
        group="test",
        meaning="test",
    )


#: Three columns make a voice for the rule; the learned heads want 71.
PROSODIC = "affect/voice@inconsistency.readers.voice=prosodic"
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class ColumnReader:
    """An affect reader that takes its columns as they stand in a table."""

    modality: Modality
    table: str
    floor: float = 0.05

    @property
    def floors(self) -> dict[str, float]:
        return dict.fromkeys(("valence", "arousal", "smile"), self.floor)

    def stamp(self) -> Stamp:
        return STAMP

    def read(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> FeatureTable:
        table = find_table(extractions, self.table)
        specs = tuple(_column(c) for c in ("valence", "arousal", "smile"))
        if table is None:
            return absent_affect(
                modality=self.modality,
                segments=segments,
                specs=specs,
                stamp=STAMP,
                note=f"Affect was not read: no {self.table} features.",
            )
        return dataclasses.replace(table, name=f"affect_{self.modality}")


@pytest.fixture(scope="session")
def plain(settings: DictConfig) -> CrossModalInconsistency:
    """The shipped measures and moments, with readers that take tables as they are."""
    return CrossModalInconsistency(
        readers={m: ColumnReader(modality=Modality(m), table=m) for m in ("text", "voice", "face")},
        baseline=build(settings.baseline),
        measures={name: build(measure) for name, measure in settings.measures.items()},
        summary=build(settings.summary),
        moments=build(settings.moments),
        languages={"text": ["en"]},
    )


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """Builders of segments and tables."""
    return SimpleNamespace(
        segments=segments, extraction=extraction, voice=voice, face=face, words=words
    )


@pytest.fixture(scope="session")
def settings(linear_head: DenseHead, tmp_path_factory: pytest.TempPathFactory) -> DictConfig:
    """The shipped settings of the inconsistency stage, with a head of the words that is linear.

    Embeddings with a known reading can be made for a linear head only.
    """
    composed = compose("extract", [PROSODIC], values={"input": "in", "out": "out"}).inconsistency
    assert isinstance(composed, DictConfig)
    file = tmp_path_factory.mktemp("head") / "linear.safetensors"
    composed.readers.text.dimensions_sha256 = linear_head.write(file)
    composed.readers.text.dimensions = str(file)
    return composed


@pytest.fixture(scope="session")
def component(settings: DictConfig) -> CrossModalInconsistency:
    """The component that these settings build."""
    built = build(settings)
    assert isinstance(built, CrossModalInconsistency)
    return built


@pytest.fixture(scope="session")
def linear_head() -> DenseHead:
    """A head of the words with random coefficients and the answers of the shipped one."""
    text = compose("extract", values={"input": "in", "out": "out"}).inconsistency.readers.text
    shipped = load_dense_head(text.dimensions, text.dimensions_sha256)
    shape = (len(shipped.inputs), len(shipped.outputs))
    weights = np.random.default_rng(3).normal(size=shape)
    return dataclasses.replace(
        shipped,
        centre=np.zeros(shape[0]),
        scale=np.ones(shape[0]),
        layers=((weights, np.full(shape[1], 3.0)),),
    )


@pytest.fixture(scope="session")
def coefficients(linear_head: DenseHead) -> Floats:
    """Coefficients of that head for readers' valence, arousal and dominance, shape (384, 3)."""
    return linear_head.layers[0][0][:, :3]
