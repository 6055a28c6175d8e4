"""Differences of one quantity between two modalities, signed and in size."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from clinic.inconsistency.measures.base import CHANNEL, Floats, QuantityComparison
from clinic.records import FeatureSpec


@dataclass(frozen=True, kw_only=True)
class SignedDifference(QuantityComparison):
    """First minus second, in standard deviations of the person.

    It brings no moments: the sign is for the curve and the model, moments come from the size.
    """

    @property
    def name(self) -> str:
        """Such as ``arousal_voice_minus_text``."""
        return f"{self.quantity}_{self.first}_minus_{self.second}"

    def spec(self) -> FeatureSpec:
        """Column description."""
        first, second = CHANNEL[self.first], CHANNEL[self.second]
        return FeatureSpec(
            name=self.name,
            unit="SD of this person",
            minimum=-np.inf,
            maximum=np.inf,
            source="Difference of personal z scores after arXiv:2412.18614",
            group=self.group,
            meaning=f"{self.quantity} of the {first} above that of the {second}",
        )

    def values(self, scores: Mapping[str, Floats]) -> Floats:
        """Return first minus second."""
        first, second = self.readings
        return scores[first] - scores[second]


@dataclass(frozen=True, kw_only=True)
class AbsoluteDifference(QuantityComparison):
    """Size of the difference, in standard deviations of the person."""

    notable_sd: float | None

    @property
    def name(self) -> str:
        """Such as ``arousal_voice_text_apart``."""
        return f"{self.quantity}_{self.first}_{self.second}_apart"

    @property
    def notable(self) -> float | None:
        """From this size on a segment may be shown as a moment."""
        return self.notable_sd

    def spec(self) -> FeatureSpec:
        """Column description."""
        first, second = CHANNEL[self.first], CHANNEL[self.second]
        return FeatureSpec(
            name=self.name,
            unit="SD of this person",
            minimum=0.0,
            maximum=np.inf,
            source="Difference of personal z scores after arXiv:2412.18614",
            group=self.group,
            meaning=f"{self.quantity} of the {first} and of the {second} apart",
        )

    def values(self, scores: Mapping[str, Floats]) -> Floats:
        """Return the size of first minus second."""
        first, second = self.readings
        return np.abs(scores[first] - scores[second])
