"""Telephone and noise: what went through is what the name of the condition says."""

import numpy as np
import pytest
from scipy import signal

from clinic.validation.voice.degrading import (
    Condition,
    babble,
    degraded,
    mixed,
    mu_law,
    over_telephone,
    speech_shaped,
)

RATE_HZ = 16_000


def tone(frequency_hz: float, seconds: float = 1.0) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * frequency_hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)


def power(samples: np.ndarray) -> float:
    return float(np.mean(samples.astype(np.float64) ** 2))


@pytest.mark.parametrize(("frequency_hz", "is_through"), [
    (100, False), (1000, True), (3000, True), (5000, False),
])  # fmt: skip
def test_a_telephone_lets_300_to_3400_hz_through(frequency_hz, is_through):
    sent = tone(frequency_hz)
    heard = over_telephone(sent, sampling_rate_hz=RATE_HZ)
    assert len(heard) == len(sent)
    loss_db = 10 * np.log10(power(sent[2000:-2000]) / (power(heard[2000:-2000]) + 1e-12))
    assert (loss_db < 1.5) if is_through else (loss_db > 20)


def test_mu_law_is_fine_near_zero_and_coarse_at_full_scale():
    """8 bits of mu-law keep about 38 dB whatever the level: ITU-T G.711."""
    random = np.random.default_rng(0)
    for level in (0.5, 0.05, 0.01):
        sent = np.clip(level * random.normal(size=20_000), -1, 1)
        ratio_db = 10 * np.log10(power(sent) / power(sent - mu_law(sent)))
        assert 28 < ratio_db < 42
    assert mu_law(np.array([0.0, 1.0, -1.0])).tolist() == pytest.approx([0.0, 1.0, -1.0])
    assert len(np.unique(mu_law(np.linspace(-1, 1, 100_000)))) == 255


@pytest.mark.parametrize("snr_db", [20.0, 10.0, 0.0])
def test_noise_is_as_loud_as_wished(snr_db):
    random = np.random.default_rng(1)
    speech, noise = tone(200), random.normal(size=RATE_HZ)
    added = mixed(speech, noise, snr_db=snr_db) - speech
    assert 10 * np.log10(power(speech) / power(added)) == pytest.approx(snr_db, abs=1e-6)


def test_babble_is_other_peoples_voices_equally_loud():
    others = [tone(300).astype(np.float32), (0.001 * tone(700)).astype(np.float32)]
    heard = babble(others, 3 * RATE_HZ, random=np.random.default_rng(2), n_voices=2)
    frequency, spectrum = signal.periodogram(heard, RATE_HZ)
    loudest = sorted(frequency[np.argsort(spectrum)[-2:]].round().tolist())
    assert loudest == [300.0, 700.0]
    levels = [spectrum[np.argmin(abs(frequency - f))] for f in (300, 700)]
    assert levels[0] == pytest.approx(levels[1], rel=0.05)


def test_shaped_noise_has_the_spectrum_of_the_speech_and_another_course():
    speech = np.random.default_rng(9).normal(size=RATE_HZ) * np.linspace(0, 1, RATE_HZ)
    noise = speech_shaped(speech, random=np.random.default_rng(3))
    np.testing.assert_allclose(
        np.abs(np.fft.rfft(noise))[1:-1], np.abs(np.fft.rfft(speech))[1:-1], atol=1e-6
    )
    assert abs(np.corrcoef(noise, speech)[0, 1]) < 0.05


def test_clean_changes_nothing_and_names_say_what_was_done():
    speech = tone(200).astype(np.float32)
    same = degraded(
        speech,
        Condition(),
        sampling_rate_hz=RATE_HZ,
        others=[],
        random=np.random.default_rng(0),
    )
    np.testing.assert_array_equal(same, speech)
    assert Condition().name == "clean"
    noisy = Condition(noise="white", snr_db=10.0, telephone=True)
    assert noisy.name == "white 10 dB + telephone"
    with pytest.raises(ValueError, match="pink"):
        Condition(noise="pink")
