"""Totals and bands of questionnaires from their items, with a stated rule for missing answers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import DataError
from clinic.records import Scale

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Questionnaire:
    """A questionnaire whose total is the sum of its items.

    Args:
        lowest, highest: Answer of an item.
        most_missing: So many unanswered items are replaced by the mean of the person's answers;
            with more, the total is NaN. At 0 every item is needed: a sum over fewer items is a
            total of something else.
        self_harm_item: Number of the item on self-harm, counted from 1; None without one.
        source: Where items and range come from.
    """

    name: str
    n_items: int
    lowest: int
    highest: int
    source: str
    most_missing: int = 0
    self_harm_item: int | None = None

    @property
    def minimum(self) -> int:
        """Lowest total."""
        return self.n_items * self.lowest

    @property
    def maximum(self) -> int:
        """Highest total."""
        return self.n_items * self.highest

    def totals(self, items: Floats) -> Floats:
        """Return one total per person, NaN where too many answers are missing.

        A total with replaced items need not be whole: it is not rounded, since rounding would
        decide on which side of a cut-off it falls.

        Args:
            items: Shape (n_people, n_items), NaN = not answered.

        Raises:
            DataError: Another number of items, or an answer that the questionnaire lacks.
        """
        answers = self._checked(items)
        known = ~np.isnan(answers)
        n_known = known.sum(axis=1)
        mean = np.nansum(answers, axis=1) / np.maximum(n_known, 1)
        total = np.where(known, answers, mean[:, None]).sum(axis=1)
        enough = (self.n_items - n_known <= self.most_missing) & (n_known > 0)
        return np.where(enough, total, np.nan)

    def reports_self_harm(self, items: Floats) -> Floats:
        """Return 1 where the item on self-harm is above its lowest answer, 0, or NaN.

        Raises:
            DataError: The questionnaire has no such item, or as in ``totals``.
        """
        if self.self_harm_item is None:
            raise DataError(f"{self.name} has no item on self-harm: its score says nothing of it")
        answers = self._checked(items)[:, self.self_harm_item - 1]
        return np.where(np.isnan(answers), np.nan, answers > self.lowest)

    def bands(self, totals: Floats, scale: Scale) -> NDArray[np.intp]:
        """Return the band of each total, -1 where the total is NaN.

        Raises:
            DataError: The scale has another range.
        """
        if (scale.minimum, scale.maximum) != (self.minimum, self.maximum):
            raise DataError(
                f"scale {scale.name} runs {scale.minimum:g} to {scale.maximum:g}, {self.name} "
                f"{self.minimum} to {self.maximum} (scales)"
            )
        return np.array([-1 if np.isnan(t) else scale.band_of(t) for t in totals], dtype=np.intp)

    def _checked(self, items: Floats) -> Floats:
        answers = np.asarray(items, dtype=float)
        if answers.ndim != 2 or answers.shape[1] != self.n_items:
            raise DataError(f"{self.name}: items of shape {answers.shape}, (n, {self.n_items})")
        possible = np.isnan(answers) | np.isin(answers, np.arange(self.lowest, self.highest + 1))
        if not possible.all():
            row, column = np.argwhere(~possible)[0]
            raise DataError(
                f"{self.name} item {column + 1} of row {row}: {answers[row, column]:g}, whole "
                f"numbers {self.lowest} to {self.highest} needed"
            )
        return answers


PHQ9 = Questionnaire(
    name="PHQ-9",
    n_items=9,
    lowest=0,
    highest=3,
    self_harm_item=9,
    source="Kroenke et al. (2001), doi:10.1046/j.1525-1497.2001.016009606.x",
)
#: The first eight items of the PHQ-9.
PHQ8 = Questionnaire(
    name="PHQ-8",
    n_items=8,
    lowest=0,
    highest=3,
    source="Kroenke et al. (2009), doi:10.1016/j.jad.2008.06.026",
)
GAD7 = Questionnaire(
    name="GAD-7",
    n_items=7,
    lowest=0,
    highest=3,
    source="Spitzer et al. (2006), doi:10.1001/archinte.166.10.1092",
)
PCLC = Questionnaire(
    name="PCL-C",
    n_items=17,
    lowest=1,
    highest=5,
    source="PCL-C, Weathers et al. (1993)",
)
