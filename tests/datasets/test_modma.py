"""MODMA: the table of subjects decides; other questionnaires never become attributes."""

import pytest

from clinic.config import build, compose
from clinic.datasets.corpus import FindingKind
from clinic.errors import SetupError
from clinic.records import Condition
from made_up_corpora import MODMA_SUBJECTS, write_modma

SHEET = "audio_lanzhou_2015/subjects_information_audio_lanzhou_2015.xlsx"


def corpus_of(choice):
    return build(compose("data", [f"data={choice}"], values={"path": "unused"}).data)


@pytest.fixture(scope="module")
def corpus():
    return corpus_of("modma")


def said(reading, kind, subject=None):
    return [f.text for f in reading.findings if f.kind is kind and subject in (None, f.subject)]


def test_leading_zeros_that_a_spreadsheet_dropped_come_back(corpus, tmp_path):
    write_modma(tmp_path, n_answers=2)
    people = {i.participant_id for i in corpus.read(tmp_path).items}
    assert people == {f"modma-{str(subject).zfill(8)}" for subject, *_ in MODMA_SUBJECTS}


def test_diagnosis_and_questionnaire_are_two_choices_on_their_own_scales(corpus, tmp_path):
    write_modma(tmp_path, n_answers=1)
    by_type = [i.reference.scores[Condition.DEPRESSION] for i in corpus.read(tmp_path).items]
    totals = corpus_of("modma_phq9").read(tmp_path).items
    by_total = [i.reference.scores[Condition.DEPRESSION] for i in totals]
    assert by_type == [1, 1, 0, 0]
    assert by_total == [19, 23, 2, 0]


def test_no_other_questionnaire_gives_the_label_away(corpus, tmp_path):
    write_modma(tmp_path, n_answers=1)
    for item in corpus.read(tmp_path).items:
        assert set(item.reference.attributes) <= {"sex"}


def test_all_answers_of_a_subject_are_one_participant(corpus, tmp_path):
    write_modma(tmp_path, subjects=MODMA_SUBJECTS[:1])
    items = corpus.read(tmp_path).items
    assert len({i.recording_id for i in items}) == 29
    assert len({i.participant_id for i in items}) == 1


@pytest.mark.parametrize(("choice", "cell"), [("modma", "?"), ("modma_phq9", "x")])
def test_a_cell_without_a_label_leaves_the_score_open(tmp_path, choice, cell):
    row = (2010002, cell, cell, "F")
    write_modma(tmp_path, subjects=(row, *MODMA_SUBJECTS[1:]), n_answers=1)
    reading = corpus_of(choice).read(tmp_path)
    assert reading.items[0].reference.scores == {}
    assert said(reading, FindingKind.MISSING, "modma-02010002")


def test_a_total_off_the_questionnaire_is_no_score(tmp_path):
    write_modma(tmp_path, subjects=((2010002, "MDD", 28, "F"), *MODMA_SUBJECTS[1:]), n_answers=1)
    assert corpus_of("modma_phq9").read(tmp_path).items[0].reference.scores == {}


def test_missing_extra_and_repeated_subjects_are_each_said(corpus, tmp_path):
    write_modma(tmp_path, subjects=(*MODMA_SUBJECTS, ("02010002", "HC", 1, "M")), n_answers=29)
    base = tmp_path / "audio_lanzhou_2015"
    (base / "02010004").rename(base / "09999999")
    (base / "02020008" / "07.wav").rename(base / "02020008" / "noise.wav")
    reading = corpus.read(tmp_path)
    assert said(reading, FindingKind.MISSING, "modma-02010004")
    assert said(reading, FindingKind.EXTRA, "modma-09999999")
    assert said(reading, FindingKind.EXTRA, "modma-02020008")
    assert said(reading, FindingKind.MISSING, "modma-02020008") == ["28 of 29 answers are there"]
    assert said(reading, FindingKind.CONTRADICTION, "modma-02010002")
    assert reading.items[0].reference.scores == {Condition.DEPRESSION: 1.0}


def test_a_class_that_is_missing_is_said(corpus, tmp_path):
    write_modma(tmp_path, subjects=MODMA_SUBJECTS[:2], n_answers=1)
    texts = said(corpus.read(tmp_path), FindingKind.MISSING)
    assert any("all 2 labels at or above 1" in text for text in texts)


def test_no_table_a_broken_one_or_one_without_the_column_stops(corpus, tmp_path):
    with pytest.raises(SetupError, match="is not there"):
        corpus.read(tmp_path)
    write_modma(tmp_path, n_answers=1)
    with pytest.raises(SetupError, match="no column gad"):
        type(corpus)(depression=corpus.depression, column="gad", classes={}).read(tmp_path)
    (tmp_path / SHEET).write_bytes(b"PK not a workbook")
    with pytest.raises(SetupError, match=r"no \.xlsx"):
        corpus.read(tmp_path)
