"""Media made from formulas: pictures that carry their own number, sounds at known times."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.io.limits import MediaLimits

BITS = 8
BLOCK_PX = 16
WIDTH_PX, HEIGHT_PX = BITS * BLOCK_PX, 64


def coded_picture(number: int) -> np.ndarray:
    """Picture whose upper half shows a number in black and white blocks, lowest bit left."""
    image = np.zeros((HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8)
    for bit in range(BITS):
        if number >> bit & 1:
            image[: HEIGHT_PX // 2, bit * BLOCK_PX : (bit + 1) * BLOCK_PX] = 255
    return image


def number_of(image: np.ndarray) -> int:
    """Read the number off a decoded picture of any size."""
    height, width = image.shape[:2]
    row = image[height // 4, :, 0]
    centres = [int((bit + 0.5) * width / BITS) for bit in range(BITS)]
    return sum(int(row[x] > 127) << bit for bit, x in enumerate(centres))


def write_media(
    path: Path,
    *,
    sound: np.ndarray | None = None,
    rate_hz: int = 48_000,
    sound_codec: str = "pcm_s16le",
    sound_start_s: float = 0.0,
    sound_starts: Sequence[tuple[int, float]] = (),
    times_s: Iterable[float] = (),
    pictures: Callable[[int], np.ndarray] = coded_picture,
    video_codec: str = "mpeg4",
    pixel_format: str = "yuv420p",
    matrix: Sequence[int] | None = None,
    rotation: int | None = None,
    pixel_aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    container_format: str | None = None,
) -> Path:
    """Mux a sound of shape (n_samples, n_channels) and pictures at given times.

    Args:
        sound_starts: (sample index, time in seconds) of further runs of sound, for gaps.
        matrix: Nine numbers of the display matrix.
    """
    times = list(times_s)
    packets: list[Any] = []
    with av.open(str(path), "w", options=options or {}, format=container_format) as container:
        audio = video = None
        if times:
            video = container.add_stream(video_codec, rate=25)
            first = pictures(0)
            video.height, video.width = first.shape[:2]
            video.pix_fmt = pixel_format
            video.codec_context.time_base = Fraction(1, 1000)
            video.codec_context.gop_size = 12
            video.bit_rate = 2_000_000
            if pixel_aspect is not None:
                video.codec_context.sample_aspect_ratio = pixel_aspect
            if rotation is not None:
                video.set_display_rotation(rotation)
            if matrix is not None:
                video.set_display_matrix(matrix)
        if sound is not None:
            layout = {1: "mono", 2: "stereo"}.get(sound.shape[1], "5.1")
            audio = container.add_stream(sound_codec, rate=rate_hz)
            audio.layout = layout
            packets += _sound_packets(
                audio, sound, rate_hz, layout, [(0, sound_start_s), *sound_starts]
            )
        if video is not None:
            packets += _picture_packets(video, times, pictures)
        packets.sort(key=lambda p: float((p.dts if p.dts is not None else 0) * p.time_base))
        for packet in packets:
            container.mux(packet)
    return path


def _sound_packets(
    stream: Any,
    sound: np.ndarray,
    rate_hz: int,
    layout: str,
    starts: Sequence[tuple[int, float]],
) -> list[Any]:
    edges = [index for index, _ in starts] + [len(sound)]
    packets = []
    size = stream.codec_context.frame_size or 1024
    for (begin, start_s), end in zip(starts, edges[1:], strict=True):
        for first in range(begin, end, size):
            part = sound[first : min(first + size, end)]
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(part.T, dtype=np.float32), format="fltp", layout=layout
            )
            frame.sample_rate = rate_hz
            frame.time_base = Fraction(1, rate_hz)
            frame.pts = round(start_s * rate_hz) + first - begin
            packets += stream.encode(frame)
    return packets + stream.encode(None)


def _picture_packets(
    stream: Any, times: Sequence[float], pictures: Callable[[int], np.ndarray]
) -> list[Any]:
    packets = []
    for number, time_s in enumerate(times):
        frame = av.VideoFrame.from_ndarray(pictures(number), format="rgb24")
        frame.time_base = Fraction(1, 1000)
        frame.pts = round(time_s * 1000)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def clicks(times_s: Sequence[float], *, duration_s: float, rate_hz: int) -> np.ndarray:
    """Mono sound that is silent but for one sample at each time, shape (n, 1)."""
    sound = np.zeros((round(duration_s * rate_hz), 1), dtype=np.float32)
    for time_s in times_s:
        sound[round(time_s * rate_hz)] = 0.9
    return sound


def tone(
    frequency_hz: float, *, duration_s: float, rate_hz: int, amplitude: float = 0.5
) -> np.ndarray:
    """Mono sine that starts at phase 0, shape (n, 1)."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return (amplitude * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)[:, None]


@pytest.fixture(scope="session")
def limits() -> MediaLimits:
    """Limits as shipped, decoding on one thread."""
    reader = OmegaConf.load(conf_folder() / "io" / "default.yaml").reader
    names = [n for n in MediaLimits.__dataclass_fields__ if n in reader]
    return MediaLimits(**{name: reader[name] for name in names}, decoder_threads=1)


@pytest.fixture(scope="session")
def io_parts() -> tuple[Any, Any]:
    """Manifest reader and recording reader as shipped."""
    config = OmegaConf.load(conf_folder() / "io" / "default.yaml")
    return build(config.manifest), build(config.reader)


@pytest.fixture(scope="session")
def segmenter() -> Any:
    """Segmenter as shipped."""
    return build(OmegaConf.load(conf_folder() / "segmentation" / "default.yaml"))


@pytest.fixture(scope="session")
def maker() -> Any:
    """The functions above, by name."""
    return SimpleNamespace(
        write=write_media, clicks=clicks, tone=tone, number_of=number_of, picture=coded_picture
    )
