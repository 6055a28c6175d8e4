"""DAIC-WOZ: known errors of the corpus, damaged copies of it, and what is said about them."""

import math
import shutil
from collections.abc import Mapping
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.datasets.corpus import CorpusItem, CorpusReading, Finding, FindingKind
from clinic.datasets.daic_woz import DaicWoz
from clinic.errors import DataError, SetupError
from clinic.records import Condition, Role
from made_up_daic import PHQ_WORDS, write_daic_woz, write_e_daic

PHQ = Condition.DEPRESSION
TRAIN = "train_split_Depression_AVEC2017.csv"
DEV = "dev_split_Depression_AVEC2017.csv"
TEST = "test_split_Depression_AVEC2017.csv"


def corpus(**changes: object) -> DaicWoz:
    settings = OmegaConf.load(conf_folder() / "data" / "daic_woz.yaml")
    settings.merge_with(changes)
    adapter = build(settings)
    assert isinstance(adapter, DaicWoz)
    return adapter


def item_of(reading: CorpusReading, number: int) -> CorpusItem:
    return next(i for i in reading.items if i.participant_id == f"daic-{number}")


def about(reading: CorpusReading, subject: object) -> list[Finding]:
    name = subject if isinstance(subject, str) else f"daic-{subject}"
    return [f for f in reading.findings if f.subject == name]


def said(reading: CorpusReading, subject: object, kind: FindingKind, words: str) -> bool:
    return any(f.kind is kind and words in f.text for f in about(reading, subject))


def edited(path: Path, number: int, cells: Mapping[str, object]) -> None:
    """Change one participant's cells in a label file."""
    header, *lines = [line.split(",") for line in path.read_text().splitlines()]
    for line in lines:
        if line[0] == str(number):
            for column, value in cells.items():
                line[header.index(column)] = str(value)
    path.write_text("\n".join(",".join(line) for line in [header, *lines]) + "\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Six participants: 300, 302, 304 in train, 301, 305 in validation, 303 in test."""
    write_daic_woz(tmp_path, participants=range(300, 306))
    return tmp_path


def test_everybody_has_the_scores_that_were_drawn(tmp_path: Path):
    people = write_daic_woz(tmp_path)
    reading = corpus().read(tmp_path)
    assert len(reading.items) == len(people)
    for number, person in people.items():
        item = item_of(reading, number)
        assert item.recording_id == item.reference.recording_id == f"daicwoz-{number}"
        assert item.participant_id == item.reference.participant_id
        assert item.part == person.part
        assert item.reference.scores == {PHQ: person.phq}
        if person.part == "test":  # the test list has no items
            assert PHQ not in item.reference.items
        else:
            assert item.reference.items[PHQ] == person.phq_items
        assert item.reference.attributes["session_kind"] == "wizard"
    assert not [f for f in reading.findings if f.kind is FindingKind.UNREADABLE]
    assert reading.has_speakers


def test_a_person_has_one_id_in_both_corpora(tmp_path: Path):
    write_daic_woz(tmp_path / "woz", participants=(300, 301, 302, 303))
    write_e_daic(tmp_path / "extended", participants=(300, 301, 302, 303, 600))
    woz = corpus().read(tmp_path / "woz").items
    settings = OmegaConf.load(conf_folder() / "data" / "e_daic.yaml")
    extended = build(settings).read(tmp_path / "extended").items
    assert {i.participant_id for i in woz} < {i.participant_id for i in extended}
    assert not {i.recording_id for i in woz} & {i.recording_id for i in extended}


def test_the_published_lists_are_counted_against(root: Path):
    reading = corpus().read(root)
    assert reading.counts["train"] == 3
    assert reading.published["train"] == 107
    assert said(reading, "train", FindingKind.CONTRADICTION, "3 found, 107 published")
    assert said(reading, 492, FindingKind.MISSING, "is documented and not here")
    assert sum(f.kind is FindingKind.MISSING and f.subject.startswith("daic-")
               and "documented" in f.text for f in reading.findings) == 189 - 6  # fmt: skip


def test_numbers_of_the_column_gender_are_not_guessed(root: Path):
    codes = {i.reference.attributes["sex"] for i in corpus().read(root).items}
    assert codes <= {"code 0", "code 1"}
    named = corpus(sex_codes={"0": "female", "1": "male"}).read(root)
    assert {i.reference.attributes["sex"] for i in named.items} <= {"female", "male"}


# Labels that contradict each other


def test_the_score_is_used_where_the_binary_label_disagrees(root: Path):
    edited(root / TRAIN, 300, {"PHQ8_Score": 10, "PHQ8_Binary": 0})
    reading = corpus().read(root)
    assert item_of(reading, 300).reference.scores[PHQ] == 10
    assert said(reading, 300, FindingKind.CONTRADICTION, "binary PHQ-8 label 0, score 10")


@pytest.mark.parametrize(("score", "binary", "is_said"), [(9, 0, 0), (10, 1, 0), (9, 1, 1)])
def test_the_cut_off_belongs_to_the_upper_band(root: Path, score: int, binary: int, is_said: int):
    edited(root / TRAIN, 300, {"PHQ8_Score": score, "PHQ8_Binary": binary})
    assert said(corpus().read(root), 300, FindingKind.CONTRADICTION, "binary") == bool(is_said)


def test_items_that_do_not_add_up_are_said_and_the_score_is_used(root: Path):
    edited(root / TRAIN, 300, {f"PHQ8_{w}": 1 for w in PHQ_WORDS} | {"PHQ8_Score": 7})
    reading = corpus().read(root)
    assert item_of(reading, 300).reference.scores[PHQ] == 7
    assert said(reading, 300, FindingKind.CONTRADICTION, "items sum to 8, the score is 7")


@pytest.mark.parametrize(("score", "fits"), [(6, False), (7, True), (10, True), (11, False)])
def test_a_blank_item_is_unknown_and_bounds_the_score(root: Path, score: int, fits: bool):
    cells: dict[str, object] = {f"PHQ8_{w}": 1 for w in PHQ_WORDS}
    edited(root / TRAIN, 300, cells | {"PHQ8_Sleep": "", "PHQ8_Score": score})
    reading = corpus().read(root)
    items = item_of(reading, 300).reference.items[PHQ]
    assert math.isnan(items[2])
    assert items[:2] == (1, 1)
    assert item_of(reading, 300).reference.scores[PHQ] == score
    assert said(reading, 300, FindingKind.MISSING, "item 3 blank")
    assert said(reading, 300, FindingKind.CONTRADICTION, "items sum") != fits


@pytest.mark.parametrize("blank", ["", "NaN", "nan", "NA"])
def test_a_missing_score_is_the_sum_of_its_items(root: Path, blank: str):
    edited(root / TRAIN, 300, {f"PHQ8_{w}": 2 for w in PHQ_WORDS} | {"PHQ8_Score": blank})
    reading = corpus().read(root)
    assert item_of(reading, 300).reference.scores[PHQ] == 16
    assert said(reading, 300, FindingKind.REPAIRED, "sum of its items 16")
    assert any("sum of its items" in text for text in item_of(reading, 300).repairs)


def test_a_participant_without_any_label_stays(root: Path):
    empty = {f"PHQ8_{w}": "" for w in PHQ_WORDS}
    edited(root / TRAIN, 300, {**empty, "PHQ8_Score": "", "PHQ8_Binary": ""})
    reading = corpus().read(root)
    assert item_of(reading, 300).reference.scores == {}
    assert item_of(reading, 300).reference.items == {}
    assert said(reading, 300, FindingKind.MISSING, "no PHQ-8 score")


@pytest.mark.parametrize("value", ["25", "-1", "7.5", "many", "inf", "1e9"])
def test_a_score_off_the_scale_is_no_score(root: Path, value: str):
    edited(root / TRAIN, 300, {"PHQ8_Score": value, "PHQ8_Sleep": ""})
    reading = corpus().read(root)
    assert item_of(reading, 300).reference.scores == {}
    assert said(reading, 300, FindingKind.UNREADABLE, "PHQ-8 score cannot be")


@pytest.mark.parametrize("value", ["4", "-1", "0.5"])
def test_an_item_off_the_scale_is_blank(root: Path, value: str):
    edited(root / TRAIN, 300, {"PHQ8_Sleep": value})
    reading = corpus().read(root)
    assert math.isnan(item_of(reading, 300).reference.items[PHQ][2])
    assert said(reading, 300, FindingKind.UNREADABLE, "PHQ-8 item 3 cannot be")


def test_a_participant_in_two_parts_is_in_the_first_alone(root: Path):
    line = next(x for x in (root / TRAIN).read_text().splitlines() if x.startswith("300,"))
    with (root / DEV).open("a") as file:
        file.write(line + "\n")
    reading = corpus().read(root)
    assert [i.part for i in reading.items if i.participant_id == "daic-300"] == ["train"]
    assert said(reading, 300, FindingKind.CONTRADICTION, f"part train in {TRAIN}")


def test_a_participant_twice_in_one_file_is_one_participant(root: Path):
    with (root / TRAIN).open("a") as file:
        file.write("300,1,24,0,3,3,3,3,3,3,3,3\n")
    reading = corpus().read(root)
    before = item_of(reading, 300).reference.scores[PHQ]
    assert sum(i.participant_id == "daic-300" for i in reading.items) == 1
    assert before != 24
    assert said(reading, 300, FindingKind.EXTRA, "stands twice")
    assert said(reading, 300, FindingKind.CONTRADICTION, "the former is used")


def test_an_unknown_label_column_is_passed_over_and_said(root: Path):
    text = (root / TRAIN).read_text().splitlines()
    changed = [line + tail for line, tail in zip(text, [",Mood", *[",9"] * 9], strict=False)]
    (root / TRAIN).write_text("\n".join(changed) + "\n")
    reading = corpus().read(root)
    assert said(reading, TRAIN, FindingKind.EXTRA, "'Mood'")
    assert item_of(reading, 300).reference.items[PHQ]


def test_a_missing_needed_column_stops_the_reading(root: Path):
    (root / TRAIN).write_text((root / TRAIN).read_text().replace("PHQ8_Score", "Total"))
    with pytest.raises(SetupError, match=r"train_split.* no column for PHQ-8 score"):
        corpus().read(root)


def test_a_line_without_a_number_is_said_and_passed_over(root: Path):
    with (root / TRAIN).open("a") as file:
        file.write("someone,1,24,0,3,3,3,3,3,3,3,3\n306,1,24\n")
    reading = corpus().read(root)
    assert len(about(reading, TRAIN)) == 2
    assert len(reading.items) == 6


@pytest.mark.parametrize("name", ["Participant_ID", "participant_ID", " PARTICIPANT_id "])
def test_headers_are_known_in_any_case(root: Path, name: str):
    (root / TRAIN).write_text((root / TRAIN).read_text().replace("Participant_ID", name))
    assert item_of(corpus().read(root), 300).part == "train"


def test_without_the_full_test_list_the_test_part_has_no_scores(tmp_path: Path):
    write_daic_woz(tmp_path, with_test_labels=False)
    reading = corpus().read(tmp_path)
    assert item_of(reading, 303).part == "test"
    assert item_of(reading, 303).reference.scores == {}
    assert said(reading, "full_test_split.csv", FindingKind.MISSING, "no such label file")
    assert "test depressed" not in reading.counts


def test_a_folder_without_split_files_is_no_corpus(tmp_path: Path):
    with pytest.raises(SetupError, match=r"no DAIC-WOZ folder: none of train_split"):
        corpus().read(tmp_path)


# Folders as they come out of archives


def test_folders_are_found_under_every_name(root: Path):
    scores = {i.participant_id: dict(i.reference.scores) for i in corpus().read(root).items}
    (root / "300_P").rename(root / "300")
    (root / "data").mkdir()
    (root / "301_P").rename(root / "data" / "301_P")
    inner = root / "moved"
    (root / "302_P").rename(inner)
    (root / "302_P").mkdir()
    inner.rename(root / "302_P" / "302_P")
    (root / "labels").mkdir()
    for name in (TRAIN, DEV, TEST, "full_test_split.csv"):
        (root / name).rename(root / "labels" / name)
    reading = corpus().read(root)
    assert {i.participant_id: dict(i.reference.scores) for i in reading.items} == scores
    assert all(len(i.tables()) == 5 for i in reading.items)


def test_a_label_without_a_folder_is_said(root: Path):
    shutil.rmtree(root / "300_P")
    (root / "300_P.zip").write_bytes(b"PK")
    reading = corpus().read(root)
    assert said(reading, 300, FindingKind.MISSING, "label and no folder: the archive is not unp")
    assert len(reading.items) == 5


def test_a_folder_without_a_label_stays(root: Path):
    shutil.copytree(root / "300_P", root / "306_P")
    for path in (root / "306_P").iterdir():
        path.rename(path.with_name(path.name.replace("300_", "306_")))
    reading = corpus().read(root)
    item = item_of(reading, 306)
    assert (item.part, dict(item.reference.scores)) == (None, {})
    assert said(reading, 306, FindingKind.EXTRA, "stands in no label file")


def test_files_of_another_participant_are_never_used(root: Path):
    folder = root / "300_P"
    (folder / "300_COVAREP.csv").rename(folder / "301_COVAREP.csv")
    reading = corpus().read(root)
    assert "covarep" not in [t.name for t in item_of(reading, 300).tables()]
    assert said(reading, 300, FindingKind.CONTRADICTION, "file of participant 301")
    assert said(reading, 300, FindingKind.MISSING, "300_COVAREP.csv")


def test_misspelt_file_names_are_found(root: Path):
    folder = root / "300_P"
    (folder / "300_CLNF_AUs.txt").rename(folder / "300_CLNF_AUs.csv")
    (folder / "300_TRANSCRIPT.csv").rename(folder / "300_Transcript.csv")
    (folder / "._300_COVAREP.csv").write_bytes(b"\0")  # left behind by macOS
    item = item_of(corpus().read(root), 300)
    assert len(item.tables()) == 5
    assert item.transcript() is not None


def test_two_folders_of_one_participant_give_one_item(root: Path):
    shutil.copytree(root / "300_P", root / "300")
    reading = corpus().read(root)
    assert sum(i.participant_id == "daic-300" for i in reading.items) == 1
    assert said(reading, 300, FindingKind.CONTRADICTION, "a second folder 300:")


# Known errors


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (373, "interrupted"),
        (444, "interrupted"),
        (451, "lacks the interviewer's lines"),
        (458, "lacks the interviewer's lines"),
        (480, "lacks the interviewer's lines"),
        (402, "video ends about 2 minutes"),
        (318, "moved by that much"),
    ],
)
def test_known_errors_are_said_and_stay_with_the_recording(tmp_path: Path, number: int, words: str):
    write_daic_woz(tmp_path, participants=(number, 300), duration_s=1.0)
    reading = corpus().read(tmp_path)
    assert said(reading, number, FindingKind.REPAIRED, words)
    assert any(words in text for text in item_of(reading, number).repairs)
    assert item_of(reading, 300).repairs == ()


@pytest.mark.parametrize("number", [342, 394, 398, 460])
def test_excluded_sessions_are_left_out_and_said(tmp_path: Path, number: int):
    write_daic_woz(tmp_path, participants=(number, 300), duration_s=1.0)
    reading = corpus().read(tmp_path)
    assert [i.participant_id for i in reading.items] == ["daic-300"]
    assert said(reading, number, FindingKind.EXCLUDED, "exclude this session")


def test_a_transcript_known_to_lie_early_is_moved(tmp_path: Path):
    write_daic_woz(tmp_path, participants=(318,), duration_s=8.0)
    moved = item_of(corpus().read(tmp_path), 318).transcript()
    as_is = item_of(corpus(transcript_shift_s=None).read(tmp_path), 318)
    assert moved is not None
    assert moved.utterances[0].start_s == pytest.approx(34.319917)
    assert "moved" not in " ".join(as_is.repairs)


# Transcripts


def test_transcripts_tell_the_speakers_apart(root: Path):
    transcript = item_of(corpus().read(root), 300).transcript()
    assert transcript is not None
    assert [u.speaker for u in transcript.utterances] == [Role.INTERVIEWER, Role.PARTICIPANT] * 2
    assert not any("(" in u.text for u in transcript.utterances)
    assert transcript.has_speakers


def test_interviewer_lines_may_be_absent(root: Path):
    path = root / "300_P" / "300_TRANSCRIPT.csv"
    lines = [x for x in path.read_text().splitlines() if "\tEllie\t" not in x]
    path.write_text("\n".join(lines) + "\n")
    transcript = item_of(corpus().read(root), 300).transcript()
    assert transcript is not None
    assert transcript.has_speakers
    assert {u.speaker for u in transcript.utterances} == {Role.PARTICIPANT}


def test_turns_of_no_length_are_left_out_and_doubles_joined(root: Path):
    (root / "300_P" / "300_TRANSCRIPT.csv").write_text(
        "start_time\tstop_time\tspeaker\tvalue\n1\t1\tParticipant\tthe cat\n"
        "2\t3\tParticipant\ta green\n2\t4\tParticipant\tboat\n3.5\t5\tParticipant\tand a kite\n"
    )
    transcript = item_of(corpus().read(root), 300).transcript()
    assert transcript is not None
    assert [(u.start_s, u.end_s, u.text) for u in transcript.utterances] == [
        (2, 3.5, "a green boat"),
        (3.5, 5, "and a kite"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "start_time\tstop_time\tspeaker\tvalue\n",
        "start_time\tstop_time\tspeaker\tvalue\n1\t2\tParticipant\ta cat\n3\t4\tPart",
        "start_time\tstop_time\tspeaker\tvalue\n1\t2\tSomebody\ta cat\n",
        "start_time,stop_time,speaker,value\n1,2,Participant,a cat\n",
    ],
)
def test_a_damaged_transcript_fails_that_recording_alone(root: Path, text: str):
    (root / "300_P" / "300_TRANSCRIPT.csv").write_text(text)
    reading = corpus().read(root)
    with pytest.raises(DataError, match="daicwoz-300: transcript"):
        item_of(reading, 300).transcript()
    assert item_of(reading, 301).transcript() is not None


def test_an_absent_transcript_is_none(root: Path):
    (root / "300_P" / "300_TRANSCRIPT.csv").unlink()
    reading = corpus().read(root)
    assert item_of(reading, 300).transcript() is None
    assert said(reading, 300, FindingKind.MISSING, "300_TRANSCRIPT.csv")


# Features


def test_each_shipped_file_is_one_table_on_one_clock(root: Path):
    tables = {t.name: t for t in item_of(corpus().read(root), 300).tables()}
    names = {"openface_aus", "openface_gaze", "openface_pose", "covarep", "formants"}
    assert set(tables) == names
    for table in tables.values():
        assert table.row_kind == "frame"
        assert table.start_s[0] == 0
        assert table.end_s[-1] == pytest.approx(4.0, abs=0.05)
        assert np.isfinite(table.values).any()
        assert np.isnan(table.values).any() == (table.name != "formants")


def test_a_damaged_feature_file_fails_that_recording_alone(root: Path):
    (root / "300_P" / "300_COVAREP.csv").write_text("1,2,3\n")
    (root / "301_P" / "301_FORMANT.csv").write_text("")
    reading = corpus().read(root)
    with pytest.raises(DataError, match="daicwoz-300: COVAREP file has 3 columns"):
        item_of(reading, 300).tables()
    with pytest.raises(DataError, match="daicwoz-301: formant file is empty"):
        item_of(reading, 301).tables()
    assert said(reading, 301, FindingKind.UNREADABLE, "is empty")
    assert len(item_of(reading, 302).tables()) == 5


def test_features_that_end_long_before_the_sound_say_so(tmp_path: Path):
    write_daic_woz(tmp_path, participants=(402,), duration_s=6.0, with_audio=True)
    path = tmp_path / "402_P" / "402_CLNF_pose.txt"
    path.write_text("\n".join(path.read_text().splitlines()[:61]) + "\n")
    item = item_of(corpus().read(tmp_path), 402)
    assert item.media == tmp_path / "402_P" / "402_AUDIO.wav"
    notes = {t.name: " ".join(t.notes) for t in item.tables()}
    assert "ends at 2.0 s, the sound at 6.0 s" in notes["openface_pose"]
    assert "the sound at" not in notes["openface_aus"] + notes["covarep"]


def test_nothing_but_labels_and_names_is_read_at_first(root: Path):
    for path in root.glob("*_P/*"):
        path.write_bytes(b"\0")
    assert len(corpus().read(root).items) == 6


def test_items_can_be_handed_to_worker_processes(root: Path):
    for item in corpus().read(root).items:
        assert len(ForkingPickler.dumps(item)) < 100_000


def test_findings_name_no_local_path(root: Path):
    shutil.copytree(root / "300_P", root / "300")
    (root / "301_P" / "301_FORMANT.csv").write_text("")
    assert not [f for f in corpus().read(root).findings if str(root) in f.text + f.subject]
