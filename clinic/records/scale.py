"""The scale of one target: its range, bands and cut-off. Values live in ``conf/scales``."""

from collections.abc import Sequence
from dataclasses import dataclass

from clinic.records.modality import Condition


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A questionnaire's scale, or a yes/no rating (two bands, ``score_unit`` None).

    Args:
        condition: What it measures.
        name: ``PHQ-8``, ``PCL-C``, ``A/H``.
        minimum, maximum: Range of the score.
        band_names: Names in rising order.
        band_starts: First score of each band; bands are half-open, so that the real-valued
            estimate 4.6 lies in [0, 5).
        cutoff: Score at or above which screening is positive; the start of one band.
        note: What a reader must know about the bands, such as "study bands, not validated".
        source: Where range, bands and cut-off come from.
    """

    condition: Condition
    name: str
    minimum: float
    maximum: float
    band_names: Sequence[str]
    band_starts: Sequence[float]
    cutoff: float
    note: str
    source: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "condition", Condition(self.condition))
        object.__setattr__(self, "band_names", tuple(self.band_names))
        object.__setattr__(self, "band_starts", tuple(float(s) for s in self.band_starts))
        starts = list(self.band_starts)
        if len(starts) != len(self.band_names) or starts != sorted(set(starts)):
            raise ValueError(f"scale {self.name}: bands need names and rising starts")
        if starts[0] != self.minimum or starts[-1] > self.maximum:
            raise ValueError(f"scale {self.name}: bands do not span the range")
        if self.cutoff not in starts:
            raise ValueError(f"scale {self.name}: cut-off {self.cutoff} is no band's start")

    @property
    def n_bands(self) -> int:
        """Number of bands."""
        return len(self.band_names)

    @property
    def is_rating(self) -> bool:
        """True for a yes/no rating such as A/H, which has no score beside its probability."""
        return self.n_bands == 2 and self.maximum == 1

    @property
    def cutoff_band(self) -> int:
        """Index of the first band at or above the cut-off."""
        return list(self.band_starts).index(self.cutoff)

    def band_of(self, score: float) -> int:
        """Return the index of the band that holds a score.

        Raises:
            ValueError: The score is off the scale.
        """
        if not self.minimum <= score <= self.maximum:
            raise ValueError(f"{self.name} score {score}, [{self.minimum}, {self.maximum}] needed")
        return sum(score >= start for start in self.band_starts) - 1
