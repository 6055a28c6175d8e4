"""Delimited numbers of a feature file, read up to the first damage, and what came of them."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinic.errors import DataError
from clinic.records import FeatureSpec

#: Spellings of "no number" by C, MATLAB, Weka and R that pandas does not know by itself.
_NOT_NUMBERS = ("?", "-nan(ind)", "nan(ind)", "-NaN", "-nan(snan)", "1.#QNAN0", "-1.#IND00")

#: Two hours of 30 landmark pictures a second are below 1 GB.
_MAX_BYTES = 2 << 30


@dataclass(frozen=True, kw_only=True, eq=False)
class NumberLines:
    """Lines of a feature file that have the right number of cells.

    Args:
        what: The kind of file in messages, such as ``OpenFace file``.
        header: Stripped names of the first line; empty where the file has none.
        rows: Lines up to the first damage.
        n_cells: Cells of every row.
        notes: What was left out at the end, in words for the report.
    """

    what: str
    delimiter: str
    header: tuple[str, ...]
    rows: tuple[bytes, ...]
    n_cells: int
    notes: tuple[str, ...]


def content_of(path: Path, what: str) -> bytes:
    """Return the bytes of a feature file.

    Raises:
        DataError: Missing, unreadable, empty or too large. The message names no path.
    """
    try:
        if not path.is_file():
            raise DataError(f"{what} is missing or not a regular file")
        if path.stat().st_size > _MAX_BYTES:
            raise DataError(f"{what} has more than {_MAX_BYTES >> 30} GB")
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{what} cannot be read: {error.strerror}") from error
    if not content.strip(b" \t\r\n\0"):
        raise DataError(f"{what} is empty")
    return content


def delimiter_of(content: bytes, choices: str = ";,\t") -> str:
    """Return the delimiter that the first line holds most of."""
    first = content.lstrip().split(b"\n", 1)[0].decode("utf-8", errors="replace")
    return max(choices, key=first.count)


def split_lines(
    content: bytes, *, what: str, delimiter: str, has_header: bool, keep_unended: bool = False
) -> NumberLines:
    """Split a file into rows of equal width, up to the first line that has another.

    Args:
        keep_unended: Keep a last line without a line end. Its last number may have been cut
            (0.98 to 0.9), which nobody could see, so that a frame more is not worth it.

    Raises:
        DataError: No row is left.
    """
    text = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = [line for line in text.split(b"\n") if line.strip()]
    is_ended = text.rstrip(b" \t").endswith(b"\n")
    header = _names(lines.pop(0), delimiter) if has_header else ()
    if not lines:
        raise DataError(f"{what} has a first line and no row")
    mark = delimiter.encode()
    n_cells = len(header) or lines[0].count(mark) + 1
    notes: list[str] = []
    bad = next((i for i, line in enumerate(lines) if line.count(mark) != n_cells - 1), None)
    if bad is not None:
        found = lines[bad].count(mark) + 1
        if bad == 0:
            raise DataError(f"{what}: the first row has {found} cells, {n_cells} needed")
        notes.append(_damage(what, bad, len(lines), f"{found} cells, {n_cells} needed"))
        lines = lines[:bad]
    elif not is_ended and len(lines) > 1 and not keep_unended:
        notes.append(f"{what}: the last line has no end and may be cut: left out")
        lines.pop()
    return NumberLines(
        what=what, delimiter=delimiter, header=header, rows=tuple(lines), n_cells=n_cells,
        notes=tuple(notes),
    )  # fmt: skip


def numbers_of(
    lines: NumberLines, cells: Sequence[int]
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return the numbers of some cells, shape (n_rows, len(cells)), and notes.

    Blank cells and spellings of "no number" are NaN, infinities too. A word where a number is
    needed is damage: the rows before it are kept.

    Raises:
        DataError: The first row holds no number where one is needed.
    """
    notes = list(lines.notes)
    try:
        values = _parsed(lines.rows, lines, cells, np.float64).to_numpy(dtype=np.float64)
    except ValueError:
        words = _parsed(lines.rows, lines, cells, str)
        numeric = words.apply(lambda column: pd.to_numeric(column, errors="coerce"))
        bad = (numeric.isna() & words.notna()).to_numpy()
        row = int(np.argmax(bad.any(axis=1)))
        if row == 0:
            name = _cell_name(lines, cells[int(np.argmax(bad[0]))])
            raise DataError(f"{lines.what}: {name} of the first row is no number") from None
        name = _cell_name(lines, cells[int(np.argmax(bad[row]))])
        notes.append(_damage(lines.what, row, len(lines.rows), f"{name} is no number"))
        values = numeric.to_numpy(dtype=np.float64)[:row]
    infinite = np.isinf(values)
    if infinite.any():
        values = np.where(infinite, np.nan, values)
        notes.append(f"{lines.what}: {int(infinite.sum())} infinite values are not observed")
    return values, tuple(notes)


def kept_in_range(
    values: NDArray[np.float64], specs: Sequence[FeatureSpec], slack: Sequence[float], what: str
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Set values a little off their range to its bound, others to NaN, and say how many.

    Args:
        slack: For each column how far outside its range a value may lie and still be meant.
    """
    low = np.array([spec.minimum for spec in specs])
    high = np.array([spec.maximum for spec in specs])
    reach = np.asarray(slack, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        outside = (values < low) | (values > high)
        far = (values < low - reach) | (values > high + reach)
    if not outside.any():
        return values, ()
    notes = [
        f"{what}: {_counted(mask, specs)} outside the range {done}"
        for mask, done in ((outside & ~far, "set to its bound"), (far, "not observed"))
        if mask.any()
    ]
    return np.where(far, np.nan, np.clip(values, low, high)), tuple(notes)


def _counted(mask: NDArray[np.bool_], specs: Sequence[FeatureSpec]) -> str:
    counts = mask.sum(axis=0)
    named = [f"{specs[i].name} {counts[i]}" for i in np.flatnonzero(counts)]
    more = f" and {len(named) - 3} more columns" if len(named) > 3 else ""
    return f"values of {', '.join(named[:3])}{more}"


def _names(line: bytes, delimiter: str) -> tuple[str, ...]:
    text = line.decode("utf-8", errors="replace")
    return tuple(cell.strip().strip("\"'").strip() for cell in text.split(delimiter))


def _parsed(
    rows: Sequence[bytes], lines: NumberLines, cells: Sequence[int], kind: type
) -> pd.DataFrame:
    frame = pd.read_csv(
        io.BytesIO(b"\n".join(rows)),
        sep=lines.delimiter,
        header=None,
        names=list(range(lines.n_cells)),
        usecols=sorted(cells),
        dtype=kind,
        na_values=list(_NOT_NUMBERS),
        skipinitialspace=True,
        quoting=csv.QUOTE_NONE,
        encoding_errors="replace",
    )
    return frame[list(cells)]


def _cell_name(lines: NumberLines, cell: int) -> str:
    return lines.header[cell] if lines.header else f"column {cell + 1}"


def _damage(what: str, row: int, n_rows: int, why: str) -> str:
    return (
        f"{what}: row {row + 1} of {n_rows} is damaged ({why}): the {row} rows before it are used"
    )
