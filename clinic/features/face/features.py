"""Action units, head pose, gaze and blinks of one recording, in one pass over its video."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clinic.errors import DataError, SetupError
from clinic.features.face.alignment import head_angles_deg
from clinic.features.face.columns import ACTION_UNITS, frame_specs, need_units, segment_specs
from clinic.features.face.eyes import EyeMeasures, eye_opening, gaze_angles_deg
from clinic.features.face.model import load_mesh_model
from clinic.features.face.reading import Reading, spread
from clinic.features.face.resting import RestingFace
from clinic.features.face.segments import SegmentSummary
from clinic.features.face.smoothing import Smoothing
from clinic.features.face.solver import ActionUnitSolver, Projection
from clinic.features.face.tracked_fields import SHA256 as TRACKED_SHA256
from clinic.features.face.tracker import FaceMeshTracker, MeshChunk
from clinic.records import (
    Extraction,
    FeatureSpec,
    FeatureTable,
    Modality,
    Recording,
    Segment,
    Stamp,
    package_version,
)

Values = NDArray[np.float64]

TWO_FACES = ("leave_out", "refuse", "follow")
LICENCE = "MediaPipe: Apache-2.0; py-feat's mesh model: MIT"


@dataclass(frozen=True, kw_only=True)
class FaceMeshFeatures:
    """MediaPipe's face mesh, read into action units, head pose, gaze and blinks.

    Meshes are reduced to a few numbers a chunk at a time, so that memory does not grow with them.

    Args:
        tracker: Finds the mesh; its sampling rate is the rate of the frame table.
        solver: Turns meshes into action-unit intensities, measured from the person's own rest.
        average_face: The same where no rest of their own is known, and for how well a mesh fits.
        smoothing: Over time, of what the solvers read.
        resting_face: What intensities are measured from.
        eyes: Blinks and looking away.
        summary: From frames to segments.
        masked: Action units that are solved for, so that they take their share of a mesh, and
            shown nowhere, because planted ones do not come back as themselves.
        max_turn_deg: In a frame with the head turned farther (yaw or pitch), action units, gaze
            and eyes are not observed; the pose is.
        residual_limit_mm: A mesh that the model leaves farther off than this has confidence 0.
        max_crowded_share: Above this share of probed frames with a second face, the recording
            shows two people.
        two_faces: What becomes of such a recording: ``leave_out`` its face is not observed,
            ``refuse`` it fails, ``follow`` the largest face is measured and a note says so.
    """

    tracker: FaceMeshTracker
    solver: ActionUnitSolver
    average_face: ActionUnitSolver
    smoothing: Smoothing
    resting_face: RestingFace
    eyes: EyeMeasures
    summary: SegmentSummary
    masked: tuple[str, ...]
    max_turn_deg: float
    residual_limit_mm: float
    max_crowded_share: float
    two_faces: str
    name: str = "face"

    def __post_init__(self) -> None:
        object.__setattr__(self, "masked", tuple(self.masked))
        need_units(self.masked, "masked")
        need_units(self.smoothing.sharp, "smoothing.sharp")
        if self.two_faces not in TWO_FACES:
            raise SetupError(f"two_faces {self.two_faces!r}, {' or '.join(TWO_FACES)} needed")

    @property
    def modality(self) -> Modality:
        """The face."""
        return Modality.FACE

    def specs(self) -> tuple[FeatureSpec, ...]:
        """Columns of the segment table."""
        return segment_specs(self.units, self.solver.maximum)

    @property
    def units(self) -> tuple[str, ...]:
        """Action units that the tables show: all but the masked."""
        return tuple(name for name in ACTION_UNITS if name not in self.masked)

    def stamp(self) -> Stamp:
        """Settings of all parts, under ``part.setting``, and the hash of the tracked fields."""
        settings: dict[str, object] = {}
        for key, value in asdict(self).items():
            parts = value.items() if isinstance(value, dict) else ()
            settings |= {f"{key}.{name}": setting for name, setting in parts}
            if not isinstance(value, dict):
                settings[key] = value
        settings["tracked_fields.sha256"] = TRACKED_SHA256
        return Stamp(
            component=f"{type(self).__module__}.{type(self).__qualname__}",
            version=f"{package_version('mediapipe')}, {package_version('py-feat')}",
            settings=settings,
            weights_sha256=load_mesh_model().sha256,
            licence=LICENCE,
        )

    def extract(self, recording: Recording, segments: Sequence[Segment]) -> Extraction:
        """Read the face of one recording.

        Returns:
            A table with one row a segment and one with a row a sampled frame. Without any face
            both are NaN with coverage 0, and a note says so.

        Raises:
            DataError: No video, no frame in it, or two people where they are refused.
            SetupError: MediaPipe or py-feat is absent.
        """
        reading = self._read(recording)
        crowd = self._crowd(reading)
        if crowd and self.two_faces == "refuse":
            raise DataError(f"recording {recording.recording_id}: {crowd[0]}")
        if crowd and self.two_faces == "leave_out":
            reading = reading.without_faces()
        frames, measured = self._frame_columns(reading)
        notes = (*crowd, *(() if crowd else _notes(reading)), *measured)
        rate_hz = reading.rate_hz(self.tracker.rate_hz)
        names = [spec.name for spec in self._frame_specs]
        usable = np.isfinite(frames["confidence"])
        stamp = self.stamp()
        frame_table = FeatureTable(
            name=self.name,
            modality=self.modality,
            row_kind="frame",
            specs=self._frame_specs,
            start_s=reading.time_s,
            end_s=reading.time_s + 1.0 / rate_hz,
            values=np.stack([frames[name] for name in names], axis=1),
            coverage=usable.astype(np.float64),
            stamp=stamp,
            notes=notes,
        )
        specs = self.specs()
        values, coverage = self.summary.rows(
            reading.time_s,
            frames,
            segments,
            units=self.units,
            columns=[spec.name for spec in specs],
            rate_hz=rate_hz,
        )
        segment_table = replace(
            frame_table,
            row_kind="segment",
            specs=specs,
            start_s=np.array([segment.start_s for segment in segments], dtype=np.float64),
            end_s=np.array([segment.end_s for segment in segments], dtype=np.float64),
            values=values,
            coverage=coverage,
        )
        return Extraction(segments=segment_table, frames=frame_table)

    def _read(self, recording: Recording) -> Reading:
        if recording.video is None:
            raise DataError(f"recording {recording.recording_id}: no video, the face needs one")
        chunks = [self._reduce(chunk) for chunk in self.tracker.chunks(recording.video)]
        if not chunks:
            raise DataError(f"recording {recording.recording_id}: 0 frames decoded, 1 needed")
        return Reading.joined(chunks)

    def _reduce(self, chunk: MeshChunk) -> Reading:
        """Everything that needs whole meshes; what is left is 28 numbers a frame."""
        found = np.isfinite(chunk.landmarks_px[:, 0, 0])
        # From the picture's axes (y down, z away) to the model's (y up, z towards the camera).
        meshes = chunk.landmarks_px[found].astype(np.float64) * [1.0, -1.0, -1.0]
        alignment = self.solver.align(meshes)
        projection = self.average_face.project(alignment.meshes)
        movement = self.solver.project(alignment.meshes)
        return Reading(
            time_s=chunk.time_s,
            found=found,
            moments=spread(found, movement.moments),
            average_moments=spread(found, projection.moments),
            energy=spread(found, projection.energy[:, None])[:, 0],
            head_deg=spread(found, head_angles_deg(alignment.rotations)),
            gaze_deg=spread(
                found, gaze_angles_deg(alignment.meshes, neutral=load_mesh_model().neutral)
            ),
            opening=spread(found, eye_opening(alignment.meshes)[:, None])[:, 0],
            n_probed=chunk.n_probed,
            n_crowded=chunk.n_crowded,
        )

    def _frame_columns(self, reading: Reading) -> tuple[dict[str, Values], tuple[str, ...]]:
        rate_hz = reading.rate_hz(self.tracker.rate_hz)
        turn_deg = np.abs(reading.head_deg[:, :2]).max(axis=1)
        with np.errstate(invalid="ignore"):
            usable = reading.found & (turn_deg <= self.max_turn_deg)
        intensities, residual_mm, notes = self._intensities(reading, usable, rate_hz)
        fit = np.clip(1.0 - np.square(residual_mm / self.residual_limit_mm), 0.0, 1.0)
        facing = 1.0 - np.square(turn_deg[usable] / self.max_turn_deg)
        gaze_deg = np.where(usable[:, None], reading.gaze_deg, np.nan)
        opening = np.where(usable, reading.opening, np.nan)
        frames = dict(zip(self.solver.names, spread(usable, intensities).T, strict=True))
        frames = {name: frames[name] for name in self.units}
        frames["mesh_residual_mm"] = spread(usable, residual_mm[:, None])[:, 0]
        frames["confidence"] = spread(usable, (fit * facing)[:, None])[:, 0]
        frames["face_found"] = reading.found.astype(np.float64)
        for column, name in enumerate(("pose_pitch_deg", "pose_yaw_deg", "pose_roll_deg")):
            frames[name] = reading.head_deg[:, column]
        for column, name in enumerate(("gaze_pitch_deg", "gaze_yaw_deg")):
            frames[name] = gaze_deg[:, column]
        frames["gaze_away"] = self.eyes.away(reading.head_deg[:, :2], gaze_deg)
        frames["eye_opening"] = opening
        starts, closed = self.eyes.blinks(reading.time_s, opening)
        frames["eyes_closed"] = np.where(np.isfinite(opening), closed, np.nan)
        counted = np.isfinite(opening) & (rate_hz >= self.eyes.min_blink_rate_hz)
        frames["blink_start"] = np.where(counted, starts, np.nan)
        return frames, notes

    def _intensities(
        self, reading: Reading, usable: NDArray[np.bool_], rate_hz: float
    ) -> tuple[Values, Values, tuple[str, ...]]:
        """Return intensities and residuals of the usable frames, and notes."""
        time_s, head_deg = reading.time_s[usable], reading.head_deg[usable]
        seen = Projection(moments=reading.average_moments[usable], energy=reading.energy[usable])
        absolute = self.average_face.solve(self.smoothing.smooth(time_s, seen.moments))
        residual_mm = self.average_face.residual_mm(seen, absolute)
        sharp = self.solver.without_turn(reading.moments[usable], head_deg)
        moments = self.smoothing.smooth(time_s, sharp)
        resting, notes = self.resting_face.moments(
            moments, observed_s=len(moments) / rate_hz, solver=self.solver
        )
        if resting is None:
            refitted = self.average_face.refit(seen.moments, absolute, self.smoothing.sharp)
            return refitted, residual_mm, notes
        solved = self.solver.solve(moments - resting)
        refitted = self.solver.refit(sharp - resting, solved, self.smoothing.sharp)
        return refitted, residual_mm, notes

    def _crowd(self, reading: Reading) -> tuple[str, ...]:
        """Say that two people are in view, or nothing."""
        share = reading.n_crowded / reading.n_probed if reading.n_probed else 0.0
        if share <= self.max_crowded_share:
            return ()
        return (
            f"a second face in {reading.n_crowded} of {reading.n_probed} probed frames, "
            f"{self.max_crowded_share:.0%} allowed (max_crowded_share): whose face would be "
            f"measured is not certain (two_faces: {self.two_faces})",
        )

    @cached_property
    def _frame_specs(self) -> tuple[FeatureSpec, ...]:
        return frame_specs(self.units, self.solver.maximum)


def _notes(reading: Reading) -> tuple[str, ...]:
    n_frames, n_found = len(reading.found), int(reading.found.sum())
    if n_found == 0:
        return (f"no face found in {n_frames} sampled frames",)
    return (f"a face in {n_found} of {n_frames} sampled frames",) if n_found < n_frames else ()
