"""How well each measure finds planted conflicts among answers that have none."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.validation.pages.text import UNKNOWN, number, with_interval
from clinic.validation.simulated.cohort import Answers
from clinic.validation.study import Finding, Table
from clinic.validation.study_intervals import weighted_area, weighted_interval

Floats = NDArray[np.float64]

#: In place of a kind: a conflict of whichever kind.
ANY = ""


@dataclass(frozen=True, kw_only=True)
class Area:
    """An area under the ROC curve, and on how many answers it rests.

    Args:
        n_not_observed: Answers left out because the measure is NaN there.
    """

    value: float
    low: float
    high: float
    n_positive: int
    n_negative: int
    n_not_observed: int

    @property
    def text(self) -> str:
        """As a table shows it."""
        return with_interval(self.value, self.low, self.high)


def area_for(answers: Answers, signal: Floats, kind: str, *, n_draws: int, seed: int) -> Area:
    """Return the area of a signal for one planted kind, or any, against answers with none.

    Answers with a conflict of another kind are left out. Participants are drawn again.
    """
    positive = answers.is_planted if kind == ANY else answers.planted == kind
    compared = positive | ~answers.is_planted
    rows = np.flatnonzero(compared & np.isfinite(signal))
    value, low, high = (float("nan"),) * 3
    if positive[rows].any() and not positive[rows].all():
        value, low, high = weighted_interval(
            [answers.participants[row] for row in rows],
            weighted_area(positive[rows], signal[rows]),
            n_draws=n_draws,
            seed=seed,
        )
    n_positive = int(positive[rows].sum())
    return Area(
        value=value,
        low=low,
        high=high,
        n_positive=n_positive,
        n_negative=len(rows) - n_positive,
        n_not_observed=int((compared & ~np.isfinite(signal)).sum()),
    )


def area_finding(what: str, area: Area, *, note: str = "") -> Finding:
    """Return an area as a finding."""
    left_out = f"{area.n_not_observed} answers not observed" if area.n_not_observed else ""
    return Finding(
        what=f"{what} (area under ROC)",
        value=area.value,
        low=area.low,
        high=area.high,
        n=area.n_positive + area.n_negative,
        of=f"answers, {area.n_positive} planted; participants drawn",
        reference=0.5,
        reference_source="chance",
        note="; ".join(part for part in (note, left_out) if part),
    )


def areas_table(answers: Answers, kinds: Sequence[str], *, n_draws: int, seed: int) -> Table:
    """Return every measure against every planted kind and against any; intervals for any."""
    rows = []
    for name, signal in answers.columns.items():
        if not np.isfinite(signal).any():
            rows.append((name, *[UNKNOWN] * (len(kinds) + 1)))
            continue
        single = [area_for(answers, signal, kind, n_draws=1, seed=seed).value for kind in kinds]
        whole = area_for(answers, signal, ANY, n_draws=n_draws, seed=seed)
        rows.append((name, *map(number, single), whole.text))
    counts = ", ".join(f"{kind} {int((answers.planted == kind).sum())}" for kind in kinds)
    return Table(
        title="Every measure, every planted kind",
        columns=("measure", *kinds, "any kind [95 %]"),
        rows=tuple(rows),
        note=f"Area under the ROC curve against answers with nothing planted. Planted: {counts}. "
        "A signed difference may lie far below 0.5: it speaks the other way round.",
    )
