"""How much a file may hold, and how much of what it declares must be there."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from clinic.errors import DataError

#: Shorter losses are below what timestamps and codec delays leave uncertain.
NEGLIGIBLE_S = 0.25

#: Containers whose header states how long each stream is; the others only estimate it.
_DECLARING = frozenset({"mov", "matroska", "avi", "wav", "flac"})

_WAV_UNKNOWN = 0x7FFFF000

#: YUV 4:2:0, what nearly all video decodes to.
_BYTES_PER_PIXEL = 1.5


@dataclass(frozen=True, kw_only=True)
class MediaLimits:
    """Caps, so that a small file cannot fill the machine or keep it busy for days.

    Args:
        max_duration_s: Longest recording.
        max_frame_px: Most pixels of one picture.
        max_frame_rate_hz: Most pictures a second on average.
        max_expansion: Most bytes of decoded pictures per byte of file.
        max_lost_share: Largest share of a stream that may be missing or undecodable.
        max_gap_share: Largest share of the sound that the timestamps may leave out.
        decoder_threads: Threads of the video decoder, 0 for one per core.
    """

    max_duration_s: float
    max_frame_px: int
    max_frame_rate_hz: float
    max_expansion: float
    max_lost_share: float
    max_gap_share: float
    decoder_threads: int = 0

    def check_duration(self, duration_s: float) -> None:
        """Refuse a recording that is too long."""
        if duration_s > self.max_duration_s:
            raise DataError(
                f"{duration_s:.0f} s long, at most {self.max_duration_s:.0f} s (max_duration_s)"
            )

    def check_size(self, width_px: int, height_px: int) -> None:
        """Refuse pictures that are too large."""
        if width_px * height_px > self.max_frame_px:
            raise DataError(
                f"pictures of {width_px} x {height_px} pixels, "
                f"at most {self.max_frame_px} pixels (max_frame_px)"
            )

    def check_pictures(
        self, *, n_frames: int, duration_s: float, frame_px: int, size_bytes: int
    ) -> None:
        """Refuse a video that unpacks to far more than an interview would."""
        if n_frames > self.max_frame_rate_hz * max(duration_s, 1.0):
            raise DataError(
                f"{n_frames} pictures in {duration_s:.1f} s, at most "
                f"{self.max_frame_rate_hz:g} a second (max_frame_rate_hz)"
            )
        expansion = n_frames * frame_px * _BYTES_PER_PIXEL / max(size_bytes, 1)
        if expansion > self.max_expansion:
            raise DataError(
                f"the video unpacks to {expansion:.0f} times the file's size, "
                f"at most {self.max_expansion:.0f} times (max_expansion)"
            )


def check_header(container: Any, video_stream: Any, limits: MediaLimits) -> None:
    """Refuse by the header alone what is too long or too large.

    Raises:
        DataError: Over a limit.
    """
    if container.duration is not None:
        limits.check_duration(container.duration / av.time_base)
    if video_stream is not None:
        context = video_stream.codec_context
        limits.check_size(context.width or 0, context.height or 0)


def declared_s(path: Path, stream: Any, name: str) -> float | None:
    """Return how long the header says a stream is, None where the container only estimates."""
    if name not in _DECLARING:
        return None
    if name == "wav":
        return _wav_declared_s(path)
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return None


def declared_end_s(container: Any, name: str) -> float | None:
    """Return the end of the longest stream where only the file as a whole declares one."""
    if name != "matroska" or container.duration is None:
        return None
    return float(container.duration / av.time_base)


def _wav_declared_s(path: Path) -> float | None:
    """Read the length off the RIFF chunks: FFmpeg gives what is there, not what should be."""
    bytes_per_s = 0
    with path.open("rb") as stream:
        stream.seek(12)
        while len(header := stream.read(8)) == 8:
            kind, size = struct.unpack("<4sI", header)
            if kind == b"data":
                # Recorders that never came back to the header leave 0 or a huge number.
                known = 0 < size < _WAV_UNKNOWN and bytes_per_s
                return size / bytes_per_s if known else None
            if kind == b"fmt ":
                form = stream.read(12)
                bytes_per_s = int.from_bytes(form[8:12], "little")
                size -= len(form)
            stream.seek(max(size, 0) + size % 2, 1)
    return None


def loss_note(
    kind: str, *, present_s: float, declared_s: float | None, lost_s: float, limits: MediaLimits
) -> list[str]:
    """Compare what is there with what the header declares; return the note to show, if any.

    Args:
        present_s: Length that could be read.
        lost_s: Length inside it that could not be decoded.

    Raises:
        DataError: More is missing than ``max_lost_share``.
    """
    expected_s = max(present_s, declared_s or 0.0)
    missing_s = expected_s - present_s + lost_s
    if missing_s <= min(NEGLIGIBLE_S, limits.max_lost_share * expected_s):
        return []
    if missing_s > limits.max_lost_share * expected_s:
        raise DataError(
            f"{missing_s:.1f} s of {expected_s:.1f} s of {kind} are missing or damaged: the file "
            f"was cut short? At most {limits.max_lost_share:.0%} may be lost (max_lost_share)"
        )
    return [f"{missing_s:.1f} s of {expected_s:.1f} s of {kind} are missing or damaged"]
