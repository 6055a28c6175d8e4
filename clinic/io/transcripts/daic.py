"""DAIC-WOZ transcripts: tab-separated ``start_time stop_time speaker value``.

Source:
    Gratch et al. (2014), "The Distress Analysis Interview Corpus", and the corpus manual:
    ``<...>`` holds comments, ``xxx`` stands for unknown words, ``scrubbed_entry`` for removed
    ones; later sessions give the interviewer's lines as an id with the words in brackets.
"""

import re

from clinic.errors import DataError
from clinic.io.transcripts.turns import Parsed, Turn, seconds

COLUMNS = ("start_time", "stop_time", "speaker", "value")

_INTERVIEWER_ID = re.compile(r"^\S+ \((.*)\)$", re.DOTALL)
_UNKNOWN_WORDS = re.compile(r"\b(xxx|scrubbed_entry)\b", re.IGNORECASE)


def is_daic(text: str) -> bool:
    """Tell by the header line."""
    return "start_time" in _cells(text.split("\n", 1)[0]) and "\t" in text.split("\n", 1)[0]


def parse(text: str) -> Parsed:
    """Read the turns.

    Raises:
        DataError: A column is missing, a line has too few cells, or a time is no number.
    """
    header, *lines = text.splitlines()
    if tuple(_cells(header)) != COLUMNS:
        raise DataError(f"transcript columns must be {', '.join(COLUMNS)}, tab-separated")
    turns = []
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        place = f"line {number}"
        cells = line.split("\t")
        if len(cells) != len(COLUMNS):
            raise DataError(f"transcript {place} has {len(cells)} cells, {len(COLUMNS)} needed")
        start, stop, speaker, value = cells
        spoken = _INTERVIEWER_ID.sub(r"\1", value.strip())
        turns.append(
            Turn(
                start_s=seconds(start, place=place, name="start_time"),
                end_s=seconds(stop, place=place, name="stop_time"),
                # Unknown words become markup, so that the turn keeps its time without them.
                text=_UNKNOWN_WORDS.sub("<unknown/>", spoken),
                speaker=speaker.strip() or None,
                place=place,
            )
        )
    return Parsed(turns=tuple(turns), source_format="daic")


def _cells(line: str) -> list[str]:
    return [cell.strip().lower() for cell in line.rstrip("\r").split("\t")]
