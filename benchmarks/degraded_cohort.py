"""A copy of a simulated cohort as a poor microphone or a poor camera would have recorded it.

Run:
    python benchmarks/degraded_cohort.py --cohort COHORT --out OUT --snr-db 10
    python benchmarks/degraded_cohort.py --cohort COHORT --out OUT --scale 0.25
    python benchmarks/degraded_cohort.py --cohort COHORT --out OUT --light 0.2
    clinic extract OUT --out RESULTS

Words, labels and truth are copied as they are. Noise is white and added to the whole recording,
at a ratio of mean powers over its length, pauses included; noise alone leaves the pictures'
packets as they are, so that the face is the same to the bit. A small picture is made smaller and
stays so; a dark one has its brightness multiplied and sensor noise of 3 of 255 added. The same
seed and the same packages make the same bytes.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from clinic.simulate.media import MediaSettings, write_mp4

COPIED = ("cohort.json", "labels.csv", "moments.csv", "manifest.csv", "transcripts", "truth")
#: Standard deviation of the sensor's noise in a dark picture, of 255.
SENSOR_NOISE = 3.0
AUDIO_BIT_RATE = 96_000


@dataclass(frozen=True, kw_only=True)
class Degradation:
    """What is done to a recording; None and 1 leave it as it is.

    Args:
        snr_db: Power of the sound over power of the noise.
        scale: Share of width and height that is left, in (0, 1].
        light: Share of brightness that is left, in (0, 1].
    """

    snr_db: float | None
    scale: float
    light: float


def main() -> None:
    """Copy a cohort and degrade its media."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--snr-db", type=float)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--light", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    degradation = Degradation(snr_db=options.snr_db, scale=options.scale, light=options.light)
    copy_tables(options.cohort, options.out)
    paths = sorted((options.cohort / "media").glob("*.mp4"))
    for number, path in enumerate(paths, start=1):
        target = options.out / "media" / path.name
        if not target.is_file():
            degrade(path, target, degradation, np.random.default_rng([options.seed, number]))
        sys.stdout.write(f"{path.stem}: {number} of {len(paths)}\n")


def copy_tables(cohort: Path, out: Path) -> None:
    """Copy everything but the media; an output that holds media already is gone on with."""
    (out / "media").mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source, target = cohort / name, out / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)


def degrade(
    path: Path, target: Path, degradation: Degradation, generator: np.random.Generator
) -> None:
    """Decode one recording, spoil it, and write it with the coder of the simulation."""
    samples, rate_hz = sound_of(path)
    partial = target.with_suffix(".partial")
    if degradation.snr_db is not None:
        samples = with_noise(samples, degradation.snr_db, generator)
        if degradation.scale == degradation.light == 1.0:
            write_same_pictures(path, partial, samples, rate_hz)
            partial.replace(target)
            return
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        width, height = (even(size * degradation.scale) for size in (video.width, video.height))
        frame_rate_hz = round(float(video.average_rate))
    settings = MediaSettings(
        width_px=width,
        height_px=height,
        frame_rate_hz=frame_rate_hz,
        crf=23,
        preset="veryfast",
        audio_rate_hz=rate_hz,
        audio_bit_rate=AUDIO_BIT_RATE,
        n_channels=samples.shape[1],
    )
    frames = pictures(path, width, height, degradation.light, generator)
    write_mp4(partial, frames, samples, rate_hz, settings)
    partial.replace(target)


def write_same_pictures(
    path: Path, target: Path, samples: NDArray[np.float32], rate_hz: int
) -> None:
    """Write other sound beside the video packets of a recording."""
    layout = "stereo" if samples.shape[1] == 2 else "mono"
    with av.open(str(path)) as source, av.open(str(target), "w", format="mp4") as out:
        out.flags |= av.container.Flags.bitexact.value
        pictures = source.streams.video[0]
        video = out.add_stream_from_template(pictures)
        audio = out.add_stream("aac", rate=rate_hz, layout=layout)
        audio.bit_rate = AUDIO_BIT_RATE
        for packet in source.demux(pictures):
            if packet.dts is not None:
                packet.stream = video
                out.mux(packet)
        for start in range(0, len(samples), 1024):
            block = np.ascontiguousarray(samples[start : start + 1024].T)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate_hz, start, Fraction(1, rate_hz)
            out.mux(audio.encode(frame))
        out.mux(audio.encode(None))


def sound_of(path: Path) -> tuple[NDArray[np.float32], int]:
    """Return samples of shape (n, n_channels) and their rate."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        blocks = [frame.to_ndarray() for frame in container.decode(stream)]
        return np.concatenate(blocks, axis=1).T.astype(np.float32), int(stream.rate)


def with_noise(
    samples: NDArray[np.float32], snr_db: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Add white noise; what would exceed full scale turns the whole recording down."""
    power = float(np.mean(samples.astype(np.float64) ** 2))
    noise = generator.normal(size=samples.shape) * np.sqrt(power / 10 ** (snr_db / 10))
    mixed = samples + noise
    return np.asarray(mixed * min(1.0, 0.95 / np.abs(mixed).max()), dtype=np.float32)


def pictures(
    path: Path, width: int, height: int, light: float, generator: np.random.Generator
) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures, smaller or darker."""
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.video[0]):
            image = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
            if light < 1:
                noise = SENSOR_NOISE * generator.normal(size=image.shape)
                image = np.clip(image * light + noise, 0, 255).astype(np.uint8)
            yield image


def even(size: float) -> int:
    """Return the nearest even number, at least 2: the coder halves the colour planes."""
    return max(2, 2 * round(size / 2))


if __name__ == "__main__":
    main()
