"""Our own CSV: ``start_s,end_s,speaker,text``, speaker optional, one turn a line."""

import csv
import io
from collections.abc import Iterator, Mapping

from clinic.errors import DataError
from clinic.io.transcripts.turns import Parsed, Turn, seconds

NEEDED = ("start_s", "end_s", "text")


def is_own_csv(text: str) -> bool:
    """Tell by the header line."""
    header = _header(text)
    return "start_s" in header or "end_s" in header


def parse(text: str) -> Parsed:
    """Read the turns. The delimiter (comma, semicolon or tab) is taken from the header.

    Raises:
        DataError: A column is missing, a line has too few or too many cells, a time is no
            number, or quotes do not match.
    """
    header = _header(text)
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise DataError(
            f"transcript has no column {', '.join(missing)} (start_s,end_s,speaker,text)"
        )
    if len(set(header)) != len(header):
        raise DataError("transcript names a column twice in its first line")
    turns = tuple(
        Turn(
            start_s=seconds(row["start_s"], place=place, name="start_s"),
            end_s=seconds(row["end_s"], place=place, name="end_s"),
            text=row["text"],
            speaker=(row.get("speaker") or "").strip() or None,
            place=place,
        )
        for place, row in _rows(text, header, _delimiter(text))
    )
    return Parsed(turns=turns, source_format="csv")


def _rows(text: str, header: list[str], delimiter: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        next(reader)
        for cells in reader:
            place = f"line {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise DataError(
                    f"transcript {place} has {len(cells)} cells, {len(header)} needed: "
                    "a text that holds the delimiter must stand in double quotes"
                )
            yield place, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise DataError(f"transcript line {reader.line_num}: quotes do not match") from error


def _first_line(text: str) -> str:
    return text.lstrip("\ufeff").split("\n", 1)[0].rstrip("\r")


def _delimiter(text: str) -> str:
    line = _first_line(text)
    return max(",;\t", key=line.count)


def _header(text: str) -> list[str]:
    cells = _first_line(text).split(_delimiter(text))
    return [cell.strip().strip('"').strip().lower() for cell in cells]
