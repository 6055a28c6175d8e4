"""Our own folder as a corpus: manifest, labels and split held against each other."""

import json

import pytest

from clinic.config import build, compose
from clinic.datasets.corpus import FindingKind
from clinic.errors import SetupError
from clinic.records import Condition
from made_up_corpora import write_tone


@pytest.fixture(scope="module")
def corpus():
    return build(compose("data", ["data=manifest"], values={"path": "unused"}).data)


@pytest.fixture
def root(tmp_path):
    for name in ("r-1", "r-2", "r-3"):
        write_tone(tmp_path / f"{name}.wav")
    (tmp_path / "r-1.csv").write_text("start_s,end_s,speaker,text\n0,0.4,participant,hello\n")
    (tmp_path / "manifest.csv").write_text(
        "recording_id,participant_id,media_path,transcript_path\n"
        "r-1,p-1,r-1.wav,r-1.csv\nr-2,p-1,r-2.wav,\nr-3,p-2,r-3.wav,\n"
    )
    (tmp_path / "labels.csv").write_text(
        "recording_id,participant_id,depression,sex\nr-1,p-1,7,female\nr-2,p-1,8,female\nr-3,p-2,,\n"
    )
    return tmp_path


def said(reading, kind, subject=None):
    return [f.text for f in reading.findings if f.kind is kind and subject in (None, f.subject)]


def test_a_whole_folder_gives_no_finding(corpus, root):
    reading = corpus.read(root)
    assert reading.findings == ()
    assert [i.reference.scores.get(Condition.DEPRESSION) for i in reading.items] == [7, 8, None]
    assert reading.items[0].transcript().utterances[0].text == "hello"
    assert reading.items[1].transcript() is None
    assert reading.counts["participants"] == 2


def test_one_fold_gives_parts_and_several_give_none(corpus, root):
    fold = {"training": ["p-1"], "validation": [], "calibration": [], "test": ["p-2"]}
    (root / "split.json").write_text(json.dumps({"name": "x", "folds": [fold]}))
    assert [i.part for i in corpus.read(root).items] == ["train", "train", "test"]
    (root / "split.json").write_text(json.dumps({"name": "x", "folds": [fold, fold]}))
    assert [i.part for i in corpus.read(root).items] == [None, None, None]


def test_a_participant_in_two_roles_of_a_fold_stops_the_run(corpus, root):
    fold = {"training": ["p-1"], "validation": [], "calibration": [], "test": ["p-1"]}
    (root / "split.json").write_text(json.dumps({"name": "x", "folds": [fold]}))
    with pytest.raises(SetupError, match="one is needed"):
        corpus.read(root)
    (root / "split.json").write_text("{")
    with pytest.raises(SetupError, match="is no split"):
        corpus.read(root)


def test_rows_without_labels_and_labels_without_rows_are_said(corpus, root):
    text = (root / "labels.csv").read_text()
    (root / "labels.csv").write_text(text.replace("r-3,p-2", "r-9,p-9"))
    reading = corpus.read(root)
    assert said(reading, FindingKind.MISSING, "r-3") and said(reading, FindingKind.MISSING, "r-9")


def test_another_participant_in_the_labels_is_a_contradiction(corpus, root):
    text = (root / "labels.csv").read_text()
    (root / "labels.csv").write_text(text.replace("r-2,p-1", "r-2,p-2"))
    reading = corpus.read(root)
    assert said(reading, FindingKind.CONTRADICTION, "r-2")
    assert reading.items[1].reference.participant_id == "p-1"


def test_a_score_off_its_scale_is_no_score(corpus, root):
    text = (root / "labels.csv").read_text()
    (root / "labels.csv").write_text(text.replace(",8,", ",25,"))
    reading = corpus.read(root)
    assert reading.items[1].reference.scores == {}
    assert said(reading, FindingKind.CONTRADICTION, "r-2")


def test_a_recording_that_stands_twice_is_read_by_neither_row(corpus, root):
    text = (root / "manifest.csv").read_text()
    (root / "manifest.csv").write_text(text + "r-3,p-3,r-3.wav,\n")
    reading = corpus.read(root)
    assert [i.recording_id for i in reading.items] == ["r-1", "r-2"]
    assert said(reading, FindingKind.UNREADABLE, "r-3")


def test_a_folder_without_a_manifest_is_refused(corpus, tmp_path):
    with pytest.raises(SetupError, match="no folder of ours"):
        corpus.read(tmp_path)
