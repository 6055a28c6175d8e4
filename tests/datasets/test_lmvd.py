"""LMVD: the id tells the class, in whatever spelling; landmarks with stray spaces."""

import re

import numpy as np
import pytest

from clinic.config import build, compose
from clinic.datasets.corpus import FindingKind
from clinic.errors import DataError, SetupError
from clinic.records import Condition
from made_up_corpora import LMVD_IDS, write_lmvd


@pytest.fixture(scope="module")
def corpus():
    return build(compose("data", ["data=lmvd"], values={"path": "unused"}).data)


@pytest.fixture
def root(tmp_path):
    write_lmvd(tmp_path)
    return tmp_path


def said(reading, kind, subject=None):
    return [f.text for f in reading.findings if f.kind is kind and subject in (None, f.subject)]


def test_both_ends_of_every_published_range_have_their_class_without_label_files(corpus, root):
    for path in (root / "label").iterdir():
        path.unlink()
    reading = corpus.read(root)
    classes = {i.recording_id: i.reference.scores[Condition.DEPRESSION] for i in reading.items}
    assert classes == {
        "lmvd-0001": 1,
        "lmvd-0601": 1,
        "lmvd-0602": 0,
        "lmvd-1116": 0,
        "lmvd-1117": 1,
        "lmvd-1423": 1,
        "lmvd-1425": 0,
        "lmvd-1824": 0,
    }
    assert any("unpack the labels" in text for text in said(reading, FindingKind.MISSING))


def test_published_ranges_hold_the_published_number_of_videos(corpus, root):
    published = corpus.read(root).published
    assert published["recordings"] == 1823
    assert published["depressed"] + published["not depressed"] == 1823


def test_two_spellings_of_one_id_are_one_video(corpus, root):
    extra = root / "Video_feature" / "0001.csv"
    extra.write_text((root / "Video_feature" / "001.csv").read_text())
    (root / "Audio_feature" / "601.npy").rename(root / "Audio_feature" / "0601.npy")
    reading = corpus.read(root)
    assert len(reading.items) == len(LMVD_IDS)
    assert said(reading, FindingKind.CONTRADICTION, "lmvd-0001")
    item = next(i for i in reading.items if i.recording_id == "lmvd-0601")
    assert len(item.tables()) == 2


def test_a_label_file_that_contradicts_the_range_is_used_and_said(corpus, root):
    (root / "label" / "0602_Depression.csv").write_text("1\n")
    reading = corpus.read(root)
    item = next(i for i in reading.items if i.recording_id == "lmvd-0602")
    assert item.reference.scores == {Condition.DEPRESSION: 1.0}
    assert (
        "label file says 1, the id's range 0"
        in said(reading, FindingKind.CONTRADICTION, "lmvd-0602")[0]
    )


@pytest.mark.parametrize("content", ["nan\n", "7\n", "a,b,1\n", "1\n0\n1\n"])
def test_a_label_that_is_no_single_yes_or_no_falls_back_to_the_range(corpus, root, content):
    (root / "label" / "001_Depression.csv").write_text(content)
    reading = corpus.read(root)
    assert reading.items[0].reference.scores == {Condition.DEPRESSION: 1.0}
    assert said(reading, FindingKind.UNREADABLE, "lmvd-0001")


def test_landmarks_survive_irregular_spaces(corpus, root):
    landmarks, vggish = corpus.read(root).items[0].tables()
    line = (root / "Video_feature" / "001.csv").read_text().splitlines()[3]
    numbers = [float(cell) for cell in line.split(",")]
    np.testing.assert_allclose(landmarks.values[2], numbers[1:])
    assert landmarks.columns[:2] == ("x_0", "x_1") and landmarks.columns[68] == "y_0"
    assert landmarks.start_s[[0, 3]] == pytest.approx([0.0, 3 / corpus.frame_rate_hz])
    assert vggish.start_s == pytest.approx([0.0, 0.96])


def test_frames_without_a_face_are_not_observed(corpus, root):
    path = root / "Video_feature" / "001.csv"
    lines = path.read_text().splitlines()
    lines[5] = "5, " + ", ".join(["0"] * 136)
    path.write_text("\n".join(lines))
    landmarks, _ = corpus.read(root).items[0].tables()
    assert np.isnan(landmarks.values[4]).all() and landmarks.coverage[4] == 0
    assert landmarks.coverage.sum() == 29


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda lines: [lines[0].replace("x_5 ", "z_5 "), *lines[1:]], "lacks 1 of 136"),
        (lambda lines: [*lines[:4], lines[4][:200]], "line 5: .* cells, 137 needed"),
        (lambda lines: [*lines[:4], lines[2], lines[1]], "out of order"),
        (
            lambda lines: [*lines[:2], re.sub(r",\s+[\d.]+,", ", face,", lines[2], count=1)],
            "no number",
        ),
        (lambda lines: lines[:1], "no frames"),
    ],
)
def test_damaged_landmarks_are_refused_with_the_place(corpus, root, damage, message):
    path = root / "Video_feature" / "001.csv"
    path.write_text("\n".join(damage(path.read_text().splitlines())))
    with pytest.raises(DataError, match=message):
        corpus.read(root).items[0].tables()


def test_missing_files_and_ids_are_said(corpus, root):
    (root / "Audio_feature" / "001.npy").unlink()
    (root / "label" / "555_Depression.csv").write_text("1")
    reading = corpus.read(root)
    assert said(reading, FindingKind.MISSING, "lmvd-0001") == ["no file in Audio_feature"]
    assert said(reading, FindingKind.MISSING, "lmvd-0555") == ["has a label but no feature file"]
    assert "of 1823 published ids" in said(reading, FindingKind.MISSING, "ids")[0]
    assert len(reading.items[0].tables()) == 1


def test_an_id_outside_the_ranges_is_not_documented(corpus, tmp_path):
    write_lmvd(tmp_path, ids=("1424",))
    (tmp_path / "label" / "1424_Depression.csv").unlink()
    reading = corpus.read(tmp_path)
    assert reading.items[0].reference.scores == {}
    assert said(reading, FindingKind.EXTRA, "lmvd-1424")


def test_there_is_no_official_part(corpus, root):
    assert {item.part for item in corpus.read(root).items} == {None}


def test_another_folder_is_refused(corpus, tmp_path):
    with pytest.raises(SetupError, match="neither Video_feature nor Audio_feature"):
        corpus.read(tmp_path)
