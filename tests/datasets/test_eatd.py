"""EATD: SDS raw total and index, three answers a volunteer, text without times."""

import pytest

from clinic.config import build, compose
from clinic.datasets.corpus import FindingKind
from clinic.errors import DataError, SetupError
from clinic.records import Condition
from made_up_corpora import write_eatd


@pytest.fixture(scope="module")
def corpus():
    return build(compose("data", ["data=eatd"], values={"path": "unused"}).data)


def said(reading, kind, subject=None):
    return [f.text for f in reading.findings if f.kind is kind and subject in (None, f.subject)]


def test_index_is_the_raw_total_times_one_and_a_quarter(corpus, tmp_path):
    totals = write_eatd(tmp_path)
    found = {
        i.participant_id: i.reference.scores[Condition.DEPRESSION]
        for i in corpus.read(tmp_path).items
    }
    assert found == {f"eatd-{k.replace('_', '-')}": v * 1.25 for k, v in totals.items()}


@pytest.mark.parametrize(("raw", "depressed"), [(42, 0), (43, 1)])
def test_the_cut_lies_at_an_index_of_53(corpus, tmp_path, raw, depressed):
    """42 x 1.25 = 52.5 lies below, 43 x 1.25 = 53.75 above."""
    write_eatd(tmp_path, raw={"t_1": raw})
    assert corpus.read(tmp_path).counts["train depressed"] == depressed


def test_the_unconfirmed_cut_is_said(corpus, tmp_path):
    write_eatd(tmp_path)
    assert any("not confirmed" in t for t in said(corpus.read(tmp_path), FindingKind.REPAIRED))


def test_three_answers_of_one_volunteer_are_one_participant_in_one_part(corpus, tmp_path):
    write_eatd(tmp_path)
    items = [i for i in corpus.read(tmp_path).items if i.participant_id == "eatd-v-2"]
    assert len({i.recording_id for i in items}) == 3
    assert {i.part for i in items} == {"validation"}


def test_numbered_folders_under_train_and_validation_do_not_mix_people(corpus, tmp_path):
    write_eatd(tmp_path / "train", raw={"t_1": 30})
    write_eatd(tmp_path / "validation", raw={"v_1": 60})
    (tmp_path / "train" / "t_1").rename(tmp_path / "train" / "1")
    (tmp_path / "validation" / "v_1").rename(tmp_path / "validation" / "1")
    items = corpus.read(tmp_path).items
    assert {(i.participant_id, i.part) for i in items} == {
        ("eatd-t-1", "train"),
        ("eatd-v-1", "validation"),
    }


def test_a_volunteer_in_both_layouts_is_read_once_and_said(corpus, tmp_path):
    write_eatd(tmp_path, raw={"t_1": 30, "v_1": 60})
    write_eatd(tmp_path / "train", raw={"t_1": 30})
    reading = corpus.read(tmp_path)
    assert len(reading.items) == 6
    assert said(reading, FindingKind.CONTRADICTION, "eatd-t-1-positive")


@pytest.mark.parametrize(
    ("label", "index", "score", "kind"),
    [
        ("40", "70", 70, FindingKind.CONTRADICTION),
        ("40", "nan", 50, FindingKind.REPAIRED),
        ("", "50", 50, FindingKind.MISSING),
        ("nan", "nan", None, FindingKind.MISSING),
        ("90", "112.5", None, FindingKind.MISSING),
        ("41", "51", 51, None),
    ],
)
def test_two_label_files_are_held_against_each_other(corpus, tmp_path, label, index, score, kind):
    write_eatd(tmp_path, raw={"t_1": 30, "v_1": 60})
    (tmp_path / "t_1" / "label.txt").write_text(label)
    (tmp_path / "t_1" / "new_label.txt").write_text(index)
    reading = corpus.read(tmp_path)
    assert reading.items[0].reference.scores.get(Condition.DEPRESSION) == score
    kinds = {f.kind for f in reading.findings if f.subject == "eatd-t-1"}
    assert kinds == ({kind} if kind else set())


def test_the_words_last_as_long_as_the_sound(corpus, tmp_path):
    write_eatd(tmp_path, duration_s=0.75)
    transcript = corpus.read(tmp_path).items[0].transcript()
    (turn,) = transcript.utterances
    assert (turn.start_s, turn.end_s) == (0.0, pytest.approx(0.75))
    assert transcript.participant_utterances == (turn,)


def test_damaged_sound_or_empty_words_fail_the_transcript(corpus, tmp_path):
    write_eatd(tmp_path)
    (tmp_path / "t_1" / "positive.wav").write_bytes(b"RIFF")
    (tmp_path / "t_1" / "negative.txt").write_text("  ")
    first, second, third = corpus.read(tmp_path).items[:3]
    with pytest.raises(DataError, match="no readable length"):
        first.transcript()
    with pytest.raises(DataError, match="empty"):
        second.transcript()
    assert third.transcript() is not None


def test_a_missing_answer_is_said(corpus, tmp_path):
    write_eatd(tmp_path)
    for name in ("positive.wav", "positive.txt"):
        (tmp_path / "t_1" / name).unlink()
    reading = corpus.read(tmp_path)
    assert len(reading.items) == 11
    assert len(said(reading, FindingKind.MISSING, "eatd-t-1-positive")) == 2


def test_another_folder_is_refused(corpus, tmp_path):
    (tmp_path / "v_x").mkdir()
    with pytest.raises(SetupError, match="no EATD folder"):
        corpus.read(tmp_path)
