"""What counts as a word of a segment."""

import dataclasses

import numpy as np
import pytest

from clinic.inconsistency.signals.tables import text_shortage, words_of_segment
from clinic.records import Role, Segment


def segment(text):
    return Segment(
        index=0, start_s=0.0, end_s=1.0, speaker=Role.PARTICIPANT, origin="utterance", text=text
    )


@pytest.mark.parametrize(
    ("text", "n_words"),
    [
        ("...", 0),
        ("... - — ?!", 0),
        ("___", 0),
        ("[laughs] <noise>", 0),
        ("Well - I'm, um, 42.", 4),
        ("ça va", 2),
        (None, 0),
    ],
)
def test_only_letters_and_digits_make_words(text, n_words):
    assert words_of_segment(segment(text)) == n_words


def test_a_transcript_of_dots_has_no_words(make):
    extractions = [make.voice(np.zeros(1))]
    table = extractions[0].segments.name
    state, why = text_shortage([segment("...")], extractions, table=table, min_words=3)
    assert state == "too_little"
    assert why == "No words: the transcript holds no letters or digits."


def test_words_not_read_for_their_language_are_withheld_with_that_reason(make):
    note = "the words do not look like English: not measured (languages)"
    extraction = make.voice(np.full(1, np.nan))
    table = dataclasses.replace(extraction.segments, coverage=np.zeros(1), notes=(note,))
    extractions = [dataclasses.replace(extraction, segments=table)]
    state, why = text_shortage(
        [segment("Ich weiß nicht so recht")], extractions, table=table.name, min_words=3
    )
    assert state == "withheld"
    assert note in why
