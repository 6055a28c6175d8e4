"""Every format of the same made-up talk gives the same utterances."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clinic.errors import DataError
from clinic.io.transcripts import TranscriptReader
from clinic.records import Role

# (start, end, label, words): an invented talk.
TALK = [
    (0.5, 2.0, "interviewer", "How have you been?"),
    (2.5, 5.25, "participant", "Well, um, not so good, I think"),
    (6.0, 7.5, "interviewer", "Since when?"),
    (8.0, 11.125, "participant", "Since May; sleep is \"gone\""),
]  # fmt: skip


@pytest.fixture(scope="module")
def reader(io_parts: Any) -> TranscriptReader:
    return io_parts[1].transcripts


def clock(time_s: float, comma: bool = False) -> str:
    text = f"{int(time_s // 3600):02d}:{int(time_s // 60 % 60):02d}:{time_s % 60:06.3f}"
    return text.replace(".", ",") if comma else text


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def own_csv() -> str:
    rows = ["start_s,end_s,speaker,text"]
    rows += [f"{a},{b},{who},{quoted(text)}" for a, b, who, text in TALK]
    return "\n".join(rows) + "\n"


def daic() -> str:
    names = {"interviewer": "Ellie", "participant": "Participant"}
    rows = [f"{a}\t{b}\t{names[who]}\t{text}" for a, b, who, text in TALK]
    rows[2] = "6.0\t7.5\tEllie\tsince_when1 (Since when?)"
    return "\n".join(["start_time\tstop_time\tspeaker\tvalue", *rows]) + "\n"


def webvtt() -> str:
    cues = [f"{clock(a)} --> {clock(b)}\n<v {who.title()}>{text}</v>" for a, b, who, text in TALK]
    return "WEBVTT\n\nNOTE made up\n\n" + "\n\n".join(cues) + "\n"


def srt() -> str:
    cues = [
        f"{n}\n{clock(a, comma=True)} --> {clock(b, comma=True)}\n{who.upper()}: {text}"
        for n, (a, b, who, text) in enumerate(TALK, start=1)
    ]
    return "\r\n\r\n".join(cue.replace("\n", "\r\n") for cue in cues) + "\r\n"


def textgrid() -> str:
    tiers = []
    for who in ("interviewer", "participant"):
        turns = [(a, b, text) for a, b, label, text in TALK if label == who]
        lines = [
            f"intervals [{n}]:\n xmin = {a}\n xmax = {b}\n text = {quoted(text)}"
            for n, (a, b, text) in enumerate(turns, start=1)
        ]
        tiers.append(
            f'class = "IntervalTier"\n name = "{who}"\n xmin = 0\n xmax = 12\n'
            f" intervals: size = {len(turns)}\n" + "\n".join(lines)
        )
    items = "\n".join(f"item [{n}]:\n{tier}" for n, tier in enumerate(tiers, start=1))
    return (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 12\n'
        f"tiers? <exists>\nsize = {len(tiers)}\nitem []:\n{items}\n"
    )


def timed_words() -> list[tuple[float, float, str, str]]:
    """Words of the talk, each as long as its share of the turn."""
    found = []
    for a, b, who, text in TALK:
        words = text.split()
        step = (b - a) / len(words)
        found += [(a + n * step, a + (n + 1) * step, who, w) for n, w in enumerate(words)]
    return found


def whisperx() -> str:
    segments = [
        {
            "start": a,
            "end": b,
            "text": f" {text}",
            "speaker": who,
            "words": [
                {"word": w, "start": s, "end": e, "score": 0.9, "speaker": who}
                for s, e, label, w in timed_words()
                if a <= s < b
            ],
        }
        for a, b, who, text in TALK
    ]
    return json.dumps({"segments": segments, "word_segments": [], "language": "en"})


def aws() -> str:
    items: list[dict[str, Any]] = []
    for start, end, who, word in timed_words():
        bare = word.rstrip(",.?;")
        items.append(
            {
                "type": "pronunciation",
                "start_time": repr(start),
                "end_time": repr(end),
                "alternatives": [{"confidence": "0.99", "content": bare}],
                "speaker_label": who,
            }
        )
        if word != bare:
            mark = [{"confidence": "0.0", "content": word[len(bare) :]}]
            items.append({"type": "punctuation", "alternatives": mark, "speaker_label": who})
    return json.dumps({"jobName": "x", "results": {"language_code": "en-US", "items": items}})


def aws_old() -> str:
    """Labels apart from the items, as older jobs gave them."""
    value = json.loads(aws())
    labelled = []
    for item in value["results"]["items"]:
        label = item.pop("speaker_label")
        if item["type"] == "pronunciation":
            labelled.append({"start_time": item["start_time"], "speaker_label": label})
    value["results"]["speaker_labels"] = {"speakers": 2, "segments": [{"items": labelled}]}
    return json.dumps(value)


FORMATS = {
    "csv": ("x.csv", own_csv()), "daic": ("x.tsv", daic()), "webvtt": ("x.vtt", webvtt()),
    "srt": ("x.srt", srt()), "textgrid": ("x.TextGrid", textgrid()),
    "whisperx": ("x.json", whisperx()), "aws": ("x.json", aws()),
}  # fmt: skip


def check_talk(found: Any) -> None:
    utterances = found.transcript.utterances
    assert [u.text for u in utterances] == [text for *_, text in TALK]
    assert [str(u.speaker) for u in utterances] == [who for _, _, who, _ in TALK]
    assert [u.start_s for u in utterances] == pytest.approx([a for a, *_ in TALK])
    assert [u.end_s for u in utterances] == pytest.approx([b for _, b, *_ in TALK])
    assert found.transcript.has_speakers
    assert found.notes == ()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_formats_agree(tmp_path: Path, reader: TranscriptReader, name: str, encoding: str) -> None:
    file, text = FORMATS[name]
    path = tmp_path / file
    path.write_bytes(text.encode(encoding))
    found = reader.read([path], duration_s=12.0)
    check_talk(found)
    assert found.transcript.source_format == name
    words = [w for u in found.transcript.utterances for w in u.words]
    if name in ("whisperx", "aws"):
        assert [w.start_s for w in words] == pytest.approx([s for s, *_ in timed_words()])
        assert found.transcript.language == ("en" if name == "whisperx" else "en-US")
    else:
        assert words == []


def test_older_aws_files_agree(tmp_path: Path, reader: TranscriptReader) -> None:
    (tmp_path / "x.json").write_text(aws_old())
    check_talk(reader.read([tmp_path / "x.json"], duration_s=12.0))


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters(tmp_path: Path, reader: TranscriptReader, delimiter: str) -> None:
    lines = [delimiter.join([str(a), str(b), who, quoted(text)]) for a, b, who, text in TALK]
    header = delimiter.join(["Start_s", "END_S", "speaker", "text"])
    (tmp_path / "x.csv").write_text("\r\n".join([header, *lines]))
    check_talk(reader.read([tmp_path / "x.csv"], duration_s=12.0))


@pytest.mark.parametrize("layout", ["list", "stream", "one"])
def test_vosk_has_words_and_no_speakers(
    tmp_path: Path, reader: TranscriptReader, layout: str
) -> None:
    parts = []
    for a, b, _, text in TALK:
        words = [
            {"conf": 1.0, "start": s, "end": e, "word": w}
            for s, e, _, w in timed_words()
            if a <= s < b
        ]
        parts.append({"result": words, "text": text})
    if layout == "list":
        text = json.dumps(parts)
    elif layout == "stream":
        text = "\n".join(json.dumps(part, indent=1) for part in [*parts, {"text": ""}])
    else:
        text = json.dumps({"result": [w for part in parts for w in part["result"]], "text": "x"})
    (tmp_path / "x.json").write_text(text)
    transcript = reader.read([tmp_path / "x.json"], duration_s=12.0).transcript
    assert transcript.source_format == "vosk"
    assert not transcript.has_speakers
    assert {u.speaker for u in transcript.utterances} == {Role.UNKNOWN}
    assert transcript.participant_utterances == transcript.utterances
    if layout == "one":
        # Only the pause of 0.75 s between words is short enough to stay inside a turn.
        assert len(transcript.utterances) == 1
    else:
        assert [u.text for u in transcript.utterances] == [t for *_, t in TALK]


def test_whisperx_segment_of_two_speakers_is_split(
    tmp_path: Path, reader: TranscriptReader
) -> None:
    words = [
        {"word": "Better?", "start": 1.0, "end": 1.5, "speaker": "interviewer"},
        {"word": "No,", "start": 2.0, "end": 2.25, "speaker": "participant"},
        {"word": "7", "score": 0.1},
        {"word": "days", "start": 2.75, "end": 3.0, "speaker": "participant"},
    ]
    segment = {"start": 1.0, "end": 3.0, "text": "Better? No, 7 days", "words": words}
    (tmp_path / "x.json").write_text(json.dumps({"segments": [segment]}))
    found = reader.read([tmp_path / "x.json"], duration_s=5.0).transcript.utterances
    assert [(u.start_s, u.end_s, u.speaker.value, u.text) for u in found] == [
        (1.0, 1.5, "interviewer", "Better?"),
        (2.0, 3.0, "participant", "No, 7 days"),
    ]
    assert [w.text for w in found[1].words] == ["No,", "days"]


def test_daic_marks_are_no_words(tmp_path: Path, reader: TranscriptReader) -> None:
    (tmp_path / "300_TRANSCRIPT.csv").write_text(
        "start_time\tstop_time\tspeaker\tvalue\n"
        "1.0\t2.0\tParticipant\tpeop <people> are xxx nice\n"
        "3.0\t4.0\tParticipant\t<laughter>\n"
        "5.0\t6.0\tParticipant\tscrubbed_entry\n"
    )
    found = reader.read([tmp_path / "300_TRANSCRIPT.csv"], duration_s=9.0)
    assert [u.text for u in found.transcript.utterances] == ["peop are nice", "", ""]
    assert found.notes == ("transcript: 2 turns hold no intelligible words",)


@pytest.mark.parametrize("number", [1, 4, 9])
def test_real_text_grids_agree_with_a_plain_search(
    shared_data: Path, reader: TranscriptReader, number: int
) -> None:
    folder = shared_data / "primock57" / "transcripts"
    paths = [
        folder / f"day1_consultation{number:02d}_{who}.TextGrid" for who in ("doctor", "patient")
    ]
    transcript = reader.read(paths, duration_s=2000.0).transcript
    for path, role in zip(paths, (Role.INTERVIEWER, Role.PARTICIPANT), strict=True):
        text = path.read_text()
        pattern = r'xmin = ([\d.]+)\s+xmax = ([\d.]+)\s+text = "((?:[^"]|"")+)"'
        expected = [(float(a), float(b)) for a, b, t in re.findall(pattern, text) if t.strip()]
        found = [(u.start_s, u.end_s) for u in transcript.utterances if u.speaker is role]
        assert len(expected) > 20
        assert np.allclose(found, expected, rtol=0, atol=1e-9)
    assert not any("<" in u.text for u in transcript.utterances)


def refused(reader: TranscriptReader, path: Path, content: str | bytes, words: str) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=words):
        reader.read([path], duration_s=60.0)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.csv", "", "transcript is empty"),
        ("x.csv", " \n ", "transcript is empty"),
        ("x.csv", "hello", "no known format: a first line start_s,end_s,speaker,text"),
        ("x.csv", "start_s,end_s,text\n", "holds no words"),
        ("x.csv", "start_s,speaker,text\n1,p,a\n", "no column end_s"),
        ("x.csv", "start_s,end_s,text,text\n1,2,a,b\n", "names a column twice"),
        ("x.csv", "start_s,end_s,text\n1,2,a,b\n", "line 2 has 4 cells, 3 needed"),
        ("x.csv", 'start_s,end_s,text\n1,2,"a\n', "quotes do not match"),
        ("x.csv", "start_s,end_s,text\none,2,a\n", "line 2: start_s is not a number"),
        ("x.csv", "start_s,end_s,text\n1,inf,a\n", "line 2: end_s is not a number"),
        ("x.csv", "start_s,end_s,text\n1,1e999,a\n", "end_s is not a number"),
        ("x.csv", "start_s,end_s,text\n-1,2,a\n", "line 2 starts at -1 s, before 0"),
        ("x.csv", "start_s,end_s,text\n3,2,a\n", "runs from 3 s to 2 s"),
        ("x.csv", "start_s,end_s,text\n2,2,a\n", "runs from 2 s to 2 s"),
        ("x.csv", "start_s,end_s,text\n1,2,a\n800,812,b\n", "ends at 812.0 s, the recording at 60"),
        ("x.csv", "start_s,end_s,text\n1,4,a\n2,5,b\n", r"line 3 overlaps line 2 .* by 2.00 s"),
        ("x.csv", "start_s,end_s,text\n1,2,für\n".encode("latin-1"), "not utf-8 text"),
        ("x.csv", "start_s,end_s,text\n1,2,a\n".encode("utf-16-le"), "NUL characters"),
        ("x.csv", "start_s,end_s,speaker,text\n1,2,Anna Smith,a\n", r"1 speaker label \(not"),
        ("x.csv", "start_s,end_s,speaker,text\n1,2,SPEAKER_00,a\n", "SPEAKER_00 is neither"),
        ("x.csv", "start_s,end_s,speaker,text\n1,2,doctor,a\n", "no turn of the participant"),
        ("x.vtt", "WEBVTT\n\n00:01.000 -> 00:02.000\nhi\n", "0 of 0 cues|cannot be read"),
        ("x.vtt", "WEBVTT\n\n00:xx.000 --> 00:02.000\nhi\n", "cannot be read"),
        ("x.vtt", "1\n00:01.0 --> 2\nhi\n", "transcript"),
        ("x.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v A>hi\n<v B>ho\n", "holds 2 voices"),
        ("x.srt", "1\n00:00:01,000 --> 00:00:02,000\nDr Jones: hi\n\n"
                  "2\n00:00:03,000 --> 00:00:04,000\nAnna: well\n",
         r"2 speaker labels \(not shown\)"),
        ("x.srt", "no cues", "no known format: cues with -->"),
        ("x.TextGrid", 'File type = "ooTextFile"\nObject class = "TextGrid"\n', "TextGrid"),
        ("x.json", "{", "not JSON, or it was cut short"),
        ("x.json", "[" * 100_000, "not JSON, or it was cut short"),
        ("x.json", "{}", "none of WhisperX, AWS Transcribe and Vosk"),
        ("x.json", '{"segments": [{"start": 0, "end": NaN, "text": "a"}]}', "end is not a number"),
        ("x.json", '{"segments": [{"start": 0, "end": 1}]}', "segment 1 has no text"),
        ("x.json", '{"text": "words without times"}', "SetWords"),
        ("x.json", '{"results": {"items": [{"type": "pronunciation"}]}}', "item 1 has no content"),
        ("x.tsv", "start_time\tstop_time\tspeaker\tvalue\n1\t2\tEllie\n", "line 2 has 3 cells"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(
    tmp_path: Path, reader: TranscriptReader, name: str, content: str | bytes, words: str
) -> None:
    refused(reader, tmp_path / name, content, words)


def test_messages_quote_nothing_that_was_said(tmp_path: Path, reader: TranscriptReader) -> None:
    path = tmp_path / "x.csv"
    path.write_text("start_s,end_s,speaker,text\nI want to die,2,Anna Smith,a\n")
    with pytest.raises(DataError) as caught:
        reader.read([path], duration_s=9.0)
    assert "die" not in str(caught.value)


def test_missing_and_huge_files(tmp_path: Path, reader: TranscriptReader) -> None:
    with pytest.raises(DataError, match="missing or not a regular file"):
        reader.read([tmp_path / "x.csv"], duration_s=9.0)
    with (tmp_path / "y.csv").open("wb") as stream:
        stream.truncate(65 << 20)
    with pytest.raises(DataError, match="more than 64 MB"):
        reader.read([tmp_path / "y.csv"], duration_s=9.0)
