"""One entry in, one Recording or one clear line out."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clinic.errors import DataError
from clinic.io.manifest import ManifestEntry
from clinic.records import Recording, Role


@pytest.fixture
def folder(tmp_path: Path, maker: Any) -> Path:
    sound = maker.tone(220.0, duration_s=6.0, rate_hz=16_000)
    maker.write(tmp_path / "r-1.wav", sound=sound, rate_hz=16_000)
    (tmp_path / "r-1.csv").write_text(
        "start_s,end_s,speaker,text\n0.5,1.5,interviewer,hi\n2,4,participant,hello\n"
    )
    return tmp_path


def entry_of(folder: Path, **more: Any) -> ManifestEntry:
    entry = ManifestEntry(
        recording_id="r-1",
        participant_id="p-1",
        media_path=folder / "r-1.wav",
        transcript_paths=(folder / "r-1.csv",),
        language="en-GB",
    )
    return replace(entry, **more)


def test_a_recording_holds_what_the_entry_says(folder: Path, io_parts: Any) -> None:
    recording = io_parts[1].read(entry_of(folder, channel_roles=(Role.PARTICIPANT,)))
    assert isinstance(recording, Recording)
    assert recording.sha256 == hashlib.sha256((folder / "r-1.wav").read_bytes()).hexdigest()
    assert recording.duration_s == pytest.approx(6.0)
    assert recording.language == "en-GB"
    assert recording.participant_channel == 0
    assert recording.video is None
    assert [u.text for u in recording.transcript.participant_utterances] == ["hello"]
    assert recording.repairs == ()


def test_a_folder_without_manifest_is_read_and_said(folder: Path, io_parts: Any) -> None:
    manifest, reader = io_parts
    (entry,) = manifest.read(folder)
    recording = reader.read(entry)
    assert recording.recording_id == "r-1"
    assert recording.repairs == ("no manifest: recording and participant are named by the file",)
    assert recording.language is None


def test_no_transcript_is_none(folder: Path, io_parts: Any) -> None:
    assert io_parts[1].read(entry_of(folder, transcript_paths=())).transcript is None


def test_the_entrys_problem_is_the_recordings(folder: Path, io_parts: Any) -> None:
    with pytest.raises(DataError, match="row 3: media file is missing"):
        io_parts[1].read(entry_of(folder, problem="row 3: media file is missing"))


def test_a_fifth_of_a_second_is_too_short(folder: Path, io_parts: Any, maker: Any) -> None:
    sound = maker.tone(220.0, duration_s=0.2, rate_hz=16_000)
    path = maker.write(folder / "short.wav", sound=sound, rate_hz=16_000)
    with pytest.raises(
        DataError, match=r"0\.20 s of audio, at least 1 s needed \(min_duration_s\)"
    ):
        io_parts[1].read(entry_of(folder, media_path=path, transcript_paths=()))


def test_channel_roles_must_fit_the_channels(folder: Path, io_parts: Any) -> None:
    roles = (Role.INTERVIEWER, Role.PARTICIPANT)
    with pytest.raises(DataError, match=r"1 audio channels, 2 roles given \(channel_roles\)"):
        io_parts[1].read(entry_of(folder, channel_roles=roles))


def test_a_transcript_of_another_recording_is_refused(folder: Path, io_parts: Any) -> None:
    (folder / "r-1.csv").write_text(
        "start_s,end_s,speaker,text\n1,2,patient,a\n100,101,patient,b\n"
    )
    with pytest.raises(DataError, match="does it belong to another recording"):
        io_parts[1].read(entry_of(folder))


def test_handles_travel_to_worker_processes(folder: Path, io_parts: Any) -> None:
    import copy

    recording = io_parts[1].read(entry_of(folder))
    again = copy.deepcopy(recording.audio)
    assert again == recording.audio
    assert next(iter(again.blocks(sampling_rate_hz=8_000))).samples.shape[1] == 1
