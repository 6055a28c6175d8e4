"""The face component on open media, beside what OpenFace said of the same files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.features.face import FaceMeshFeatures
from clinic.io.limits import MediaLimits
from clinic.io.media import open_media
from clinic.records import FeatureTable, Recording
from clinic.validation.study import Finding

Values = NDArray[np.float64]

SMILE = "media/pyfeat/single_face.mp4"
SADNESS = ("subj01_timepoint01", "subj02_timepoint01")
OPENFACE = "opendbm_outputs/sample_output/raw_variables"
NOT_DRAWN = "one clip: nothing to draw again"
#: Our column, OpenFace's, and the factor that brings OpenFace's to our unit.
PAIRS = (
    ("pose_pitch_deg", "pose_Rx", 180.0 / np.pi, "pitch"),
    ("pose_yaw_deg", "pose_Ry", 180.0 / np.pi, "yaw"),
    ("pose_roll_deg", "pose_Rz", 180.0 / np.pi, "roll"),
    ("eye_opening", "AU45_r", -1.0, "eye opening against AU45 (sign turned)"),
)
SOURCE = "OpenFace 2 output stored by open_dbm (AiCure)"


def real_findings(
    data: Path, component: FaceMeshFeatures, limits: MediaLimits
) -> tuple[Finding, ...]:
    """Return what is read off the smile and the two posed sad faces.

    The clips are shorter than a resting face needs, so action units are measured from an average
    face here, as in any recording that short.

    Raises:
        SetupError: A file is missing.
    """
    found = list(_smile(_frames(data / SMILE, component, limits)))
    for name in SADNESS:
        frames = _frames(data / "media" / "opendbm" / f"{name}.mp4", component, limits)
        found += _sadness(name.split("_")[0], frames, openface(data, name))
    return tuple(found)


def openface(data: Path, name: str) -> pd.DataFrame:
    """Return OpenFace's frames of one recording."""
    path = data / OPENFACE / name / f"{name}_openface" / f"{name}.csv"
    if not path.is_file():
        raise SetupError(f"{path.name} not found below {OPENFACE}")
    return pd.read_csv(path, skipinitialspace=True)


def _frames(path: Path, component: FaceMeshFeatures, limits: MediaLimits) -> FeatureTable:
    if not path.is_file():
        raise SetupError(f"{path.name} not found below {path.parent.name}")
    media = open_media(path, limits)
    recording = Recording(
        recording_id=path.stem,
        participant_id=path.stem,
        sha256="0" * 64,
        duration_s=media.duration_s,
        audio=None,
        video=media.video,
    )
    extraction = component.extract(recording, [])
    if extraction.frames is None:
        raise SetupError(f"{path.name}: no frame table")
    return extraction.frames


def _smile(frames: FeatureTable) -> Sequence[Finding]:
    parts = {"neutral": frames.start_s < 0.5, "smile": (frames.start_s >= 1) & (frames.start_s < 2)}
    return [
        _finding(
            f"{unit} in the {part} of single_face.mp4",
            float(np.nanmean(frames.column(unit)[rows])),
            int(rows.sum()),
        )
        for unit in ("AU12", "AU06")
        for part, rows in parts.items()
    ]


def _sadness(name: str, frames: FeatureTable, theirs: pd.DataFrame) -> Sequence[Finding]:
    found = []
    for unit in ("AU04", "AU12"):
        found.append(
            _finding(
                f"{unit}, mean, {name} (posed sadness)",
                float(np.nanmean(frames.column(unit))),
                len(frames.start_s),
                reference=float(theirs[f"{unit}_r"].mean()),
                note="reference on OpenFace's scale of 0 to 5",
            )
        )
    for ours, column, factor, words in PAIRS:
        mine = frames.column(ours)
        other = np.interp(frames.start_s, theirs["timestamp"], theirs[column] * factor)
        seen = np.isfinite(mine)
        found.append(
            _finding(
                f"{words}, r with OpenFace over frames, {name}",
                float(np.corrcoef(mine[seen], other[seen])[0, 1]),
                int(seen.sum()),
                note=f"their spread (sd) {other[seen].std():.2f}",
            )
        )
        if column.startswith("pose"):
            apart = float(np.abs(mine[seen] - other[seen]).mean())
            found.append(_finding(f"{words}, degrees from OpenFace, {name}", apart, seen.sum()))
    blinks = int(np.nansum(frames.column("blink_start")))
    closed = (theirs["AU45_r"] >= 1.0).to_numpy()
    rises = int(np.sum(closed[1:] & ~closed[:-1]) + closed[0])
    found.append(
        _finding(
            f"blinks, {name}",
            float(blinks),
            len(frames.start_s),
            reference=float(rises),
            note="reference: rises of AU45 to 1 and more",
        )
    )
    return found


def _finding(
    what: str, value: float, n: int, *, reference: float | None = None, note: str = ""
) -> Finding:
    return Finding(
        what=what,
        value=value,
        low=float("nan"),
        high=float("nan"),
        n=int(n),
        of="frames",
        reference=reference,
        reference_source=SOURCE if reference is not None else "",
        note="; ".join(part for part in (NOT_DRAWN, note) if part),
    )
