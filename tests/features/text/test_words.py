"""Words, phrases and restarts: counted by hand, and properties that hold for any text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.features.text.disfluency import restarts
from clinic.features.text.words import PhraseFinder, sentence_ends, words_of

WORDS = st.lists(st.sampled_from(["a", "b", "c", "i", "no"]), max_size=30)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I don’t know.", ["i", "don't", "know"]),
        ("wa- want to", ["wa-", "want", "to"]),
        ("well-being -- and so", ["well-being", "and", "so"]),
        ("[laughs] yes <NOISE> (inaudible) no", ["yes", "no"]),
        ("(I think)", ["i", "think"]),
        ("25 mg, twice/day", ["25", "mg", "twice", "day"]),
        ("  ... ?! ", []),
        ("Übel, naïve, été", ["übel", "naïve", "été"]),
    ],
)
def test_words_by_hand(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text(max_size=200))
def test_any_text_is_cut_without_fuss(text: str) -> None:
    words = words_of(text)
    assert all(word and not word.isspace() for word in words)
    assert len(sentence_ends(text)) <= len(text)


def test_sentence_ends() -> None:
    assert sentence_ends("Is it? Yes. No... Really?!") == ["?", ".", ".", "?"]
    assert sentence_ends("no mark") == []


def test_longer_phrases_win_and_no_word_counts_twice() -> None:
    finder = PhraseFinder(["not sure", "sure", "not", "hop*"])
    assert finder.find(["i", "am", "not", "sure", "sure", "hoping"]) == [(2, 4), (4, 5), (5, 6)]


@given(words=WORDS, entries=st.sets(st.sampled_from(["a", "a b", "a b c", "no", "i*"])))
def test_found_runs_are_entries_in_order_and_apart(words: list[str], entries: set[str]) -> None:
    runs = PhraseFinder(entries).find(words)
    for first, last in runs:
        said = " ".join(words[first:last])
        assert said in entries or any(e.endswith("*") and said.startswith(e[:-1]) for e in entries)
    assert all(before[1] <= after[0] for before, after in pairwise(runs))


@pytest.mark.parametrize(
    ("said", "n"),
    [
        ("i i went home", 1),
        ("i was i was there", 1),
        ("i i i went", 2),
        ("wa- want", 1),
        ("it was ver-", 1),
        ("very very good", 0),
        ("no no i had had it", 0),
        ("one two three", 0),
        ("", 0),
    ],
)
def test_restarts_by_hand(said: str, n: int) -> None:
    assert restarts(said.split(), never={"very", "no", "had"}) == n


@given(WORDS)
def test_restarts_never_exceed_words(words: list[str]) -> None:
    assert 0 <= restarts(words, never={"no"}) <= max(0, len(words) - 1)
