"""Which JSON transcript it is, and safe access to what it holds."""

import json
from collections.abc import Mapping, Sequence

from clinic.errors import DataError
from clinic.io.transcripts import aws, vosk, whisperx
from clinic.io.transcripts.turns import Parsed


def parse(text: str, *, max_word_gap_s: float) -> Parsed:
    """Read WhisperX, AWS Transcribe or Vosk JSON, told apart by their keys.

    Args:
        max_word_gap_s: A longer pause between words begins a new turn.

    Raises:
        DataError: Not JSON, or none of the three.
    """
    values = _load(text)
    first = values[0]
    if len(values) == 1 and isinstance(first, Mapping):
        if isinstance(first.get("segments"), list):
            return whisperx.parse(first)
        body = first.get("results")
        if isinstance(body, Mapping) and isinstance(body.get("items"), list):
            return aws.parse(body, max_word_gap_s=max_word_gap_s)
    parts = first if len(values) == 1 and isinstance(first, list) else values
    results = [p for p in parts if isinstance(p, Mapping) and ("result" in p or "text" in p)]
    if results and len(results) == len(parts):
        return vosk.parse(results, max_word_gap_s=max_word_gap_s)
    raise DataError("transcript JSON is none of WhisperX, AWS Transcribe and Vosk")


def _load(text: str) -> Sequence[object]:
    """Return one or several JSON values that follow one another, as Vosk writes them."""
    decoder = json.JSONDecoder()
    values, position = [], 0
    text = text.strip()
    try:
        while position < len(text):
            value, position = decoder.raw_decode(text, position)
            values.append(value)
            while position < len(text) and text[position].isspace():
                position += 1
    except (ValueError, RecursionError) as error:
        raise DataError("transcript is not JSON, or it was cut short") from error
    return values
