"""WebVTT and SRT: cues with times; the speaker in a voice tag or before a colon."""

import re
from collections import Counter
from collections.abc import Sequence

from clinic.errors import DataError
from clinic.io.transcripts.turns import Parsed, Turn

_ARROW = re.compile(r"^.*-->.*$", re.MULTILINE)
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")
_PREFIX = re.compile(r"^\s*(?:-\s*)?([^:<>\n]{1,40}):\s+(?=\S)")
_TAG = re.compile(r"<[^>]*>")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&lrm;": "", "&rlm;": ""}
_ENTITY = re.compile("|".join(_ENTITIES))

#: Labels before a colon count as speakers when they head most cues and are few.
_MAX_LABELS = 8


def parse_webvtt(text: str, *, known: frozenset[str]) -> Parsed:
    """Read WebVTT; ``<v Name>`` names the speaker.

    Args:
        known: Case-folded speaker names of the settings, for ``Name: words``.

    Raises:
        DataError: Not WebVTT, a cue that cannot be read, or two voices in one cue.

    Source:
        W3C WebVTT, https://www.w3.org/TR/webvtt1/ .
    """
    import webvtt

    try:
        captions = list(webvtt.from_string(text, strict=True))
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError) as error:
        raise DataError("transcript is not WebVTT: header or a cue cannot be read") from error
    return _parsed(text, captions, "webvtt", known)


def parse_srt(text: str, *, known: frozenset[str]) -> Parsed:
    """Read SubRip; the speaker only as ``Name: words``.

    Raises:
        DataError: A cue cannot be read.
    """
    import io

    import webvtt

    try:
        captions = list(webvtt.from_buffer(io.StringIO(text), format="srt"))
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError) as error:
        raise DataError("transcript is not SRT: a cue cannot be read") from error
    return _parsed(text, captions, "srt", known)


def _parsed(text: str, captions: Sequence[object], name: str, known: frozenset[str]) -> Parsed:
    n_arrows = len(_ARROW.findall(text))
    if not captions or len(captions) != n_arrows:
        raise DataError(f"transcript: {len(captions)} of {n_arrows} cues can be read as {name}")
    turns = [_turn(caption, f"cue {n}") for n, caption in enumerate(captions, start=1)]
    if all(turn.speaker is None for turn in turns):
        turns = _with_prefixes(turns, known)
    return Parsed(turns=tuple(turns), source_format=name)


def _turn(caption: object, place: str) -> Turn:
    raw = str(caption.raw_text)  # type: ignore[attr-defined]
    voices = {voice.strip() for voice in _VOICE.findall(raw)}
    if len(voices) > 1:
        raise DataError(f"transcript {place} holds {len(voices)} voices: one a cue is needed")
    plain = _ENTITY.sub(lambda match: _ENTITIES[match.group()], _TAG.sub("", raw))
    start, end = caption.start_time, caption.end_time  # type: ignore[attr-defined]
    return Turn(
        start_s=start.in_milliseconds() / 1000,
        end_s=end.in_milliseconds() / 1000,
        text=plain,
        speaker=voices.pop() or None if voices else None,
        place=place,
    )


def _with_prefixes(turns: list[Turn], known: frozenset[str]) -> list[Turn]:
    """Read ``Name: words`` where names are known, or where nearly every cue begins so."""
    matches = [_PREFIX.match(turn.text) for turn in turns]
    labels = Counter(match[1].strip().casefold() for match in matches if match)
    everywhere = 2 * sum(labels.values()) > len(turns) and len(labels) <= _MAX_LABELS
    named = []
    for turn, match in zip(turns, matches, strict=True):
        if match and (everywhere or match[1].strip().casefold() in known):
            named.append(
                Turn(
                    start_s=turn.start_s,
                    end_s=turn.end_s,
                    text=turn.text[match.end() :],
                    speaker=match[1].strip(),
                    place=turn.place,
                )
            )
        else:
            named.append(turn)
    return named
