"""Sound as it comes through a telephone, in noise, or among other voices."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

Samples = NDArray[np.float32]

TELEPHONE_RATE_HZ = 8000
#: Pass band of a telephone line, ITU-T G.712.
TELEPHONE_HZ = (300.0, 3400.0)
MU = 255.0

NOISES = ("none", "white", "shaped", "babble")


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One way to hear an utterance: noise is added first, then it goes over the line.

    Args:
        noise: One of ``NOISES``. ``shaped`` is noise with the spectrum of the utterance
            itself; ``babble`` is other people speaking.
        snr_db: Power of the utterance over power of the noise.
    """

    noise: str = "none"
    snr_db: float = 0.0
    telephone: bool = False

    def __post_init__(self) -> None:
        if self.noise not in NOISES:
            raise ValueError(f"noise {self.noise!r}, one of {NOISES} needed")

    @property
    def name(self) -> str:
        """Such as ``white 10 dB`` or ``telephone``."""
        parts = [] if self.noise == "none" else [f"{self.noise} {self.snr_db:g} dB"]
        return " + ".join([*parts, *(["telephone"] if self.telephone else [])]) or "clean"


CLEAN = Condition()


def degraded(
    samples: Samples,
    condition: Condition,
    *,
    sampling_rate_hz: int,
    others: Sequence[Samples],
    random: np.random.Generator,
) -> Samples:
    """Return the utterance as heard under a condition, same length and rate.

    Args:
        others: Utterances of other people, of which babble is made; else not used.
    """
    heard = samples.astype(np.float64)
    if condition.noise != "none":
        noise = _noise(heard, condition.noise, others, random)
        heard = mixed(heard, noise, snr_db=condition.snr_db)
    if condition.telephone:
        heard = over_telephone(heard, sampling_rate_hz=sampling_rate_hz)
    return heard.astype(np.float32)


def mixed(
    speech: NDArray[np.float64], noise: NDArray[np.float64], *, snr_db: float
) -> NDArray[np.float64]:
    """Return speech plus noise scaled to the wished ratio of mean powers."""
    wanted = np.mean(speech**2) / 10 ** (snr_db / 10)
    return np.asarray(speech + noise * np.sqrt(wanted / np.mean(noise**2)))


def over_telephone(samples: NDArray[np.float64], *, sampling_rate_hz: int) -> NDArray[np.float64]:
    """Return sound after 300-3400 Hz, 8 kHz and 8-bit mu-law, at its first rate again.

    Source:
        ITU-T G.712 (band) and G.711 (mu-law; the formula, without its piecewise segments).
    """
    band = signal.butter(4, TELEPHONE_HZ, btype="bandpass", fs=sampling_rate_hz, output="sos")
    narrow = signal.resample_poly(
        signal.sosfilt(band, samples), TELEPHONE_RATE_HZ, sampling_rate_hz
    )
    coded = mu_law(np.clip(narrow, -1.0, 1.0))
    wide = signal.resample_poly(coded, sampling_rate_hz, TELEPHONE_RATE_HZ)
    return np.asarray(wide[: len(samples)])


def mu_law(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return samples in [-1, 1] after coding in 8 bits and decoding."""
    pressed = np.sign(samples) * np.log1p(MU * np.abs(samples)) / np.log1p(MU)
    steps = np.round(pressed * 127) / 127
    return np.asarray(np.sign(steps) * np.expm1(np.abs(steps) * np.log1p(MU)) / MU)


def babble(
    others: Sequence[Samples], n_samples: int, *, random: np.random.Generator, n_voices: int = 6
) -> NDArray[np.float64]:
    """Return ``n_voices`` other people speaking at once, equally loud, from random points on."""
    chosen = random.choice(len(others), size=n_voices, replace=len(others) < n_voices)
    mixture = np.zeros(n_samples)
    for place in chosen:
        start = int(random.integers(len(others[place])))
        voice = np.resize(np.roll(others[place], start), n_samples)
        mixture += voice / max(float(np.sqrt(np.mean(voice.astype(np.float64) ** 2))), 1e-9)
    return mixture


def speech_shaped(
    samples: NDArray[np.float64], *, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return noise with the magnitude spectrum of the samples and random phases."""
    spectrum = np.abs(np.fft.rfft(samples))
    turned = spectrum * np.exp(2j * np.pi * random.random(len(spectrum)))
    return np.asarray(np.fft.irfft(turned, n=len(samples)))


def _noise(
    speech: NDArray[np.float64],
    kind: str,
    others: Sequence[Samples],
    random: np.random.Generator,
) -> NDArray[np.float64]:
    if kind == "white":
        return random.normal(size=len(speech))
    if kind == "shaped":
        return speech_shaped(speech, random=random)
    return babble(others, len(speech), random=random)
