"""Transcripts of DAIC-WOZ (two speakers, typed by hand) and E-DAIC (recognised, no speakers)."""

import csv
import hashlib
import io
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from clinic.errors import DataError
from clinic.io.transcripts import ReadTranscript, daic
from clinic.io.transcripts.decoding import decode
from clinic.io.transcripts.settle import settle
from clinic.io.transcripts.speakers import roles_of
from clinic.io.transcripts.turns import Parsed, Turn, seconds
from clinic.records import Transcript

_RECOGNISED = ("start_time", "end_time", "text", "confidence")


def read_woz_transcript(path: Path, *, shift_s: float = 0.0) -> ReadTranscript:
    """Read ``start_time stop_time speaker value``, tab-separated; Ellie is the interviewer.

    Args:
        shift_s: Added to every time, where transcript and recording are known to be apart.

    Raises:
        DataError: Missing, cut short, of another layout, with unknown speakers, or no words.
    """
    content = _content(path)
    parsed = daic.parse(decode(content, encoding="utf-8").lstrip("\ufeff"))
    turns = [replace(t, start_s=t.start_s + shift_s, end_s=t.end_s + shift_s) for t in parsed.turns]
    return _settled(replace(parsed, turns=tuple(turns)), content)


def read_recognised_transcript(path: Path) -> ReadTranscript:
    """Read E-DAIC's ``Start_Time,End_Time,Text,Confidence``, whose words may hold commas.

    Raises:
        DataError: Missing, cut short, of another layout, or no words.
    """
    content = _content(path)
    text = decode(content, encoding="utf-8").lstrip("\ufeff")
    reader = csv.reader(io.StringIO(text, newline=""))
    header = tuple(cell.strip().lower() for cell in next(reader))
    if header != _RECOGNISED:
        raise DataError(f"transcript columns must be {', '.join(_RECOGNISED)}, comma-separated")
    turns = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                turns.append(_recognised(cells, f"line {reader.line_num}"))
    except csv.Error as error:
        raise DataError(f"transcript line {reader.line_num}: quotes do not match") from error
    return _settled(Parsed(turns=tuple(turns), source_format="edaic"), content)


def _recognised(cells: Sequence[str], place: str) -> Turn:
    if len(cells) < len(_RECOGNISED):
        raise DataError(f"transcript {place} has {len(cells)} cells, {len(_RECOGNISED)} needed")
    start, end, *words, _ = cells
    return Turn(
        start_s=seconds(start, place=place, name="start_time"),
        end_s=seconds(end, place=place, name="end_time"),
        text=",".join(words),
        place=place,
    )


def _settled(parsed: Parsed, content: bytes) -> ReadTranscript:
    turns, notes = _mended(parsed.turns)
    labels = {turn.speaker for turn in turns if turn.speaker is not None}
    roles = roles_of(
        labels,
        participant_names=["participant"],
        interviewer_names=["ellie"],
        participant_speaker=None,
    )
    settled = settle(
        turns, roles, duration_s=math.inf, max_overlap_s=math.inf, max_overshoot_s=math.inf
    )
    transcript = Transcript(
        utterances=settled.utterances,
        source_format=parsed.source_format,
        has_speakers=bool(labels),
        sha256=hashlib.sha256(content).hexdigest(),
        language="en",
    )
    return ReadTranscript(transcript=transcript, notes=(*notes, *settled.notes))


def _mended(turns: Sequence[Turn]) -> tuple[list[Turn], list[str]]:
    """Leave out turns of no length, join turns of one speaker that start together."""
    notes = []
    whole = [t for t in turns if 0 <= t.start_s < t.end_s or not t.text.strip()]
    if len(whole) < len(turns):
        lost = len(turns) - len(whole)
        notes.append(f"transcript: {lost} turns of no length or before 0 s were left out")
    joined: dict[tuple[str | None, float], Turn] = {}
    for turn in whole:
        key = (turn.speaker, turn.start_s)
        if key in joined:
            first = joined[key]
            text = f"{first.text} {turn.text}".strip()
            joined[key] = replace(first, text=text, end_s=max(first.end_s, turn.end_s))
        else:
            joined[key] = turn
    if len(joined) < len(whole):
        n_joined = len(whole) - len(joined)
        notes.append(f"transcript: {n_joined} turns began with another of the speaker: joined")
    return list(joined.values()), notes


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"transcript cannot be read: {error.strerror}") from error
