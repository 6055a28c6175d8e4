"""How loud the participant's channel is, every 10 ms of the whole recording."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.features.speech.listening import audio_of
from clinic.records import Recording

#: All recordings are brought to one rate, so that levels hold the same band.
RATE_HZ = 16000
FRAME_S = 0.010
_FRAME = round(RATE_HZ * FRAME_S)

#: Frames averaged for one level: 30 ms hold at least two periods of a low voice.
_WINDOW = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class LevelTrack:
    """Sound level of consecutive frames.

    Args:
        start_s: Start of the first frame on the container's clock.
        level_dbfs: Shape (n_frames,), root mean square without its mean over the 30 ms around
            each frame, in dB re full scale; ``-inf`` in digital silence.
    """

    start_s: float
    level_dbfs: NDArray[np.float64]

    def frames(self, start_s: float, end_s: float) -> slice:
        """Return the frames that lie inside a stretch of time."""
        # 1e-6: (1.1 - 0.8) / 0.01 is 30.000000000000004 in floating point.
        first = max(0, int(np.ceil((start_s - self.start_s) / FRAME_S - 1e-6)))
        last = min(len(self.level_dbfs), int((end_s - self.start_s) / FRAME_S + 1e-6))
        return slice(first, max(first, last))


def level_track(recording: Recording) -> LevelTrack:
    """Measure the participant's channel, or all channels mixed down, in one streaming pass.

    Raises:
        DataError: The recording has no audio, or it cannot be read.
    """
    audio = audio_of(recording)
    channel = recording.participant_channel
    sums: list[NDArray[np.float64]] = []
    squares: list[NDArray[np.float64]] = []
    waiting = np.empty(0, dtype=np.float64)
    start_s = audio.start_s
    for block in audio.blocks(sampling_rate_hz=RATE_HZ):
        if not sums and not len(waiting):
            start_s = block.start_s
        mono = block.samples.mean(axis=1) if channel is None else block.samples[:, channel]
        samples = np.concatenate([waiting, mono.astype(np.float64)])
        n_frames = len(samples) // _FRAME
        frames = samples[: n_frames * _FRAME].reshape(n_frames, _FRAME)
        sums.append(frames.sum(axis=1))
        squares.append(np.einsum("ij,ij->i", frames, frames))
        waiting = samples[n_frames * _FRAME :]
    total = _moving_sum(np.concatenate([np.empty(0), *sums]))
    energy = _moving_sum(np.concatenate([np.empty(0), *squares]))
    n_samples = _moving_sum(np.full(len(total), float(_FRAME)))
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = energy / n_samples - (total / n_samples) ** 2
        # 1e-14: what rounding leaves of a constant offset, -140 dB re full scale.
        variance[variance < 1e-14] = 0.0
        level_dbfs: NDArray[np.float64] = np.asarray(10 * np.log10(variance), dtype=np.float64)
    return LevelTrack(start_s=start_s, level_dbfs=level_dbfs)


def _moving_sum(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum over the window around each frame, shorter at both ends."""
    if not len(values):
        return values
    half = _WINDOW // 2
    padded = np.concatenate([np.zeros(half), values, np.zeros(half)])
    return np.convolve(padded, np.ones(_WINDOW), mode="valid")
