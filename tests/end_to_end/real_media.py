"""Sessions made of open recordings: clips joined end to end, and one clip in awkward shapes.

Everything is decoded and encoded here with PyAV alone, so that the product's own reader is
tested against another one. The files that come out stay in the test's temporary folder.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
Picture = NDArray[np.uint8]
Film = Iterable[tuple[float, Picture]]

#: A GRID clip: 75 pictures at 25 Hz, 2.95 s of sound.
CLIP_S = 3.0
CLIP_RATE_HZ = 44_100
_PACKET = 1024


def sound_of(path: Path) -> tuple[Sound, int]:
    """Decode all sound of a file at its own rate, mixed down; return shape (n,) and the rate."""
    to_float = av.AudioResampler(format="fltp")
    with av.open(str(path)) as container:
        rate_hz = int(container.streams.audio[0].sample_rate)
        parts = [
            part.to_ndarray().mean(axis=0)
            for frame in container.decode(audio=0)
            for part in to_float.resample(frame)
        ]
    return np.concatenate(parts), rate_hz


def resampled(sound: Sound, from_hz: int, to_hz: int) -> Sound:
    """Bring mono sound to another rate."""
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=to_hz)
    frame = av.AudioFrame.from_ndarray(sound[None].astype(np.float32), "fltp", "mono")
    frame.sample_rate = from_hz
    parts = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([part.to_ndarray()[0] for part in parts])


def fitted(sound: Sound, n_samples: int) -> Sound:
    """Cut, or fill up with silence."""
    return np.pad(sound[:n_samples], (0, max(0, n_samples - len(sound))))


def joined_sound(clips: Sequence[Path]) -> Sound:
    """Sound of GRID clips, each in a slot of 3 s; what a clip lacks at its end is silence."""
    slot = round(CLIP_S * CLIP_RATE_HZ)
    return np.concatenate([fitted(sound_of(clip)[0], slot) for clip in clips])


def film_of(path: Path) -> Iterator[tuple[float, Picture]]:
    """Decode the pictures of a file with their times, RGB."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            yield float(frame.pts * stream.time_base), frame.to_ndarray(format="rgb24")


def picture_times_s(path: Path) -> list[float]:
    """Times of all pictures of a file, rising."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = list(container.demux(stream))
        return sorted(float(p.pts * stream.time_base) for p in packets if p.pts is not None)


def joined_film(clips: Sequence[Path]) -> Iterator[tuple[float, Picture]]:
    """Pictures of GRID clips, each in a slot of 3 s."""
    for number, clip in enumerate(clips):
        yield from ((number * CLIP_S + time_s, picture) for time_s, picture in film_of(clip))


def film_of_still(path: Path, *, n_pictures: int = 15) -> Iterator[tuple[float, Picture]]:
    """Show one photograph ten times a second; sides are cut to even numbers."""
    with av.open(str(path)) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    height, width = (side // 2 * 2 for side in picture.shape[:2])
    yield from ((number / 10, picture[:height, :width]) for number in range(n_pictures))


def without_sound(source: Path, target: Path) -> Path:
    """Copy the video stream, packet by packet, and nothing else."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = old.streams.video[0]
        copy = new.add_stream_from_template(stream)
        for packet in old.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                new.mux(packet)
    return target


def write_media(
    path: Path,
    *,
    sound: Sound | None = None,
    rate_hz: int = CLIP_RATE_HZ,
    sound_start_s: float = 0.0,
    film: Film | None = None,
    rotation: int | None = None,
) -> Path:
    """Encode to 16-bit PCM and MPEG-4 of the finest step in the container that the name says.

    Args:
        sound: Shape (n,), or (n, 2) for stereo.
        sound_start_s: Time of its first sample.
        film: (time in seconds, RGB), rising; intervals may vary.
        rotation: Degrees written into the display matrix; the pictures are not turned.
    """
    with av.open(str(path), "w") as container:
        packets: list[Any] = []
        if film is not None:
            packets += _picture_packets(container.add_stream("mpeg4", rate=25), film, rotation)
        if sound is not None:
            stream = container.add_stream("pcm_s16le", rate=rate_hz)
            packets += _sound_packets(stream, sound, rate_hz, sound_start_s)
        for packet in sorted(packets, key=lambda p: float(p.dts * p.time_base)):
            container.mux(packet)
    return path


def _sound_packets(stream: Any, sound: Sound, rate_hz: int, start_s: float) -> list[Any]:
    channels = np.ascontiguousarray(sound.reshape(len(sound), -1).T, dtype=np.float32)
    stream.layout = layout = "mono" if len(channels) == 1 else "stereo"
    packets = []
    for first in range(0, channels.shape[1], _PACKET):
        part = np.ascontiguousarray(channels[:, first : first + _PACKET])
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
        frame.sample_rate, frame.time_base = rate_hz, Fraction(1, rate_hz)
        frame.pts = round(start_s * rate_hz) + first
        packets += stream.encode(frame)
    return [*packets, *stream.encode(None)]


def _picture_packets(stream: Any, film: Film, rotation: int | None) -> list[Any]:
    packets = []
    clock = Fraction(1, 1000)
    for number, (time_s, picture) in enumerate(film):
        if number == 0:
            stream.height, stream.width = picture.shape[:2]
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = clock
            stream.codec_context.options = {"qmin": "1", "qmax": "1"}
            if rotation is not None:
                stream.set_display_rotation(rotation)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame.time_base, frame.pts = clock, round(time_s * 1000)
        packets += stream.encode(frame)
    return [*packets, *stream.encode(None)]
