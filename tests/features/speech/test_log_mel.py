"""Log-mel statistics: truth from tones, and a second implementation on torch."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.features.speech.log_mel import LogMel, deltas
from clinic.records import Recording, Segment

RATE_HZ = 16000
MakeRecording = Callable[..., Recording]
MakeSegments = Callable[..., list[Segment]]


def log_mel(**changes: float) -> LogMel:
    settings: dict[str, float] = {
        "sampling_rate_hz": RATE_HZ,
        "n_fft": 1024,
        "hop": 320,
        "n_mels": 64,
        "low_hz": 20.0,
        "high_hz": 8000.0,
        "top_db": 80.0,
        "min_segment_s": 0.3,
    }
    return LogMel(**(settings | changes))  # type: ignore[arg-type]


def tone(frequency_hz: float, duration_s: float, amplitude: float = 0.5) -> NDArray[np.float32]:
    t = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32)


def noise(duration_s: float, level: float = 0.1) -> NDArray[np.float32]:
    samples = np.random.default_rng(1).standard_normal(round(duration_s * RATE_HZ)) * level
    return samples.astype(np.float32)


def second_implementation(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """The same spectrogram from torch's transform and triangles drawn one by one."""
    spectrum = torch.stft(
        torch.from_numpy(samples.astype(np.float64)),
        n_fft=1024,
        hop_length=320,
        window=torch.hann_window(1024, dtype=torch.float64),
        center=True,
        pad_mode="reflect",
        return_complex=True,
    )
    power = spectrum.abs().pow(2).numpy()
    top_mel, low_mel = (2595 * np.log10(1 + f / 700) for f in (8000.0, 20.0))
    step = (top_mel - low_mel) / 65
    edges_hz = [700 * (10 ** ((low_mel + k * step) / 2595) - 1) for k in range(66)]
    bins_hz = np.linspace(0, 8000, 513)
    filters = np.stack(
        [np.interp(bins_hz, edges_hz[k : k + 3], [0, 1, 0], left=0, right=0) for k in range(64)]
    )
    level_db = 10 * np.log10(np.maximum(filters @ power, 1e-10)).T
    return np.asarray(np.maximum(level_db, level_db.max() - 80))


def test_agrees_with_torch_and_drawn_triangles() -> None:
    samples = np.concatenate([noise(0.7), tone(440, 0.5), noise(0.3, level=1e-4)])
    np.testing.assert_allclose(
        log_mel().spectrogram(samples), second_implementation(samples), atol=1e-6
    )


@pytest.mark.parametrize("frequency_hz", [200.0, 1000.0, 3000.0])
def test_a_tone_is_loudest_in_its_own_band(
    frequency_hz: float, recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    table = log_mel().extract(recording_of(tone(frequency_hz, 1)), segments_at((0, 1))).segments
    means = table.values[0, :64]
    loudest = table.specs[int(means.argmax())]
    centre_hz = float(loudest.meaning.split("around ")[1].removesuffix(" Hz"))
    assert centre_hz == pytest.approx(frequency_hz, rel=0.1)


def test_ten_times_the_amplitude_is_twenty_decibels_in_every_band(
    recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    samples = np.concatenate([noise(1, level=0.01), noise(1, level=0.1)])
    table = log_mel().extract(recording_of(samples), segments_at((0, 1), (1, 2))).segments
    np.testing.assert_allclose(table.values[1, :64] - table.values[0, :64], 20, atol=1e-4)
    np.testing.assert_allclose(table.values[1, 64:], table.values[0, 64:], atol=1e-4)


def test_deltas_of_a_ramp_are_its_slope() -> None:
    ramp = np.outer(np.arange(20.0), [0.0, 1.0, -2.5])
    np.testing.assert_allclose(deltas(ramp)[2:-2], np.tile([0.0, 1.0, -2.5], (16, 1)), atol=1e-12)


def test_columns_number_256() -> None:
    specs = log_mel().specs()
    assert len(specs) == 256
    assert [specs[i].name for i in (0, 64, 128, 255)] == [
        "mel_00_mean",
        "mel_00_std",
        "mel_00_delta_mean",
        "mel_63_delta_std",
    ]


def test_silence_and_short_segments_are_not_observed(
    recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    samples = np.concatenate([np.zeros(RATE_HZ, dtype=np.float32), noise(1)])
    table = (
        log_mel().extract(recording_of(samples), segments_at((0, 1), (1, 1.2), (1.5, 2.5))).segments
    )
    assert np.isnan(table.values[:2]).all()
    np.testing.assert_allclose(table.coverage, [0, 0, 0.5])
    assert "1 segments hold less than 0.3 s" in table.notes[0]


def test_dynamic_range_is_bounded() -> None:
    samples = np.concatenate([tone(440, 0.5), np.zeros(8000, dtype=np.float32)])
    level_db = log_mel().spectrogram(samples)
    assert level_db.max() - level_db.min() == pytest.approx(80)


def test_long_segments_are_transformed_in_parts() -> None:
    samples = np.tile(noise(1), 45)
    level_db = log_mel().spectrogram(samples)
    assert len(level_db) == 1 + len(samples) // 320 > 2048
    # One second later the noise repeats, also across the seam at frame 2048.
    np.testing.assert_allclose(level_db[2030:2070], level_db[1980:2020], atol=1e-9)


def test_bands_beyond_the_rate_are_refused() -> None:
    with pytest.raises(SetupError, match=r"0 to 4000 Hz possible \(low_hz, high_hz\)"):
        log_mel(sampling_rate_hz=8000)


def test_bands_between_the_bins_are_refused() -> None:
    with pytest.raises(SetupError, match=r"fall between the bins.*\(n_mels, n_fft\)"):
        log_mel(n_fft=128)
