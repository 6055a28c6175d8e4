"""openSMILE's descriptors per frame, and its functionals of a whole file, as CSV or ARFF."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.datasets.shipped.frame_times import ends_of, rising
from clinic.datasets.shipped.npy import shipped_stamp
from clinic.datasets.shipped.number_file import (
    NumberLines,
    content_of,
    delimiter_of,
    kept_in_range,
    numbers_of,
    split_lines,
)
from clinic.datasets.shipped.opensmile_columns import (
    described,
    is_none_when_zero,
    is_voiced_only,
    needs_sound,
)
from clinic.errors import DataError
from clinic.records import FeatureSpec, FeatureTable, Modality

_WHAT = "openSMILE file"
#: Columns that are no features: name of the file, its class, place of the row.
_META = ("name", "file", "class", "frameindex", "frametime", "start", "end")
#: ``0 days 00:00:01.230000``, as openSMILE's Python package writes times through pandas.
_TIMEDELTA = re.compile(rb"(\d+) days (?:(\d+):(\d\d):(\d\d(?:\.\d+)?))?")
_ATTRIBUTE = re.compile(r"@attribute\s+('[^']*'|\"[^\"]*\"|\S+)", re.IGNORECASE)
_DATA = re.compile(rb"^@data[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


def read_opensmile(path: Path, *, name: str = "egemaps_lld") -> FeatureTable:
    """Read low-level descriptors: ``name;frameTime;...`` with semicolons, commas or tabs.

    Columns of voiced sound are NaN where the pitch is 0, columns of the spectrum where the
    loudness is exactly 0, and every column in rows of nothing but zeros.

    Returns:
        One row a frame at the file's own times; a damaged file gives the rows before the
        damage and a note.

    Raises:
        DataError: Missing, empty, an unknown column (the first is named), no column of times
            (``frameTime`` or ``start``), or no usable row.
    """
    lines = _lines(path)
    columns, specs = _described(lines)
    meta = {column.lower(): i for i, column in enumerate(lines.header)}
    time = next((meta[n] for n in ("frametime", "start") if n in meta), None)
    if time is None:
        raise DataError(f"{_WHAT} has no column frameTime or start")
    numbers, notes = numbers_of(lines, [time, *columns])
    n_kept, time_notes = rising(numbers[:, 0], _WHAT)
    start_s, values = numbers[:n_kept, 0], numbers[:n_kept, 1:]
    names = [spec.name for spec in specs]
    values, n_empty = _observed(values, names)
    # openSMILE leaves exact zeros out of its own averages of these contours ("nz").
    voiced_only = np.array([is_voiced_only(n) for n in names])
    values = np.where(voiced_only & (values == 0), np.nan, values)
    kept, range_notes = kept_in_range(values, specs, [1e-3] * len(specs), _WHAT)
    empty_notes = (f"{n_empty} rows of zeros are not observed",) if n_empty else ()
    return FeatureTable(
        name=name,
        modality=Modality.VOICE,
        row_kind="frame",
        specs=specs,
        start_s=start_s,
        end_s=ends_of(start_s, _WHAT),
        values=kept,
        coverage=np.isfinite(kept).any(axis=1).astype(np.float64),
        stamp=shipped_stamp("opensmile_csv.read_opensmile", name=name),
        notes=(*notes, *time_notes, *empty_notes, *range_notes),
    )


def read_opensmile_functionals(
    path: Path, *, duration_s: float, name: str = "egemaps_functionals"
) -> FeatureTable:
    """Read functionals of a whole recording: CSV or ARFF with one row.

    Columns of voiced sound are NaN where the average pitch is 0; 0 is NaN too in slopes and
    lengths, where openSMILE writes it for what never occurred.

    Args:
        duration_s: Length of the recording, the end of the row.

    Raises:
        DataError: Missing, empty, an unknown column (the first is named), or not one row.
    """
    lines = _lines(path, keep_unended=True)
    columns, specs = _described(lines)
    values, notes = numbers_of(lines, columns)
    if len(values) != 1:
        raise DataError(f"{_WHAT} has {len(values)} rows, one row of functionals needed")
    names = [spec.name for spec in specs]
    none = np.array([is_none_when_zero(n) for n in names])
    values, _ = _observed(np.where(none & (values == 0), np.nan, values), names)
    kept, range_notes = kept_in_range(values, specs, [1e-3] * len(specs), _WHAT)
    return FeatureTable(
        name=name,
        modality=Modality.VOICE,
        row_kind="recording",
        specs=specs,
        start_s=np.zeros(1),
        end_s=np.array([duration_s]),
        values=kept,
        coverage=np.isfinite(kept).any(axis=1).astype(np.float64),
        stamp=shipped_stamp(
            "opensmile_csv.read_opensmile_functionals", name=name, duration_s=duration_s
        ),
        notes=(*notes, *range_notes),
    )


def _lines(path: Path, *, keep_unended: bool = False) -> NumberLines:
    content = content_of(path, _WHAT)
    if content.lstrip()[:9].lower() == b"@relation":
        content = _arff_as_csv(content)
    delimiter = delimiter_of(content)
    if b" days" in content[:100_000]:
        content = _TIMEDELTA.sub(_as_seconds, content)
    return split_lines(
        content, what=_WHAT, delimiter=delimiter, has_header=True, keep_unended=keep_unended
    )


def _as_seconds(found: re.Match[bytes]) -> bytes:
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return repr(((days * 24 + hours) * 60 + minutes) * 60 + seconds).encode()


def _arff_as_csv(content: bytes) -> bytes:
    """Return the attributes as a first line, then the data."""
    parts = _DATA.split(content, maxsplit=1)
    if len(parts) != 2:
        raise DataError(f"{_WHAT} has @relation and no line @data")
    text = parts[0].decode("utf-8", errors="replace")
    names = [found.strip("'\"") for found in _ATTRIBUTE.findall(text)]
    return ",".join(names).encode() + b"\n" + parts[1].lstrip(b"\r\n")


def _described(lines: NumberLines) -> tuple[list[int], tuple[FeatureSpec, ...]]:
    columns: list[int] = []
    specs: list[FeatureSpec] = []
    for index, column in enumerate(lines.header):
        if not column or column.lower() in _META:
            continue
        spec = described(column)
        if spec is None:
            raise DataError(f"{_WHAT}: column {column[:40]!r} is none of eGeMAPS, GeMAPS or MFCC")
        if spec.name in [known.name for known in specs]:
            raise DataError(f"{_WHAT}: column {spec.name} stands twice")
        columns.append(index)
        specs.append(spec)
    if not specs:
        raise DataError(f"{_WHAT} has no feature column")
    return columns, tuple(specs)


def _observed(values: NDArray[np.float64], names: Sequence[str]) -> tuple[NDArray[np.float64], int]:
    """Replace openSMILE's zeros for "not there" by NaN; return also the rows of zeros."""
    is_empty = np.all((values == 0) | np.isnan(values), axis=1)
    observed = np.where(is_empty[:, None], np.nan, values)
    voiced_only = np.array([is_voiced_only(n) for n in names])
    pitch = next((i for i, n in enumerate(names) if n.startswith("F0semitone")), None)
    if pitch is not None:
        unvoiced = ~(observed[:, pitch] > 0)
        observed[np.ix_(unvoiced, voiced_only)] = np.nan
    loudness = next((i for i, n in enumerate(names) if n.lower().startswith("loudness")), None)
    if loudness is not None:
        spectral = np.array([needs_sound(n) for n in names])
        observed[np.ix_(observed[:, loudness] == 0, spectral)] = np.nan
    return observed, int(is_empty.sum())
