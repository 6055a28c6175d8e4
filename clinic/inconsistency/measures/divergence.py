"""Jensen-Shannon divergence, and that of low / middle / high between two readings."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from clinic.inconsistency.measures.base import CHANNEL, Floats, QuantityComparison
from clinic.records import FeatureSpec


@dataclass(frozen=True, kw_only=True)
class Divergence(QuantityComparison):
    """Jensen-Shannon divergence between the low / middle / high distributions of two readings.

    A reading z with error of ``reading_sd`` is low with probability
    P(z + error < -cut_sd), high with P(z + error > cut_sd), in the middle otherwise.

    Source:
        Lin (1991), doi:10.1109/18.61115; base 2, so that it runs from 0 to 1.
    """

    cut_sd: float
    reading_sd: float

    @property
    def name(self) -> str:
        """Such as ``arousal_voice_text_divergence``."""
        return f"{self.quantity}_{self.first}_{self.second}_divergence"

    def spec(self) -> FeatureSpec:
        """Column description."""
        first, second = CHANNEL[self.first], CHANNEL[self.second]
        return FeatureSpec(
            name=self.name,
            unit="bit",
            minimum=0.0,
            maximum=1.0,
            source="Lin (1991), doi:10.1109/18.61115",
            group=self.group,
            meaning=f"how differently {first} and {second} place {self.quantity}",
        )

    def values(self, scores: Mapping[str, Floats]) -> Floats:
        """Return the divergence in bits."""
        first, second = self.readings
        return jensen_shannon(self._distribution(scores[first]), self._distribution(scores[second]))

    def _distribution(self, score: Floats) -> Floats:
        low = norm.cdf((-self.cut_sd - score) / self.reading_sd)
        high = norm.cdf((score - self.cut_sd) / self.reading_sd)
        return np.stack([low, np.clip(1.0 - low - high, 0.0, 1.0), high], axis=-1)


def jensen_shannon(first: Floats, second: Floats) -> Floats:
    """Return the divergence of distributions along the last axis, in bits, within [0, 1].

    Example:
        >>> jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 1.0])).item()
        1.0
    """
    first, second = np.broadcast_arrays(first, second)
    middle = (first + second) / 2
    bits = (_relative_entropy(first, middle) + _relative_entropy(second, middle)) / 2
    return np.clip(bits, 0.0, 1.0)


def _relative_entropy(first: Floats, second: Floats) -> Floats:
    ratio = np.divide(first, second, out=np.ones_like(first), where=second > 0)
    # NaN passes: NaN > 0 is false in the mask, but first itself is NaN in the product.
    logs = np.log2(ratio, out=np.zeros_like(ratio), where=ratio > 0)
    return (first * logs).sum(axis=-1)
