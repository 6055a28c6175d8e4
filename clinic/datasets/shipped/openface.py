"""OpenFace's tables of action units, gaze, head pose and landmarks, of any of its versions."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.datasets.shipped.frame_times import ends_of, rising
from clinic.datasets.shipped.npy import shipped_stamp
from clinic.datasets.shipped.number_file import (
    content_of,
    delimiter_of,
    kept_in_range,
    numbers_of,
    split_lines,
)
from clinic.datasets.shipped.openface_columns import (
    META,
    canonical,
    is_landmark,
    slack_of,
    spec_of,
)
from clinic.errors import DataError
from clinic.records import FeatureTable, Modality

_WHAT = "OpenFace file"


def read_openface(
    path: Path,
    *,
    confidence_from: float,
    name: str = "openface",
    rate_hz: float | None = None,
    landmarks: bool = False,
) -> FeatureTable:
    """Read one file of OpenFace: the single table of 2.x, or CLNF's for units, gaze and pose.

    Headers may have spaces after the commas; columns get the names of OpenFace 2.x
    (``X`` and ``Tx`` become ``pose_Tx``, CLNF's ``x_0`` ``gaze_0_x``, its ``x_h0``
    ``gaze_head_0_x``). Where several faces were tracked, the one seen longest is read.

    Args:
        confidence_from: Rows below this confidence (0 to 1), and rows where ``success`` is not
            1, are not observed: NaN and coverage 0.
        rate_hz: Pictures a second, where the file has no timestamps.
        landmarks: Keep the 68 face landmarks too (136 or 204 columns more).

    Returns:
        One row a picture; a damaged file gives the rows before the damage and a note.

    Raises:
        DataError: Missing, empty, a column that is none of OpenFace's, no column to read, no
            times, or no usable row.
    """
    content = content_of(path, _WHAT)
    lines = split_lines(content, what=_WHAT, delimiter=delimiter_of(content), has_header=True)
    names = canonical(lines.header)
    columns = [n for n in names if n and n not in META and (landmarks or not is_landmark(n))]
    if not columns:
        raise DataError(f"{_WHAT} holds no action units, gaze or pose (landmarks={landmarks})")
    present = [n for n in META if n in names]
    values, notes = numbers_of(lines, [names.index(n) for n in (*present, *columns)])
    meta = {n: values[:, i] for i, n in enumerate(present)}
    rows, face_notes = _one_face(meta, len(values))
    start_s = _starts(meta, rate_hz, len(values))[rows]
    n_kept, time_notes = rising(start_s, _WHAT)
    rows, start_s = rows[:n_kept], start_s[:n_kept]
    is_observed, trust_notes = _observed(meta, confidence_from, len(values))
    specs = tuple(spec_of(n) for n in columns)
    measured = np.where(is_observed[:, None], values[:, len(present) :], np.nan)[rows]
    kept, range_notes = kept_in_range(measured, specs, [slack_of(n) for n in columns], _WHAT)
    return FeatureTable(
        name=name,
        modality=Modality.FACE,
        row_kind="frame",
        specs=specs,
        start_s=start_s,
        end_s=ends_of(start_s, _WHAT, None if "timestamp" in meta else rate_hz),
        values=kept,
        coverage=np.isfinite(kept).any(axis=1).astype(np.float64),
        stamp=shipped_stamp(
            "openface.read_openface",
            name=name,
            confidence_from=confidence_from,
            rate_hz=rate_hz,
            landmarks=landmarks,
        ),
        notes=(*notes, *face_notes, *time_notes, *trust_notes, *range_notes),
    )


def _starts(
    meta: dict[str, NDArray[np.float64]], rate_hz: float | None, n_rows: int
) -> NDArray[np.float64]:
    if "timestamp" in meta:
        return meta["timestamp"]
    if rate_hz is None:
        raise DataError(f"{_WHAT} has no column timestamp: the rate is needed (rate_hz)")
    frames = meta.get("frame", np.arange(n_rows, dtype=np.float64))
    # OpenFace counts pictures from 1, some re-exports from 0.
    return (frames - min(1.0, frames[0])) / rate_hz


def _observed(
    meta: dict[str, NDArray[np.float64]], confidence_from: float, n_rows: int
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    is_observed = np.ones(n_rows, dtype=np.bool_)
    if "success" in meta:
        is_observed &= meta["success"] == 1
    if "confidence" in meta:
        with np.errstate(invalid="ignore"):
            is_observed &= meta["confidence"] >= confidence_from
    if "success" in meta or "confidence" in meta:
        return is_observed, ()
    return is_observed, (f"{_WHAT} has neither success nor confidence: every row is taken",)


def _one_face(
    meta: dict[str, NDArray[np.float64]], n_rows: int
) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return the rows of the face that was tracked in most of them."""
    every = np.arange(n_rows)
    if "face_id" not in meta:
        return every, ()
    found = meta.get("success", np.ones(n_rows)) == 1
    ids = np.unique(meta["face_id"][np.isfinite(meta["face_id"])])
    if len(ids) < 2:
        return every, ()
    longest = max(ids, key=lambda one: int(np.sum(found & (meta["face_id"] == one))))
    rows = np.flatnonzero(meta["face_id"] == longest)
    return rows, (f"{_WHAT}: {len(ids)} faces, the one seen longest ({len(rows)} rows) is read",)
