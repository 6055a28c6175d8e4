"""py-feat's column names, and what each column means."""

import math
import re

from clinic.datasets.shipped.openface_columns import ACTION_UNITS
from clinic.records import FeatureSpec

SOURCE = "py-feat, Cheong et al. (2023), doi:10.1007/s42761-023-00191-4"

BOX = ("FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight")
SCORE = "FaceScore"
#: Columns that say when, where and who; they are no features.
META = (*BOX, SCORE, "frame", "input", "approx_time", "FrameHeight", "FrameWidth", "clip")
POSE = ("Pitch", "Roll", "Yaw")
PLACE = ("X", "Y", "Z")

#: Units that py-feat has and OpenFace lacks -> (group, meaning).
_FURTHER_UNITS = {
    "AU11": ("mouth", "nasolabial furrow deepener"),
    "AU16": ("mouth", "lower lip depressor"),
    "AU18": ("mouth", "lip pucker"),
    "AU22": ("mouth", "lip funneler"),
    "AU24": ("mouth", "lip pressor"),
    "AU27": ("mouth", "mouth stretch"),
    "AU43": ("eyes", "eyes closed"),
}
#: The first set is Detectorv1's, the second Detectorv2's.
_EMOTIONS = (
    *("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"),
    *("Anger", "Disgust", "Fear", "Happy", "Sad", "Surprise", "Neutral", "Contempt"),
)
_AFFECT = {"valence": "unpleasant to pleasant", "arousal": "calm to excited"}
_GAZE = {
    "gaze_pitch": "direction of both eyes, up to down",
    "gaze_yaw": "direction of both eyes, left to right",
    "gaze_angle": "angle between the eyes' direction and the head's",
}
_BLENDSHAPE = re.compile(r"_neutral|(?:brow|cheek|eye|jaw|mouth|nose)[A-Z][A-Za-z]+")
_UNIT = re.compile(r"AU\d\d")
_POINT = re.compile(r"[xyz]_\d{1,3}")
_IDENTITY = re.compile(r"Identity(_\d{1,3})?")


def is_passed_over(name: str) -> bool:
    """Tell whether a column is no feature: place, time, identity, or a running index."""
    return name in META or not name or name.startswith("Unnamed:") or _is_identity(name)


def is_landmark(name: str) -> bool:
    """Tell whether a column is a coordinate of a face landmark."""
    return _POINT.fullmatch(name) is not None


def described(name: str) -> FeatureSpec | None:
    """Describe a column; None for a name that py-feat does not write."""
    if _UNIT.fullmatch(name):
        group, words = {**ACTION_UNITS, **_FURTHER_UNITS}.get(name, ("face", "action unit"))
        return _spec(name, "1", 0.0, 1.0, group, f"{words} (0 absent, 1 present)")
    if name in _EMOTIONS:
        return _spec(name, "1", 0.0, 1.0, "expression", f"share of {name.lower()} in the face")
    if name in _AFFECT:
        return _spec(name, "1", -1.0, 1.0, "expression", f"face from {_AFFECT[name]}")
    if name in _GAZE:
        return _spec(name, "rad", -math.pi, math.pi, "gaze", _GAZE[name])
    if name in POSE:
        return _spec(name, "rad", -math.pi, math.pi, "head", f"{name.lower()} of the head")
    if name in PLACE:
        words = f"place of the head before the camera, {name.lower()}"
        return _spec(name, "1", -math.inf, math.inf, "head", words)
    if _POINT.fullmatch(name):
        words = f"{name[0]} of face landmark {name[2:]}"
        return _spec(name, "px", -math.inf, math.inf, "face landmarks", words)
    if _BLENDSHAPE.fullmatch(name):
        return _spec(name, "1", 0.0, 1.0, "blendshapes", f"face shape {name}")
    return None


def _is_identity(name: str) -> bool:
    return _IDENTITY.fullmatch(name) is not None


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
