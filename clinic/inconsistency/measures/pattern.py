"""Named ways of disagreeing, such as a smile over negative words."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from clinic.errors import SetupError
from clinic.inconsistency.measures.base import CHANNEL, Floats, modalities_of
from clinic.records import FeatureSpec


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
