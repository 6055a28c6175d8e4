"""Lexical shares, with the lists that are shipped."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.errors import SetupError
from clinic.features.text.lexical import LexicalCounts, moving_average_type_token_ratio
from clinic.features.text.word_list import WordList
from clinic.records import FeatureTable, Recording, Segment

Spoken = Callable[..., tuple[Recording, list[Segment]]]

#: Al-Mosaiwi & Johnstone (2018), table 1.
ABSOLUTIST = {
    "absolutely", "all", "always", "complete", "completely", "constant", "constantly",
    "definitely", "entire", "ever", "every", "everyone", "everything", "full", "must", "never",
    "nothing", "totally", "whole",
}  # fmt: skip


@pytest.fixture(scope="module")
def lexical() -> LexicalCounts:
    config: Any = OmegaConf.load(conf_folder() / "features" / "lexical.yaml")
    component = build(config.lexical)
    assert isinstance(component, LexicalCounts)
    return component


def measured(lexical: LexicalCounts, spoken: Spoken, *texts: str | None) -> FeatureTable:
    return lexical.extract(*spoken(*texts)).segments


@pytest.mark.parametrize(
    ("text", "column", "n"),
    [
        ("I'm tired and my head hurts, poor me", "first_person_singular", 3),
        ("it is always the same, nothing ever helps", "absolutist_words", 3),
        ("I don't know, I can't, not now, never", "negations", 4),
        ("um I was, uh, there, erm, yes", "filled_pauses", 3),
        ("I mean it was, you know, fine", "discourse_markers", 4),
        ("maybe it was sort of bad I guess", "hedges", 5),
        ("it helps but on the other hand it hurts", "contrast_words", 5),
        ("I want to stop and I need to", "change_words", 4),
        ("I don't want to stop today", "sustain_words", 3),
        ("I don't want to stop today", "change_words", 0),
        ("the train leaves at nine", "first_person_singular", 0),
    ],
)
def test_shares_by_hand(
    text: str, column: str, n: int, lexical: LexicalCounts, spoken: Spoken
) -> None:
    table = measured(lexical, spoken, text)
    n_words = table.column("n_words")[0]
    assert n_words == len(text.split())
    assert table.column(column)[0] == pytest.approx(n / n_words)


def test_the_absolutist_list_is_the_published_one(lexical: LexicalCounts) -> None:
    assert set(lexical.lists["absolutist_words"].entries) == ABSOLUTIST


@pytest.mark.parametrize(
    ("text", "is_torn"),
    [
        ("I want to stop but it is hard", True),
        ("but I want to stop right now", False),
        ("I don't want to stop but fine", False),
        ("I should go and I will", False),
    ],
)
def test_a_wish_taken_back(
    text: str, is_torn: bool, lexical: LexicalCounts, spoken: Spoken
) -> None:
    table = measured(lexical, spoken, text)
    assert table.column("wish_then_contrast")[0] == is_torn


def test_style_leaves_fillers_out(lexical: LexicalCounts, spoken: Spoken) -> None:
    table = measured(lexical, spoken, "I um I went you know home home today")
    assert table.column("restart_share")[0] == pytest.approx(2 / 9)
    assert table.column("word_length")[0] == pytest.approx((1 + 1 + 4 + 4 + 4 + 5) / 6)


def test_questions_are_a_share_of_sentences(lexical: LexicalCounts, spoken: Spoken) -> None:
    table = measured(
        lexical, spoken, "Why would I? It is fine. So what now?", "no mark at all here"
    )
    assert table.column("question_share")[0] == pytest.approx(2 / 3)
    assert np.isnan(table.column("question_share")[1])


def test_too_few_words_have_a_number_but_no_shares(lexical: LexicalCounts, spoken: Spoken) -> None:
    table = measured(lexical, spoken, "I never know", None, "", "[laughs]")
    assert table.column("n_words")[0] == 3
    assert np.isnan(table.values[0, 1:]).all()
    assert np.isnan(table.values[1:]).all()
    np.testing.assert_array_equal(table.coverage, [1, 0, 0, 0])


def test_another_language_is_not_measured(lexical: LexicalCounts, spoken: Spoken) -> None:
    table = lexical.extract(*spoken("je ne sais pas quoi dire", language="fr-CA")).segments
    assert np.isnan(table.values).all()
    assert table.notes == (
        "the language is fr; words are read in en only, so they were not measured (languages)",
    )


def test_unstated_language_is_read_and_said(lexical: LexicalCounts, spoken: Spoken) -> None:
    table = lexical.extract(*spoken("I do not know at all", language=None)).segments
    assert np.isfinite(table.values[0]).any()
    assert "language not stated" in table.notes[0]


@given(text=st.text(alphabet="abim ntu'-.?! ", max_size=120))
def test_any_text_stays_in_range(text: str, lexical: LexicalCounts, spoken: Spoken) -> None:
    # The table refuses values out of range by itself.
    assert measured(lexical, spoken, text).n_rows == 1


@given(words=st.lists(st.sampled_from("abcdef"), min_size=5, max_size=40))
def test_variety_of_any_words(words: list[str]) -> None:
    ratio = moving_average_type_token_ratio(words, 5)
    assert 1 / 5 <= ratio <= 1
    assert moving_average_type_token_ratio(["x"] * len(words), 5) == pytest.approx(1 / 5)


def test_variety_does_not_fall_with_length() -> None:
    text = ["a", "b", "c", "d"] * 5
    assert moving_average_type_token_ratio(text, 4) == 1.0
    assert np.isnan(moving_average_type_token_ratio(text[:3], 4))


def test_stamp_changes_with_a_list(lexical: LexicalCounts) -> None:
    from dataclasses import replace

    first = dict(lexical.lists)
    longer = replace(first["hedges"], entries=[*first["hedges"].entries, "kinda like"])
    other = replace(lexical, lists=first | {"hedges": longer})
    assert other.stamp().digest != lexical.stamp().digest


def test_every_list_has_a_source(lexical: LexicalCounts) -> None:
    for entry in lexical.lists.values():
        assert any(year.isdigit() for year in entry.source.replace("(", " ").split(")")[0].split())


def test_unknown_list_names_are_refused(lexical: LexicalCounts) -> None:
    from dataclasses import replace

    with pytest.raises(SetupError, match=r"'wishes' is unknown.*\(wish_list\)"):
        replace(lexical, wish_list="wishes")


@pytest.mark.parametrize("entry", ["Never", "", "two wor*", "a*b"])
def test_malformed_entries_are_refused(entry: str) -> None:
    with pytest.raises(SetupError, match="word list: entry"):
        WordList(entries=[entry], source="s", group="g", meaning="m")
