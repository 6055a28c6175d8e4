"""One interview recording: pseudonyms, media handles that read lazily, and its transcript."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clinic.records.modality import Role
from clinic.records.transcript import Transcript


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """One sampled picture.

    Args:
        time_s: Presentation time on the container's clock.
        image: Shape (height, width, 3), uint8, RGB, upright (rotation flag applied).
    """

    time_s: float
    image: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, eq=False)
class AudioBlock:
    """A run of samples: shape (n_samples, n_channels), float32, full scale 1.0."""

    start_s: float
    samples: NDArray[np.float32]


class AudioTrack(Protocol):
    """Audio of a recording, decoded when asked for and never held whole."""

    @property
    def sampling_rate_hz(self) -> int: ...
    @property
    def n_channels(self) -> int: ...
    @property
    def start_s(self) -> float: ...
    @property
    def duration_s(self) -> float: ...

    def blocks(self, *, sampling_rate_hz: int, block_s: float = 10.0) -> Iterator[AudioBlock]:
        """Yield consecutive blocks at the wished rate, on the container's clock."""
        ...

    def stretches(
        self,
        spans: Sequence[tuple[float, float]],
        *,
        sampling_rate_hz: int,
        channel: int | None = None,
    ) -> Iterator[NDArray[np.float32]]:
        """Yield mono samples of each half-open span, in the order given, in one pass.

        Args:
            spans: ``(start_s, end_s)`` with ascending starts; they may overlap.
            channel: Index of the channel; None mixes all down.
        """
        ...


class VideoTrack(Protocol):
    """Video of a recording, decoded when asked for and never held whole."""

    @property
    def frame_rate_hz(self) -> float: ...
    @property
    def width_px(self) -> int: ...
    @property
    def height_px(self) -> int: ...
    @property
    def start_s(self) -> float: ...
    @property
    def duration_s(self) -> float: ...

    def frames(self, *, rate_hz: float, max_side_px: int | None = None) -> Iterator[Frame]:
        """Yield frames nearest to a grid of ``rate_hz``, no frame twice, upright, RGB."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Recording:
    """One interview.

    Args:
        recording_id, participant_id: Pseudonyms.
        sha256: Hash of the media file's bytes.
        duration_s: End of the longest stream on the container's clock.
        audio, video: Handles, or None where the file has no such stream.
        transcript: What was said, or None.
        language: BCP 47 tag, or None where nobody said.
        channel_roles: Who is on which audio channel, in channel order.
        repairs: What had to be mended while reading, in words for the report.

    Raises:
        ValueError: No stream at all, an empty id, or no duration.
    """

    recording_id: str
    participant_id: str
    sha256: str
    duration_s: float
    audio: AudioTrack | None
    video: VideoTrack | None
    transcript: Transcript | None = None
    language: str | None = None
    channel_roles: tuple[Role, ...] = ()
    visit_date: date | None = None
    repairs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.recording_id or not self.participant_id:
            raise ValueError("a recording needs a recording id and a participant id")
        if self.audio is None and self.video is None:
            raise ValueError(f"recording {self.recording_id} has neither audio nor video")
        if not self.duration_s > 0:
            raise ValueError(f"recording {self.recording_id}: {self.duration_s} s long")

    @property
    def participant_channel(self) -> int | None:
        """Index of the channel that carries the participant alone, or None (mix down)."""
        roles = self.channel_roles
        return roles.index(Role.PARTICIPANT) if Role.PARTICIPANT in roles else None

    @property
    def spoken_language(self) -> str | None:
        """Primary language subtag in lower case, None where nobody said.

        The recording's own tag goes before the transcript's.
        """
        tag = self.language
        if tag is None and self.transcript is not None:
            tag = self.transcript.language
        return tag.replace("_", "-").split("-")[0].lower() if tag else None
