"""Vosk JSON: one result, a list of them, or one after the other as the recogniser gave them.

Source:
    https://alphacephei.com/vosk/ ; words with ``start``, ``end``, ``word``, no speakers.
"""

from collections.abc import Mapping, Sequence

from clinic.errors import DataError
from clinic.io.transcripts.turns import Parsed, TimedWord, Turn, seconds
from clinic.io.transcripts.words import SpokenWord, gather


def parse(parts: Sequence[Mapping[str, object]], *, max_word_gap_s: float) -> Parsed:
    """Read the words of every result.

    Raises:
        DataError: A result has words but no times, as without ``SetWords(True)``.
    """
    turns: list[Turn] = []
    for number, part in enumerate(parts, start=1):
        place = f"result {number}"
        words = part.get("result", [])
        if not isinstance(words, list) or not all(isinstance(w, Mapping) for w in words):
            raise DataError(f"transcript {place} cannot be read")
        if not words and str(part.get("text", "")).strip():
            raise DataError(f"transcript {place} has no times: Vosk's SetWords(True) is needed")
        spoken = [
            SpokenWord(
                word=TimedWord(
                    start_s=seconds(word.get("start"), place=place, name="start"),
                    end_s=seconds(word.get("end"), place=place, name="end"),
                    text=str(word.get("word", "")),
                )
            )
            for word in words
        ]
        turns += gather(spoken, max_word_gap_s=max_word_gap_s)
    return Parsed(turns=tuple(turns), source_format="vosk")
