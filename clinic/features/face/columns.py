"""Columns of the face tables, with their meaning in plain words."""

import math
from collections.abc import Sequence

from clinic.errors import SetupError
from clinic.records import FeatureSpec

FACS = "Ekman, Friesen and Hager (2002), Facial Action Coding System; docs/features/face.md"
POSE = "similarity alignment of the face mesh, docs/features/face.md"
EYES = "Soukupová and Čech (2016), eye aspect ratio; docs/features/face.md"
GAZE = "iris centre between the eye corners, docs/features/face.md"

#: Action unit -> (group, meaning).
ACTION_UNITS: dict[str, tuple[str, str]] = {
    "AU01": ("brow", "inner brow raiser"),
    "AU02": ("brow", "outer brow raiser"),
    "AU04": ("brow", "brow lowerer, frowning"),
    "AU05": ("eyes", "upper lid raiser, widened eyes"),
    "AU06": ("smile", "cheek raiser, as in a felt smile"),
    "AU07": ("eyes", "lid tightener, narrowed eyes"),
    "AU09": ("mouth", "nose wrinkler"),
    "AU10": ("mouth", "upper lip raiser"),
    "AU11": ("mouth", "nasolabial deepener"),
    "AU12": ("smile", "lip corner puller, smiling"),
    "AU14": ("mouth", "dimpler, tightened lip corners"),
    "AU15": ("mouth", "lip corner depressor, mouth turned down"),
    "AU17": ("mouth", "chin raiser"),
    "AU20": ("mouth", "lip stretcher"),
    "AU23": ("mouth", "lip tightener"),
    "AU24": ("mouth", "lip pressor, pressed lips"),
    "AU25": ("mouth", "parted lips"),
    "AU26": ("mouth", "jaw drop, open mouth"),
    "AU28": ("mouth", "lip suck"),
    "AU43": ("eyes", "lowered lids, closed eyes"),
}

INTENSITY = "intensity, about 0 to 1"
WORDS = {"mean": "mean", "sd": "variability", "p90": "peak (90th percentile)"}

#: Action units whose spread, and whose peaks, a segment is described by.
SPREAD = ("AU01", "AU02", "AU04", "AU06", "AU12", "AU15", "AU17", "AU25")
PEAKS = ("AU04", "AU06", "AU12", "AU15")
#: Share column -> action units that it is read from, meaning.
SMILES: dict[str, tuple[frozenset[str], str]] = {
    "smile_share": (frozenset({"AU12"}), "share of time smiling"),
    "felt_smile_share": (
        frozenset({"AU06", "AU12"}), "share of time smiling with raised cheeks"
    ),
}  # fmt: skip

_DEGREES = {
    "pose_pitch_deg": ("head", "head lowered (positive) or raised", POSE),
    "pose_yaw_deg": ("head", "head turned to the person's right (positive) or left", POSE),
    "pose_roll_deg": ("head", "head tilted to the person's left (positive) or right", POSE),
    "gaze_pitch_deg": ("gaze", "eyes lowered (positive) or raised, in the head", GAZE),
    "gaze_yaw_deg": ("gaze", "eyes turned to the person's right (positive) or left", GAZE),
}
_BOUNDS_DEG = {"head": 180.0, "gaze": 90.0}


def need_units(names: Sequence[str], setting: str) -> None:
    """Refuse names that are no action units of the model, and all twenty at once.

    Raises:
        SetupError: A name is unknown, or nothing would be left.
    """
    unknown = [name for name in names if name not in ACTION_UNITS]
    if unknown:
        known = ", ".join(ACTION_UNITS)
        raise SetupError(f"{', '.join(map(str, unknown))}: one of {known} needed ({setting})")
    if {*names} == {*ACTION_UNITS}:
        raise SetupError(f"all {len(ACTION_UNITS)} action units named, fewer needed ({setting})")


def frame_specs(names: tuple[str, ...], maximum: float) -> tuple[FeatureSpec, ...]:
    """Return the columns of the frame table: action units, pose, gaze, eyes, quality."""
    units = [
        _spec(name, "1", 0.0, maximum, FACS, *ACTION_UNITS[name], suffix=INTENSITY)
        for name in names
    ]
    angles = [
        _spec(name, "deg", -_BOUNDS_DEG[group], _BOUNDS_DEG[group], source, group, meaning)
        for name, (group, meaning, source) in _DEGREES.items()
    ]
    others = [
        _spec("gaze_away", "1", 0.0, 1.0, GAZE, "gaze", "1 where the person looks away"),
        _spec("eye_opening", "1", 0.0, math.inf, EYES, "eyes", "lid distance over eye width"),
        _spec("eyes_closed", "1", 0.0, 1.0, EYES, "eyes", "1 where the eyes are closed"),
        _spec("blink_start", "1", 0.0, 1.0, EYES, "eyes", "1 where a blink begins"),
        _spec("face_found", "1", 0.0, 1.0, POSE, "quality", "1 where a face was found"),
        _spec("mesh_residual_mm", "mm", 0.0, math.inf, FACS, "quality", "mesh left unexplained"),
        _spec("confidence", "1", 0.0, 1.0, FACS, "quality", "trust in the action units"),
    ]
    return (*units, *angles, *others)


def segment_specs(names: tuple[str, ...], maximum: float) -> tuple[FeatureSpec, ...]:
    """Return the columns of the segment table; none says anything of an AU that is not named."""
    frames = {spec.name: spec for spec in frame_specs(names, maximum)}
    specs = [statistic_of(frames[name], "mean") for name in names]
    specs += [statistic_of(frames[name], "sd") for name in SPREAD if name in names]
    specs += [statistic_of(frames[name], "p90") for name in PEAKS if name in names]
    specs += [
        _spec(column, "1", 0.0, 1.0, FACS, "smile", meaning)
        for column, (needed, meaning) in SMILES.items()
        if needed <= {*names}
    ]
    specs += [
        _spec("facial_movement", "1/s", 0.0, math.inf, FACS, "liveliness",
              "how much the face moves, mean change of the action units per second"),
    ]  # fmt: skip
    for name, (group, _, _) in _DEGREES.items():
        specs.append(statistic_of(frames[name], "mean"))
        specs.append(statistic_of(frames[name], "sd"))
        if name == "pose_roll_deg":
            specs.append(
                _spec("head_speed_deg_per_s", "deg/s", 0.0, math.inf, POSE, group,
                      "how much the head moves")
            )  # fmt: skip
    specs += [
        _spec("gaze_away_share", "1", 0.0, 1.0, GAZE, "gaze", "share of time looking away"),
        statistic_of(frames["eye_opening"], "mean"),
        statistic_of(frames["eye_opening"], "sd"),
        _spec("eyes_closed_share", "1", 0.0, 1.0, EYES, "eyes", "share of time with closed eyes"),
        _spec("blinks_per_min", "1/min", 0.0, math.inf, EYES, "eyes", "blinks a minute"),
    ]
    return tuple(specs)


def _spec(
    name: str,
    unit: str,
    minimum: float,
    maximum: float,
    source: str,
    group: str,
    meaning: str,
    suffix: str = "",
) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit=unit,
        minimum=minimum,
        maximum=maximum,
        source=source,
        group=group,
        meaning=f"{meaning} ({suffix})" if suffix else meaning,
    )


def statistic_of(spec: FeatureSpec, statistic: str) -> FeatureSpec:
    """Describe a statistic (``mean``, ``sd``, ``p90``) of a frame column over a segment."""
    spreads = statistic == "sd"
    plain = spec.meaning.removesuffix(f" ({INTENSITY})")
    return FeatureSpec(
        name=f"{spec.name}_{statistic}",
        unit=spec.unit,
        minimum=0.0 if spreads else spec.minimum,
        maximum=spec.maximum - spec.minimum if spreads else spec.maximum,
        source=spec.source,
        group=spec.group,
        meaning=f"{plain}: {WORDS[statistic]}",
    )
