"""Silences inside a turn, told from speech by their level."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.features.speech.levels import FRAME_S


@dataclass(frozen=True, kw_only=True, eq=False)
class Pauses:
    """What one turn holds.

    Args:
        span_s: From the first to the last sound of speech.
        lengths_s: Length of each silence in between that is long enough to be a pause.
        speech_share: Share of the turn's frames that are not silent.
    """

    span_s: float
    lengths_s: NDArray[np.float64]
    speech_share: float

    @property
    def total_s(self) -> float:
        """Time spent pausing."""
        return float(self.lengths_s.sum())


def find_pauses(
    level_dbfs: NDArray[np.float64], *, silence_dbfs: float, min_pause_s: float
) -> Pauses:
    """Find pauses between the first and the last frame of speech.

    Silence before the first and after the last sound belongs to the gap between turns.

    Args:
        level_dbfs: Shape (n_frames,), one level every 10 ms.
        silence_dbfs: A quieter frame is silent.
        min_pause_s: A shorter silence belongs to articulation.
    """
    is_speech = level_dbfs >= silence_dbfs
    if not is_speech.any():
        return Pauses(span_s=0.0, lengths_s=np.empty(0), speech_share=0.0)
    spoken = np.flatnonzero(is_speech)
    span_s = (spoken[-1] - spoken[0] + 1) * FRAME_S
    silences_s = (np.diff(spoken) - 1) * FRAME_S
    # 1e-9: 25 * 0.01 is 0.25 in floating point, 35 * 0.01 is not 0.35.
    lengths_s = silences_s[silences_s >= min_pause_s - 1e-9]
    return Pauses(span_s=float(span_s), lengths_s=lengths_s, speech_share=float(is_speech.mean()))
