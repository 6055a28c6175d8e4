"""Pictures of a file, decoded when asked for; only sampled ones are converted to RGB."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.errors import DataError
from clinic.io.audio import decode, only, packets
from clinic.io.containers import open_container
from clinic.io.orientation import UPRIGHT, Orientation, apply
from clinic.records import Frame

#: Frames may reach past the scanned end by this much before the file counts as dishonest.
_SLACK_S = 1.0

#: 3 * 0.1 is 0.30000000000000004 in floating point.
_ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True)
class MediaVideo:
    """A ``VideoTrack``: what is known of the stream, and how to decode it again.

    Args:
        container: Name of the demuxer (``clinic.io.containers``).
        frame_rate_hz: Mean rate over the whole stream; single intervals may vary.
        width_px, height_px: As shown: upright, with square pixels.
        zero_s: Container time that is second 0 of the recording.
        start_s: Time of the first frame on the recording's clock.
        duration_s: The last frame's end is at ``start_s + duration_s``.
        max_frame_px: A frame with more pixels is refused before it is decoded.
        max_lost_share: Largest share of frames that may turn out not to be decodable.
        decoder_threads: 0 lets FFmpeg take one per core.
    """

    path: Path
    container: str
    stream_index: int
    frame_rate_hz: float
    n_frames: int
    width_px: int
    height_px: int
    start_s: float
    duration_s: float
    zero_s: float
    orientation: Orientation = UPRIGHT
    max_frame_px: int
    max_lost_share: float
    decoder_threads: int = 0

    def frames(self, *, rate_hz: float, max_side_px: int | None = None) -> Iterator[Frame]:
        """Yield frames nearest to a grid of ``rate_hz``, no frame twice, upright, RGB.

        Grid points lie at ``k / rate_hz`` from second 0. A frame is given when it is the
        nearest to at least one of them (the earlier of two equally near), with its own time;
        so a grid finer than the video gives every frame once, and a gap in the video gives
        nothing. Frames that are not sampled are decoded but not converted.

        Args:
            max_side_px: The longer side is reduced to this; never enlarged. None keeps the
                size.

        Raises:
            ValueError: A rate that is not positive.
            DataError: More frames than ``max_lost_share`` cannot be decoded, or the stream
                holds far more than its packets said.
        """
        if not rate_hz > 0:
            raise ValueError(f"rate {rate_hz} Hz, a positive one is needed")
        return self._sampled(rate_hz, max_side_px)

    def _sampled(self, rate_hz: float, max_side_px: int | None) -> Iterator[Frame]:
        width, height = self._stored_size(max_side_px)
        end_s = self.start_s + self.duration_s
        sampled = _nearest(self._decoded(), rate_hz, start_s=self.start_s, end_s=end_s)
        for time_s, picture in sampled:
            yield Frame(time_s=time_s, image=self._image(picture, width, height))

    def _stored_size(self, max_side_px: int | None) -> tuple[int, int]:
        """Width and height to convert to, before the picture is turned upright."""
        longest = max(self.width_px, self.height_px)
        scale = 1.0 if max_side_px is None else min(1.0, max_side_px / longest)
        width, height = round(self.width_px * scale), round(self.height_px * scale)
        if self.orientation.swaps_sides:
            width, height = height, width
        return max(1, width), max(1, height)

    def _image(self, picture: Any, width: int, height: int) -> NDArray[np.uint8]:
        rgb = picture.reformat(width=width, height=height, format="rgb24", interpolation="BILINEAR")
        return apply(self.orientation, rgb.to_ndarray())

    def _decoded(self) -> Iterator[tuple[float, Any]]:
        """Yield (time, frame) in order of presentation."""
        end_s = self.start_s + self.duration_s
        n_good = n_bad = 0
        last_s = -math.inf
        with open_container(self.path, self.container) as container:
            stream = container.streams[self.stream_index]
            prepare(stream, max_frame_px=self.max_frame_px, threads=self.decoder_threads)
            only(container, stream)
            for packet in packets(container, stream):
                frames, decoded = decode(packet)
                n_bad += not decoded
                for frame in frames:
                    if frame.is_corrupt:
                        n_bad += 1
                        continue
                    n_good += 1
                    time_s = self._time_of(frame, last_s)
                    if time_s > end_s + _SLACK_S:
                        raise DataError(
                            f"video decodes past its end at {end_s:.1f} s: the file is damaged"
                        )
                    if time_s <= last_s or time_s < 0:
                        continue
                    last_s = time_s
                    yield time_s, frame
        if n_bad > self.max_lost_share * (n_good + n_bad) or n_good == 0:
            raise DataError(
                f"{n_bad} of {n_good + n_bad} video frames cannot be decoded, "
                f"{self.max_lost_share:.0%} allowed (max_lost_share)"
            )

    def _time_of(self, frame: Any, last_s: float) -> float:
        if frame.time is not None:
            return float(frame.time) - self.zero_s
        # A stream without timestamps has its frames one after the other.
        return self.start_s if math.isinf(last_s) else last_s + 1 / self.frame_rate_hz


def prepare(stream: Any, *, max_frame_px: int, threads: int) -> None:
    """Set a video stream to decode on several threads and to refuse oversized frames."""
    context = stream.codec_context
    context.thread_type = "AUTO"
    context.thread_count = threads
    context.options = {"max_pixels": str(max_frame_px)}


def _nearest(
    frames: Iterator[tuple[float, Any]], rate_hz: float, *, start_s: float, end_s: float
) -> Iterator[tuple[float, Any]]:
    """Keep frames that are nearest to some point k / rate_hz, looking one frame ahead."""
    held: tuple[float, Any] | None = None
    # The first point is the one next to the video's beginning: earlier ones saw nothing.
    next_point = max(0, math.ceil(start_s * rate_hz - 0.5 - _ROUNDING))
    for time_s, picture in frames:
        if held is not None:
            n_points = math.floor((held[0] + time_s) / 2 * rate_hz + _ROUNDING) + 1
            if n_points > next_point:
                yield held
                next_point = n_points
        held = (time_s, picture)
    if held is not None and next_point < end_s * rate_hz - _ROUNDING:
        yield held
