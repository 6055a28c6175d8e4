"""Face landmarks as CSV: ``frame, x_0..x_67, y_0..y_67``, with spaces anywhere."""

import csv
import io
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.datasets.label_files import text_of
from clinic.datasets.shipped.npy import shipped_stamp
from clinic.errors import DataError
from clinic.records import FeatureSpec, FeatureTable, Modality

N_POINTS = 68
COLUMNS = tuple(f"{axis}_{point}" for axis in "xy" for point in range(N_POINTS))

_SOURCE = "OpenFace 2.0, Baltrusaitis et al. (2018), doi:10.1109/FG.2018.00019"


def read_landmarks(path: Path, *, frame_rate_hz: float, name: str) -> FeatureTable:
    """Read 68 landmarks per frame in pixels of the picture.

    A column ``timestamp`` gives the times where there is one, else the frame number and the
    rate: the smallest frame number is second 0. Rows where ``success`` is 0, and rows in which
    every landmark is exactly 0, hold no face: NaN, coverage 0. Other columns are passed over.

    Args:
        frame_rate_hz: Pictures a second; also the length of a row.

    Raises:
        DataError: Missing, a landmark column missing, a cell that is no number, a short line,
            or frames out of order.
    """
    header, values = _numbers(path)
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise DataError(
            f"{path.name} lacks {len(missing)} of {len(COLUMNS)} landmark columns, "
            f"first {missing[0]}"
        )
    points = values[:, [header.index(column) for column in COLUMNS]]
    no_face = np.all(points == 0, axis=1)
    if "success" in header:
        no_face |= values[:, header.index("success")] == 0
    points[no_face] = np.nan
    starts = _starts(path, header, values, frame_rate_hz)
    return FeatureTable(
        name=name,
        modality=Modality.FACE,
        row_kind="frame",
        specs=tuple(
            FeatureSpec(
                name=column,
                unit="px",
                minimum=-math.inf,
                maximum=math.inf,
                source=_SOURCE,
                group="face landmarks",
                meaning=f"{column[0]} of face landmark {column[2:]}",
            )
            for column in COLUMNS
        ),
        start_s=starts,
        end_s=starts + 1 / frame_rate_hz,
        values=points,
        coverage=np.isfinite(points).any(axis=1).astype(np.float64),
        stamp=shipped_stamp("landmarks", name=name, frame_rate_hz=frame_rate_hz),
    )


def _numbers(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Return column names and all cells as numbers; an empty cell is NaN."""
    reader = csv.reader(io.StringIO(text_of(path), newline=""))
    header = [cell.strip() for cell in next(reader)]
    rows: list[list[float]] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise DataError(
                f"{path.name} line {reader.line_num}: {len(cells)} cells, {len(header)} needed"
            )
        try:
            rows.append([float(cell) if cell.strip() else math.nan for cell in cells])
        except ValueError as error:
            raise DataError(f"{path.name} line {reader.line_num}: a cell is no number") from error
    if not rows:
        raise DataError(f"{path.name} holds no frames")
    values = np.array(rows, dtype=np.float64)
    values[~np.isfinite(values)] = np.nan
    return header, values


def _starts(
    path: Path, header: list[str], values: NDArray[np.float64], frame_rate_hz: float
) -> NDArray[np.float64]:
    if "timestamp" in header:
        starts = values[:, header.index("timestamp")]
    elif "frame" in header:
        frames = values[:, header.index("frame")]
        starts = (frames - frames[0]) / frame_rate_hz
    else:
        starts = np.arange(len(values)) / frame_rate_hz
    if not np.all(np.isfinite(starts)) or np.any(np.diff(starts) <= 0) or starts[0] < 0:
        raise DataError(f"{path.name}: frames are out of order or have no time")
    return starts
