"""The heads of the words as they ship: plain sentences, real ratings, cards."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clinic.config import build, compose
from clinic.inconsistency import SentenceAffect
from clinic.inconsistency.heads.dense_head import WEIGHTS_FOLDER, load_dense_head
from clinic.inconsistency.readers.emotions import EMOTION_COLUMNS
from clinic.inconsistency.training.agreement import pearson
from clinic.inconsistency.training.emobank import read_emobank
from clinic.inconsistency.training.encoding import encode_texts
from clinic.inconsistency.training.goemotions import read_goemotions
from clinic.inconsistency.training.rated_texts import without_repeats
from clinic.records import FeatureTable
from clinic.validation.words.data import as_recording


@pytest.fixture(scope="module")
def reader() -> SentenceAffect:
    settings = compose("extract", values={"input": "in", "out": "out"})
    built = build(settings.inconsistency.readers.text)
    assert isinstance(built, SentenceAffect)
    return built


@pytest.fixture(scope="module")
def read(reader: SentenceAffect) -> Any:
    def of(*texts: str) -> FeatureTable:
        encoded = encode_texts(texts, encoder="all_minilm_l6_v2", encoder_sha256=None)
        segments, extraction = as_recording(texts, encoded, table=reader.table)
        return reader.read(segments, [extraction])

    return of


def test_plain_sentences_are_as_pleasant_as_they_sound(read) -> None:
    valence = read(
        "I love my garden, it makes me happy.",
        "We had a wonderful holiday together.",
        "My mother died and I feel terrible.",
        "Everything hurts and nothing helps.",
    ).column("valence")
    assert valence[:2].min() > valence[2:].max() + 0.5


@pytest.mark.parametrize(
    ("text", "strong", "weak"),
    [
        ("I love this wonderful day with my friends.", "joy", "sadness"),
        ("I feel so sad and lonely since she died.", "sadness", "joy"),
        ("I am so angry at him, I hate that idiot.", "anger", "joy"),
        ("I am terrified, I was so scared of the dark.", "fear", "joy"),
        ("That is disgusting and gross, it makes me sick.", "disgust", "joy"),
        ("The train to the city leaves at nine.", "neutral", "anger"),
    ],
)
def test_plain_sentences_have_the_emotion_they_name(read, text, strong, weak) -> None:
    table = read(text)
    six = {name: float(table.column(name)[0]) for name in EMOTION_COLUMNS}
    assert sum(six.values()) == pytest.approx(1.0)
    assert six[f"emotion_{strong}"] > six[f"emotion_{weak}"]
    assert six[f"emotion_{strong}"] == max(
        value for name, value in six.items() if name != "emotion_neutral" or strong == "neutral"
    )


def test_an_embedding_is_the_one_of_the_features_stage() -> None:
    from clinic.features.text.encoder_folder import find_encoder
    from clinic.features.text.sentence_embedding import SentenceEmbedding

    encoded = encode_texts(["I was there.", "No."], encoder="all_minilm_l6_v2", encoder_sha256=None)
    stage = SentenceEmbedding(encoder="all_minilm_l6_v2", encoder_sha256=None, languages=["en"])
    assert encoded.columns == tuple(spec.name for spec in stage.specs())
    assert encoded.encoder_sha256 == find_encoder("all_minilm_l6_v2", None).sha256
    np.testing.assert_allclose(np.linalg.norm(encoded.values, axis=1), 1.0)


def test_agreement_with_readers_is_what_the_card_promises(shared_data: Path, read) -> None:
    """Every fourth test sentence: the card's interval, widened to twice its width."""
    rated = read_emobank(shared_data / "emobank")
    rows = rated.in_split("test")[::4]
    valence = read(*(rated.texts[row] for row in rows)).column("valence")
    known = np.isfinite(valence)
    assert 0.5 < pearson(valence[known], rated.targets[rows, 0][known]) < 0.72


@pytest.mark.parametrize("name", ["dimensions", "emotions"])
def test_the_card_names_the_shipped_file_its_licence_and_its_data(reader, name) -> None:
    file, sha256 = getattr(reader, name), getattr(reader, f"{name}_sha256")
    head = load_dense_head(file, sha256)
    card = (WEIGHTS_FOLDER / f"{file}.md").read_text("utf-8")
    assert f"SHA-256 `{sha256}`" in card
    assert str(head.card["licence"]) in card
    assert str(head.card["data"]) in card
    assert str(head.card["encoder_sha256"]) in card
    assert (WEIGHTS_FOLDER / f"{file}.safetensors").stat().st_size < 600_000


def test_emobank_has_its_official_splits_and_few_copies(shared_data: Path) -> None:
    rated = read_emobank(shared_data / "emobank")
    assert [len(rated.in_split(s)) for s in ("train", "dev", "test")] == [8062, 1000, 1000]
    assert ((rated.targets >= 1) & (rated.targets <= 5)).all()
    assert without_repeats(rated)[1] == {"train": 78, "dev": 9}
    # By the checkout's description: readers and writers correlate like this.
    found = [pearson(rated.targets[:, i], rated.targets[:, i + 3]) for i in range(3)]
    assert found == pytest.approx([0.661, 0.296, 0.224], abs=0.0006)


def test_goemotions_has_its_official_splits_and_vocabularies(shared_data: Path) -> None:
    rated = read_goemotions(shared_data / "goemotions")
    assert [len(rated.in_split(s)) for s in ("train", "dev", "test")] == [43410, 5426, 5427]
    names = [name.split("_")[0] for name in rated.outputs]
    assert [names.count(t) for t in ("original", "ekman", "group")] == [28, 7, 4]
    marks = dict(zip(rated.outputs, rated.targets.T, strict=True))
    # Ekman's anger is GoEmotions' anger, annoyance or disapproval.
    anger = np.maximum.reduce(
        [marks[f"original_{e}"] for e in ("anger", "annoyance", "disapproval")]
    )
    np.testing.assert_array_equal(anger, marks["ekman_anger"])
    np.testing.assert_array_equal(marks["original_neutral"], marks["group_neutral"])
