"""The emotions that words, voice and face are compared on, and their columns."""

import numpy as np
from numpy.typing import NDArray

from clinic.records import FeatureSpec

Floats = NDArray[np.float64]

#: CREMA-D's six (Cao et al. 2014, doi:10.1109/TAFFC.2014.2336244): those that all three readers
#: know. What only one of them knows (surprise, boredom) is left out and the rest brought to 1.
EMOTIONS = ("anger", "disgust", "fear", "joy", "sadness", "neutral")

PREFIX = "emotion_"

#: Names of the columns in a reader's table.
EMOTION_COLUMNS = tuple(f"{PREFIX}{emotion}" for emotion in EMOTIONS)


def emotion_specs(*, source: str, group: str, seen_in: str) -> tuple[FeatureSpec, ...]:
    """Return the six columns of a reader, probabilities that sum to 1 in a row."""
    return tuple(
        FeatureSpec(
            name=column,
            unit="1",
            minimum=0.0,
            maximum=1.0,
            source=source,
            group=group,
            meaning=f"probability of {emotion} in the {seen_in}",
        )
        for column, emotion in zip(EMOTION_COLUMNS, EMOTIONS, strict=True)
    )


def renormalised(probabilities: Floats, *, least_mass: float) -> Floats:
    """Return rows brought to sum 1; NaN where less than ``least_mass`` fell on the six.

    Args:
        probabilities: Shape (n, 6), parts of a larger distribution.
    """
    mass = probabilities.sum(axis=1, keepdims=True)
    enough = mass >= least_mass
    return np.where(enough, probabilities / np.where(enough, mass, 1.0), np.nan)
