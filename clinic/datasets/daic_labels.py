"""Label files of DAIC-WOZ and E-DAIC: many spellings of the same columns, made one."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinic.datasets.corpus import Finding, FindingKind
from clinic.datasets.label_files import csv_rows, finding, number, part_named, text_of
from clinic.errors import DataError, SetupError

#: Words for the PHQ-8's items in the scale's order, as the label files abbreviate them.
PHQ_ITEMS = (
    *(("nointerest",), ("depressed",), ("sleep",), ("tired",), ("appetite",), ("failure",)),
    *(("concentrating", "concentration"), ("moving", "psychomotor")),
)
N_PCL_ITEMS = 17

_FIELDS = {
    "participantid": "id",
    "participant": "id",
    "phq8score": "phq",
    "phqscore": "phq",
    "phq8total": "phq",
    "depressionseverity": "phq",
    "phq8binary": "phq_binary",
    "phqbinary": "phq_binary",
    "depressionlabel": "phq_binary",
    "ptsdseverity": "pcl",
    "pclcptsd": "pcl_binary",
    "ptsdlabel": "pcl_binary",
    "gender": "sex",
    "age": "age",
    "split": "part",
    "avecparticipantid": "",  # the challenge's number of the same person: nothing new
}
_WORDS = {
    "phq": "PHQ-8 score",
    "phq_binary": "binary PHQ-8 label",
    "pcl": "PCL-C score",
    "pcl_binary": "binary PTSD label",
    "age": "age",
    "sex": "sex",
    "part": "part",
}
#: Field -> smallest, largest value, and whether only whole numbers occur.
_LIMITS = {
    "phq": (0, 24, True),
    "phq_binary": (0, 1, True),
    "pcl": (17, 85, False),
    "pcl_binary": (0, 1, True),
    "age": (0, 120, False),
}
_BLANK = frozenset(("", "nan", "na", "n/a", "none", "null", "?"))
_ID = re.compile(r"(\d{3})(?:\.0+)?(?:_P)?", re.IGNORECASE)
_PHQ_ITEM = re.compile(r"phq8(\d?)([a-z]+)")
_PCL_ITEM = re.compile(r"pcl-?c[_ -](\d{1,2})(?:[_ -].*)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class LabelRow:
    """What one line of one file says about one participant; blank cells are left out."""

    number: int
    file: str
    values: Mapping[str, float | str]


def words_of(field: str) -> str:
    """Return a field in words: ``phq_item_3`` is ``PHQ-8 item 3``."""
    scale, _, item = field.partition("_item_")
    return f"{'PHQ-8' if scale == 'phq' else 'PCL-C'} item {item}" if item else _WORDS[field]


def read_label_file(
    path: Path,
    *,
    needed: Sequence[str],
    sex_codes: Mapping[str, str],
    part: str | None = None,
) -> tuple[list[LabelRow], list[Finding]]:
    """Read one label file.

    Args:
        needed: Fields without which the file is of no use, such as ``("id", "phq")``.
        sex_codes: What the numbers of the column Gender mean.
        part: Official part that the file is the list of.

    Returns:
        One row a line, and findings: columns that nobody knows, ids and values that cannot be.

    Raises:
        SetupError: Unreadable, or a needed column is missing.
    """
    try:
        header, *lines = csv_rows(text_of(path))
    except DataError as error:
        raise SetupError(str(error)) from error
    findings: list[Finding] = []
    fields = [_field_of(column) for column in header]
    for column, field in zip(header, fields, strict=True):
        if field is None:
            text = f"{path.name}: column {column[:40]!r} is not documented and passed over"
            findings.append(finding(FindingKind.EXTRA, path.name, text))
    _require(path.name, header, fields, needed)
    rows: list[LabelRow] = []
    for line, cells in enumerate(lines, start=2):
        identity = _ID.fullmatch(cells[fields.index("id")]) if len(cells) == len(header) else None
        if identity is None:
            text = f"{path.name} line {line}: no participant number, or another number of cells"
            findings.append(finding(FindingKind.UNREADABLE, path.name, f"{text}: passed over"))
            continue
        values: dict[str, float | str] = {} if part is None else {"part": part}
        for field, cell in zip(fields, cells, strict=True):
            if not field or field == "id" or cell.lower() in _BLANK:
                continue
            value = _value(field, cell, sex_codes)
            if value is None:
                text = f"{path.name}: {words_of(field)} cannot be: left out"
                subject = f"daic-{identity[1]}"
                findings.append(finding(FindingKind.UNREADABLE, subject, text))
            else:
                values.setdefault(field, value)
        rows.append(LabelRow(number=int(identity[1]), file=path.name, values=values))
    return rows, findings


@dataclass(frozen=True, kw_only=True)
class LabelList:
    """One documented label file.

    Args:
        name: Documented name.
        pattern: Every spelling of that name, as a regular expression; case does not count.
        needed: Fields without which the file is of no use.
        part: Official part that the file is the list of, None where it lists no part.
    """

    name: str
    pattern: str
    needed: tuple[str, ...]
    part: str | None = None


def read_lists(
    root: Path, lists: Sequence[LabelList], *, corpus: str, sex_codes: Mapping[str, str]
) -> tuple[list[LabelRow], list[Finding]]:
    """Read the label files that are there, in the order in which they are believed.

    Raises:
        SetupError: No list of an official part is there, or a file lacks a needed column.
    """
    rows: list[LabelRow] = []
    findings: list[Finding] = []
    n_parts = 0
    for wanted in lists:
        path = _label_file(root, wanted.pattern)
        if path is None:
            findings.append(finding(FindingKind.MISSING, wanted.name, "no such label file"))
            continue
        found, notes = read_label_file(
            path, part=wanted.part, needed=wanted.needed, sex_codes=sex_codes
        )
        n_parts += wanted.part is not None
        rows += found
        findings += notes
    if n_parts == 0:
        names = ", ".join(wanted.name for wanted in lists if wanted.part is not None)
        raise SetupError(f"no {corpus} folder: none of {names} is in it or in its folder labels")
    return rows, findings


def merged(rows: Sequence[LabelRow]) -> tuple[dict[int, dict[str, float | str]], list[Finding]]:
    """Join what all files say about each participant: the first file that says it is used."""
    found: dict[int, dict[str, float | str]] = {}
    origin: dict[tuple[int, str], str] = {}
    lines: set[tuple[int, str]] = set()
    findings: list[Finding] = []
    for row in rows:
        subject = f"daic-{row.number}"
        if (row.number, row.file) in lines:
            text = f"stands twice in {row.file}: the first line is used"
            findings.append(finding(FindingKind.EXTRA, subject, text))
        lines.add((row.number, row.file))
        known = found.setdefault(row.number, {})
        for field, value in row.values.items():
            first = known.setdefault(field, value)
            source = origin.setdefault((row.number, field), row.file)
            if first != value:
                text = (
                    f"{words_of(field)} {_shown(first)} in {source}, {_shown(value)} in "
                    f"{row.file}: the former is used"
                )
                findings.append(finding(FindingKind.CONTRADICTION, subject, text))
    return found, findings


def _label_file(root: Path, pattern: str) -> Path | None:
    """Return the first label file that matches, in the corpus folder or a folder of labels."""
    for folder in (root, root / "labels", root / "labels" / "labels", root / "metadata"):
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if re.fullmatch(pattern, path.name, re.IGNORECASE) and path.is_file():
                    return path
    return None


def _require(
    name: str, header: Sequence[str], fields: Sequence[str | None], needed: Sequence[str]
) -> None:
    missing = [_WORDS.get(field, "participant id") for field in needed if field not in fields]
    if missing:
        raise SetupError(
            f"{name} has no column for {', '.join(missing)}"
            f" (found: {', '.join(column[:40] for column in header)[:200]})"
        )


def _field_of(column: str) -> str | None:
    """Return our name of a column, empty for one that holds nothing new, None if unknown."""
    key = re.sub(r"[^a-z0-9]", "", column.lower())
    if key in _FIELDS:
        return _FIELDS[key]
    if item := _PCL_ITEM.fullmatch(column.strip()):
        return f"pcl_item_{int(item[1])}" if 1 <= int(item[1]) <= N_PCL_ITEMS else None
    if item := _PHQ_ITEM.fullmatch(key):
        places = [i for i, words in enumerate(PHQ_ITEMS, start=1) if item[2] in words]
        if places and item[1] in ("", str(places[0])):
            return f"phq_item_{places[0]}"
    return None


def _value(field: str, cell: str, sex_codes: Mapping[str, str]) -> float | str | None:
    """Return what a cell says, None where it cannot be."""
    if field == "part":
        return part_named(cell)
    if field == "sex":
        word = cell.lower()
        if word in ("male", "female"):
            return word
        code = re.sub(r"\.0+$", "", word)
        return sex_codes.get(code, f"code {code[:10]}")
    low, high, is_whole = _LIMITS.get(field) or ((0, 3, True) if "phq" in field else (1, 5, True))
    value = number(cell)
    if math.isnan(value) or not low <= value <= high or (is_whole and value != round(value)):
        return None
    return value


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
