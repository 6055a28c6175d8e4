"""Audio frames as one unbroken run of samples on the recording's clock."""

from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from clinic.errors import DataError

#: Timestamps may stray this far from the count of samples before a gap is believed. Matroska
#: rounds them to 1 ms, and browsers jitter by a few more; ITU-R BT.1359 puts the detectability
#: of sound against picture at 45 ms.
CLOCK_TOLERANCE_S = 0.02

_CHUNK_S = 10.0


class Continuity:
    """Turns decoded frames into contiguous float32 samples; gaps become silence.

    Args:
        zero_s: Container time that is second 0 of the recording.
        max_duration_s: Longest run.

    Attributes:
        start_s: Time of the first sample on the recording's clock, None before it came.
        n_samples: Samples given so far.
        filled_s, dropped_s: Silence put into gaps; overlapping sound left out.
        rate_hz, n_channels: Of the stream as decoded, 0 before the first frame.
    """

    def __init__(self, *, zero_s: float, max_duration_s: float) -> None:
        self.start_s: float | None = None
        self.n_samples = 0
        self.filled_s = 0.0
        self.dropped_s = 0.0
        self.rate_hz = 0
        self.n_channels = 0
        self.zero_s = zero_s
        self._max_duration_s = max_duration_s
        self._catching_up = False
        self._to_float = av.AudioResampler(format="fltp")

    @property
    def end_s(self) -> float:
        """End of the samples given so far on the recording's clock."""
        return (self.start_s or 0.0) + self.n_samples / self.rate_hz if self.rate_hz else 0.0

    def push(self, frame: Any) -> Iterator[NDArray[np.float32]]:
        """Yield the samples that a frame adds, shape (n_channels, n_samples).

        Raises:
            DataError: The stream changes its format midway, or runs past the longest duration.
        """
        rate_hz, n_channels = int(frame.sample_rate), int(frame.layout.nb_channels)
        if not self.rate_hz:
            self.rate_hz, self.n_channels = rate_hz, n_channels
        if (rate_hz, n_channels) != (self.rate_hz, self.n_channels):
            raise DataError(
                f"audio changes from {self.rate_hz} Hz, {self.n_channels} channels "
                f"to {rate_hz} Hz, {n_channels} channels midway"
            )
        try:
            converted = self._to_float.resample(frame)
        except ValueError as error:
            raise DataError("audio changes its sample format midway") from error
        time_s = None if frame.time is None else float(frame.time) - self.zero_s
        for part in converted:
            yield from self._place(part.to_ndarray(), time_s)
            time_s = None

    def _place(
        self, samples: NDArray[np.float32], time_s: float | None
    ) -> Iterator[NDArray[np.float32]]:
        if self.start_s is None:
            self.start_s = max(time_s or 0.0, 0.0)
        if time_s is not None:
            ahead = round((time_s - self.start_s) * self.rate_hz) - self.n_samples
            if time_s > self._max_duration_s:
                raise DataError(
                    f"audio reaches {time_s:.0f} s, at most {self._max_duration_s:.0f} s "
                    "(max_duration_s)"
                )
            exact = self._catching_up or self.n_samples == 0
            tolerance = 0 if exact else CLOCK_TOLERANCE_S * self.rate_hz
            # An overlap is left out to its very end, not only until the tolerance is met.
            self._catching_up = ahead < -tolerance and -ahead >= samples.shape[1]
            if ahead > tolerance:
                yield from self._silence(ahead)
            elif ahead < -tolerance:
                if self.n_samples:
                    self.dropped_s += min(-ahead, samples.shape[1]) / self.rate_hz
                samples = samples[:, -ahead:]
        if samples.shape[1]:
            self.n_samples += samples.shape[1]
            yield samples

    def _silence(self, n_samples: int) -> Iterator[NDArray[np.float32]]:
        self.filled_s += n_samples / self.rate_hz
        chunk = int(_CHUNK_S * self.rate_hz)
        while n_samples > 0:
            size = min(chunk, n_samples)
            self.n_samples += size
            n_samples -= size
            yield np.zeros((self.n_channels, size), dtype=np.float32)
