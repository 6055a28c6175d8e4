"""Meshes that were found before, given as the tracker gives them."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from clinic.features.face.tracker import FaceMeshTracker, MeshChunk
from clinic.records import Frame, VideoTrack


@dataclass(frozen=True, kw_only=True)
class Replay(FaceMeshTracker):
    """A tracker that looks at no picture: for studies of what comes after the tracker.

    It is the video as well: a recording holds it in the place of one.

    Args:
        meshes_px: Shape (n, 478, 3), as in ``MeshChunk``, ``rate_hz`` of them a second.
    """

    meshes_px: NDArray[np.float32]

    @classmethod
    def of(cls, tracker: FaceMeshTracker, meshes_px: NDArray[np.float32]) -> Self:
        """Return a replay with the settings of a tracker."""
        settings = {field.name: getattr(tracker, field.name) for field in fields(FaceMeshTracker)}
        return cls(**settings, meshes_px=meshes_px)

    start_s = 0.0
    width_px = 0
    height_px = 0

    @property
    def frame_rate_hz(self) -> float:
        """Frames a second."""
        return self.rate_hz

    @property
    def duration_s(self) -> float:
        """Time that the meshes stand for."""
        return max(len(self.meshes_px), 1) / self.rate_hz

    def frames(self, *, rate_hz: float, max_side_px: int | None = None) -> Iterator[Frame]:
        """Yield nothing: there are no pictures."""
        del rate_hz, max_side_px
        yield from ()

    def chunks(self, video: VideoTrack) -> Iterator[MeshChunk]:
        """Yield the meshes."""
        del video
        n = len(self.meshes_px)
        for start in range(0, n, self.chunk_frames):
            stop = min(start + self.chunk_frames, n)
            yield MeshChunk(
                time_s=np.arange(start, stop) / self.rate_hz,
                landmarks_px=self.meshes_px[start:stop],
                n_probed=1,
                n_crowded=0,
            )
