"""Log-mel statistics: mean and spread of 64 bands and of their changes, a segment."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from clinic.errors import SetupError
from clinic.features.speech.listening import participant_speech, voice_table
from clinic.records import (
    Extraction,
    FeatureSpec,
    Modality,
    Recording,
    Segment,
    Stamp,
    stamp_of,
)

SOURCE = "arXiv:2510.20239; mel scale of O'Shaughnessy (1987), Speech communication"

#: Power below this counts as this: -100 dB re full scale.
LEAST_POWER = 1e-10

#: Deltas are slopes of lines through this many frames to either side.
DELTA_REACH = 2

#: Frames transformed at once: bounds the memory of a long segment to a few MB.
_FRAMES_AT_ONCE = 2048

_STATISTICS = (
    ("mean", "average energy"),
    ("std", "variation of the energy"),
    ("delta_mean", "average change of the energy"),
    ("delta_std", "variation in how fast the energy changes"),
)


@dataclass(frozen=True, kw_only=True)
class LogMel:
    """Mean and standard deviation of log-mel bands and of their deltas.

    Power spectra of Hann windows (centred, reflected at both ends), triangular filters on the
    mel scale ``2595 log10(1 + f / 700)``, decibels re 1.0 not lower than ``top_db`` below the
    segment's loudest value, deltas over five frames.

    Args:
        sampling_rate_hz, n_fft, hop: Rate, window and step in samples.
        n_mels: Number of bands.
        low_hz, high_hz: Outer edges of the lowest and the highest band.
        top_db: Dynamic range kept.
        min_segment_s: A shorter segment is not measured.

    Source:
        Audio branch of arXiv:2510.20239.
    """

    sampling_rate_hz: int
    n_fft: int
    hop: int
    n_mels: int
    low_hz: float
    high_hz: float
    top_db: float
    min_segment_s: float
    name: str = "log_mel"

    def __post_init__(self) -> None:
        if not 0 <= self.low_hz < self.high_hz <= self.sampling_rate_hz / 2:
            raise SetupError(
                f"log_mel: bands from {self.low_hz:g} to {self.high_hz:g} Hz, "
                f"0 to {self.sampling_rate_hz / 2:g} Hz possible (low_hz, high_hz)"
            )
        empty = int(np.sum(self._filters.sum(axis=0) == 0))
        if empty:
            raise SetupError(
                f"log_mel: {empty} of {self.n_mels} bands fall between the bins of a transform "
                f"of {self.n_fft} samples (n_mels, n_fft)"
            )

    @property
    def modality(self) -> Modality:
        """Read from the voice."""
        return Modality.VOICE

    @cached_property
    def _edges_hz(self) -> NDArray[np.float64]:
        """Lower edge, centre and upper edge of band k are entries k, k + 1 and k + 2."""
        mel = np.linspace(hz_to_mel(self.low_hz), hz_to_mel(self.high_hz), self.n_mels + 2)
        return np.asarray(700 * (10 ** (mel / 2595) - 1), dtype=np.float64)

    @cached_property
    def _filters(self) -> NDArray[np.float64]:
        """Triangles of height 1, shape (n_fft // 2 + 1, n_mels)."""
        bins_hz = fft.rfftfreq(self.n_fft, 1 / self.sampling_rate_hz)[:, None]
        low, centre, high = (self._edges_hz[i : i + self.n_mels] for i in range(3))
        rising = (bins_hz - low) / (centre - low)
        falling = (high - bins_hz) / (high - centre)
        return np.asarray(np.clip(np.minimum(rising, falling), 0, None), dtype=np.float64)

    @cached_property
    def _window(self) -> NDArray[np.float64]:
        """Periodic Hann window."""
        return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.n_fft) / self.n_fft)

    def specs(self) -> tuple[FeatureSpec, ...]:
        """Four statistics of every band: ``mel_00_mean`` and so on, statistics outermost."""
        return self._specs

    @cached_property
    def _specs(self) -> tuple[FeatureSpec, ...]:
        return tuple(
            FeatureSpec(
                name=f"mel_{band:02d}_{statistic}",
                unit="dB" if "delta" not in statistic else "dB/frame",
                minimum=0.0 if statistic.endswith("std") else -inf,
                maximum=inf,
                source=SOURCE,
                group="sound spectrum",
                meaning=f"{words} around {self._edges_hz[band + 1]:.0f} Hz",
            )
            for statistic, words in _STATISTICS
            for band in range(self.n_mels)
        )

    def stamp(self) -> Stamp:
        """Provenance."""
        return stamp_of(self)

    def extract(self, recording: Recording, segments: Sequence[Segment]) -> Extraction:
        """Measure each segment; digital silence has no spectrum and stays NaN.

        Raises:
            DataError: The recording has no audio, or it cannot be read.
        """
        values = np.full((len(segments), len(self._specs)), np.nan)
        coverage = np.zeros(len(segments))
        n_short = 0
        # n_fft // 2 + 1: the reflection at both ends needs so many samples.
        least = max(self.n_fft // 2 + 1, round(self.min_segment_s * self.sampling_rate_hz))
        for stretch in participant_speech(
            recording, segments, sampling_rate_hz=self.sampling_rate_hz
        ):
            if len(stretch.samples) < least:
                n_short += 1
            elif stretch.samples.any():
                values[stretch.row] = statistics(self.spectrogram(stretch.samples))
                coverage[stretch.row] = stretch.share
        notes = (
            (f"{n_short} segments hold less than {self.min_segment_s:g} s of sound and were not "
             "measured (min_segment_s)",)
            if n_short
            else ()
        )  # fmt: skip
        table = voice_table(
            name=self.name,
            specs=self._specs,
            segments=segments,
            values=values,
            coverage=coverage,
            stamp=self.stamp(),
            notes=notes,
        )
        return Extraction(segments=table)

    def spectrogram(self, samples: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return band levels in dB, shape (n_frames, n_mels), ``1 + n_samples // hop`` frames."""
        padded = np.pad(samples.astype(np.float64), self.n_fft // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.n_fft)[:: self.hop]
        parts = []
        for first in range(0, len(frames), _FRAMES_AT_ONCE):
            spectrum = fft.rfft(frames[first : first + _FRAMES_AT_ONCE] * self._window, axis=1)
            parts.append((spectrum.real**2 + spectrum.imag**2) @ self._filters)
        level_db = 10 * np.log10(np.maximum(np.concatenate(parts), LEAST_POWER))
        return np.asarray(np.maximum(level_db, level_db.max() - self.top_db), dtype=np.float64)


def hz_to_mel(frequency_hz: float) -> float:
    """Return a frequency on the mel scale of O'Shaughnessy (1987).

    Example:
        >>> round(hz_to_mel(1000.0))
        1000
    """
    return float(2595 * np.log10(1 + frequency_hz / 700))


def statistics(level_db: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return mean and standard deviation of bands, then of their deltas, shape (4 n_bands,)."""
    change = deltas(level_db)
    return np.concatenate([f(axis=0) for x in (level_db, change) for f in (x.mean, x.std)])


def deltas(level_db: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return least-squares slopes over five frames, edges repeated, in dB per frame."""
    n_frames = len(level_db)
    padded = np.pad(level_db, ((DELTA_REACH, DELTA_REACH), (0, 0)), mode="edge")
    change = np.zeros_like(level_db)
    for reach in range(1, DELTA_REACH + 1):
        later = padded[DELTA_REACH + reach : DELTA_REACH + reach + n_frames]
        earlier = padded[DELTA_REACH - reach : DELTA_REACH - reach + n_frames]
        change += reach * (later - earlier)
    return change / (2 * sum(reach**2 for reach in range(1, DELTA_REACH + 1)))
