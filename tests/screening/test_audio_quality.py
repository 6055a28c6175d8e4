"""Level, noise and clipping of signals whose truth is known from how they were made."""

from collections.abc import Iterator

import numpy as np
import pytest

from clinic.records import AudioBlock, QualityState
from clinic.screening.audio_quality import measure_audio
from clinic.screening.quality import Threshold

RATE_HZ = 16_000


class Track:
    """Audio held in memory, handed out in blocks."""

    sampling_rate_hz = RATE_HZ
    start_s = 0.0

    def __init__(self, samples: np.ndarray, block_s: float = 1.0) -> None:
        self.samples = samples.astype(np.float32).reshape(len(samples), -1)
        self.n_channels = self.samples.shape[1]
        self.duration_s = len(samples) / RATE_HZ
        self.block_n = int(block_s * RATE_HZ)

    def blocks(self, *, sampling_rate_hz: int, block_s: float = 10.0) -> Iterator[AudioBlock]:
        for start in range(0, len(self.samples), self.block_n):
            yield AudioBlock(
                start_s=start / RATE_HZ, samples=self.samples[start : start + self.block_n]
            )


def sine(amplitude: float, seconds: float) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * 200 * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)


def measure(samples: np.ndarray, channel: int | None = None):
    return measure_audio(Track(samples), channel=channel, sampling_rate_hz=RATE_HZ)


def test_loud_and_quiet_halves_give_their_levels_and_their_difference():
    found = measure(np.concatenate([sine(0.5, 4), sine(0.005, 4)]))
    assert found.level_dbfs == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.1)
    assert found.snr_db == pytest.approx(40.0, abs=0.1)
    assert found.clipped_share == 0.0


def test_clipping_counts_samples_in_runs_only():
    samples = np.zeros(16_000)
    samples[100] = 1.0  # one peak is no clipping
    samples[200:210] = -1.0
    assert measure(samples).clipped_share == pytest.approx(10 / 16_000)


def test_a_sine_driven_past_full_scale_is_clipped_for_the_share_that_the_formula_gives():
    clipped = np.clip(sine(2.0, 2), -1, 1)
    share = 1 - 2 * np.arcsin(0.4995) / np.pi
    assert measure(clipped).clipped_share == pytest.approx(share, abs=0.03)


def test_only_the_participants_channel_counts():
    stereo = np.stack([np.clip(sine(3.0, 2), -1, 1), sine(0.1, 2)], axis=1)
    assert measure(stereo, channel=1).clipped_share == 0.0
    assert measure(stereo).clipped_share > 0.1


def test_digital_silence_has_a_finite_level():
    assert measure(np.zeros(RATE_HZ)).level_dbfs == -120.0


@pytest.mark.parametrize(
    ("threshold", "value", "state"),
    [
        (Threshold(good=20, poor=10), 20, QualityState.GOOD),
        (Threshold(good=20, poor=10), 15, QualityState.LIMITED),
        (Threshold(good=20, poor=10), 10, QualityState.POOR),
        (Threshold(good=0.01, poor=0.1), 0.01, QualityState.GOOD),
        (Threshold(good=0.01, poor=0.1), 0.05, QualityState.LIMITED),
        (Threshold(good=0.01, poor=0.1), 0.2, QualityState.POOR),
    ],
)
def test_both_directions_of_better(threshold, value, state):
    assert threshold.state(value) is state
