"""Video tracks for the face tests: decoded from open media, or made of given pictures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from clinic.config import build, conf_folder
from clinic.features.face import FaceMeshFeatures
from clinic.records import Frame, Recording, Role, Segment


@dataclass(frozen=True)
class FileTrack:
    """Frames of a video file on a grid, by PyAV."""

    path: Path
    frame_rate_hz: float = 25.0
    width_px: int = 0
    height_px: int = 0
    start_s: float = 0.0
    duration_s: float = 1.0

    def frames(self, *, rate_hz: float, max_side_px: int | None = None) -> Iterator[Frame]:
        import av

        with av.open(str(self.path)) as container:
            stream = container.streams.video[0]
            next_s = -1.0
            for picture in container.decode(stream):
                time_s = float(picture.pts * stream.time_base)
                if time_s + 1e-3 < next_s:
                    continue
                next_s = time_s + 1.0 / rate_hz
                yield Frame(time_s=time_s, image=picture.to_ndarray(format="rgb24"))


@dataclass(frozen=True)
class StillTrack:
    """One picture shown for a number of frames."""

    image: np.ndarray
    n_frames: int
    frame_rate_hz: float = 10.0
    width_px: int = 0
    height_px: int = 0
    start_s: float = 0.0
    duration_s: float = 1.0

    def frames(self, *, rate_hz: float, max_side_px: int | None = None) -> Iterator[Frame]:
        for index in range(self.n_frames):
            yield Frame(time_s=index / min(rate_hz, self.frame_rate_hz), image=self.image)


def recording_of(video: object) -> Recording:
    return Recording(
        recording_id="r-0001",
        participant_id="p-0001",
        sha256="0" * 64,
        duration_s=60.0,
        audio=None,
        video=video,
    )


def segments_of(spans: Sequence[tuple[float, float]]) -> list[Segment]:
    return [
        Segment(index=i, start_s=a, end_s=b, speaker=Role.PARTICIPANT, origin="window")
        for i, (a, b) in enumerate(spans)
    ]


@pytest.fixture
def open_video():
    return lambda path: recording_of(FileTrack(path))


@pytest.fixture
def still_video():
    return lambda image, n_frames, frame_rate_hz=10.0: recording_of(
        StillTrack(image, n_frames, frame_rate_hz)
    )


@pytest.fixture
def spans():
    return segments_of


@pytest.fixture(scope="session")
def shipped_face() -> FaceMeshFeatures:
    """The component as conf/features/face.yaml builds it."""
    from omegaconf import OmegaConf

    return build(OmegaConf.load(conf_folder() / "features" / "face.yaml").face)
