"""Word alignments of GRID clips, and one conversation in every transcript format.

Format of an alignment: ``start end word`` a line, counted in samples at 25 kHz (Cooke et al.
2006, doi:10.1121/1.2229005); ``sil`` and ``sp`` are silence.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ALIGNMENT_RATE_HZ = 25_000


@dataclass(frozen=True)
class Line:
    """One turn: words as (start_s, end_s, word) on the session's clock, and who says them."""

    speaker: str
    words: tuple[tuple[float, float, str], ...]

    @property
    def start_s(self) -> float:
        """Start of the first word."""
        return self.words[0][0]

    @property
    def end_s(self) -> float:
        """End of the last word."""
        return self.words[-1][1]

    @property
    def text(self) -> str:
        """The words in a row."""
        return " ".join(word for *_, word in self.words)


def line_of(alignment: Path, clip_start_s: float, *, speaker: str = "participant") -> Line:
    """Read one alignment and move it to where its clip begins in the session."""
    words = []
    for row in alignment.read_text().splitlines():
        begin, end, word = row.split()
        if word not in ("sil", "sp"):
            start_s, end_s = (
                round(clip_start_s + int(edge) / ALIGNMENT_RATE_HZ, 6) for edge in (begin, end)
            )
            words.append((start_s, end_s, word))
    return Line(speaker=speaker, words=tuple(words))


def own_csv(lines: Sequence[Line]) -> str:
    """Our CSV."""
    rows = [f"{x.start_s},{x.end_s},{x.speaker},{x.text}" for x in lines]
    return "\n".join(["start_s,end_s,speaker,text", *rows]) + "\n"


def daic(lines: Sequence[Line]) -> str:
    """DAIC-WOZ, tab-separated."""
    rows = [f"{x.start_s}\t{x.end_s}\t{x.speaker.title()}\t{x.text}" for x in lines]
    return "\n".join(["start_time\tstop_time\tspeaker\tvalue", *rows]) + "\n"


def webvtt(lines: Sequence[Line]) -> str:
    """WebVTT with voice tags."""
    cues = [f"{_span(x, '.')}\n<v {x.speaker.title()}>{x.text}" for x in lines]
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def srt(lines: Sequence[Line]) -> str:
    """SubRip with ``Name: words``."""
    cues = [
        f"{n}\n{_span(x, ',')}\n{x.speaker.title()}: {x.text}" for n, x in enumerate(lines, start=1)
    ]
    return "\n\n".join(cues) + "\n"


def textgrid(lines: Sequence[Line]) -> str:
    """Praat TextGrid, long form, one tier a speaker."""
    end_s = lines[-1].end_s
    tiers = []
    for name in sorted({x.speaker for x in lines}):
        own = [x for x in lines if x.speaker == name]
        intervals = "\n".join(
            f'intervals [{n}]:\n xmin = {x.start_s}\n xmax = {x.end_s}\n text = "{x.text}"'
            for n, x in enumerate(own, start=1)
        )
        tiers.append(
            f'class = "IntervalTier"\n name = "{name}"\n xmin = 0\n xmax = {end_s}\n'
            f" intervals: size = {len(own)}\n{intervals}"
        )
    items = "\n".join(f"item [{n}]:\n{tier}" for n, tier in enumerate(tiers, start=1))
    return (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\n'
        f"xmax = {end_s}\ntiers? <exists>\nsize = {len(tiers)}\nitem []:\n{items}\n"
    )


def whisperx(lines: Sequence[Line]) -> str:
    """WhisperX after alignment and diarisation."""
    segments = [
        {
            "start": x.start_s,
            "end": x.end_s,
            "text": f" {x.text}",
            "speaker": x.speaker,
            "words": [
                {"word": w, "start": a, "end": b, "score": 0.9, "speaker": x.speaker}
                for a, b, w in x.words
            ],
        }
        for x in lines
    ]
    return json.dumps({"segments": segments, "language": "en"})


def aws(lines: Sequence[Line]) -> str:
    """AWS Transcribe with speaker labels."""
    items = [
        {
            "type": "pronunciation",
            "start_time": str(a),
            "end_time": str(b),
            "alternatives": [{"confidence": "0.99", "content": w}],
            "speaker_label": x.speaker,
        }
        for x in lines
        for a, b, w in x.words
    ]
    return json.dumps({"results": {"language_code": "en-US", "items": items}})


def vosk(lines: Sequence[Line]) -> str:
    """Vosk, one result a turn; the format knows no speakers."""
    results = [
        {"result": [{"word": w, "start": a, "end": b} for a, b, w in x.words], "text": x.text}
        for x in lines
    ]
    return "\n".join(json.dumps(result) for result in results)


def _span(line: Line, mark: str) -> str:
    return " --> ".join(
        f"{int(t // 3600):02d}:{int(t // 60) % 60:02d}:{t % 60:06.3f}".replace(".", mark)
        for t in (line.start_s, line.end_s)
    )


#: Name as the product reports it -> ending and writer.
FORMATS: dict[str, tuple[str, Callable[[Sequence[Line]], str]]] = {
    "csv": (".csv", own_csv),
    "daic": (".tsv", daic),
    "webvtt": (".vtt", webvtt),
    "srt": (".srt", srt),
    "textgrid": (".TextGrid", textgrid),
    "whisperx": (".json", whisperx),
    "aws": (".json", aws),
    "vosk": (".json", vosk),
}
