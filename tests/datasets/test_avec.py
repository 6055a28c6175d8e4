"""AVEC 2013 and 2014: person and session from the name, one BDI-II total per session."""

import pytest

from clinic.config import build, compose
from clinic.datasets.corpus import FindingKind
from clinic.errors import SetupError
from clinic.records import Condition
from made_up_corpora import AVEC_SESSIONS, write_avec


def corpus_of(year):
    return build(compose("data", [f"data=avec{year}"], values={"path": "unused"}).data)


@pytest.fixture(scope="module")
def corpus():
    return corpus_of(2014)


def said(reading, kind, subject=None):
    return [f.text for f in reading.findings if f.kind is kind and subject in (None, f.subject)]


def test_both_tasks_of_a_session_share_its_total(corpus, tmp_path):
    write_avec(tmp_path)
    for item in corpus.read(tmp_path).items:
        _, person, session, task = item.recording_id.split("-")
        part, total = AVEC_SESSIONS[f"{person}_{session}"]
        assert item.reference.scores == {Condition.DEPRESSION: total}
        assert item.part == {"dev": "validation"}.get(part, part)
        assert task in ("freeform", "northwind")


def test_a_person_is_the_same_in_both_sessions_and_both_years(corpus, tmp_path):
    write_avec(tmp_path / "a")
    write_avec(tmp_path / "b", year=2013)
    later, earlier = corpus.read(tmp_path / "a"), corpus_of(2013).read(tmp_path / "b")
    people = {"avec-203", "avec-207", "avec-310"}
    assert {i.participant_id for i in later.items} == people
    assert {i.participant_id for i in earlier.items} == people
    ids = [i.recording_id for i in (*later.items, *earlier.items)]
    assert len(set(ids)) == len(ids) == 12


def test_sound_of_a_task_does_not_count_beside_its_video(corpus, tmp_path):
    write_avec(tmp_path)
    (tmp_path / "train" / "203_1_Freeform_audio.wav").write_bytes(b"x")
    reading = corpus.read(tmp_path)
    assert len(reading.items) == 8
    assert all(item.media.suffix == ".mp4" for item in reading.items)
    assert reading.findings == ()


def test_a_person_in_two_parts_is_a_contradiction(corpus, tmp_path):
    write_avec(tmp_path, sessions={**AVEC_SESSIONS, "203_2": ("test", 8)})
    texts = said(corpus.read(tmp_path), FindingKind.CONTRADICTION, "avec-203")
    assert len(texts) == 1 and "test, train" in texts[0]


@pytest.mark.parametrize("content", ["nan", "64", "-1", "3,4", "", "x"])
def test_a_label_that_is_no_total_is_said_and_gives_no_score(corpus, tmp_path, content):
    write_avec(tmp_path)
    (tmp_path / "DepressionLabels" / "207_1_Depression.csv").write_text(content)
    reading = corpus.read(tmp_path)
    assert said(reading, FindingKind.UNREADABLE, "session 207_1")
    assert said(reading, FindingKind.MISSING, "session 207_1")
    (first, _) = [i for i in reading.items if i.participant_id == "avec-207"]
    assert first.reference.scores == {}


def test_missing_media_extra_media_and_two_totals_are_each_said(corpus, tmp_path):
    write_avec(tmp_path)
    (tmp_path / "DepressionLabels" / "999_1_Depression.csv").write_text("5")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "203_1_Depression.csv").write_text("4")
    (tmp_path / "test" / "holiday.mp4").write_bytes(b"x")
    reading = corpus.read(tmp_path)
    assert said(reading, FindingKind.MISSING, "session 999_1")
    assert said(reading, FindingKind.CONTRADICTION, "session 203_1")
    assert said(reading, FindingKind.EXTRA, "holiday.mp4")


def test_media_outside_the_official_folders_have_no_part(corpus, tmp_path):
    write_avec(tmp_path)
    (tmp_path / "test").rename(tmp_path / "loose")
    reading = corpus.read(tmp_path)
    assert [i.part for i in reading.items].count(None) == 2
    assert said(reading, FindingKind.MISSING, "parts")


def test_another_folder_is_refused(corpus, tmp_path):
    with pytest.raises(SetupError, match="no AVEC folder"):
        corpus.read(tmp_path)
