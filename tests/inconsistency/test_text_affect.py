"""The reader of the words: what it reads, and when it says nothing."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from clinic.errors import SetupError
from clinic.inconsistency import SentenceAffect
from clinic.inconsistency.heads import DenseHead
from clinic.inconsistency.readers.emotions import EMOTION_COLUMNS
from clinic.inconsistency.readers.text_emotions import EKMAN
from clinic.records import Modality, Segment, Stamp

ENCODER = "e" * 64
STAMP = Stamp(component="tests.builders", version="tests 0", settings={})
DIMENSIONS = ("valence", "arousal", "dominance")
OUTPUTS = tuple(f"{who}_{what}" for who in ("reader", "writer") for what in DIMENSIONS)


def write(folder: Path, name: str, outputs: tuple[str, ...], link: str, **card) -> tuple[str, str]:
    """Write a head of three inputs whose answer i is input i % 3, plus i // 3."""
    weights = np.eye(3)[:, [i % 3 for i in range(len(outputs))]]
    head = DenseHead(
        inputs=("embedding_000", "embedding_001", "embedding_002"),
        outputs=outputs,
        link=link,
        centre=np.zeros(3),
        scale=np.ones(3),
        layers=((weights, np.arange(len(outputs)) // 3 * 1.0),),
        card={"encoder_sha256": ENCODER, "licence": "made up", **card},
    )
    file = folder / f"{name}.safetensors"
    return str(file), head.write(file)


@pytest.fixture
def reader(tmp_path: Path) -> SentenceAffect:
    dimensions, dimensions_sha256 = write(tmp_path, "dimensions", OUTPUTS, "identity")
    emotions, emotions_sha256 = write(
        tmp_path, "emotions", tuple(f"ekman_{e}" for e in EKMAN), "sigmoid", temperature=1.0
    )
    return SentenceAffect(
        table="sentence_embedding",
        dimensions=dimensions,
        dimensions_sha256=dimensions_sha256,
        emotions=emotions,
        emotions_sha256=emotions_sha256,
        perspective="reader",
        min_words=3,
        least_mass=0.5,
        floor=0.1,
    )


VALUES = np.array([[1.0, 2.0, 3.0], [0.1, 0.2, 0.3], [-1.0, 0.5, 0.0], [0.0, 0.0, 0.0]])


def spoken(make, *, sha256: str | None = ENCODER, n_columns: int = 3, values=VALUES):
    stamp = dataclasses.replace(STAMP, weights_sha256=sha256)
    # Columns in another order than the head's: they are found by name.
    return make.extraction(
        "sentence_embedding",
        Modality.TEXT,
        {f"embedding_{i:03d}": values[:, i] for i in reversed(range(n_columns))},
        stamp=stamp,
    )


def said(make, *texts: str | None) -> tuple[Segment, ...]:
    segments = make.segments(len(texts))
    return tuple(dataclasses.replace(s, text=t) for s, t in zip(segments, texts, strict=True))


@pytest.fixture
def segments(make) -> tuple[Segment, ...]:
    return said(make, "these are words", "mm-hm yes", "three plain words", None)


def test_answers_come_from_the_columns_the_head_names(reader, make, segments) -> None:
    table = reader.read(segments, [spoken(make)])
    for i, name in enumerate(DIMENSIONS):
        np.testing.assert_allclose(table.column(name)[[0, 2]], VALUES[[0, 2], i])


def test_the_perspective_chooses_the_answers(reader, make, segments) -> None:
    writer = dataclasses.replace(reader, perspective="writer")
    table = writer.read(segments, [spoken(make)])
    assert table.column("valence")[0] == pytest.approx(VALUES[0, 0] + 1.0)
    with pytest.raises(SetupError, match="listener_valence"):
        dataclasses.replace(reader, perspective="listener")


def test_emotions_of_an_utterance_sum_to_one(reader, make, segments) -> None:
    table = reader.read(segments, [spoken(make)])
    six = np.column_stack([table.column(name) for name in EMOTION_COLUMNS])
    np.testing.assert_allclose(six[[0, 2]].sum(axis=1), 1.0)
    # By hand for the first: sigmoids of 1, 2, 3 and of 2, 3, 4; surprise (3) is left out.
    odds = 1 / (1 + np.exp(-np.array([1.0, 2, 3, 2, 3, 4])))
    np.testing.assert_allclose(six[0], odds / odds.sum())


def test_too_few_words_and_no_words_are_not_read(reader, make, segments) -> None:
    table = reader.read(segments, [spoken(make)])
    assert np.isnan(table.values[[1, 3]]).all()
    np.testing.assert_array_equal(table.coverage, [1, 0, 1, 0])


def test_an_embedding_that_is_not_there_is_not_read(reader, make) -> None:
    values = np.where(np.arange(4)[:, None] == 2, np.nan, VALUES)
    table = reader.read(said(make, *["these are words"] * 4), [spoken(make, values=values)])
    assert np.isnan(table.values[2]).all()
    assert np.isfinite(table.values[[0, 1, 3]]).all()


def test_words_that_mostly_surprise_have_valence_but_no_emotions(reader, make, segments) -> None:
    strict = dataclasses.replace(reader, least_mass=0.99)
    table = strict.read(segments, [spoken(make)])
    assert np.isfinite(table.column("valence")[0])
    assert np.isnan([table.column(name)[0] for name in EMOTION_COLUMNS]).all()


@pytest.mark.parametrize(
    ("sha256", "said_why"),
    [("f" * 64, "trained on encoder eeeeeeeeeeee, sentence_embedding was made by ffffffffffff")],
)
def test_another_encoder_is_not_read_and_the_note_says_why(
    reader, make, segments, sha256, said_why
) -> None:
    table = reader.read(segments, [spoken(make, sha256=sha256)])
    assert np.isnan(table.values).all()
    assert table.coverage.sum() == 0
    assert said_why in table.notes[0]


def test_no_embeddings_are_no_reading(reader, make, segments) -> None:
    table = reader.read(segments, [])
    assert np.isnan(table.values).all()
    assert "no sentence_embedding features" in table.notes[0]


def test_no_segments_give_an_empty_table(reader, make) -> None:
    assert reader.read((), [spoken(make, values=VALUES[:0])]).values.shape == (0, 9)


def test_a_missing_column_stops_the_run(reader, make, segments) -> None:
    with pytest.raises(SetupError, match="no column embedding_002, 3 needed"):
        reader.read(segments, [spoken(make, n_columns=2)])


def test_heads_of_different_encoders_are_refused(reader, tmp_path: Path) -> None:
    other, sha256 = write(tmp_path, "other", OUTPUTS, "identity", encoder_sha256="d" * 64)
    with pytest.raises(SetupError, match="different encoders"):
        dataclasses.replace(reader, dimensions=other, dimensions_sha256=sha256)


def test_a_changed_head_is_refused(reader) -> None:
    with pytest.raises(SetupError, match="weights_sha256"):
        dataclasses.replace(reader, emotions_sha256="0" * 64)


def test_the_stamp_names_both_heads_and_their_licences(reader) -> None:
    stamp = reader.stamp()
    assert stamp.weights_sha256 == f"{reader.dimensions_sha256} {reader.emotions_sha256}"
    assert stamp.licence == "made up; made up"
