"""Places of words in time: measured where words have times, else by characters."""

from dataclasses import replace

import numpy as np
import pytest
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.features.text.word_places import WordPlaces
from clinic.records import Role, Segment, Transcript, Utterance, Word

TEXT = "So, um, I want to go, but I can not now."


@pytest.fixture(scope="module")
def places() -> WordPlaces:
    built = build(OmegaConf.load(conf_folder() / "features" / "word_places.yaml").word_places)
    assert isinstance(built, WordPlaces)
    return built


def timed(recording, text: str, start_s: float):
    """Put word times, 1 s apart, into the transcript."""
    words = tuple(
        Word(start_s=start_s + i, end_s=start_s + i + 0.5, text=word)
        for i, word in enumerate(text.split())
    )
    said = Utterance(
        start_s=start_s, end_s=start_s + len(words), speaker=Role.PARTICIPANT, text=text,
        words=words,
    )  # fmt: skip
    transcript = Transcript(
        utterances=(said,), source_format="test", has_speakers=True, sha256="0" * 64
    )
    return replace(recording, transcript=transcript)


def made(spoken, *texts: str, language: str = "en"):
    recording, segments = spoken(*texts, language=language)
    return recording, segments


def test_without_word_times_a_place_is_the_share_of_characters(places, spoken) -> None:
    recording, (segment,) = made(spoken, TEXT)
    row = places.extract(recording, [segment]).segments.values[0]
    for place, word in ((row[0], "but"), (row[1], "um")):
        share = TEXT.index(word) / len(TEXT)
        assert place == pytest.approx(segment.start_s + share * segment.duration_s)
    assert row[2] == 0.0


def test_with_word_times_a_place_is_that_of_the_word(places, spoken) -> None:
    recording, _ = made(spoken, TEXT)
    segment = Segment(
        index=0, start_s=20.0, end_s=32.0, speaker=Role.PARTICIPANT, origin="utterance", text=TEXT
    )
    row = places.extract(timed(recording, TEXT, 20.0), [segment]).segments.values[0]
    assert row.tolist() == [26.0, 21.0, 1.0]


def test_times_of_other_words_are_not_taken(places, spoken) -> None:
    recording, _ = made(spoken, TEXT)
    segment = Segment(
        index=0, start_s=20.0, end_s=32.0, speaker=Role.PARTICIPANT, origin="utterance",
        text=TEXT.replace("go", "leave"),
    )  # fmt: skip
    row = places.extract(timed(recording, TEXT, 20.0), [segment]).segments.values[0]
    assert row[2] == 0.0


def test_no_such_word_has_no_place(places, spoken) -> None:
    recording, segments = made(spoken, "I go there every day.")
    row = places.extract(recording, segments).segments.values[0]
    assert np.isnan(row[:2]).all()


def test_another_language_is_not_placed(places, spoken) -> None:
    recording, segments = made(spoken, TEXT, language="fr")
    assert np.isnan(places.extract(recording, segments).segments.values).all()
