"""Columns that segment signals read from feature tables, and why they could not."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.readers.affect import find_table
from clinic.records import Extraction, FeatureTable, Segment

Floats = NDArray[np.float64]

#: What is written between blanks is a word if a letter or a digit is in it; what a transcriber
#: adds, such as [laughs] or <noise>, was not said.
_WORD = re.compile(r"\S*[^\W_]\S*")
_ADDED = re.compile(
    r"\[[^\]]*\]|<[^>]*>|\((?:inaudible|unclear|laughs?|laughter|sighs?)\)", re.IGNORECASE
)


def read_column(table: FeatureTable, column: str, *, setting: str) -> Floats:
    """Return one column.

    Raises:
        SetupError: The table lacks it; ``setting`` is what names it.
    """
    if column not in table.columns:
        raise SetupError(f"table {table.name} has no column {column} ({setting})")
    return table.column(column)


def words_of_segment(segment: Segment) -> int:
    """Return the number of words, 0 without a transcript; dots and dashes are no words."""
    return len(_WORD.findall(_ADDED.sub(" ", segment.text))) if segment.text else 0


def text_shortage(
    segments: Sequence[Segment], extractions: Sequence[Extraction], *, table: str, min_words: int
) -> tuple[str, str] | None:
    """Return why nothing could be read from words, None where there was enough to read.

    Args:
        table: The table that the words were counted into.
        min_words: Shorter utterances are not read.
    """
    if not any(segment.text for segment in segments):
        return "absent", "No words: the recording has no transcript."
    found = find_table(extractions, table)
    if found is None:
        return "absent", f"No {table} features were extracted (features)."
    if not any(words_of_segment(segment) >= min_words for segment in segments):
        longest = max(words_of_segment(segment) for segment in segments)
        if longest == 0:
            return "too_little", "No words: the transcript holds no letters or digits."
        return (
            "too_little",
            f"The longest utterance has {longest} words, {min_words} needed (min_words).",
        )
    if not found.coverage.any():
        why = "; ".join(found.notes) or f"no segment was read by {table}"
        return "withheld", f"The words were not read: {why}."
    return None
