"""MediaPipe's face mesh, streamed: the only module that imports mediapipe."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.features.face.model import N_VERTICES
from clinic.records import VideoTrack


@dataclass(frozen=True, kw_only=True, eq=False)
class MeshChunk:
    """A run of sampled frames.

    Args:
        time_s: Shape (n,), presentation times on the container's clock.
        landmarks_px: Shape (n, 478, 3), float32, x right and y down in pixels of the picture
            looked at, z away from the camera in the same unit; NaN where no face was found.
        n_probed: Frames in which further faces were looked for.
        n_crowded: Those of them that showed a second face of comparable size.
    """

    time_s: NDArray[np.float64]
    landmarks_px: NDArray[np.float32]
    n_probed: int
    n_crowded: int


@dataclass(frozen=True, kw_only=True)
class FaceMeshTracker:
    """478 points per sampled frame, by MediaPipe's face mesh with iris.

    One face is followed. Following two costs half as much again even where there is only one, so
    a second face is looked for with the face detector in a few frames instead.

    Args:
        rate_hz: Frames looked at per second.
        max_side_px: A larger picture is shrunk to this before it is looked at.
        detection_confidence, tracking_confidence: MediaPipe's thresholds.
        probe_interval_s: Time between two looks for further faces.
        second_face_size: A second face counts from this width relative to the largest: a poster
            or a passer-by far behind does not.
        chunk_frames: Frames held at a time.

    Source:
        Kartynnik et al. (2019), arXiv:1907.06724; iris: Grishchenko et al. (2020),
        arXiv:2006.10962.
    """

    rate_hz: float
    max_side_px: int
    detection_confidence: float
    tracking_confidence: float
    probe_interval_s: float
    second_face_size: float
    chunk_frames: int = 256

    def __post_init__(self) -> None:
        if not self.rate_hz > 0:
            raise SetupError(f"rate_hz {self.rate_hz}, more than 0 needed (features.face.tracker)")

    def chunks(self, video: VideoTrack) -> Iterator[MeshChunk]:
        """Yield the frames of a video in order, a chunk at a time."""
        with _Engine(self) as engine:
            times: list[float] = []
            landmarks: list[NDArray[np.float32]] = []
            n_probed = n_crowded = 0
            next_probe_s = -np.inf
            for frame in video.frames(rate_hz=self.rate_hz, max_side_px=self.max_side_px):
                times.append(frame.time_s)
                landmarks.append(engine.landmarks_px(frame.image))
                if frame.time_s >= next_probe_s:
                    next_probe_s = frame.time_s + self.probe_interval_s
                    n_probed += 1
                    n_crowded += engine.is_crowded(frame.image)
                if len(times) == self.chunk_frames:
                    yield _chunk(times, landmarks, n_probed, n_crowded)
                    times, landmarks, n_probed, n_crowded = [], [], 0, 0
            if times:
                yield _chunk(times, landmarks, n_probed, n_crowded)


class _Engine:
    """MediaPipe's two graphs. They hold state and threads: made for one video, closed after it."""

    def __init__(self, settings: FaceMeshTracker) -> None:
        try:
            from mediapipe.python.solutions import face_detection, face_mesh
        except ImportError as error:
            raise SetupError(
                f"mediapipe cannot be loaded ({error}): pip install 'mediapipe==0.10.21'; it needs "
                "the system libraries libgl1 and libglib2.0-0"
            ) from error
        self._second_face_size = settings.second_face_size
        with _silent_start():
            self._mesh: Any = face_mesh.FaceMesh(
                max_num_faces=1,
                refine_landmarks=True,
                min_detection_confidence=settings.detection_confidence,
                min_tracking_confidence=settings.tracking_confidence,
            )
            self._detector: Any = face_detection.FaceDetection(
                model_selection=1, min_detection_confidence=settings.detection_confidence
            )
            # The graphs start, and talk, with their first picture: show an empty one, not square.
            empty = np.zeros((48, 64, 3), dtype=np.uint8)
            self._mesh.process(empty)
            self._detector.process(empty)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._mesh.close()
        self._detector.close()

    def landmarks_px(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        found = self._mesh.process(np.ascontiguousarray(image)).multi_face_landmarks
        if not found:
            return np.full((N_VERTICES, 3), np.nan, dtype=np.float32)
        height, width = image.shape[:2]
        # MediaPipe scales depth by the picture's width, as it does x.
        points = np.array([(p.x, p.y, p.z) for p in found[0].landmark], dtype=np.float32)
        return points * np.array([width, height, width], dtype=np.float32)

    def is_crowded(self, image: NDArray[np.uint8]) -> bool:
        found = self._detector.process(np.ascontiguousarray(image)).detections or ()
        widths = sorted(d.location_data.relative_bounding_box.width for d in found)
        return len(widths) > 1 and widths[-2] >= self._second_face_size * widths[-1]


@contextmanager
def _silent_start() -> Iterator[None]:
    """Keep the native start-up lines of MediaPipe off the terminal; no setting of it does.

    The lines come from C++, so the file descriptor itself is turned away for a moment.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _chunk(
    times: list[float], landmarks: list[NDArray[np.float32]], n_probed: int, n_crowded: int
) -> MeshChunk:
    return MeshChunk(
        time_s=np.array(times),
        landmarks_px=np.stack(landmarks),
        n_probed=n_probed,
        n_crowded=n_crowded,
    )
