"""Praat TextGrid: one tier a speaker, its name the label; point tiers are passed over.

Source:
    https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html
"""

from clinic.errors import DataError
from clinic.io.transcripts.turns import Parsed, Turn, seconds


def is_textgrid(text: str) -> bool:
    """Tell by the first lines, long and short form."""
    return "ooTextFile" in text[:200] or '"TextGrid"' in text[:400]


def parse(text: str) -> Parsed:
    """Read all interval tiers; empty intervals are silence.

    Raises:
        DataError: Not a TextGrid, or damaged.
    """
    from praatio.utilities.textgrid_io import parseTextgridStr

    try:
        grid = parseTextgridStr(text, includeEmptyIntervals=False)
    # The parser searches by index and pattern and fails on damage in whatever way that gives.
    except Exception as error:
        raise DataError("transcript is not a TextGrid, or it is damaged") from error
    turns = []
    for number, tier in enumerate(grid["tiers"], start=1):
        if tier["class"] != "IntervalTier":
            continue
        for index, (start, end, label) in enumerate(tier["entries"], start=1):
            place = f"tier {number}, interval {index}"
            turns.append(
                Turn(
                    start_s=seconds(start, place=place, name="xmin"),
                    end_s=seconds(end, place=place, name="xmax"),
                    text=str(label),
                    speaker=str(tier["name"]).strip() or None,
                    place=place,
                )
            )
    return Parsed(turns=tuple(turns), source_format="textgrid")
