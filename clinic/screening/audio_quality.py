"""Level, clipping and noise of a recording's audio, in one streaming pass."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.records import AudioTrack
from clinic.units import dbfs

FRAME_S = 0.05
#: A sample this near full scale counts as clipped: 16-bit converters stop at 0.99997.
CLIP_LEVEL = 0.999
#: Clipping is a run of samples at full scale; a single peak is not.
MIN_CLIPPED_RUN = 3


@dataclass(frozen=True, kw_only=True)
class AudioQuality:
    """Measured on the participant's channel, or the mix of all.

    Args:
        level_dbfs: Level of the loudest tenth of 50 ms frames, dB re full scale.
        noise_dbfs: Level of the quietest tenth.
        clipped_share: Share of samples inside runs at full scale.
    """

    level_dbfs: float
    noise_dbfs: float
    clipped_share: float

    @property
    def snr_db(self) -> float:
        """Loud frames over quiet frames: an upper bound of the signal-to-noise ratio."""
        return self.level_dbfs - self.noise_dbfs


def measure_audio(track: AudioTrack, *, channel: int | None, sampling_rate_hz: int) -> AudioQuality:
    """Read the whole track once, block by block, and summarise it.

    Digital silence counts as -120 dBFS, so that an all-zero file has a finite level.
    """
    frame_n = int(FRAME_S * sampling_rate_hz)
    levels: list[NDArray[np.float64]] = []
    clipped = total = 0
    for block in track.blocks(sampling_rate_hz=sampling_rate_hz):
        samples = block.samples
        mono = samples.mean(axis=1) if channel is None else samples[:, channel]
        total += samples.shape[0]
        watched = samples if channel is None else samples[:, channel : channel + 1]
        clipped += max(
            (_n_in_runs(np.abs(column) >= CLIP_LEVEL) for column in watched.T), default=0
        )
        usable = mono[: len(mono) // frame_n * frame_n].reshape(-1, frame_n)
        if len(usable):
            levels.append(np.sqrt(np.mean(np.square(usable, dtype=np.float64), axis=1)))
    if not levels:
        return AudioQuality(level_dbfs=-120.0, noise_dbfs=-120.0, clipped_share=0.0)
    rms = np.concatenate(levels)
    quiet, loud = np.quantile(rms, [0.1, 0.9])
    return AudioQuality(
        level_dbfs=max(dbfs(float(loud)), -120.0),
        noise_dbfs=max(dbfs(float(quiet)), -120.0),
        clipped_share=clipped / total,
    )


def _n_in_runs(flags: NDArray[np.bool_]) -> int:
    """Count true samples that stand in runs of at least MIN_CLIPPED_RUN."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    lengths = edges[1::2] - edges[::2]
    return int(lengths[lengths >= MIN_CLIPPED_RUN].sum())
