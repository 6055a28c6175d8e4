"""py-feat's Fex tables (0.6 to 2.x) as frames: one face per picture, seconds instead of frames."""

import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinic.datasets.peers.pyfeat_columns import (
    BOX,
    PLACE,
    POSE,
    SCORE,
    described,
    is_landmark,
    is_passed_over,
)
from clinic.datasets.shipped.frame_times import ends_of, rising
from clinic.datasets.shipped.number_file import content_of, kept_in_range
from clinic.errors import DataError, SetupError
from clinic.records import FeatureTable, Modality, Stamp, package_version

_WHAT = "py-feat file"
_TIME = re.compile(r"(\d+):(\d\d)")
#: Frame rates of cameras; the pairs of 1001/1000 differ by 4 s in an hour.
_USUAL_HZ = (24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 50.0, 60000 / 1001, 60.0)
#: Rates closer than this need not be told apart, and a wider span of unusual ones is none.
_SAME_RATE = 2e-3

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class PyFeatReader:
    """Settings of reading py-feat's files.

    Args:
        score_from: A face found with a lower score (0 to 1) is not observed.
        face: Which of several faces in a picture is read: ``largest`` or ``best`` (score).
        rate_hz: Pictures a second; None takes the rate from ``approx_time`` (minutes and whole
            seconds), where the file is long enough to tell it.
        pose_unit: ``deg``, ``rad`` or ``auto``: degrees where an angle exceeds pi, radians
            where the head's place stands beside its angles (py-feat 0.7 and later), else not
            read.
        landmarks: Keep the coordinates of the landmarks too (136 columns or more).
    """

    score_from: float
    face: str
    rate_hz: float | None
    pose_unit: str
    landmarks: bool
    name: str = "pyfeat"

    def __post_init__(self) -> None:
        """Raise SetupError for an unknown choice."""
        if self.face not in ("largest", "best"):
            raise SetupError(f"face is {self.face}, largest or best needed (face)")
        if self.pose_unit not in ("deg", "rad", "auto"):
            raise SetupError(f"pose unit {self.pose_unit}, deg, rad or auto needed (pose_unit)")

    def read(self, path: Path) -> FeatureTable:
        """Read a file of one video.

        Raises:
            DataError: See ``read_all``; or the file holds several videos.
        """
        tables = self.read_all(path)
        if len(tables) > 1:
            raise DataError(f"{_WHAT} holds {len(tables)} videos, one needed")
        return next(iter(tables.values()))

    def videos(self, path: Path) -> tuple[str, ...]:
        """Return the names of the videos of a file, as ``read_all`` names them.

        Raises:
            DataError: Missing, empty, or no table.
        """
        content = content_of(path, _WHAT)
        try:
            column = pd.read_csv(
                io.BytesIO(content),
                usecols=lambda name: str(name).strip() == "input",
                encoding_errors="replace",
            )
        except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise DataError(f"{_WHAT} is no table of equal lines") from error
        if column.empty:
            return (path.stem,)
        media = column.iloc[:, 0].dropna().unique()
        return tuple(dict.fromkeys(_stem(str(medium)) for medium in media)) or (path.stem,)

    def read_all(self, path: Path) -> Mapping[str, FeatureTable]:
        """Read every video of a file: by the stem of its name in the column ``input``.

        Raises:
            DataError: Missing, empty, no column ``frame``, an unknown column (the first is
                named), two videos of one name, no frame rate, or no usable row.
        """
        frame, notes = _rows_of(path)
        if "input" not in frame.columns:
            return {path.stem: self._table(frame, notes)}
        found: dict[str, FeatureTable] = {}
        for medium, rows in frame.groupby("input", sort=False, dropna=False):
            stem = path.stem if medium != medium else _stem(str(medium))
            if stem in found:
                raise DataError(f"{_WHAT}: two videos named {stem[:40]!r} in the column input")
            found[stem] = self._table(rows.reset_index(drop=True), notes)
        return found

    def _table(self, rows: pd.DataFrame, notes: tuple[str, ...]) -> FeatureTable:
        columns = [
            name
            for name in rows.columns
            if not is_passed_over(name) and (self.landmarks or not is_landmark(name))
        ]
        specs = tuple(spec for name in columns if (spec := described(name)) is not None)
        if len(specs) < len(columns):
            unknown = next(name for name in columns if described(name) is None)
            raise DataError(f"{_WHAT}: column {str(unknown)[:40]!r} is none of py-feat's")
        if not columns:
            raise DataError(f"{_WHAT} holds no action units, expression, gaze or pose")
        seen = self._seen(rows)
        chosen, face_notes = self._one_face(rows, seen)
        frames = _numbers(rows, "frame")[chosen]
        rate_hz, rate_notes = self._rate(rows, frames, chosen)
        n_kept, time_notes = rising(frames / rate_hz, _WHAT)
        chosen, start_s = chosen[:n_kept], frames[:n_kept] / rate_hz
        values = np.stack([_numbers(rows, name)[chosen] for name in columns], axis=1)
        values[~seen[chosen]] = np.nan
        values, pose_notes = self._with_pose(values, columns)
        kept, range_notes = kept_in_range(values, specs, [1e-3] * len(specs), _WHAT)
        return FeatureTable(
            name=self.name,
            modality=Modality.FACE,
            row_kind="frame",
            specs=specs,
            start_s=start_s,
            end_s=ends_of(start_s, _WHAT, rate_hz if len(start_s) < 2 else None),
            values=kept,
            coverage=np.isfinite(kept).any(axis=1).astype(np.float64),
            stamp=Stamp(
                component="clinic.datasets.peers.pyfeat.PyFeatReader",
                version=package_version("clinic-screening"),
                settings={**vars(self), "rate_hz": rate_hz},
                licence="licence of the recording; py-feat's code is MIT, its weights differ",
            ),
            notes=(
                *notes, *face_notes, *rate_notes, *time_notes, *pose_notes, *range_notes,
            ),
        )  # fmt: skip

    def _seen(self, rows: pd.DataFrame) -> NDArray[np.bool_]:
        """Tell which rows hold a face: py-feat writes an empty box where there is none."""
        seen = np.ones(len(rows), dtype=np.bool_)
        with np.errstate(invalid="ignore"):
            for name in BOX[2:]:
                if name in rows.columns:
                    seen &= _numbers(rows, name) > 0
            if SCORE in rows.columns:
                seen &= _numbers(rows, SCORE) >= self.score_from
        return seen

    def _one_face(
        self, rows: pd.DataFrame, seen: NDArray[np.bool_]
    ) -> tuple[Rows, tuple[str, ...]]:
        """Return one row a picture, in order of pictures, and what was passed over."""
        frames = _numbers(rows, "frame")
        size = np.zeros(len(rows))
        if self.face == "best" and SCORE in rows.columns:
            size = _numbers(rows, SCORE)
        elif set(BOX) <= set(rows.columns):
            size = _numbers(rows, BOX[2]) * _numbers(rows, BOX[3])
        size = np.where(seen, size, -1.0)
        # Last key first: pictures in order, in each the wanted face first, then the file's order.
        order = np.lexsort((-size, frames))
        is_first = np.concatenate([[True], np.diff(frames[order]) != 0])
        chosen = order[is_first]
        several = pd.Series(frames[seen]).value_counts()
        n_several = int((several > 1).sum())
        if not n_several:
            return chosen, ()
        which = "largest face" if self.face == "largest" else "face with the best score"
        text = f"{_WHAT}: several faces in {n_several} pictures, the {which} is read"
        if "Identity" in rows.columns:
            n_people = rows["Identity"].iloc[chosen[seen[chosen]]].nunique()
            text += f" ({n_people} of py-feat's identities among them)"
        return chosen, (text,)

    def _rate(
        self, rows: pd.DataFrame, frames: Floats, chosen: Rows
    ) -> tuple[float, tuple[str, ...]]:
        low, high = _rates_told(rows, frames, chosen)
        if self.rate_hz is not None:
            # 1e-3: rates such as 30000 / 1001 are written as 29.97.
            if not low * (1 - 1e-3) <= self.rate_hz <= high * (1 + 1e-3):
                raise DataError(
                    f"{_WHAT}: approx_time tells {low:.3g} to {high:.3g} pictures a second, "
                    f"{self.rate_hz:g} given (rate_hz)"
                )
            return self.rate_hz, ()
        # A rounding step aside, low itself cannot be: there the next second would have begun.
        usual = [
            rate for rate in _USUAL_HZ if low < rate * (1 - 1e-9) and rate <= high * (1 + 1e-9)
        ]
        possible = usual or [low, high]
        if not math.isfinite(high) or max(possible) - min(possible) > _SAME_RATE * max(possible):
            told = f"only {low:.3g} to {high:.3g}" if math.isfinite(high) else "no"
            raise DataError(
                f"{_WHAT}: approx_time tells {told} pictures a second: the rate is needed (rate_hz)"
            )
        rate_hz = max(possible)
        return rate_hz, (
            f"{_WHAT}: {rate_hz:.5g} pictures a second, the usual rate that fits approx_time"
            if usual
            else f"{_WHAT}: {rate_hz:.5g} pictures a second, told by approx_time",
        )

    def _with_pose(self, values: Floats, columns: list[str]) -> tuple[Floats, tuple[str, ...]]:
        """Return the head's angles in radians; NaN where nobody can tell their unit."""
        places = [i for i, name in enumerate(columns) if name in POSE]
        if not places or not np.isfinite(values[:, places]).any():
            return values, ()
        unit, notes = self.pose_unit, ()
        if unit == "auto":
            widest = np.nanmax(np.abs(values[:, places]))
            has_place = set(PLACE) <= set(columns)
            unit = "deg" if widest > math.pi else "rad" if has_place else "unknown"
        values = values.copy()
        if unit == "deg":
            values[:, places] = np.deg2rad(values[:, places])
        elif unit == "unknown":
            values[:, places] = np.nan
            return values, (
                f"{_WHAT}: the head's angles may be degrees or radians: not observed (pose_unit)",
            )
        return values, notes


def _rows_of(path: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the rows up to the first damage."""
    content = content_of(path, _WHAT)
    notes: list[str] = []
    if not content.rstrip(b" \t").endswith((b"\n", b"\r")):
        content, _, _ = content.rpartition(b"\n")
        notes.append(f"{_WHAT}: the last line has no end and may be cut: left out")
    try:
        frame = pd.read_csv(io.BytesIO(content), low_memory=False, encoding_errors="replace")
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{_WHAT} is no table of equal lines") from error
    frame.columns = [str(name).strip() for name in frame.columns]
    if "frame" not in frame.columns:
        raise DataError(f"{_WHAT} has no column frame")
    if frame.index.nlevels > 1 or not isinstance(frame.index, pd.RangeIndex):
        raise DataError(f"{_WHAT} has more cells in its lines than names in its first line")
    damaged = np.isnan(_numbers(frame, "frame"))
    if damaged.any():
        first = int(np.argmax(damaged))
        notes.append(f"{_WHAT}: row {first + 1} of {len(frame)} has no frame: rows before are used")
        frame = frame.iloc[:first]
    if frame.empty:
        raise DataError(f"{_WHAT} has a first line and no row")
    return frame, tuple(notes)


def _numbers(rows: pd.DataFrame, name: str) -> Floats:
    """Return a column as numbers; words and infinities are NaN."""
    values = pd.to_numeric(rows[name], errors="coerce").to_numpy(dtype=np.float64, copy=True)
    values[~np.isfinite(values)] = np.nan
    return values


def _rates_told(rows: pd.DataFrame, frames: Floats, chosen: Rows) -> tuple[float, float]:
    """Return the lowest and highest frame rate at which every ``approx_time`` is true.

    py-feat cuts seconds off: frame f is written as s where ``s <= f / rate < s + 1``.
    """
    if "approx_time" not in rows.columns:
        return 0.0, math.inf
    low, high = 0.0, math.inf
    for frame, cell in zip(frames, rows["approx_time"].iloc[chosen], strict=True):
        time = _TIME.fullmatch(str(cell).strip())
        if time is None:
            continue
        second = int(time[1]) * 60 + int(time[2])
        low = max(low, frame / (second + 1))
        high = min(high, frame / second) if second else high
    return low, high


def _stem(medium: str) -> str:
    """Return the name of a file on any system without folders and ending."""
    return PurePosixPath(medium.replace("\\", "/")).stem
