"""A manifest file, CSV or Parquet, row by row."""

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from clinic.errors import DataError, SetupError
from clinic.io.rows import PathRefusedError, Row, inside
from clinic.io.transcripts.decoding import decode
from clinic.records import Condition, Role

#: Looked for at the root of a folder, in this order.
MANIFEST_NAMES = ("manifest.csv", "manifest.parquet")

NEEDED = ("recording_id", "participant_id", "media_path")
OPTIONAL = ("transcript_path", "language", "channel_roles", "visit_date", "participant_speaker")
_SCORES = tuple(condition.value for condition in Condition)
_KNOWN = (*NEEDED, *OPTIONAL, *_SCORES)

#: Well-formed enough for BCP 47: language, then subtags.
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")

_SEPARATOR = "|"


def read_rows(path: Path) -> list[Row]:
    """Read every row; what is wrong with one becomes its ``problem``.

    Columns ``depression``, ``ptsd`` and ``ambivalence`` are reference scores. Columns that
    are not known are passed over, unless they look like a misspelt known one.

    Raises:
        SetupError: Unreadable, a needed column is missing, or a column is misspelt.
    """
    records = list(_parquet(path) if path.suffix.lower() == ".parquet" else _csv(path))
    root = path.parent
    return [
        _row(values, f"row {number}", root)
        for number, values in records
        if any(value.strip() for value in values.values())
    ]


def _csv(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        text = decode(path.read_bytes(), encoding="utf-8").lstrip("\ufeff")
    except OSError as error:
        raise SetupError(f"manifest cannot be read: {error.strerror}") from error
    except DataError as error:
        raise SetupError(str(error).replace("transcript", "manifest")) from error
    first = text.split("\n", 1)[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True
    )
    try:
        header = [cell.strip().lower() for cell in next(reader)]
        _require_columns(header)
        for number, cells in enumerate(reader, start=2):
            # Spreadsheets leave out or add empty cells at the end of a line.
            padded = cells + [""] * (len(header) - len(cells))
            yield number, dict(zip(header, padded, strict=False))
    except csv.Error as error:
        raise SetupError(f"manifest line {reader.line_num}: quotes do not match") from error


def _parquet(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        raise SetupError("manifest is not a readable Parquet file") from error
    _require_columns([name.lower() for name in table.column_names])
    for number, record in enumerate(table.to_pylist(), start=1):
        yield number, {name.lower(): _cell(value) for name, value in record.items()}


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value)


def _require_columns(header: list[str]) -> None:
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise SetupError(
            f"manifest has no column {', '.join(missing)}; needed are {', '.join(NEEDED)}"
        )
    if len(set(header)) != len(header):
        raise SetupError("manifest names a column twice")
    for name in header:
        close = get_close_matches(name, _KNOWN, n=1, cutoff=0.85)
        if name not in _KNOWN and close:
            raise SetupError(f"manifest column {name} is not known: is {close[0]} meant?")


def _row(values: Mapping[str, str], place: str, root: Path) -> Row:
    problems: list[str] = []
    media = _paths(values["media_path"], "media", root, problems)
    if not media:
        problems.append("media_path is empty")
    if len(media) > 1:
        problems.append("media_path names several files, one is needed")
    transcripts = _paths(values.get("transcript_path", ""), "transcript", root, problems)
    language = values.get("language", "").strip() or None
    if language is not None and not _LANGUAGE.fullmatch(language):
        problems.append("language is no tag such as en or de-AT")
        language = None
    roles = _roles(values.get("channel_roles", ""), problems)
    visit_date = _visit_date(values.get("visit_date", ""), problems)
    references = _references(values, problems)
    return Row(
        place=place,
        recording_id=values["recording_id"],
        participant_id=values["participant_id"],
        media_path=media[0] if media else None,
        transcript_paths=tuple(path for path in transcripts if path is not None),
        language=language,
        channel_roles=roles,
        visit_date=visit_date,
        participant_speaker=values.get("participant_speaker", "").strip() or None,
        references=references,
        problem=f"{place}: {problems[0]}" if problems else None,
    )


def _paths(cell: str, kind: str, root: Path, problems: list[str]) -> list[Path | None]:
    paths: list[Path | None] = []
    for name in filter(None, (part.strip() for part in cell.split(_SEPARATOR))):
        try:
            paths.append(inside(root, name))
        except PathRefusedError as problem:
            problems.append(f"{kind} file {problem}")
            paths.append(None)
    return paths


def _roles(cell: str, problems: list[str]) -> tuple[Role, ...]:
    names = [part.strip().lower() for part in cell.split(_SEPARATOR) if part.strip()]
    try:
        return tuple(Role(name) for name in names)
    except ValueError:
        choices = ", ".join(Role)
        problems.append(f"channel_roles must be of {choices}, separated by | in channel order")
        return ()


def _visit_date(cell: str, problems: list[str]) -> date | None:
    if not cell.strip():
        return None
    try:
        return date.fromisoformat(cell.strip()[:10])
    except ValueError:
        problems.append("visit_date is no date such as 2024-05-31")
        return None


def _references(values: Mapping[str, str], problems: list[str]) -> dict[Condition, float]:
    scores: dict[Condition, float] = {}
    for condition in Condition:
        cell = values.get(condition.value, "").strip()
        if not cell:
            continue
        try:
            scores[condition] = float(cell)
        except ValueError:
            scores[condition] = math.nan
        if not math.isfinite(scores[condition]):
            del scores[condition]
            problems.append(f"{condition.value} is no number")
    return scores
