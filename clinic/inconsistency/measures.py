"""Measures of disagreement between two modalities, one value a segment.

A measure is handed personal z scores by name (``text_valence``, ``voice_arousal`` ...) and works
element by element with broadcasting: the same function gives the value of a segment and, with
one modality laid along rows and the other along columns, the values of all chance pairings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from clinic.errors import SetupError
from clinic.records import FeatureSpec

Floats = NDArray[np.float64]

#: How a modality is called in a report.
CHANNEL = {"text": "words", "voice": "voice", "face": "face"}


class Measure(Protocol):
    """Compares two modalities.

    ``readings`` names the z scores that it needs; ``notable`` is the value from which a segment
    counts in the rate and may be shown as a moment; None for measures that show no moments.
    """

    @property
    def name(self) -> str: ...
    @property
    def readings(self) -> tuple[str, ...]: ...
    @property
    def notable(self) -> float | None: ...
    @property
    def is_pattern(self) -> bool: ...

    def spec(self) -> FeatureSpec: ...

    def values(self, scores: Mapping[str, Floats]) -> Floats:
        """Return the disagreement, NaN where a reading is absent."""
        ...


@dataclass(frozen=True, kw_only=True)
class SignedDifference:
    """First minus second, in standard deviations of the person."""

    quantity: str
    first: str
    second: str

    @property
    def name(self) -> str:
        """Such as ``arousal_voice_minus_text``."""
        return f"{self.quantity}_{self.first}_minus_{self.second}"

    @property
    def readings(self) -> tuple[str, ...]:
        """The two z scores."""
        return _two_readings(self.quantity, self.first, self.second)

    @property
    def notable(self) -> float | None:
        """None: the sign is for the curve and the model, moments come from the size."""
        return None

    @property
    def is_pattern(self) -> bool:
        """Never."""
        return False

    def spec(self) -> FeatureSpec:
        """Column description."""
        first, second = CHANNEL[self.first], CHANNEL[self.second]
        return FeatureSpec(
            name=self.name,
            unit="SD of this person",
            minimum=-np.inf,
            maximum=np.inf,
            source="Difference of personal z scores after arXiv:2412.18614",
            group=f"{second} against {first}",
            meaning=f"{self.quantity} of the {first} above that of the {second}",
        )

    def values(self, scores: Mapping[str, Floats]) -> Floats:
        """Return first minus second."""
        first, second = self.readings
        return scores[first] - scores[second]


@dataclass(frozen=True, kw_only=True)
class AbsoluteDifference:
    """Size of the difference, in standard deviations of the person."""

    quantity: str
    first: str
    second: str
    notable_sd: float | None

    @property
    def name(self) -> str:
        """Such as ``arousal_voice_text_apart``."""
        return f"{self.quantity}_{self.first}_{self.second}_apart"

    @property
    def readings(self) -> tuple[str, ...]:
        """The two z scores."""
        return _two_readings(self.quantity, self.first, self.second)

    @property
    def notable(self) -> float | None:
        """From this size on a segment may be shown as a moment."""
        return self.notable_sd

    @property
    def is_pattern(self) -> bool:
        """Never."""
        return False

    def spec(self) -> FeatureSpec:
        """Column description."""
        first, second = CHANNEL[self.first], CHANNEL[self.second]
        return FeatureSpec(
            name=self.name,
            unit="SD of this person",
            minimum=0.0,
            maximum=np.inf,
            source="Difference of personal z scores after arXiv:2412.18614",
            group=f"{second} against {first}",
            meaning=f"{self.quantity} of the {first} and of the {second} apart",
        )

    def values(self, scores: Mapping[str, Floats]) -> Floats:
        """Return the size of first minus second."""
        first, second = self.readings
        return np.abs(scores[first] - scores[second])


@dataclass(frozen=True, kw_only=True)
class Divergence:
    """Jensen-Shannon divergence between the low / middle / high distributions of two readings.

    A reading z with error of ``reading_sd`` is low with probability
    P(z + error < -cut_sd), high with P(z + error > cut_sd), in the middle otherwise.

    Source:
        Lin (1991), doi:10.1109/18.61115; base 2, so that it runs from 0 to 1.
    """

    quantity: str
    first: str
    second: str
    cut_sd: float
    reading_sd: float

    @property
    def name(self) -> str:
        """Such as ``arousal_voice_text_divergence``."""
        return f"{self.quantity}_{self.first}_{self.second}_divergence"

    @property
    def readings(self) -> tuple[str, ...]:
        """The two z scores."""
        return _two_readings(self.quantity, self.first, self.second)

    @property
    def notable(self) -> float | None:
        """None: moments come from the difference, which is in the person's unit."""
        return None

    @property
    def is_pattern(self) -> bool:
        """Never."""
        return False

    def spec(self) -> FeatureSpec:
        """Column description."""
        first, second = CHANNEL[self.first], CHANNEL[self.second]
        return FeatureSpec(
            name=self.name,
            unit="bit",
            minimum=0.0,
            maximum=1.0,
            source="Lin (1991), doi:10.1109/18.61115",
            group=f"{second} against {first}",
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


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """A named way of disagreeing: every reading lies on its side, and by how much at least.

    The value is the smallest of the directed z scores, zero where one is on the wrong side.

    Args:
        directions: By reading: ``high``, ``low``, or ``either`` (far from usual, whichever way).
        notable_sd: From this value on a segment counts as showing the pattern.

    Raises:
        SetupError: Not exactly two modalities, or an unknown direction.
    """

    pattern: str
    directions: Mapping[str, str]
    notable_sd: float
    meaning: str
    source: str

    def __post_init__(self) -> None:
        unknown = set(self.directions.values()) - {"high", "low", "either"}
        if unknown:
            raise SetupError(f"{self.pattern}: direction {sorted(unknown)}: high, low or either")
        if len(modalities_of(self.readings)) != 2:
            raise SetupError(f"{self.pattern}: readings {self.readings}, two modalities needed")

    @property
    def name(self) -> str:
        """The name given in the settings."""
        return self.pattern

    @property
    def readings(self) -> tuple[str, ...]:
        """Names of the z scores."""
        return tuple(self.directions)

    @property
    def notable(self) -> float | None:
        """From this value on a segment shows the pattern."""
        return self.notable_sd

    @property
    def is_pattern(self) -> bool:
        """Always."""
        return True

    def spec(self) -> FeatureSpec:
        """Column description."""
        first, second = (CHANNEL[name] for name in modalities_of(self.readings))
        return FeatureSpec(
            name=self.name,
            unit="SD of this person",
            minimum=0.0,
            maximum=np.inf,
            source=self.source,
            group=f"{first} against {second}",
            meaning=self.meaning,
        )

    def values(self, scores: Mapping[str, Floats]) -> Floats:
        """Return the least of the directed scores, at least 0."""
        least: Floats | None = None
        for reading, direction in self.directions.items():
            score = scores[reading]
            directed = {"high": score, "low": -score, "either": np.abs(score)}[direction]
            # np.minimum hands NaN on: an absent reading makes the pattern unknown, not absent.
            least = directed if least is None else np.minimum(least, directed)
        if least is None:
            raise AssertionError(f"{self.pattern} without readings")
        return np.maximum(least, 0.0)


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


def modalities_of(readings: Sequence[str]) -> tuple[str, ...]:
    """Return the modalities of reading names, in their order, none twice.

    Example:
        >>> modalities_of(["text_valence", "face_smile", "text_arousal"])
        ('text', 'face')
    """
    return tuple(dict.fromkeys(name.split("_", 1)[0] for name in readings))


def _relative_entropy(first: Floats, second: Floats) -> Floats:
    ratio = np.divide(first, second, out=np.ones_like(first), where=second > 0)
    # NaN passes: NaN > 0 is false in the mask, but first itself is NaN in the product.
    logs = np.log2(ratio, out=np.zeros_like(ratio), where=ratio > 0)
    return (first * logs).sum(axis=-1)


def _two_readings(quantity: str, first: str, second: str) -> tuple[str, ...]:
    return (f"{first}_{quantity}", f"{second}_{quantity}")
