"""BAH: unquoted lists, tuples in YAML, ids without dates, frames joined to stretches."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.config import build, compose
from clinic.datasets.bah_files import DEFAULT_CLASSES, load_yaml, split_line, stretches
from clinic.datasets.bah_places import ids_of
from clinic.datasets.corpus import FindingKind
from clinic.errors import DataError, SetupError
from clinic.io.identifiers import identifying, recording_id_problem
from clinic.records import Condition
from made_up_corpora import SENTENCES, bah_name, write_bah


@pytest.fixture(scope="module")
def corpus():
    return build(compose("data", ["data=bah"], values={"path": "unused"}).data)


@pytest.fixture
def root(tmp_path):
    write_bah(tmp_path)
    return tmp_path


def said(reading, kind, subject=None):
    return [f.text for f in reading.findings if f.kind is kind and subject in (None, f.subject)]


def item_of(reading, name):
    found = [i for i in reading.items if i.media is not None and i.media.stem == name]
    assert len(found) == 1
    return found[0]


def test_parts_and_labels_are_those_of_the_lists(corpus, tmp_path):
    truth = write_bah(tmp_path)
    reading = corpus.read(tmp_path)
    for name, (part, label) in truth.items():
        item = item_of(reading, name)
        assert item.part == {"val": "validation"}.get(part, part)
        assert item.reference.scores == {Condition.AMBIVALENCE: label}


def test_commas_in_the_words_and_spaces_in_the_path_are_kept():
    line = split_line("Videos/p 1/Visite_1/a b.mp4,No A-H,well, yes, no\n", DEFAULT_CLASSES)
    assert (line.path, line.label) == ("Videos/p 1/Visite_1/a b.mp4", 0)
    assert line.transcript == "well, yes, no"


@pytest.mark.parametrize(
    ("rest", "label", "words"),
    [
        ("", None, ""),
        (",well, yes", None, "well, yes"),
        (",,well, yes", None, "well, yes"),
        (",-1,well", None, "well"),
        (",1", 1, ""),
        (",with a-h,One, two", 1, "One, two"),
        (",no, I did", None, "no, I did"),
    ],
)
def test_lists_with_and_without_labels_are_told_apart(rest, label, words):
    line = split_line(f"Videos/p/Visite_1/a.mp4{rest}", DEFAULT_CLASSES)
    assert (line.label, line.transcript) == (label, words)


def test_ids_hold_no_date_no_space_and_no_file_name(corpus, root):
    for item in corpus.read(root).items:
        assert recording_id_problem(item.recording_id) is None
        assert identifying(item.recording_id) is None
        assert "2024" not in item.recording_id and "Video" not in item.recording_id


def test_ids_do_not_depend_on_what_else_is_there(corpus, root):
    before = {i.media.stem: i.recording_id for i in corpus.read(root).items}
    lines = (root / "data" / "split" / "train.txt").read_text().splitlines()
    (root / "data" / "split" / "train.txt").write_text("\n".join(lines[::-1][:1]) + "\n")
    after = {i.media.stem: i.recording_id for i in corpus.read(root).items}
    assert after.items() < before.items()


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=2, unique=True))
def test_two_takes_of_one_question_have_two_ids(times):
    names = [ids_of(f"Videos/p1/Visite_1/p1_Question_2_{t}_Video.mp4") for t in times]
    assert names[0][0] != names[1][0]
    assert names[0][1] == names[1][1] == "bah-p1"


def test_a_person_whose_folder_is_a_name_gets_a_pseudonym():
    recording, person = ids_of("Videos/Anna Smith/Visite_1/a.mp4")
    assert "Anna" not in recording + person
    assert recording.startswith(f"{person}-v1-")


def test_frames_become_half_open_stretches_at_the_videos_own_rate(corpus, root):
    """Ten frames a second; frames 5 to 9 show A/H: [0.5 s, 1.0 s)."""
    item = item_of(corpus.read(root), bah_name("p000", 1))
    found = [(m.start_s, m.end_s, m.shown) for m in item.reference.moments]
    assert found == [(0.0, 0.5, False), (0.5, 1.0, True), (1.0, 2.0, False)]


@given(st.lists(st.sampled_from([0, 1, None]), min_size=1, max_size=60))
def test_stretches_hold_each_rated_frame_once_and_no_other(marks):
    labels = [(k, mark) for k, mark in enumerate(marks) if mark is not None]
    found = stretches(labels, frame_rate_hz=25.0, first_frame=0)
    for k, mark in enumerate(marks):
        middle = (k + 0.5) / 25
        hits = [m.shown for m in found if m.start_s <= middle < m.end_s]
        assert hits == ([] if mark is None else [bool(mark)])


def test_frames_counted_from_one_begin_at_second_zero():
    assert stretches([(1, 1)], frame_rate_hz=10, first_frame=1)[0].start_s == 0.0
    with pytest.raises(DataError, match="before the first"):
        stretches([(0, 1)], frame_rate_hz=10, first_frame=1)


def test_a_yaml_tag_that_builds_an_object_is_refused(tmp_path):
    marker = tmp_path / "ran"
    path = tmp_path / "a.yaml"
    path.write_text(f"!!python/object/apply:pathlib.Path.touch [!!python/name:x '', {marker}]")
    with pytest.raises(DataError, match="no plain YAML"):
        load_yaml(path)
    path.write_text("!!python/object/apply:os.mkdir ['" + str(marker) + "']")
    with pytest.raises(DataError, match="no plain YAML"):
        load_yaml(path)
    assert not marker.exists()
    path.write_text("a: !!python/tuple [1, !!python/tuple [2, null]]")
    assert load_yaml(path) == {"a": [1, [2, None]]}


@pytest.mark.parametrize(
    "broken", ["[1, 2, 3]", "[-1, 1]", "[a, 1]", "[0.5, 1]", "[3, 0]", "[true, 1]"]
)
def test_broken_frame_labels_cost_the_moments_and_nothing_else(corpus, root, broken):
    path = root / "data" / "video_annotation.yaml"
    text = path.read_text()
    path.write_text(text.replace("[3, 0]", "[3, 1]\n  - !!python/tuple " + broken, 1))
    reading = corpus.read(root)
    item = item_of(reading, bah_name("p000", 1))
    assert item.reference.moments == ()
    assert item.reference.scores == {Condition.AMBIVALENCE: 1}
    assert said(reading, FindingKind.UNREADABLE, item.recording_id)
    assert item_of(reading, bah_name("p001", 1)).reference.moments


def test_frames_that_contradict_the_video_label_are_said(corpus, root):
    path = root / "data" / "split" / "train.txt"
    path.write_text(path.read_text().replace(".mp4,1,", ".mp4,0,", 1))
    reading = corpus.read(root)
    name = item_of(reading, bah_name("p000", 1)).recording_id
    assert said(reading, FindingKind.CONTRADICTION, name)


def test_a_chunk_without_an_end_ends_with_the_video(corpus, root):
    transcript = item_of(corpus.read(root), bah_name("p000", 1)).transcript()
    assert [(u.start_s, u.end_s) for u in transcript.utterances] == [(0.0, 0.9), (0.9, 2.0)]
    assert transcript.utterances[1].text == "and then it is Tuesday"


def test_without_a_chunk_file_the_words_of_the_list_last_as_long_as_the_video(corpus, root):
    for path in (root / "data" / "transcription").rglob("*.yml"):
        path.unlink()
    (turn,) = item_of(corpus.read(root), bah_name("p000", 1)).transcript().utterances
    assert (turn.text, turn.end_s) == (SENTENCES[0], 2.0)


def test_features_are_timed_by_the_video(corpus, root):
    tables = {t.name: t for t in item_of(corpus.read(root), bah_name("p000", 1)).tables()}
    assert set(tables) == {"bah_video", "bah_vggish", "bah_bert"}
    assert tables["bah_vggish"].values.shape == (20, 128)
    np.testing.assert_allclose(tables["bah_bert"].end_s, np.arange(1, 21) / 10)


def test_a_truncated_array_fails_when_it_is_read(corpus, root):
    for path in root.rglob("bert.npy"):
        path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match="bert"):
        item_of(corpus.read(root), bah_name("p000", 1)).tables()


def test_the_unlabelled_recording_has_neither_score_nor_part(corpus, root):
    item = item_of(corpus.read(root), bah_name("p900", 1))
    assert (dict(item.reference.scores), item.part) == ({}, None)


def test_one_video_in_two_lists_stays_in_training_alone(corpus, root):
    split = root / "data" / "split"
    line = (split / "train.txt").read_text().splitlines()[0]
    (split / "test.txt").write_text((split / "test.txt").read_text() + line + "\n")
    reading = corpus.read(root)
    item = item_of(reading, bah_name("p000", 1))
    assert item.part == "train"
    assert said(reading, FindingKind.CONTRADICTION, item.recording_id)


def test_one_person_in_two_lists_is_a_contradiction(corpus, root):
    split = root / "data" / "split"
    first, *rest = (split / "train.txt").read_text().splitlines()
    (split / "train.txt").write_text("\n".join(rest) + "\n")
    (split / "test.txt").write_text((split / "test.txt").read_text() + first + "\n")
    assert said(corpus.read(root), FindingKind.CONTRADICTION, "bah-p000")


def test_missing_videos_are_said_and_a_set_rate_replaces_theirs(corpus, tmp_path):
    write_bah(tmp_path, with_video=False)
    reading = corpus.read(tmp_path)
    assert all(item.reference.moments == () for item in reading.items)
    assert len(said(reading, FindingKind.MISSING)) >= len(reading.items)
    with_rate = replace(corpus, frame_rate_hz=10.0).read(tmp_path)
    assert sum(m.shown for i in with_rate.items for m in i.reference.moments) == 4


def test_turned_class_ids_stop_the_run(corpus, root):
    (root / "data" / "split" / "class_id.yaml").write_text("With A-H: 0\nNo A-H: 1\n")
    with pytest.raises(SetupError, match="class_id"):
        corpus.read(root)


def test_a_path_that_climbs_out_is_left_out(corpus, root):
    path = root / "data" / "split" / "train.txt"
    path.write_text(path.read_text() + "Videos/../../../secret.mp4,1,x\n")
    reading = corpus.read(root)
    assert len(reading.items) == 9
    assert said(reading, FindingKind.UNREADABLE)


def test_another_folder_is_refused(corpus, tmp_path):
    with pytest.raises(SetupError, match="no BAH folder"):
        corpus.read(tmp_path)
