"""WhisperX (and Whisper) JSON: segments with words; ``speaker`` after diarisation.

Source:
    Bain et al. (2023), arXiv:2303.00747; https://github.com/m-bain/whisperX .
"""

from collections.abc import Mapping
from itertools import groupby

from clinic.errors import DataError
from clinic.io.transcripts.turns import Parsed, TimedWord, Turn, seconds


def parse(value: Mapping[str, object]) -> Parsed:
    """Read segments; one whose words have several speakers is split where they change.

    Words that the aligner could not place (numbers, symbols) have no times and stand in the
    text alone.

    Raises:
        DataError: A segment lacks times or words.
    """
    segments = value["segments"]
    assert isinstance(segments, list)
    turns: list[Turn] = []
    for number, segment in enumerate(segments, start=1):
        place = f"segment {number}"
        if not isinstance(segment, Mapping) or not isinstance(segment.get("text"), str):
            raise DataError(f"transcript {place} has no text")
        turns += _turns(segment, place)
    language = value.get("language")
    return Parsed(
        turns=tuple(turns),
        source_format="whisperx",
        language=language if isinstance(language, str) else None,
    )


def _turns(segment: Mapping[str, object], place: str) -> list[Turn]:
    start_s = seconds(segment.get("start"), place=place, name="start")
    end_s = seconds(segment.get("end"), place=place, name="end")
    own = segment.get("speaker")
    speaker = own if isinstance(own, str) else None
    entries = segment.get("words") or []
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
        raise DataError(f"transcript {place}: words cannot be read")
    runs = _runs(entries, speaker)
    if len(runs) < 2:
        words = _timed(list(entries), place)
        return [
            Turn(
                start_s=start_s,
                end_s=end_s,
                text=str(segment["text"]),
                speaker=runs[0][0] if runs else speaker,
                words=words,
                place=place,
            )
        ]
    turns = []
    for label, run in runs:
        words = _timed(run, place)
        if not words:
            raise DataError(f"transcript {place}: a speaker's words have no times")
        turns.append(
            Turn(
                start_s=words[0].start_s,
                end_s=words[-1].end_s,
                text=" ".join(str(entry.get("word", "")) for entry in run),
                speaker=label,
                words=words,
                place=place,
            )
        )
    return turns


def _runs(
    entries: list[Mapping[str, object]], speaker: str | None
) -> list[tuple[str | None, list[Mapping[str, object]]]]:
    """Group words by speaker; one without a label belongs to the word before it."""
    labels: list[str | None] = []
    for entry in entries:
        label = entry.get("speaker")
        labels.append(label if isinstance(label, str) else (labels[-1] if labels else speaker))
    pairs = zip(labels, entries, strict=True)
    return [(label, [e for _, e in group]) for label, group in groupby(pairs, lambda p: p[0])]


def _timed(entries: list[Mapping[str, object]], place: str) -> tuple[TimedWord, ...]:
    return tuple(
        TimedWord(
            start_s=seconds(entry["start"], place=place, name="start of a word"),
            end_s=seconds(entry["end"], place=place, name="end of a word"),
            text=str(entry.get("word", "")).strip(),
        )
        for entry in entries
        if entry.get("start") is not None and entry.get("end") is not None
    )
