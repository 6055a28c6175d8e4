"""Why the model said what it said: contributions that add up to its output."""

import math
from dataclasses import dataclass

from clinic.records.modality import Condition, Modality

#: Contributions must add up to the output within this share of the scale's unit.
ADDITIVITY_TOLERANCE = 1e-3


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """One feature's share of the output.

    Args:
        value: In the unit of the explained output; positive raises it.
        observed: The feature's mean over the interview in its own unit, None if absent.
        typical: The same in the background cohort.
    """

    modality: Modality
    group: str
    feature: str
    meaning: str
    value: float
    observed: float | None = None
    typical: float | None = None
    unit: str = "1"


@dataclass(frozen=True, kw_only=True)
class MomentContribution:
    """One segment's share of the output, with the words said."""

    start_s: float
    end_s: float
    value: float
    quote: str | None = None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Additive attribution of one output, by feature and by moment.

    Args:
        output_name: What is explained, such as ``PHQ-8 score before calibration``.
        base: Output for the background cohort.
        output: Output for this recording.
        contributions: ``base + sum(values) = output``.
        moments: The same total shared out over segments: ``moment_base + sum = output``.
        sentences: The strongest contributions in plain words.

    Raises:
        ValueError: Sums do not add up.
    """

    condition: Condition
    output_name: str
    unit: str
    method: str
    base: float
    output: float
    contributions: tuple[Contribution, ...]
    moment_base: float
    moments: tuple[MomentContribution, ...]
    sentences: tuple[str, ...]

    def __post_init__(self) -> None:
        for base, parts in (
            (self.base, [c.value for c in self.contributions]),
            (self.moment_base, [m.value for m in self.moments]),
        ):
            total = base + math.fsum(parts)
            if parts and not math.isclose(total, self.output, abs_tol=ADDITIVITY_TOLERANCE):
                raise ValueError(
                    f"{self.output_name}: parts add up to {total:.4f}, output {self.output:.4f}"
                )

    def by_group(self) -> dict[tuple[Modality, str], float]:
        """Return contributions summed per (modality, feature group)."""
        sums: dict[tuple[Modality, str], float] = {}
        for item in self.contributions:
            key = (item.modality, item.group)
            sums[key] = sums.get(key, 0.0) + item.value
        return sums

    def by_modality(self) -> dict[Modality, float]:
        """Return contributions summed per modality."""
        sums: dict[Modality, float] = {}
        for (modality, _), value in self.by_group().items():
            sums[modality] = sums.get(modality, 0.0) + value
        return sums
