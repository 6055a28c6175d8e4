"""Statistics of voice readings, in the form that intervals over speakers need."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clinic.validation.study_intervals import Weighted
from clinic.validation.training.voice_fit import ROUSED
from clinic.validation.voice.emodb import ACTED

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

_ROUSED = np.array([ROUSED[name] for name in ACTED])


def average_recall(emotions: Places, guessed: Places) -> Weighted:
    """Return the statistic "unweighted average recall" over the emotions that occur.

    NaN in a draw in which an emotion does not occur at all.
    """
    present = np.unique(emotions)
    right = (guessed == emotions).astype(np.float64)

    def statistic(weights: Floats) -> Floats:
        recalls = []
        for emotion in present:
            is_it = (emotions == emotion).astype(np.float64)
            total = weights @ is_it
            found = np.full(len(weights), np.nan)
            np.divide(weights @ (right * is_it), total, out=found, where=total > 0)
            recalls.append(found)
        return np.mean(recalls, axis=0)

    return statistic


def speaker_areas(speakers: Sequence[str], emotions: Places, arousal: Floats) -> dict[str, float]:
    """Return by speaker how well arousal tells roused from calm (area under the ROC curve).

    Disgust, which is neither, is left out; so are utterances without a reading. NaN for a
    speaker without both.
    """
    found = {}
    names = np.asarray(speakers)
    for speaker in sorted(set(speakers)):
        own = (names == speaker) & np.isfinite(arousal)
        high = arousal[own & (_ROUSED[emotions] == 1.0)]
        low = arousal[own & (_ROUSED[emotions] == 0.0)]
        found[speaker] = area(high, low)
    return found


def area(high: Floats, low: Floats) -> float:
    """Return the share of pairs in which ``high`` is above ``low``, ties counting half."""
    if not len(high) or not len(low):
        return float("nan")
    gaps = high[:, None] - low[None, :]
    return float(np.mean((gaps > 0) + 0.5 * (gaps == 0)))
