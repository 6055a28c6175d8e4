"""The studies of hesitation and of conflict within the words, on the open data."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.config import build, compose
from clinic.features.text.words import PhraseFinder, words_of
from clinic.validation.hesitation.data import read_consultations, without_fillers
from clinic.validation.hesitation.study import FillersUnseen
from clinic.validation.sarcasm.data import read_lines
from clinic.validation.sarcasm.study import WithinTheWords

FILLERS = ["um", "uh", "er"]


def study(name, kind):
    made = build(compose("validate", values={"data": "d", "out": "o"}).studies[name])
    assert isinstance(made, kind)
    return made


@given(
    st.lists(st.sampled_from(["um", "Uh,", "I", "went", "home,", "er.", "umbrella"]), max_size=12)
)
def test_no_filler_is_left_and_no_other_word_lost(parts):
    text = " ".join(parts)
    left, n_cut = without_fillers(text, PhraseFinder(FILLERS))
    assert words_of(left) == [word for word in words_of(text) if word not in FILLERS]
    assert n_cut == len(words_of(text)) - len(words_of(left))


def test_the_signal_sees_neither_a_filler_nor_a_rate_that_betrays_one(shared_data):
    hesitation = study("hesitation", FillersUnseen)
    said = read_consultations(
        shared_data / "primock57",
        hesitation.transcripts,
        participant="patient",
        fillers=hesitation.fillers,
    )[:3]
    rows = hesitation._rows(said)
    names = list(hesitation.hesitancy.signs)
    assert (rows.signs[:, names.index("filled_pauses")] == 0).all()
    assert np.isnan(rows.signs[:, names.index("rate")]).all()
    assert np.isnan(rows.signs[:, names.index("pauses")]).all()
    assert rows.has_filler.any()
    assert not rows.has_filler.all()


def test_fillers_counted_agree_with_a_plain_search_of_the_files(shared_data):
    hesitation = study("hesitation", FillersUnseen)
    folder = shared_data / "primock57"
    first = read_consultations(
        folder, hesitation.transcripts, participant="patient", fillers=hesitation.fillers
    )[0]
    text = (folder / "transcripts" / f"{first.name}_patient.TextGrid").read_text().lower()
    spelt = "|".join(hesitation.fillers)
    plain = re.findall(rf"(?<![\w'-])(?:{spelt})(?![\w'-])", text)
    assert len(plain) > 20
    assert first.n_fillers.sum() == len(plain)


def test_mustard_is_balanced_and_holds_the_speaker_own_lines(shared_data):
    lines = read_lines(shared_data / "mustard")
    assert len(lines.texts) == 690
    assert lines.is_sarcastic.sum() == 345
    items = json.loads((shared_data / "mustard" / "data" / "sarcasm_data.json").read_text())
    first = next(iter(items.values()))
    assert lines.before[0] == ("My apologies. What's your plan?",)
    assert first["context_speakers"][1] == first["speaker"]


def test_scenes_are_read_apart(shared_data):
    sarcasm = study("sarcasm", WithinTheWords)
    turning = "I want to go and I plan to do it now"
    other = "I can't do it and I won't even try now"
    together = sarcasm._columns([(turning, other), (other,)])
    assert together["stance_shift"][0] > 0
    assert np.isnan(together["stance_shift"][1])
    assert together["two_sided"] == pytest.approx([0.0, 0.0])
