"""A made-up folder laid out like EmoDB: tones in place of voices, invented recognition rates."""

import itertools
from collections.abc import Sequence
from pathlib import Path

from made_up_corpora import write_tone

LETTERS = "WLEAFTN"
SPEAKERS = ("03", "08", "09", "10")
SENTENCE = "a01"


def names(speakers: Sequence[str] = SPEAKERS, letters: str = LETTERS) -> list[str]:
    """Return the file stems: one take of each emotion by each speaker."""
    return [f"{s}{SENTENCE}{letter}a" for s, letter in itertools.product(speakers, letters)]


def write_emodb(
    root: Path, *, speakers: Sequence[str] = SPEAKERS, letters: str = LETTERS
) -> list[str]:
    """Write sounds and the recognition table in the corpus' odd spelling; return the stems.

    The n-th file was recognised by ``50,00 + n`` per cent.
    """
    stems = names(speakers, letters)
    lines = ["Satz\tErkannt\tNatürlich"]
    for place, stem in enumerate(stems):
        write_tone(root / "wav" / f"{stem}.wav", duration_s=0.5)
        gap = (" ", "\t", "  \t ")[place % 3]
        lines.append(f"{stem}.wav{gap}{50 + place},00{gap}65,00")
    (root / "erkennung.txt").write_bytes("\r\n".join(lines).encode("latin-1"))
    return stems
