"""D-Vlog: labels, official parts, arrays, and what a damaged folder says."""

import numpy as np
import pytest

from clinic.config import build, compose
from clinic.datasets.corpus import FindingKind
from clinic.errors import DataError, SetupError
from clinic.records import Condition
from made_up_corpora import write_dvlog


@pytest.fixture(scope="module")
def corpus():
    return build(compose("data", ["data=dvlog"], values={"path": "unused"}).data)


@pytest.fixture
def root(tmp_path):
    write_dvlog(tmp_path)
    return tmp_path


def said(reading, kind, subject=None):
    return [f.text for f in reading.findings if f.kind is kind and subject in (None, f.subject)]


def test_labels_parts_and_sex_are_those_that_were_written(corpus, root):
    reading = corpus.read(root)
    first, second, third = reading.items[:3]
    assert first.reference.scores == {Condition.DEPRESSION: 1.0}
    assert second.reference.scores == {Condition.DEPRESSION: 0.0}
    assert [i.part for i in reading.items] == [
        *("train", "train", "validation", "validation", "test", "test")
    ]
    assert (first.reference.attributes, third.reference.attributes) == (
        {"sex": "male"},
        {"sex": "female"},
    )


def test_rows_are_seconds_and_values_come_back_unchanged(corpus, root):
    visual, acoustic = corpus.read(root).items[0].tables()
    stored = np.load(root / "0" / "0_visual.npy")
    np.testing.assert_array_equal(visual.values, stored)
    np.testing.assert_array_equal(visual.start_s, np.arange(12.0))
    assert acoustic.values.shape == (12, 25)
    assert acoustic.end_s[-1] == 12.0


def test_a_row_of_zeros_is_not_observed_and_a_single_zero_is(corpus, root):
    values = np.load(root / "0" / "0_visual.npy")
    values[3] = 0
    values[4, 7] = 0
    np.save(root / "0" / "0_visual.npy", values)
    visual, _ = corpus.read(root).items[0].tables()
    assert np.isnan(visual.values[3]).all() and visual.coverage[3] == 0
    assert visual.values[4, 7] == 0 and visual.coverage[4] == 1


def test_unequal_lengths_are_cut_to_the_shorter_and_said(corpus, root):
    np.save(root / "1" / "1_acoustic.npy", np.ones((9, 25)))
    reading = corpus.read(root)
    visual, acoustic = reading.items[1].tables()
    assert (visual.n_rows, acoustic.n_rows) == (9, 9)
    assert said(reading, FindingKind.REPAIRED, "dvlog-1") == [
        "12 visual and 9 acoustic rows: both cut to 9"
    ]
    assert reading.items[1].repairs


def test_a_truncated_array_fails_its_recording_and_no_other(corpus, root):
    path = root / "0" / "0_acoustic.npy"
    path.write_bytes(path.read_bytes()[:-40])
    items = corpus.read(root).items
    with pytest.raises(DataError, match=r"0_acoustic\.npy is no whole"):
        items[0].tables()
    assert len(items[1].tables()) == 2


def test_an_array_of_python_objects_is_never_unpickled(corpus, root):
    np.save(root / "0" / "0_visual.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="no whole"):
        corpus.read(root).items[0].tables()


def test_another_number_of_columns_is_refused(corpus, root):
    np.save(root / "0" / "0_visual.npy", np.ones((12, 135)))
    with pytest.raises(DataError, match="135 columns, 136 needed"):
        corpus.read(root).items[0].tables()


def test_missing_extra_and_repeated_videos_are_each_said(corpus, root):
    labels = root / "labels.csv"
    text = labels.read_text()
    labels.write_text(text + "0,normal,12,m,test\n77,normal,9,f,train\n")
    (root / "stranger").mkdir()
    reading = corpus.read(root)
    assert said(reading, FindingKind.EXTRA, "stranger")
    assert len(said(reading, FindingKind.MISSING, "dvlog-77")) == 2
    assert said(reading, FindingKind.CONTRADICTION, "dvlog-0") == [
        "stands twice in labels.csv: the first line is used"
    ]
    first = next(i for i in reading.items if i.recording_id == "dvlog-0")
    assert (first.part, first.reference.scores[Condition.DEPRESSION]) == ("train", 1.0)


def test_an_unknown_label_or_fold_leaves_score_or_part_open(corpus, root):
    labels = root / "labels.csv"
    labels.write_text(labels.read_text().replace("0,depression", "0,nan").replace(",valid", ",x"))
    reading = corpus.read(root)
    assert reading.items[0].reference.scores == {}
    assert [i.part for i in reading.items].count(None) == 2
    assert said(reading, FindingKind.MISSING, "dvlog-0")


def test_a_label_file_with_another_column_is_refused_whole(corpus, root):
    labels = root / "labels.csv"
    labels.write_text("index,site,label,duration,gender,fold\n0,a,normal,1,m,train\n")
    with pytest.raises(SetupError, match="6 columns, needed are five"):
        corpus.read(root)


def test_a_folder_without_labels_is_no_such_corpus(corpus, tmp_path):
    with pytest.raises(SetupError, match="no D-Vlog folder"):
        corpus.read(tmp_path)


def test_one_person_or_one_class_is_said(corpus, tmp_path):
    write_dvlog(tmp_path, n=1)
    texts = said(corpus.read(tmp_path), FindingKind.MISSING)
    assert any("one class" in text for text in texts)


def test_counts_stand_beside_the_published_ones(corpus, root):
    reading = corpus.read(root)
    assert reading.counts == {
        "recordings": 6,
        "depressed": 3,
        "not depressed": 3,
        "train": 2,
        "validation": 2,
        "test": 2,
    }
    assert reading.published["depressed"] + reading.published["not depressed"] == 961
    assert sum(reading.published[p] for p in ("train", "validation", "test")) == 961
