"""Which recordings there are, and what may not be one."""

import os
import re
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clinic.errors import SetupError
from clinic.io.identifiers import identifying
from clinic.io.manifest import ManifestReader
from clinic.records import Condition, Role

HEADER = (
    "recording_id,participant_id,media_path,transcript_path,language,channel_roles,visit_date\n"
)


@pytest.fixture(scope="module")
def reader(io_parts: Any) -> ManifestReader:
    return io_parts[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.wav", "b.wav", "sub/c.wav", "a.csv", "sub/c.vtt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def listed(reader: ManifestReader, folder: Path, rows: str, header: str = HEADER) -> list[Any]:
    (folder / "manifest.csv").write_text(header + rows, encoding="utf-8")
    return list(reader.read(folder))


def problem(reader: ManifestReader, folder: Path, row: str) -> str:
    (entry,) = listed(reader, folder, row)
    assert entry.problem is not None
    return str(entry.problem)


def test_every_column_is_read(reader: ManifestReader, folder: Path) -> None:
    header = HEADER.strip() + ",participant_speaker,depression,ptsd,site\n"
    rows = (
        "r-1,p-0001,sub/c.wav,sub/c.vtt,de-AT,interviewer|participant,2024-05-31,spk_1,12,,Graz\n"
    )
    (entry,) = listed(reader, folder, rows, header)
    assert entry.problem is None
    assert (entry.recording_id, entry.participant_id) == ("r-1", "p-0001")
    assert entry.media_path == folder.resolve() / "sub/c.wav"
    assert entry.transcript_paths == (folder.resolve() / "sub/c.vtt",)
    assert entry.language == "de-AT"
    assert entry.channel_roles == (Role.INTERVIEWER, Role.PARTICIPANT)
    assert entry.visit_date == date(2024, 5, 31)
    assert entry.participant_speaker == "spk_1"
    assert entry.references == {Condition.DEPRESSION: 12.0}


def test_parquet_says_the_same_as_csv(reader: ManifestReader, folder: Path) -> None:
    rows = "r-1,300,a.wav,a.csv,en,,2024-05-31\nr-2,301,b.wav,,,,\n"
    from_csv = listed(reader, folder, rows)
    table = {
        "recording_id": ["r-1", "r-2"], "participant_id": [300, 301],
        "media_path": ["a.wav", "b.wav"], "transcript_path": ["a.csv", None],
        "language": ["en", None], "visit_date": [date(2024, 5, 31), None],
    }  # fmt: skip
    pq.write_table(pa.table(table), folder / "list.parquet")
    for ours, theirs in zip(reader.read(folder / "list.parquet"), from_csv, strict=True):
        assert ours == theirs


def test_a_folder_is_named_by_its_files(reader: ManifestReader, folder: Path) -> None:
    (folder / ".hidden.wav").touch()
    (folder / "notes.txt").touch()
    entries = reader.read(folder)
    assert [e.recording_id for e in entries] == ["a", "b", "c"]
    assert [e.participant_id for e in entries] == ["a", "b", "c"]
    assert [[p.name for p in e.transcript_paths] for e in entries] == [["a.csv"], [], ["c.vtt"]]
    assert all("no manifest" in entry.notes[0] for entry in entries)
    assert [e.problem for e in entries] == [None] * 3


def test_a_single_file_is_a_recording(reader: ManifestReader, folder: Path) -> None:
    (entry,) = reader.read(folder / "b.wav")
    assert entry.recording_id == "b"


def test_the_fullest_of_several_transcripts_is_used_and_said(
    reader: ManifestReader, folder: Path
) -> None:
    for suffix in (".srt", ".json", ".vtt"):
        (folder / f"b{suffix}").touch()
    entry = reader.read(folder)[1]
    assert [p.suffix for p in entry.transcript_paths] == [".json"]
    assert entry.notes[1] == "3 transcripts of the same name: .json is used"


def test_a_transcript_for_each_speaker_is_found(reader: ManifestReader, folder: Path) -> None:
    for who in ("doctor", "patient", "cat"):
        (folder / f"b_{who}.TextGrid").touch()
    entry = reader.read(folder)[1]
    assert [p.name for p in entry.transcript_paths] == ["b_doctor.TextGrid", "b_patient.TextGrid"]


def test_the_same_stem_twice_is_one_problem(reader: ManifestReader, folder: Path) -> None:
    (folder / "sub" / "A.wav").touch()
    entries = reader.read(folder)
    assert [e.recording_id for e in entries] == ["a", "b", "c"]
    assert entries[0].problem == (
        "recording id stands in file 1 and file 3: ids must be unique (recording_id)"
    )


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("recording_id,media_path\n", "no column participant_id"),
        ("recording_id,participant_id,media_path,media_path\n", "names a column twice"),
        ("recording_id,participant_id,media_path,transcript_pat\n", "is transcript_path meant"),
        ("", "empty"),
    ],
)
def test_a_manifest_that_cannot_be_used_stops_the_run(
    reader: ManifestReader, folder: Path, header: str, words: str
) -> None:
    with pytest.raises(SetupError, match=words):
        listed(reader, folder, "r-1,p-1,a.wav,\n" if header else "", header)


def test_nothing_to_do_stops_the_run(reader: ManifestReader, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="neither a folder nor a file"):
        reader.read(tmp_path / "absent")
    with pytest.raises(SetupError, match="no recording found"):
        reader.read(tmp_path)


def test_duplicate_ids_are_one_problem_that_names_both(
    reader: ManifestReader, folder: Path
) -> None:
    entries = listed(reader, folder, "r-1,p-1,a.wav,,,,\nr-2,p-2,b.wav,,,,\nR-1,p-3,b.wav,,,,\n")
    assert [e.recording_id for e in entries] == ["r-1", "r-2"]
    assert entries[0].problem == (
        "recording id stands in row 2 and row 4: ids must be unique (recording_id)"
    )
    assert entries[1].problem is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("r-1,p-1,,,,,", "row 2: media_path is empty"),
        ("r-1,p-1,absent.wav,,,,", "row 2: media file is missing"),
        ("r-1,p-1,sub,,,,", "media file is not a regular file"),
        ("r-1,p-1,../a.wav,,,,", "media file lies outside the manifest's folder"),
        ("r-1,p-1,/etc/passwd,,,,", "media file lies outside the manifest's folder"),
        ("r-1,p-1,a.wav|b.wav,,,,", "names several files"),
        ("r-1,p-1,a.wav,absent.csv,,,", "transcript file is missing"),
        ("r-1,p-1,a.wav,,english please,,", "language is no tag"),
        ("r-1,p-1,a.wav,,,boss|participant,", "channel_roles must be of participant"),
        ("r-1,p-1,a.wav,,,,31.5.2024", "visit_date is no date"),
        ("r-1,,a.wav,,,,", "participant id is empty"),
        (",p-1,a.wav,,,,", "recording id is empty"),
        ("../../x,p-1,a.wav,,,,", "recording id must begin with a letter or digit"),
        ("r-1,a@b.org,a.wav,,,,", r"participant id looks like a name or address \(an @ sign\)"),
        ("r-1,Anna Smith,a.wav,,,,", "participant id looks like a name"),
        ('r-1,"Smith, Anna",a.wav,,,,', "participant id looks like a name"),
        ("AnnaSmith,p-1,a.wav,,,,", "recording id looks like a name"),
    ],
)
def test_a_bad_row_becomes_that_recordings_problem(
    reader: ManifestReader, folder: Path, row: str, words: str
) -> None:
    message = problem(reader, folder, row)
    assert re.search(words, message), message
    assert "Anna" not in message
    assert "@b" not in message


def test_an_id_that_may_be_a_name_does_not_travel_on(reader: ManifestReader, folder: Path) -> None:
    (entry,) = listed(reader, folder, "Anna_Smith,anna@home.org,a.wav,,,,")
    assert (entry.recording_id, entry.participant_id) == ("row-2", "refused")


def test_identifying_ids_can_be_permitted(folder: Path) -> None:
    permitting = ManifestReader(allow_identifying_ids=True)
    (entry,) = listed(permitting, folder, "Anna_Smith,anna@home.org,a.wav,,,,")
    assert entry.problem is None
    assert (entry.recording_id, entry.participant_id) == ("Anna_Smith", "anna@home.org")


def test_links_are_not_followed(
    reader: ManifestReader, folder: Path, tmp_path_factory: Any
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "x.wav").touch()
    (folder / "link.wav").symlink_to(outside / "x.wav")
    (folder / "door").symlink_to(outside)
    for target in ("link.wav", "door/x.wav"):
        assert "is a link or lies behind one" in problem(reader, folder, f"r-1,p-1,{target},,,,")
    (folder / "manifest.csv").unlink()
    names = {e.recording_id: e.problem for e in reader.read(folder)}
    assert "is a link" in names["link"]
    assert "x" not in names


def test_pipes_are_not_opened(reader: ManifestReader, folder: Path) -> None:
    os.mkfifo(folder / "pipe.wav")
    assert "not a regular file" in problem(reader, folder, "r-1,p-1,pipe.wav,,,,")


def test_names_may_be_composed_or_not(reader: ManifestReader, folder: Path) -> None:
    (folder / "cafe\u0301.wav").touch()
    (entry,) = listed(reader, folder, "r-1,p-1,caf\u00e9.wav,,,,")
    assert entry.problem is None


@pytest.mark.parametrize(
    "identifier",
    ["anna@home.org", "Anna Smith", "Anna_Smith", "AnnaSmith", "SMITH-Anna", "Smith,A",
     "Jean-Luc.Picard", "Zoë_Müller", "1980-02-13", "19800213", "13.02.1980", "123-45-6789"],
)  # fmt: skip
def test_names_addresses_and_birth_dates_look_identifying(identifier: str) -> None:
    assert identifying(identifier) is not None


@pytest.mark.parametrize(
    "identifier",
    ["p-0001", "PSN-8F2C41", "300", "sub-01", "300_P", "r-0412", "A17", "site2.P003", "S01",
     "single_face", "face_noface", "subj01_timepoint01", "PTSD-007", "Visit1", "XK7Q"],
)  # fmt: skip
def test_pseudonyms_pass(identifier: str) -> None:
    assert identifying(identifier) is None
