"""What a media file holds: streams, times, losses. One pass over its packets, sound decoded."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from clinic.errors import DataError
from clinic.io.audio import MediaAudio, decode, only, packets
from clinic.io.containers import ARBITRARY_ORIGIN, open_container, sniff_container
from clinic.io.continuity import Continuity
from clinic.io.limits import (
    NEGLIGIBLE_S,
    MediaLimits,
    check_header,
    declared_end_s,
    declared_s,
    loss_note,
)
from clinic.io.orientation import orientation_of
from clinic.io.video import MediaVideo, prepare

#: Packets to try before a video stream counts as not decodable.
_FIRST_PACKETS = 500

#: A single picture without a duration counts as one frame of 25 Hz video.
_LONE_PICTURE_S = 0.04


@dataclass(frozen=True, kw_only=True)
class Media:
    """Handles on one file's streams.

    Args:
        duration_s: End of the longest stream on the recording's clock.
        peak: Largest absolute sample, full scale 1.0; None without audio.
        repairs: What was found missing or left out, in words for the report.
    """

    audio: MediaAudio | None
    video: MediaVideo | None
    duration_s: float
    peak: float | None
    repairs: tuple[str, ...]


@dataclass
class _Pictures:
    """Packets of the video stream, times as the container gives them."""

    n_packets: int = 0
    first_s: float = math.inf
    last_s: float = -math.inf
    end_s: float = -math.inf

    def count(self, packet: Any) -> None:
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is None or packet.is_discard:
            return
        self.n_packets += 1
        time_s = float(stamp * packet.time_base)
        self.first_s, self.last_s = min(self.first_s, time_s), max(self.last_s, time_s)
        self.end_s = max(self.end_s, time_s + float((packet.duration or 0) * packet.time_base))

    @property
    def length_s(self) -> float:
        """From the first picture to the end of the last one."""
        if self.end_s > self.last_s:
            return self.end_s - self.first_s
        # Some containers give the last picture no duration: it stays as long as the mean one.
        shown_s = self.last_s - self.first_s
        return shown_s * self.n_packets / (self.n_packets - 1) if shown_s > 0 else _LONE_PICTURE_S


@dataclass
class _Sound:
    """The audio stream decoded once: how much there was, not the samples."""

    continuity: Continuity
    peak: float = 0.0
    lost_s: float = 0.0

    def count(self, packet: Any) -> None:
        frames, decoded = decode(packet)
        if not decoded:
            self.lost_s += float((packet.duration or 0) * packet.time_base)
        for frame in frames:
            for samples in self.continuity.push(frame):
                self.peak = max(self.peak, float(np.abs(samples).max()))


def open_media(path: Path, limits: MediaLimits) -> Media:
    """Look a file over and return handles that decode it again when asked.

    Sound is decoded once and thrown away, so that its exact rate, length, gaps and damage are
    known; of the video the packets are read and one frame is decoded. Memory does not grow
    with length.

    Raises:
        DataError: Missing, empty, no medium, cut short, damaged or over a limit.
    """
    name = sniff_container(path)
    with open_container(path, name) as container:
        sound_stream, video_stream, repairs = _choose_streams(container)
        check_header(container, video_stream, limits)
        start = container.start_time if name in ARBITRARY_ORIGIN else 0
        zero_s = float((start or 0) / av.time_base)
        declared = {
            stream.index: declared_s(path, stream, name)
            for stream in (sound_stream, video_stream)
            if stream is not None
        }
        whole_s = declared_end_s(container, name)
        sound = _Sound(Continuity(zero_s=zero_s, max_duration_s=limits.max_duration_s))
        pictures = _Pictures()
        _read_packets(container, sound_stream, video_stream, sound, pictures)
        # A stream object points into freed memory once its container is closed.
        indices = [None if s is None else int(s.index) for s in (sound_stream, video_stream)]
    del sound_stream, video_stream
    audio = video = None
    if (index := indices[0]) is not None:
        audio = _audio(path, name, index, sound, limits, declared[index], repairs)
    if (index := indices[1]) is not None:
        video = _video(path, name, index, pictures, zero_s, limits, declared[index], repairs)
    ends = [track.start_s + track.duration_s for track in (audio, video) if track is not None]
    if not ends:
        raise DataError("the file holds neither sound nor pictures")
    end_s = max(ends)
    repairs += loss_note(
        "recording", present_s=end_s, declared_s=whole_s, lost_s=0.0, limits=limits
    )
    return Media(
        audio=audio,
        video=video,
        duration_s=end_s,
        peak=sound.peak if audio is not None else None,
        repairs=tuple(repairs),
    )


def _choose_streams(container: Any) -> tuple[Any, Any, list[str]]:
    """Return the audio and the video stream to use, either may be None, and what was left out."""
    sounds = list(container.streams.audio)
    cover = av.stream.Disposition.attached_pic
    videos = [s for s in container.streams.video if not s.disposition & cover]
    notes = [
        f"{len(streams)} {kind} streams: the first is used"
        for kind, streams in (("audio", sounds), ("video", videos))
        if len(streams) > 1
    ]
    for stream in (*sounds[:1], *videos[:1]):
        if stream.codec_context is None:
            raise DataError(f"the {stream.type} stream is in a codec that is not known here")
    return (sounds[0] if sounds else None), (videos[0] if videos else None), notes


def _read_packets(
    container: Any, sound_stream: Any, video_stream: Any, sound: _Sound, pictures: _Pictures
) -> None:
    streams = [stream for stream in (sound_stream, video_stream) if stream is not None]
    if not streams:
        raise DataError("the file holds neither sound nor pictures")
    only(container, *streams)
    for packet in packets(container, *streams):
        if sound_stream is not None and packet.stream_index == sound_stream.index:
            sound.count(packet)
        else:
            pictures.count(packet)


def _audio(
    path: Path,
    name: str,
    index: int,
    sound: _Sound,
    limits: MediaLimits,
    declared: float | None,
    repairs: list[str],
) -> MediaAudio | None:
    run = sound.continuity
    if run.start_s is None or run.n_samples == 0:
        if sound.lost_s == 0 and (declared or 0.0) <= NEGLIGIBLE_S:
            repairs.append("the audio stream is empty")
            return None
        raise DataError("no sound can be decoded: the audio stream is damaged or cut short")
    length_s = run.n_samples / run.rate_hz
    repairs += loss_note(
        "audio", present_s=length_s, declared_s=declared, lost_s=sound.lost_s, limits=limits
    )
    if run.filled_s > limits.max_gap_share * length_s:
        raise DataError(
            f"the timestamps leave out {run.filled_s:.1f} s of {length_s:.1f} s of audio, "
            f"{limits.max_gap_share:.0%} allowed (max_gap_share)"
        )
    if run.dropped_s > limits.max_lost_share * length_s:
        raise DataError(
            f"{run.dropped_s:.1f} s of audio overlap what came before, beside {length_s:.1f} s, "
            f"{limits.max_lost_share:.0%} allowed (max_lost_share): were pieces joined without "
            "new timestamps?"
        )
    if run.filled_s > NEGLIGIBLE_S:
        repairs.append(f"the timestamps leave out {run.filled_s:.1f} s of audio: silent there")
    if run.dropped_s > NEGLIGIBLE_S:
        repairs.append(f"{run.dropped_s:.1f} s of overlapping audio were left out")
    return MediaAudio(
        path=path,
        container=name,
        stream_index=index,
        sampling_rate_hz=run.rate_hz,
        n_channels=run.n_channels,
        start_s=run.start_s,
        duration_s=length_s,
        zero_s=run.zero_s,
        max_duration_s=limits.max_duration_s,
    )


def _video(
    path: Path,
    name: str,
    index: int,
    pictures: _Pictures,
    zero_s: float,
    limits: MediaLimits,
    declared: float | None,
    repairs: list[str],
) -> MediaVideo | None:
    if pictures.n_packets == 0:
        if (declared or 0.0) <= NEGLIGIBLE_S:
            repairs.append("the video stream is empty")
            return None
        raise DataError("no picture can be read: the video stream is damaged or cut short")
    with open_container(path, name) as container:
        stream = container.streams[index]
        picture = _first_picture(container, stream, limits)
        aspect = stream.sample_aspect_ratio or 1
    length_s = pictures.length_s
    limits.check_duration(length_s)
    limits.check_pictures(
        n_frames=pictures.n_packets,
        duration_s=length_s,
        frame_px=picture.width * picture.height,
        size_bytes=path.stat().st_size,
    )
    repairs += loss_note(
        "video", present_s=length_s, declared_s=declared, lost_s=0.0, limits=limits
    )
    orientation = orientation_of(picture)
    # Pixels that are not square are widened, so that a face keeps its shape.
    width, height = max(1, round(picture.width * aspect)), picture.height
    if orientation.swaps_sides:
        width, height = height, width
    start_s = pictures.first_s - zero_s
    return MediaVideo(
        path=path,
        container=name,
        stream_index=index,
        frame_rate_hz=pictures.n_packets / length_s,
        n_frames=pictures.n_packets,
        width_px=width,
        height_px=height,
        start_s=max(start_s, 0.0),
        duration_s=length_s + min(start_s, 0.0),
        zero_s=zero_s,
        orientation=orientation,
        max_frame_px=limits.max_frame_px,
        max_lost_share=limits.max_lost_share,
        decoder_threads=limits.decoder_threads,
    )


def _first_picture(container: Any, stream: Any, limits: MediaLimits) -> Any:
    prepare(stream, max_frame_px=limits.max_frame_px, threads=1)
    only(container, stream)
    for n_read, packet in enumerate(packets(container, stream)):
        frames, _ = decode(packet)
        if frames:
            limits.check_size(frames[0].width, frames[0].height)
            return frames[0]
        if n_read > _FIRST_PACKETS:
            break
    raise DataError(
        f"no picture can be decoded (codec {stream.codec_context.name}): "
        "the video stream is damaged or larger than allowed (max_frame_px)"
    )
