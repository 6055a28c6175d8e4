"""The scale of one target: its range, bands and cut-off. Values live in ``conf/scales``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from cattrs import override

from clinic.records.modality import Condition

#: Left out of a stored result where a scale has no items, so that results without stay readable
#: by, and equal byte for byte to those of, earlier versions.
_UNLESS_NONE = override(omit_if_default=True)


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
        n_items: Items whose sum is the score; 0 where it is no sum, or its items are not used.
        item_minimum, item_maximum: Range of every item's answer, whole numbers.

    Raises:
        ValueError: Bands, cut-off or items contradict the range.
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
    n_items: Annotated[int, _UNLESS_NONE] = 0
    item_minimum: Annotated[float, _UNLESS_NONE] = 0
    item_maximum: Annotated[float, _UNLESS_NONE] = 0

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
        if self.n_items:
            self._require_items_that_sum()

    @property
    def n_bands(self) -> int:
        """Number of bands."""
        return len(self.band_names)

    @property
    def n_levels(self) -> int:
        """Answers that an item allows, 0 without items."""
        return int(self.item_maximum - self.item_minimum) + 1 if self.n_items else 0

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

    def _require_items_that_sum(self) -> None:
        """Refuse items whose least and greatest sum are not the ends of the scale."""
        ends = (self.item_minimum, self.item_maximum)
        if self.n_items < 0 or any(end != int(end) for end in ends) or ends[0] >= ends[1]:
            raise ValueError(
                f"scale {self.name}: {self.n_items} items from {ends[0]:g} to {ends[1]:g}, "
                "whole numbers that rise needed (n_items, item_minimum, item_maximum)"
            )
        sums = tuple(self.n_items * end for end in ends)
        if sums != (self.minimum, self.maximum):
            raise ValueError(
                f"scale {self.name}: {self.n_items} items sum to [{sums[0]:g}, {sums[1]:g}], "
                f"the scale spans [{self.minimum:g}, {self.maximum:g}] (n_items)"
            )
