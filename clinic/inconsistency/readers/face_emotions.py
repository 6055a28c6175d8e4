"""From action units (AUs) to emotions: how well a face fits what people show for each emotion."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.readers.emotions import EMOTIONS

Floats = NDArray[np.float64]

NEUTRAL = EMOTIONS.index("neutral")


@dataclass(frozen=True, kw_only=True)
class EmotionPrototypes:
    """Probabilities of the six emotions from the share of people who show each AU.

    With ``a`` in [0, 1] how far an AU is shown and ``q`` the share of people who show it in an
    emotion, an emotion's evidence is the sum of ``a log q + (1 - a) log(1 - q)`` over the AUs
    that were observed; probabilities follow from equal priors. AUs outside a prototype, and all
    AUs of a neutral face, have ``q = other_share``. AUs are taken as independent given the
    emotion, which they are not; ``temperature`` above 1 makes up for it.

    An AU that was not observed is left out of every sum. Where too little of an emotion's
    prototype is left, the face cannot speak for or against that emotion: its probability stays
    at the prior (one sixth), and the evidence divides what remains among the others.

    Args:
        prototypes: Per emotion, the share of people who show each AU.
        other_share: Share of people who show an AU that does not belong to the emotion.
        full_intensity: An AU of this intensity or more counts as fully shown.
        temperature: Divides the evidence.
        min_prototype_share: Least part of a prototype, by weight, that must be observed.

    Raises:
        SetupError: A prototype is missing, unknown, empty, or a share is outside (0, 1).

    Source:
        Du, Tao & Martinez (2014), doi:10.1073/pnas.1322355111, table 1: FACS codes of 230
        people who posed the emotions.
    """

    prototypes: Mapping[str, Mapping[str, float]]
    other_share: float
    full_intensity: float
    temperature: float
    min_prototype_share: float

    def __post_init__(self) -> None:
        wanted = set(EMOTIONS) - {"neutral"}
        if set(self.prototypes) != wanted:
            raise SetupError(
                f"prototypes of {sorted(self.prototypes)}, {sorted(wanted)} needed (prototypes)"
            )
        shares = [s for prototype in self.prototypes.values() for s in prototype.values()]
        if not all(self.prototypes.values()) or not all(
            0 < share < 1 for share in (*shares, self.other_share)
        ):
            raise SetupError("a prototype without AUs, or a share outside (0, 1) (prototypes)")

    @property
    def units(self) -> tuple[str, ...]:
        """AUs of any prototype, in order."""
        return tuple(sorted({au for prototype in self.prototypes.values() for au in prototype}))

    def probabilities(self, intensities: Mapping[str, Floats]) -> Floats:
        """Return shape (n, 6), rows that sum to 1; NaN where no emotion can be told.

        Args:
            intensities: Per AU, shape (n,), NaN where not observed; an absent AU is not observed.
        """
        names = [au for au in self.units if au in intensities]
        n_rows = len(next(iter(intensities.values()))) if intensities else 0
        if not names:
            return np.full((n_rows, len(EMOTIONS)), np.nan)
        values = np.column_stack([intensities[au] for au in names])
        seen = np.isfinite(values)
        shown = np.clip(np.where(seen, values, 0.0) / self.full_intensity, 0.0, 1.0)
        shares = self._shares(names)
        evidence = (shown * seen) @ np.log(shares).T + ((1 - shown) * seen) @ np.log1p(-shares).T
        readable = self.shares_left(intensities) >= self.min_prototype_share
        told = readable[:, :NEUTRAL].any(axis=1)
        return np.where(told[:, None], self._divide(evidence, readable), np.nan)

    def shares_left(self, intensities: Mapping[str, Floats]) -> Floats:
        """Return shape (n, 6): the part of each prototype, by weight, that was observed.

        1 for neutral, which has no prototype.
        """
        n_rows = len(next(iter(intensities.values()))) if intensities else 0
        left = np.ones((n_rows, len(EMOTIONS)))
        for column, emotion in enumerate(EMOTIONS[:NEUTRAL]):
            prototype = self.prototypes[emotion]
            seen = [w * np.isfinite(intensities[a]) for a, w in prototype.items()
                    if a in intensities]  # fmt: skip
            left[:, column] = np.sum(seen, axis=0) / sum(prototype.values()) if seen else 0.0
        return left

    def lost(self, available: frozenset[str]) -> str | None:
        """Say how much of each prototype is left, and which emotions cannot be told.

        Args:
            available: AUs that are measured and trusted.

        Returns:
            None where every prototype is whole.
        """
        read, untold = [], []
        for emotion in EMOTIONS[:NEUTRAL]:
            prototype = self.prototypes[emotion]
            left = sum(w for au, w in prototype.items() if au in available)
            share = left / sum(prototype.values())
            if share < self.min_prototype_share:
                untold.append(f"{emotion} ({share:.0%})")
            elif share < 1:
                read.append(f"{emotion} ({share:.0%})")
        parts = [f"only part of the prototype is measured of {', '.join(read)}"] if read else []
        if untold:
            parts.append(
                f"{', '.join(untold)} cannot be told, {self.min_prototype_share:.0%} needed "
                "(min_prototype_share)"
            )
        return f"Emotions of the face: {'; '.join(parts)}." if parts else None

    def _shares(self, names: list[str]) -> Floats:
        """Return q, shape (6, n_units)."""
        none: Mapping[str, float] = {}
        return np.array(
            [
                [self.prototypes.get(emotion, none).get(au, self.other_share) for au in names]
                for emotion in EMOTIONS
            ]
        )

    def _divide(self, evidence: Floats, readable: NDArray[np.bool_]) -> Floats:
        """Share out by evidence what the unreadable emotions leave."""
        prior = 1.0 / len(EMOTIONS)
        scaled = np.where(readable, evidence / self.temperature, -np.inf)
        weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        left = 1.0 - prior * (~readable).sum(axis=1, keepdims=True)
        told = left * weights / weights.sum(axis=1, keepdims=True)
        return np.where(readable, told, prior)
