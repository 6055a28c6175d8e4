"""What a measure of disagreement is, and the names that all of them share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clinic.records import FeatureSpec

Floats = NDArray[np.float64]

#: How a modality is called in a report.
CHANNEL = {"text": "words", "voice": "voice", "face": "face"}


class Measure(Protocol):
    """Compares two modalities or more.

    A measure is handed readings by name (``text_valence``, ``voice_arousal`` ...) and works
    element by element with broadcasting: the same function gives the value of a segment and,
    with one modality laid along rows and the other along columns, those of all chance pairings.

    ``readings`` names what it needs; ``notable`` is the value from which a segment counts in
    the rate and may be shown as a moment; None for measures that show no moments.
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


class Comparison:
    """What most measures have in common: they are no patterns and bring no moments."""

    @property
    def notable(self) -> float | None:
        """None: never shown as a moment."""
        return None

    @property
    def is_pattern(self) -> bool:
        """Never."""
        return False


@dataclass(frozen=True, kw_only=True)
class QuantityComparison(Comparison):
    """One quantity, such as arousal, in two modalities."""

    quantity: str
    first: str
    second: str

    @property
    def readings(self) -> tuple[str, ...]:
        """The two z scores."""
        return (f"{self.first}_{self.quantity}", f"{self.second}_{self.quantity}")

    @property
    def group(self) -> str:
        """How the pair is called in a report."""
        return f"{CHANNEL[self.second]} against {CHANNEL[self.first]}"


def modalities_of(readings: Sequence[str]) -> tuple[str, ...]:
    """Return the modalities of reading names, in their order, none twice.

    Example:
        >>> modalities_of(["text_valence", "face_smile", "text_arousal"])
        ('text', 'face')
    """
    return tuple(dict.fromkeys(name.split("_", 1)[0] for name in readings))
