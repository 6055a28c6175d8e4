"""Arrays shipped as ``.npy``: rows are frames; never unpickled."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.errors import DataError
from clinic.records import FeatureSpec, FeatureTable, Modality, Stamp, package_version


def read_npy(path: Path, *, n_columns: int | None = None) -> NDArray[np.float64]:
    """Return a two-dimensional array of numbers; infinite values become NaN.

    Args:
        n_columns: Refuse any other number of columns.

    Raises:
        DataError: Missing, cut short, holding Python objects, empty or of another shape.
    """
    try:
        array = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise DataError(f"{path.name} is missing") from error
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path.name} is no whole .npy array of numbers") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise DataError(f"{path.name} holds no plain numbers")
    if array.ndim != 2 or 0 in array.shape:
        raise DataError(f"{path.name} has shape {array.shape}, (frames, features) needed")
    if n_columns is not None and array.shape[1] != n_columns:
        raise DataError(f"{path.name} has {array.shape[1]} columns, {n_columns} needed")
    values = array.astype(np.float64)
    values[~np.isfinite(values)] = np.nan
    return values


def n_rows(path: Path) -> int:
    """Return the number of rows that the header of an array states, without reading it.

    Raises:
        DataError: Missing, cut short or no array.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path.name} is no whole .npy array of numbers") from error
    if not isinstance(array, np.ndarray) or not array.ndim:
        raise DataError(f"{path.name} holds no rows")
    return len(array)


def array_table(
    values: NDArray[np.float64],
    *,
    name: str,
    modality: Modality,
    row_s: float,
    columns: Sequence[str],
    unit: str,
    source: str,
    meaning: str,
    notes: tuple[str, ...] = (),
) -> FeatureTable:
    """Return rows of equal length as a frame table that begins at second 0.

    A row in which every column is exactly 0 is how these corpora write "nothing found": it
    becomes NaN with coverage 0. A row with a single number is covered.

    Args:
        values: Shape (n_frames, n_columns).
        row_s: Seconds from one row to the next.
        source: Paper or document that defines the columns.
    """
    values = values.copy()
    values[np.all(values == 0, axis=1)] = np.nan
    starts = np.arange(len(values)) * row_s
    return FeatureTable(
        name=name,
        modality=modality,
        row_kind="frame",
        specs=tuple(
            FeatureSpec(
                name=column,
                unit=unit,
                minimum=-math.inf,
                maximum=math.inf,
                source=source,
                group=name,
                meaning=meaning,
            )
            for column in columns
        ),
        start_s=starts,
        end_s=starts + row_s,
        values=values,
        coverage=np.isfinite(values).any(axis=1).astype(np.float64),
        stamp=shipped_stamp("npy", name=name, row_s=row_s),
        notes=notes,
    )


def numbered(prefix: str, count: int) -> tuple[str, ...]:
    """Return column names ``prefix_000`` and on: for columns whose meaning nobody published."""
    return tuple(f"{prefix}_{index:03d}" for index in range(count))


def shipped_stamp(reader: str, **settings: object) -> Stamp:
    """Return the provenance of features that others measured and we only read."""
    return Stamp(
        component=f"clinic.datasets.shipped.{reader}",
        version=package_version("clinic-screening"),
        settings=settings,
        licence="licence of the corpus: see its end-user agreement",
    )
