"""From the model's raw output to what a reader may see: an estimate, or the reason for none."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.records.modality import Condition
from clinic.records.scale import Scale

#: 1e-6: probabilities that went through float32 sum to 1 within this.
PROBABILITY_TOLERANCE = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class RawEstimate:
    """One target straight from the model, not yet calibrated; no reader may see it.

    Args:
        log_probabilities: Shape (n_bands,), natural logs, normalised.
        score: On the scale's range; None for a yes/no rating.
        segment_logits: Shape (n_segments,), log-odds per segment where the target is
            localised (A/H), NaN where a segment was not observed; else None.
    """

    scale: Scale
    log_probabilities: NDArray[np.float64]
    score: float | None
    segment_logits: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if self.log_probabilities.shape != (self.scale.n_bands,):
            raise ValueError(f"{self.scale.name}: {self.log_probabilities.shape} probabilities")
        total = float(np.exp(self.log_probabilities).sum())
        if not math.isclose(total, 1.0, abs_tol=1e-4):
            raise ValueError(f"{self.scale.name}: probabilities sum to {total}")
        if self.score is not None:
            _require_on_scale(self.scale, self.score)


@dataclass(frozen=True, kw_only=True)
class MomentEstimate:
    """Calibrated probability that one segment shows A/H."""

    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, kw_only=True)
class SeverityEstimate:
    """A settled estimate.

    Args:
        probabilities: Calibrated, one per band.
        score: None for a yes/no rating.
        interval: Conformal interval of the score, both ends on the scale; None for a rating.
        coverage: Nominal coverage of the interval and of the set of plausible bands.
        plausible_bands: Indices of a run of adjacent bands (conformal set), rising.
        moments: Per segment, where the target is localised.
    """

    scale: Scale
    probabilities: tuple[float, ...]
    score: float | None
    interval: tuple[float, float] | None
    coverage: float
    plausible_bands: tuple[int, ...]
    moments: tuple[MomentEstimate, ...] = ()

    def __post_init__(self) -> None:
        name = self.scale.name
        if len(self.probabilities) != self.scale.n_bands:
            raise ValueError(f"{name}: {len(self.probabilities)} probabilities")
        if min(self.probabilities) < 0 or not math.isclose(
            sum(self.probabilities), 1.0, abs_tol=PROBABILITY_TOLERANCE
        ):
            raise ValueError(f"{name}: probabilities {self.probabilities}")
        bands = list(self.plausible_bands)
        if not bands or bands != list(range(bands[0], bands[-1] + 1)):
            raise ValueError(f"{name}: plausible bands {bands} are not a run")
        if bands[0] < 0 or bands[-1] >= self.scale.n_bands:
            raise ValueError(f"{name}: plausible bands {bands} off the scale")
        if not 0 < self.coverage < 1:
            raise ValueError(f"{name}: coverage {self.coverage}")
        if (self.score is None) != (self.interval is None):
            raise ValueError(f"{name}: a score needs an interval")
        if self.score is not None and self.interval is not None:
            low, high = self.interval
            _require_on_scale(self.scale, low)
            _require_on_scale(self.scale, high)
            if not low <= self.score <= high:
                raise ValueError(f"{name}: score {self.score} outside [{low}, {high}]")

    @property
    def condition(self) -> Condition:
        """The condition estimated."""
        return self.scale.condition

    @property
    def most_probable_band(self) -> int:
        """Index of the band with the highest probability."""
        return int(np.argmax(self.probabilities))

    @property
    def cutoff_probability(self) -> float:
        """Probability of reaching the screening cut-off."""
        return float(sum(self.probabilities[self.scale.cutoff_band :]))


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """No estimate, and why: what came, what was needed, which setting decides."""

    scale: Scale
    reason: str

    @property
    def condition(self) -> Condition:
        """The condition not estimated."""
        return self.scale.condition


Settled = SeverityEstimate | Withheld


def _require_on_scale(scale: Scale, score: float) -> None:
    if not scale.minimum <= score <= scale.maximum:
        raise ValueError(f"{scale.name} score {score}, [{scale.minimum}, {scale.maximum}] needed")
