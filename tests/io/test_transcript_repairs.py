"""Small flaws are mended and said; nothing malformed gets through or crashes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.errors import DataError
from clinic.io.transcripts import TranscriptReader
from clinic.io.transcripts.decoding import clean
from clinic.records import Role

HEADER = "start_s,end_s,speaker,text\n"


@pytest.fixture(scope="module")
def reader(io_parts: Any) -> TranscriptReader:
    return io_parts[1].transcripts


def read(reader: TranscriptReader, tmp_path: Path, rows: str, **more: Any) -> Any:
    path = tmp_path / "x.csv"
    path.write_text(HEADER + rows)
    return reader.read([path], duration_s=more.pop("duration_s", 60.0), **more)


def test_a_tiny_overlap_is_trimmed(tmp_path: Path, reader: TranscriptReader) -> None:
    found = read(reader, tmp_path, "1,3.2,patient,a\n3,5,patient,b\n")
    assert [(u.start_s, u.end_s) for u in found.transcript.utterances] == [(1, 3), (3, 5)]
    assert found.notes == ("transcript: 1 turn overlapped the next by up to 0.5 s and was trimmed",)


def test_two_people_may_talk_at_once(tmp_path: Path, reader: TranscriptReader) -> None:
    found = read(reader, tmp_path, "1,5,patient,a\n2,4,doctor,b\n")
    assert found.notes == ()
    assert [u.end_s for u in found.transcript.utterances] == [5, 4]


def test_a_cue_held_past_the_end_is_clipped(tmp_path: Path, reader: TranscriptReader) -> None:
    found = read(reader, tmp_path, "1,5,patient,a\n58,61.5,patient,b\n60.5,61,patient,c\n".replace(
        "58,61.5", "58,60.4"))  # fmt: skip
    assert found.transcript.utterances[-1].end_s == 60
    assert found.notes == (
        "transcript: 1 turn after the end of the recording was left out",
        "transcript: 1 turn reached past the end of the recording and was clipped",
    )


def test_turns_without_text_are_left_out(tmp_path: Path, reader: TranscriptReader) -> None:
    found = read(reader, tmp_path, "1,2,patient,a\n3,4,patient, \n5,5,patient,\n")
    assert len(found.transcript.utterances) == 1
    assert found.notes == ("transcript: 2 turns without text were left out",)


def test_lines_may_stand_in_any_order(tmp_path: Path, reader: TranscriptReader) -> None:
    found = read(reader, tmp_path, "5,6,patient,b\n1,2,patient,a\n")
    assert [u.text for u in found.transcript.utterances] == ["a", "b"]


def test_the_manifest_can_name_the_participants_label(
    tmp_path: Path, reader: TranscriptReader
) -> None:
    rows = "1,2,SPEAKER_00,a\n3,4,SPEAKER_01,b\n"
    found = read(reader, tmp_path, rows, participant_speaker="speaker_01")
    roles = [u.speaker for u in found.transcript.utterances]
    assert roles == [Role.INTERVIEWER, Role.PARTICIPANT]
    with pytest.raises(DataError, match="participant_speaker"):
        read(reader, tmp_path, rows, participant_speaker="SPEAKER_02")


def test_names_are_settings(tmp_path: Path, reader: TranscriptReader) -> None:
    own = replace(reader, participant_names=["VP"], interviewer_names=["VL"])
    found = read(own, tmp_path, "1,2,vl,a\n3,4,Vp:,b\n")
    assert [u.speaker for u in found.transcript.utterances] == [Role.INTERVIEWER, Role.PARTICIPANT]


def test_a_turn_without_a_label_among_labelled_ones_is_said(
    tmp_path: Path, reader: TranscriptReader
) -> None:
    found = read(reader, tmp_path, "1,2,patient,a\n3,4,,b\n")
    assert found.transcript.utterances[1].speaker is Role.UNKNOWN
    assert found.notes == ("transcript: 1 turn without a speaker is taken for nobody's",)


def test_manifest_language_goes_first_and_a_clash_is_said(
    tmp_path: Path, reader: TranscriptReader
) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"segments": [{"start": 0, "end": 1, "text": "ja"}], "language": "de"}')
    found = reader.read([path], duration_s=2.0, language="en")
    assert found.transcript.language == "en"
    assert found.notes == ("transcript says language de, the manifest en: the latter",)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<UNIN/> so <UNSURE>well</UNSURE>", "so well"),
        ("I <3 it, 2 > 1", "I <3 it, 2 > 1"),
        ("a\u202eb\x07c\u200bd", "ab cd"),
        ("e\u0301te\u0301", "été"),
        ("  many \n\t spaces ", "many spaces"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
    ],
)
def test_text_is_cleaned_of_markup_and_control(raw: str, expected: str) -> None:
    assert clean(raw) == expected


CELL = st.one_of(
    st.text(max_size=20),
    st.floats().map(str),
    st.integers(-5, 70).map(str),
    st.sampled_from(["patient", "doctor", "", '"', ",", "\n", "\0", "-1", "1e400", "٣"]),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(CELL, max_size=6), max_size=6), st.sampled_from([HEADER, "", "start_s\n"]))
def test_any_cells_give_a_transcript_or_a_data_error(
    tmp_path_factory: pytest.TempPathFactory,
    reader: TranscriptReader,
    rows: list[list[str]],
    header: str,
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    text = header + "\n".join(",".join(cells) for cells in rows)
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        found = reader.read([path], duration_s=60.0)
    except DataError as error:
        assert "\n" not in str(error)
    else:
        for utterance in found.transcript.utterances:
            assert 0 <= utterance.start_s < utterance.end_s <= 60.0


@pytest.mark.slow
def test_ten_thousand_malformed_files_crash_nothing(
    tmp_path: Path, reader: TranscriptReader
) -> None:
    random = np.random.default_rng(20)
    base = (HEADER + '1,2,patient,"so, well"\n3,4,doctor,yes\n5,6.5,patient,no\n').encode()
    pieces = [b",", b'"', b"\n", b"\r", b"\0", b"-", b"e9", b"nan", b"\xff", b"\xfe\xff", b";",
              b"\t", b"-->", b"{", b"[1]", b"WEBVTT", b"\xe2\x80\xae", b"9" * 400]  # fmt: skip
    path = tmp_path / "x.csv"
    n_read = n_refused = 0
    for _ in range(10_000):
        data = bytearray(base)
        for _ in range(random.integers(1, 5)):
            a = int(random.integers(0, len(data) + 1))
            if random.random() < 0.5:
                data[a:a] = pieces[random.integers(len(pieces))]
            else:
                del data[a : a + int(random.integers(1, 12))]
        path.write_bytes(data)
        try:
            reader.read([path], duration_s=60.0)
            n_read += 1
        except DataError:
            n_refused += 1
    assert n_read + n_refused == 10_000
    assert n_read > 100
    assert n_refused > 1000
