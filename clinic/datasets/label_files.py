"""What every label file of a corpus needs: its text, its rows, its numbers, its parts."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from clinic.datasets.corpus import CorpusItem, Finding, FindingKind
from clinic.errors import DataError, SetupError
from clinic.io.transcripts.decoding import decode
from clinic.records import Scale

#: Spellings of the official parts in folder and file names.
_PARTS = {
    "train": ("train", "training", "t"),
    "validation": ("validation", "valid", "val", "dev", "development", "v"),
    "test": ("test", "testing"),
}

#: Kinds of findings after which a corpus is not what its authors published.
SERIOUS = frozenset({FindingKind.MISSING, FindingKind.CONTRADICTION, FindingKind.UNREADABLE})


def text_of(path: Path) -> str:
    """Return the text of a small label file; a byte order mark is dropped.

    Raises:
        DataError: Missing, empty, or no UTF-8 or UTF-16 text.
    """
    try:
        return decode(path.read_bytes(), encoding="utf-8").lstrip("\ufeff")
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}") from error
    except DataError as error:
        raise DataError(str(error).replace("transcript", path.name)) from error


def required_text(path: Path, corpus: str) -> str:
    """Return the text of a file without which the corpus cannot be read.

    Raises:
        SetupError: Missing or no text.
    """
    try:
        return text_of(path)
    except DataError as error:
        raise SetupError(f"no {corpus} folder: {error}") from error


def csv_rows(text: str) -> list[list[str]]:
    """Return the cells of every line that is not empty, stripped.

    Raises:
        DataError: Quotes do not match.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [[cell.strip() for cell in cells] for cells in reader]
    except csv.Error as error:
        raise DataError(f"line {reader.line_num}: quotes do not match") from error
    return [cells for cells in rows if any(cells)]


def number(cell: object) -> float:
    """Return the finite number in a cell, NaN where there is none."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def on_scale(value: float, scale: Scale) -> bool:
    """Tell whether a score can be on the scale; NaN is on none."""
    return scale.minimum <= value <= scale.maximum


def part_named(name: str) -> str | None:
    """Return the official part that a folder or a cell names, None for any other word."""
    word = name.strip().lower()
    return next((part for part, names in _PARTS.items() if word in names), None)


def finding(kind: FindingKind, subject: str, text: str) -> Finding:
    """Return one finding."""
    return Finding(kind=kind, subject=subject, text=text)


def people_in_two_parts(items: Iterable[CorpusItem]) -> list[Finding]:
    """Return one finding for each participant whom the official parts share between them."""
    parts: dict[str, set[str]] = {}
    for item in items:
        if item.part is not None:
            parts.setdefault(item.participant_id, set()).add(item.part)
    return [
        finding(
            FindingKind.CONTRADICTION,
            participant,
            f"stands in the official parts {', '.join(sorted(found))}: an imported split keeps "
            "this person in the first of train, validation, test alone",
        )
        for participant, found in sorted(parts.items())
        if len(found) > 1
    ]


def one_class_only(items: Sequence[CorpusItem], scale: Scale) -> list[Finding]:
    """Return a finding where the labels lie all on one side of the cut-off, or are none."""
    condition = scale.condition
    scores = [i.reference.scores[condition] for i in items if condition in i.reference.scores]
    n_above = sum(score >= scale.cutoff for score in scores)
    if 0 < n_above < len(scores):
        return []
    side = "at or above" if n_above else "below"
    found = f"all {len(scores)} labels {side} {scale.cutoff:g}" if scores else "no label"
    return [
        finding(
            FindingKind.MISSING,
            scale.name,
            f"{found}: nothing can be learnt or tested from one class",
        )
    ]


def counts_against(
    counts: Mapping[str, int], published: Mapping[str, int], corpus: str
) -> list[Finding]:
    """Return one finding for each count that is not the published one."""
    return [
        finding(
            FindingKind.CONTRADICTION,
            name,
            f"{counts.get(name, 0)} found, {wanted} published for {corpus}",
        )
        for name, wanted in published.items()
        if counts.get(name, 0) != wanted
    ]


def without_repeats(items: Iterable[CorpusItem], findings: list[Finding]) -> list[CorpusItem]:
    """Keep the first recording of each id; a second one becomes a finding."""
    kept: dict[str, CorpusItem] = {}
    for item in items:
        if item.recording_id in kept:
            text = "the recording stands twice: the first in order is used"
            findings.append(finding(FindingKind.CONTRADICTION, item.recording_id, text))
        else:
            kept[item.recording_id] = item
    return list(kept.values())
