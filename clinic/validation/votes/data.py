"""CREMA-D: how many people voted for which emotion, by voice alone, face alone, and both."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError

Counts = NDArray[np.int64]

FILE = Path("processedResults") / "tabulatedVotes.csv"
#: The file's letters in the order of ``clinic.inconsistency.readers.emotions.EMOTIONS``.
LETTERS = ("A", "D", "F", "H", "S", "N")
#: First digit of a row's number: what the raters were given.
KINDS = {"1": "voice", "2": "face", "3": "both"}
_ROW_DIGITS = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipVotes:
    """Votes of all clips.

    Args:
        clips: File names, sorted.
        actors: Who plays each clip: the first four signs of its name.
        voice, face, both: Shape (n_clips, 6), votes by emotion.
    """

    clips: tuple[str, ...]
    actors: tuple[str, ...]
    voice: Counts
    face: Counts
    both: Counts


def read_votes(path: Path) -> ClipVotes:
    """Read ``tabulatedVotes.csv``.

    Raises:
        SetupError: The file is missing, or a row is not what was expected.
    """
    if not path.is_file():
        raise SetupError(f"{path.name} is missing from the folder of CREMA-D's ratings (folder)")
    found: dict[str, dict[str, list[int]]] = {}
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            kind, clip, votes = _row(row, path.name)
            if kind in found.setdefault(clip, {}):
                raise SetupError(f"{path.name}: {clip} has two rows for {kind}")
            found[clip][kind] = votes
    short = [clip for clip, kinds in found.items() if len(kinds) < len(KINDS)]
    if short or not found:
        raise SetupError(
            f"{path.name}: {len(short)} of {len(found)} clips without all of {list(KINDS.values())}"
        )
    clips = tuple(sorted(found))
    by_kind = {
        kind: np.array([found[clip][kind] for clip in clips], dtype=np.int64)
        for kind in KINDS.values()
    }
    return ClipVotes(
        clips=clips,
        actors=tuple(clip[:4] for clip in clips),
        voice=by_kind["voice"],
        face=by_kind["face"],
        both=by_kind["both"],
    )


def _row(row: Mapping[str, str], name: str) -> tuple[str, str, list[int]]:
    number = row.get("", "")
    try:
        kind = KINDS[number[:1]]
        votes = [int(row[letter]) for letter in LETTERS]
        clip, n_responses = row["fileName"], int(row["numResponses"])
    except (KeyError, ValueError, TypeError) as error:
        raise SetupError(f"{name}: row {number!r} is not CREMA-D's") from error
    if len(number) != _ROW_DIGITS or min(votes) < 0 or sum(votes) != n_responses:
        raise SetupError(f"{name}: row {number!r}: votes do not sum to {n_responses}")
    return kind, clip, votes
