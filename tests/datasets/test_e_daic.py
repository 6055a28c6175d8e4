"""E-DAIC: two questionnaires, several label files, and transcripts without speakers."""

import math
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.datasets.corpus import CorpusItem, CorpusReading, FindingKind
from clinic.datasets.e_daic import EDaic
from clinic.errors import DataError, SetupError
from clinic.records import Condition, Role
from made_up_daic import MadeUpPerson, write_e_daic

PHQ, PCL = Condition.DEPRESSION, Condition.PTSD


def corpus(**changes: object) -> EDaic:
    settings = OmegaConf.load(conf_folder() / "data" / "e_daic.yaml")
    settings.merge_with(changes)
    adapter = build(settings)
    assert isinstance(adapter, EDaic)
    return adapter


def item_of(reading: CorpusReading, number: int) -> CorpusItem:
    return next(i for i in reading.items if i.participant_id == f"daic-{number}")


def said(reading: CorpusReading, subject: str, kind: FindingKind, words: str) -> bool:
    return any(
        f.subject == subject and f.kind is kind and words in f.text for f in reading.findings
    )


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def people(tmp_path: Path) -> dict[int, MadeUpPerson]:
    return write_e_daic(tmp_path, with_audio=True)


def test_both_questionnaires_and_their_items_are_those_drawn(
    tmp_path: Path, people: dict[int, MadeUpPerson]
):
    reading = corpus().read(tmp_path)
    assert len(reading.items) == len(people)
    for number, person in people.items():
        item = item_of(reading, number)
        assert item.recording_id == f"edaic-{number}"
        assert item.part == person.part
        assert item.reference.scores == {PHQ: person.phq, PCL: person.pcl}
        assert item.reference.items == {PHQ: person.phq_items, PCL: person.pcl_items}
        attributes = item.reference.attributes
        assert attributes["sex"] == person.sex
        low, high = (int(bound) for bound in attributes["age_band"].split("-"))
        assert low <= person.age <= high
    wrong = [f for f in reading.findings if f.kind is not FindingKind.CONTRADICTION]
    assert wrong == []  # contradictions: the published counts alone
    assert {f.subject for f in reading.findings} <= set(reading.published)


def test_who_led_the_session_is_told_by_the_number(tmp_path: Path, people: object):
    kinds = {
        i.participant_id: i.reference.attributes["session_kind"]
        for i in corpus().read(tmp_path).items
    }
    assert kinds["daic-303"] == "wizard"
    assert kinds["daic-600"] == "ai"


def test_labels_never_leak_into_the_attributes(tmp_path: Path, people: object):
    for item in corpus().read(tmp_path).items:
        assert set(item.reference.attributes) <= {"sex", "age_band", "language", "session_kind"}


def test_the_report_can_say_that_speakers_are_not_told_apart(tmp_path: Path, people: object):
    reading = corpus().read(tmp_path)
    transcript = reading.items[0].transcript()
    assert not reading.has_speakers
    assert transcript is not None
    assert not transcript.has_speakers
    assert {u.speaker for u in transcript.utterances} == {Role.UNKNOWN}
    assert len(transcript.participant_utterances) == 3


def test_words_with_commas_stay_one_turn(tmp_path: Path, people: object):
    path = tmp_path / "data" / "300_P" / "300_Transcript.csv"
    path.write_text(
        "Start_Time,End_Time,Text,Confidence\n"
        '0.5,1.5,"the cat, it sat",0.93\n2,3,rain, roof, kite,0.8\n'
    )
    transcript = item_of(corpus().read(tmp_path), 300).transcript()
    assert transcript is not None
    assert [u.text for u in transcript.utterances] == ["the cat, it sat", "rain, roof, kite"]
    assert [u.start_s for u in transcript.utterances] == [0.5, 2.0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Start_Time,End_Time,Text,Confidence\n",
        "Start_Time,End_Time,Text,Confidence\n0,1,a cat,0.9\n2,3\n",
        "Start_Time,End_Time,Text,Confidence\nsoon,1,a cat,0.9\n",
        "Start,End,Text\n0,1,a cat\n",
    ],
)
def test_a_damaged_transcript_fails_that_recording_alone(tmp_path: Path, people: object, text: str):
    (tmp_path / "data" / "300_P" / "300_Transcript.csv").write_text(text)
    reading = corpus().read(tmp_path)
    with pytest.raises(DataError, match="edaic-300: transcript"):
        item_of(reading, 300).transcript()
    assert item_of(reading, 301).transcript() is not None


def test_features_become_three_tables(tmp_path: Path, people: object):
    tables = {t.name: t for t in item_of(corpus().read(tmp_path), 600).tables()}
    assert {name: len(t.columns) for name, t in tables.items()} == {
        "openface": 49,
        "egemaps_lld": 23,
        "mfcc": 39,
    }
    assert all(np.isfinite(t.values).any() for t in tables.values())


def test_a_cut_feature_file_is_used_up_to_the_cut(tmp_path: Path, people: object):
    path = tmp_path / "data" / "300_P" / "features" / "300_OpenSMILE2.3.0_egemaps.csv"
    whole = item_of(corpus().read(tmp_path), 300).tables()[1]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    cut = item_of(corpus().read(tmp_path), 300).tables()[1]
    assert 0 < cut.n_rows < whole.n_rows
    np.testing.assert_array_equal(cut.values, whole.values[: cut.n_rows])
    assert cut.notes


def test_folders_may_lack_the_level_data_and_nest(tmp_path: Path, people: object):
    for path in list((tmp_path / "data").iterdir()):
        outer = tmp_path / path.name
        outer.mkdir()
        path.rename(outer / path.name)
    (tmp_path / "data").rmdir()
    reading = corpus().read(tmp_path)
    assert len(reading.items) == 6
    assert all(len(i.tables()) == 3 for i in reading.items)


# Labels


def test_the_split_file_goes_before_the_detailed_ones(
    tmp_path: Path, people: dict[int, MadeUpPerson]
):
    first = people[300]
    path = tmp_path / "labels" / "Detailed_PHQ8_Labels.csv"
    old = f"300,{','.join(map(str, first.phq_items))},{first.phq}\n"
    wrong = 24 if first.phq != 24 else 0
    replaced(path, old, f"300,{','.join(map(str, first.phq_items))},{wrong}\n")
    reading = corpus().read(tmp_path)
    assert item_of(reading, 300).reference.scores[PHQ] == first.phq
    words = f"PHQ-8 score {first.phq} in train_split.csv, {wrong} in Detailed_PHQ8_Labels.csv"
    assert said(reading, "daic-300", FindingKind.CONTRADICTION, words)


def test_answers_that_two_files_give_differently_are_said(
    tmp_path: Path, people: dict[int, MadeUpPerson]
):
    lines = (tmp_path / "labels" / "detailed_lables.csv").read_text().splitlines()
    cells = lines[1].split(",")
    place = lines[0].split(",").index("PHQ8_3_Sleep")
    cells[place] = str((int(cells[place]) + 1) % 4)
    lines[1] = ",".join(cells)
    (tmp_path / "labels" / "detailed_lables.csv").write_text("\n".join(lines) + "\n")
    reading = corpus().read(tmp_path)
    assert item_of(reading, 300).reference.items[PHQ] == people[300].phq_items
    assert said(reading, "daic-300", FindingKind.CONTRADICTION, "PHQ-8 item 3")


def test_without_the_detailed_files_there_are_scores_and_no_items(
    tmp_path: Path, people: dict[int, MadeUpPerson]
):
    (tmp_path / "labels" / "Detailed_PHQ8_Labels.csv").unlink()
    (tmp_path / "labels" / "detailed_lables.csv").unlink()
    (tmp_path / "metadata_mapped.csv").unlink()
    reading = corpus().read(tmp_path)
    item = item_of(reading, 300)
    assert item.reference.scores == {PHQ: people[300].phq, PCL: people[300].pcl}
    assert item.reference.items == {}
    assert "age_band" not in item.reference.attributes
    assert said(reading, "detailed_lables.csv", FindingKind.MISSING, "no such label file")


def test_a_pcl_score_below_its_lowest_is_no_score(tmp_path: Path, people: dict[int, MadeUpPerson]):
    """17 items of at least 1: a PCL-C of 0 is a blank in disguise."""
    for name in ("train_split.csv", "detailed_lables.csv"):
        path = tmp_path / "labels" / name
        replaced(path, f",{people[300].pcl}", ",0.0")
    reading = corpus().read(tmp_path)
    assert item_of(reading, 300).reference.scores[PCL] == people[300].pcl  # sum of its items
    assert said(reading, "daic-300", FindingKind.UNREADABLE, "PCL-C score cannot be")
    assert said(reading, "daic-300", FindingKind.REPAIRED, "no PCL-C score")


def test_a_pcl_item_under_an_unknown_name_stays_unknown(tmp_path: Path, people: object):
    replaced(tmp_path / "labels" / "detailed_lables.csv", "PCL-C_4_Item4", "PCL-C_Upset")
    reading = corpus().read(tmp_path)
    items = item_of(reading, 300).reference.items[PCL]
    assert [i for i, answer in enumerate(items, start=1) if math.isnan(answer)] == [4]
    assert said(reading, "detailed_lables.csv", FindingKind.EXTRA, "'PCL-C_Upset'")
    assert said(reading, "PCL-C", FindingKind.MISSING, "item 4")


def test_ptsd_labels_that_no_cut_off_explains_are_said(
    tmp_path: Path, people: dict[int, MadeUpPerson]
):
    assert not [f for f in corpus().read(tmp_path).findings if f.subject == "PCL-C"]
    labels = tmp_path / "labels"
    header = "Participant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD),PTSD Severity\n"
    for name in ("detailed_lables.csv", "Detailed_PHQ8_Labels.csv"):
        (labels / name).unlink()
    (labels / "train_split.csv").write_text(
        header + "300,male,0,5,1,30.0\n302,male,0,5,0,60.0\n600,female,0,5,0,20.0\n"
    )
    (labels / "dev_split.csv").write_text(header + "301,male,0,5,0,18.0\n")
    (labels / "test_split.csv").write_text(header + "303,male,0,5,0,29.0\n")
    (tmp_path / "metadata_mapped.csv").unlink()
    reading = corpus().read(tmp_path)
    assert said(reading, "PCL-C", FindingKind.CONTRADICTION, "1 is 30, 1 labelled 0 score")


def test_a_test_list_without_labels_keeps_its_participants(
    tmp_path: Path, people: dict[int, MadeUpPerson]
):
    labels = tmp_path / "labels"
    (labels / "test_split.csv").write_text("participant_ID,Gender\n303,male\n")
    (labels / "detailed_lables.csv").unlink()
    reading = corpus().read(tmp_path)
    assert item_of(reading, 303).part == "test"
    assert item_of(reading, 303).reference.scores == {}
    assert said(reading, "daic-303", FindingKind.MISSING, "no PCL-C score")


def test_a_split_file_without_ptsd_stops_the_reading(tmp_path: Path, people: object):
    replaced(tmp_path / "labels" / "train_split.csv", "PTSD Severity", "Severity")
    with pytest.raises(SetupError, match=r"train_split\.csv has no column for PCL-C score"):
        corpus().read(tmp_path)


def test_published_shares_are_compared_as_published(tmp_path: Path, people: object):
    reading = corpus().read(tmp_path)
    assert reading.published["validation depressed percent"] == 21
    n_depressed = reading.counts["train depressed"]
    share = round(100 * n_depressed / reading.counts["train"])
    assert reading.counts["train depressed percent"] == share


def test_another_folder_is_no_e_daic(tmp_path: Path):
    with pytest.raises(SetupError, match=r"no E-DAIC folder: none of train_split\.csv"):
        corpus().read(tmp_path)
