"""Second choice for the face: py-feat's own detector, from weights that the user fetched."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.errors import DataError
from clinic.features.face.columns import ACTION_UNITS, PEAKS, SPREAD, frame_specs, statistic_of
from clinic.features.face.pyfeat_detector import LICENCE, LocalWeights, detect, load_detector
from clinic.features.face.segments import SegmentSummary
from clinic.records import (
    Extraction,
    FeatureSpec,
    FeatureTable,
    Frame,
    Modality,
    Recording,
    Segment,
    Stamp,
    package_version,
)

Values = NDArray[np.float64]

SOURCE = "py-feat Detectorv2, Cheong et al. (2023), doi:10.1007/s42761-023-00191-4"
UNITS = tuple(ACTION_UNITS)
EMOTIONS = ("Neutral", "Happy", "Sad", "Surprise", "Fear", "Disgust", "Anger")

#: Our column -> py-feat's column and the factor that brings it to our unit and sign.
#: py-feat: radians; pitch up, yaw to the person's right, roll to the person's right.
_ANGLES = {
    "pose_pitch_deg": ("Pitch", -180.0 / math.pi),
    "pose_yaw_deg": ("Yaw", 180.0 / math.pi),
    "pose_roll_deg": ("Roll", -180.0 / math.pi),
    "sight_pitch_deg": ("gaze_pitch", -180.0 / math.pi),
    "sight_yaw_deg": ("gaze_yaw", 180.0 / math.pi),
}
_SIZE = ("FaceRectWidth", "FaceRectHeight")


@dataclass(frozen=True, kw_only=True)
class PyFeatFeatures:
    """Action units, emotions, valence, arousal, pose and gaze by py-feat's Detectorv2.

    Its weights are licensed for non-commercial research, do not come with the package and are
    never fetched. Its MPDetector is not offered: its weights exist as pickles only, and
    loading a pickle runs code. The identity network is left out.

    Args:
        multitask_weights, face_weights: Files and their hashes.
        rate_hz: Frames looked at per second; a processor manages about one.
        max_side_px: A larger picture is shrunk to this before it is looked at.
        face_threshold: Least score of a face.
        summary: From frames to segments.
        device: Where the networks run, in PyTorch's words.
        batch_frames: Frames looked at together.

    Raises:
        SetupError: A weight file is not named, absent, or not the one whose hash is given.
    """

    multitask_weights: LocalWeights
    face_weights: LocalWeights
    rate_hz: float
    max_side_px: int
    face_threshold: float
    summary: SegmentSummary
    device: str = "cpu"
    batch_frames: int = 8
    name: str = "face_pyfeat"

    def __post_init__(self) -> None:
        self._paths()

    @property
    def modality(self) -> Modality:
        """The face."""
        return Modality.FACE

    def specs(self) -> tuple[FeatureSpec, ...]:
        """Columns of the segment table."""
        frames = {spec.name: spec for spec in self._frame_specs}
        means = [statistic_of(frames[name], "mean") for name in frames]
        spreads = [statistic_of(frames[name], "sd") for name in (*SPREAD, *_ANGLES)]
        peaks = [statistic_of(frames[name], "p90") for name in PEAKS]
        return (*means, *spreads, *peaks)

    def stamp(self) -> Stamp:
        """Settings without the paths of the weights; their hashes stand for them."""
        settings = asdict(self)
        return Stamp(
            component=f"{type(self).__module__}.{type(self).__qualname__}",
            version=package_version("py-feat"),
            settings={
                **{key: value for key, value in settings.items() if not isinstance(value, dict)},
                **{f"summary.{key}": value for key, value in settings["summary"].items()},
                "face_weights.sha256": self.face_weights.sha256,
            },
            weights_sha256=self.multitask_weights.sha256,
            licence=LICENCE,
        )

    def extract(self, recording: Recording, segments: Sequence[Segment]) -> Extraction:
        """Read the face of one recording; where there are several, the largest.

        Raises:
            DataError: No video, or no frame in it.
            SetupError: py-feat is absent, or the weights do not fit its networks.
        """
        if recording.video is None:
            raise DataError(f"recording {recording.recording_id}: no video, the face needs one")
        times: list[float] = []
        rows: list[Values] = []
        n_crowded = 0
        frames = recording.video.frames(rate_hz=self.rate_hz, max_side_px=self.max_side_px)
        for batch in _batches(frames, self.batch_frames):
            table = detect(self._detector, [frame.image for frame in batch], [*_wanted(), *_SIZE])
            times += [frame.time_s for frame in batch]
            values, crowded = largest_faces(table, len(batch))
            rows.append(values)
            n_crowded += crowded
        if not times:
            raise DataError(f"recording {recording.recording_id}: 0 frames decoded, 1 needed")
        return self._tables(np.array(times), np.concatenate(rows), n_crowded, segments)

    def _tables(
        self, time_s: Values, values: Values, n_crowded: int, segments: Sequence[Segment]
    ) -> Extraction:
        found = np.isfinite(values[:, 0])
        notes = []
        if not found.any():
            notes.append(f"no face found in {len(found)} sampled frames")
        elif not found.all():
            notes.append(f"a face in {found.sum()} of {len(found)} sampled frames")
        if n_crowded:
            notes.append(f"more than one face in {n_crowded} of {len(found)} sampled frames")
        stamp = self.stamp()
        specs = self.specs()
        columns = {spec.name: values[:, i] for i, spec in enumerate(self._frame_specs)}
        rows, coverage = self.summary.rows(
            time_s,
            columns,
            segments,
            units=UNITS,
            columns=[spec.name for spec in specs],
            rate_hz=self.rate_hz,
        )
        return Extraction(
            frames=FeatureTable(
                name=self.name,
                modality=self.modality,
                row_kind="frame",
                specs=self._frame_specs,
                start_s=time_s,
                end_s=time_s + 1.0 / self.rate_hz,
                values=values,
                coverage=found.astype(np.float64),
                stamp=stamp,
                notes=tuple(notes),
            ),
            segments=FeatureTable(
                name=self.name,
                modality=self.modality,
                row_kind="segment",
                specs=specs,
                start_s=np.array([segment.start_s for segment in segments], dtype=np.float64),
                end_s=np.array([segment.end_s for segment in segments], dtype=np.float64),
                values=rows,
                coverage=coverage,
                stamp=stamp,
                notes=tuple(notes),
            ),
        )

    @cached_property
    def _detector(self) -> Any:
        multitask, face = self._paths()
        return load_detector(
            multitask, face, device=self.device, face_threshold=self.face_threshold
        )

    def _paths(self) -> tuple[Any, Any]:
        return (
            self.multitask_weights.checked(
                "multitask_weights", "py-feat/face_multitask_v2: face_multitask_v28.safetensors"
            ),
            self.face_weights.checked("face_weights", "py-feat/retinaface_r34: model.safetensors"),
        )

    @cached_property
    def _frame_specs(self) -> tuple[FeatureSpec, ...]:
        return pyfeat_frame_specs()


def pyfeat_frame_specs() -> tuple[FeatureSpec, ...]:
    """Return the columns of the frame table."""
    ours = {spec.name: spec for spec in frame_specs(UNITS, 1.0)}
    specs = [_sourced(ours[name]) for name in UNITS]
    specs += [_sourced(ours[name]) for name in _ANGLES if name in ours]
    for name, axis in (("sight_pitch_deg", "lowered"), ("sight_yaw_deg", "to the person's right")):
        specs.append(_own(name, "deg", -180.0, 180.0, "gaze", f"line of sight {axis} (positive)"))
    for emotion in EMOTIONS:
        words = f"share of {emotion.lower()} in the expression"
        specs.append(_own(f"emotion_{emotion.lower()}", "1", 0.0, 1.0, "expression", words))
    specs.append(_own("valence", "1", -1.0, 1.0, "expression", "pleasant (positive) expression"))
    specs.append(_own("arousal", "1", -1.0, 1.0, "expression", "aroused (positive) expression"))
    return tuple(specs)


def largest_faces(table: Any, n_frames: int) -> tuple[Values, int]:
    """Take the largest face of each frame from py-feat's table.

    Args:
        table: Columns of py-feat's ``Fex`` and ``frame``, the index of the picture.

    Returns:
        Values of shape (n_frames, n_columns) in the order of ``pyfeat_frame_specs``, NaN without
        a face; and the number of frames with more than one.
    """
    values = np.full((n_frames, len(_wanted())), np.nan)
    factors = np.array([_factor(name) for name in _wanted()])
    seen = table[table[UNITS[0]].notna()]
    area = seen[_SIZE[0]] * seen[_SIZE[1]]
    for frame, largest in area.groupby(seen["frame"]).idxmax().items():
        values[int(frame)] = seen.loc[largest, list(_wanted())].to_numpy(np.float64) * factors
    return values, int((seen["frame"].value_counts() > 1).sum())


def _wanted() -> tuple[str, ...]:
    """py-feat's columns in the order of ours."""
    return (*UNITS, *(name for name, _ in _ANGLES.values()), *EMOTIONS, "valence", "arousal")


def _factor(name: str) -> float:
    return dict(_ANGLES.values()).get(name, 1.0)


def _batches(frames: Iterator[Frame], size: int) -> Iterator[list[Frame]]:
    batch: list[Frame] = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _sourced(spec: FeatureSpec) -> FeatureSpec:
    return _own(spec.name, spec.unit, spec.minimum, spec.maximum, spec.group, spec.meaning)


def _own(
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
