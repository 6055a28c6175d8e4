"""OpenFace's column names in every spelling, and what each column means."""

import math
import re
from collections.abc import Sequence

from clinic.errors import DataError
from clinic.records import FeatureSpec

SOURCE = (
    "OpenFace 2.0, Baltrusaitis et al. (2018), doi:10.1109/FG.2018.00019; "
    "wiki page Output Format"
)  # fmt: skip

#: Columns that say when a row was and whether it can be trusted; they are no features.
META = ("frame", "face_id", "timestamp", "confidence", "success")

#: Action units that OpenFace measures -> (group, meaning).
ACTION_UNITS = {
    "AU01": ("brow", "inner brow raiser"),
    "AU02": ("brow", "outer brow raiser"),
    "AU04": ("brow", "brow lowerer, frowning"),
    "AU05": ("eyes", "upper lid raiser, widened eyes"),
    "AU06": ("smile", "cheek raiser, as in a felt smile"),
    "AU07": ("eyes", "lid tightener, narrowed eyes"),
    "AU09": ("mouth", "nose wrinkler"),
    "AU10": ("mouth", "upper lip raiser"),
    "AU12": ("smile", "lip corner puller, smiling"),
    "AU14": ("mouth", "dimpler, tightened lip corners"),
    "AU15": ("mouth", "lip corner depressor, mouth turned down"),
    "AU17": ("mouth", "chin raiser"),
    "AU20": ("mouth", "lip stretcher"),
    "AU23": ("mouth", "lip tightener"),
    "AU25": ("mouth", "parted lips"),
    "AU26": ("mouth", "jaw drop, open mouth"),
    "AU28": ("mouth", "lip suck"),
    "AU45": ("eyes", "blink"),
}

_EYES = {"0": "left eye", "1": "right eye"}
_TURNS = {"x": "pitch", "y": "yaw", "z": "roll"}
_N_LANDMARKS = 68

_AU = re.compile(r"(AU\d\d)_([rc])")
_GAZE = re.compile(r"gaze_([01])_([xyz])")
_GAZE_HEAD = re.compile(r"gaze_head_([01])_([xyz])")
_GAZE_ANGLE = re.compile(r"gaze_angle_([xy])")
_POSE = re.compile(r"pose_([TR])([xyz])")
_POINT = re.compile(r"([xyXYZ])_?(\d{1,2})")
_EYE_POINT = re.compile(r"eye_lmk_[xyXYZ]_\d{1,2}")
_SHAPE = re.compile(r"p_(scale|rx|ry|rz|tx|ty|\d{1,2})")
#: CLNF files of DAIC-WOZ: x_0 is a gaze vector there, the left eye's; x_h0 the same in the head.
_CLNF_GAZE = re.compile(r"([xyz])_(h?)([01])")
_CLNF_POSE = {"X": "pose_Tx", "Y": "pose_Ty", "Z": "pose_Tz"}


def canonical(header: Sequence[str]) -> tuple[str | None, ...]:
    """Return OpenFace 2.x's name of each column; None for columns that are passed over.

    Landmarks become ``x_0`` ... ``Z_67``. Eye landmarks and shape parameters are passed over.

    Raises:
        DataError: A name that OpenFace does not write (the first is named), or one name twice.
    """
    is_clnf_gaze = "x_h0" in header
    names = tuple(_canonical(column, is_clnf_gaze) for column in header)
    known = [name for name in names if name]
    twice = next((name for i, name in enumerate(known) if name in known[:i]), None)
    if twice is not None:
        raise DataError(f"OpenFace file: column {twice} stands twice")
    return names


def _canonical(column: str, is_clnf_gaze: bool) -> str | None:
    if column.lower() in META:
        return column.lower()
    if is_clnf_gaze and (vector := _CLNF_GAZE.fullmatch(column)):
        axis, in_head, eye = vector.groups()
        return f"gaze_head_{eye}_{axis}" if in_head else f"gaze_{eye}_{axis}"
    if column in _CLNF_POSE:
        return _CLNF_POSE[column]
    if re.fullmatch(r"[TR][xyz]", column):
        return f"pose_{column}"
    unit = _AU.fullmatch(column)
    if unit and unit[1] in ACTION_UNITS:
        return column
    if any(known.fullmatch(column) for known in (_GAZE, _GAZE_ANGLE, _POSE)):
        return column
    point = _POINT.fullmatch(column)
    if point and int(point[2]) < _N_LANDMARKS:
        return f"{point[1]}_{int(point[2])}"
    if not column or _EYE_POINT.fullmatch(column) or _SHAPE.fullmatch(column):
        return None
    raise DataError(f"OpenFace file: column {column[:40]!r} is none of OpenFace's")


def is_landmark(name: str) -> bool:
    """Tell whether a canonical name is a face landmark."""
    return _POINT.fullmatch(name) is not None


def slack_of(name: str) -> float:
    """Return how far outside its range a value may lie and still be meant.

    Regressors of action units before OpenFace 2 are not held to 0-5; unit vectors and angles
    are printed with rounding.
    """
    return 5.0 if name.endswith("_r") else 1e-3


def spec_of(name: str) -> FeatureSpec:
    """Describe a canonical column."""
    if unit := _AU.fullmatch(name):
        group, words = ACTION_UNITS[unit[1]]
        if unit[2] == "r":
            return _spec(name, "1", 0.0, 5.0, group, f"{words} (intensity, 0 to 5)")
        return _spec(name, "1", 0.0, 1.0, group, f"{words} (1 where present)")
    if vector := _GAZE_HEAD.fullmatch(name):
        words = f"direction of the {_EYES[vector[1]]} in the head, {vector[2]} part"
        return _spec(name, "1", -1.0, 1.0, "gaze", words)
    if vector := _GAZE.fullmatch(name):
        words = f"direction of the {_EYES[vector[1]]} towards the camera, {vector[2]} part"
        return _spec(name, "1", -1.0, 1.0, "gaze", words)
    if angle := _GAZE_ANGLE.fullmatch(name):
        way = "left to right" if angle[1] == "x" else "up to down"
        return _spec(name, "rad", -math.pi, math.pi, "gaze", f"direction of both eyes, {way}")
    if pose := _POSE.fullmatch(name):
        if pose[1] == "T":
            words = f"place of the head before the camera, {pose[2]}"
            return _spec(name, "mm", -math.inf, math.inf, "head", words)
        return _spec(name, "rad", -math.pi, math.pi, "head", f"{_TURNS[pose[2]]} of the head")
    unit_name = "px" if name[0].islower() else "mm"
    words = f"{name[0]} of face landmark {name[2:]}"
    return _spec(name, unit_name, -math.inf, math.inf, "face landmarks", words)


def _spec(
    name: str, unit: str, minimum: float, maximum: float, group: str, meaning: str
) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit=unit,
        minimum=minimum,
        maximum=maximum,
        source=SOURCE,
        group=group,
        meaning=meaning,
    )
