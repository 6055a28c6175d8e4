"""Where an utterance turns: by hand, and what holds for any text."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.errors import SetupError
from clinic.features.text.clauses import Clauses
from clinic.features.text.contrast import ContrastFinder
from clinic.features.text.sentence_encoder import load_encoder
from clinic.features.text.words import placed_words, words_of

TEXT = st.text(alphabet="abut .,?!'-<>[]x ", max_size=80)


def finder(*, least: int = 3, most: int = 10) -> ContrastFinder:
    return ContrastFinder(
        joining=["but", "on the other hand"],
        opening=["although"],
        unless=["nothing but"],
        min_side_words=least,
        max_side_words=most,
    )


@pytest.fixture(scope="module")
def clauses() -> Clauses:
    built = build(OmegaConf.load(conf_folder() / "features" / "clauses.yaml").clauses)
    assert isinstance(built, Clauses)
    return built


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("I want to stop, but it calms me down.", "I want to stop", "it calms me down"),
        ("I would like that. But I can not.", "I would like that", "I can not"),
        ("Although I want to, it is hard.", "I want to", "it is hard"),
        ("It is hard, although I want to.", "It is hard", "I want to"),
        ("We ate here. I like it, but not today, um. Bye.", "I like it", "not today, um"),
        ("One two three, on the other hand four five six", "One two three", "four five six"),
    ],
)
def test_sides_by_hand(text: str, first: str, second: str) -> None:
    found = finder().find(text)
    assert found is not None
    assert (found.first, found.second) == (first, second)


@pytest.mark.parametrize(
    "text",
    [
        "It has always been nothing but trouble for us.",
        "But I can not do it.",
        "I want to, but no.",
        "Although I want to it is hard.",
        "I button my coat and we go.",
        "",
    ],
)
def test_no_contrast_or_too_little_on_a_side(text: str) -> None:
    assert finder().find(text) is None


def test_a_contrast_behind_a_barred_one_is_found() -> None:
    found = finder().find("It has always been nothing but trouble here, but now it is better.")
    assert found is not None
    assert found.second == "now it is better"


def test_only_the_words_next_to_the_contrast_are_taken() -> None:
    found = finder(most=3).find("a b c d e f but g h i j k")
    assert found is not None
    assert (found.first, found.second) == ("d e f", "g h i")


@given(TEXT)
def test_sides_are_words_of_the_text_around_the_contrast(text: str) -> None:
    found = finder(least=1, most=4).find(text)
    words = words_of(text)
    if found is None:
        return
    for side in (found.first, found.second):
        said = words_of(side)
        assert 1 <= len(said) <= 4
        assert any(words[i : i + len(said)] == said for i in range(len(words)))
    assert words[found.at_word] == "but"


@given(TEXT)
def test_words_stand_where_they_are_said_to_stand(text: str) -> None:
    for placed in placed_words(text):
        assert text[placed.first : placed.last].lower() == placed.word


def test_settings_without_a_word_or_with_crossed_lengths_are_refused() -> None:
    with pytest.raises(SetupError, match="joining"):
        ContrastFinder(joining=[], opening=[], unless=[], min_side_words=1, max_side_words=2)
    with pytest.raises(SetupError, match="max_side_words"):
        finder(least=5, most=4)


def test_a_side_is_embedded_as_a_sentence_of_its_own_would_be(
    clauses: Clauses, spoken: Callable[..., object]
) -> None:
    recording, segments = spoken("I want to stop, but it calms me down.", "No contrast in here.")
    table = clauses.extract(recording, segments).segments
    encoder = load_encoder(clauses._embedding._folder.folder)
    expected, _ = encoder.encode(["I want to stop", "it calms me down"], batch_size=1, n_threads=1)
    assert np.allclose(table.values[0].reshape(2, -1), expected, atol=1e-5)
    assert np.isnan(table.values[1]).all()
    assert table.coverage.tolist() == [1.0, 0.0]


def test_another_language_is_not_read(clauses: Clauses, spoken: Callable[..., object]) -> None:
    recording, segments = spoken("I want to stop, but it calms me down.", language="de")
    table = clauses.extract(recording, segments).segments
    assert np.isnan(table.values).all()
    assert any("the language is de" in note for note in table.notes)
