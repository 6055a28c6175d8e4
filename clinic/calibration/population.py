"""What the training participants looked like, to notice who does not resemble them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.records import Case, FeatureTable, Modality

#: Below this deviation a column was constant in training.
LEAST_SD = 1e-6


@dataclass(frozen=True, eq=False)
class Outlying:
    """How many of a modality's observed columns lie far from the training participants."""

    modality: Modality
    n_outlying: int
    n_observed: int

    @property
    def share(self) -> float:
        """Share of the observed columns."""
        return self.n_outlying / self.n_observed


@dataclass(frozen=True, eq=False)
class Population:
    """Mean and deviation, over participants, of each column's mean over the interview.

    Args:
        columns: Per table its column names.
        means, sds: Per table shape (n_columns,); NaN where nobody was observed.
    """

    columns: Mapping[str, tuple[str, ...]]
    means: Mapping[str, NDArray[np.float64]]
    sds: Mapping[str, NDArray[np.float64]]

    @classmethod
    def of(cls, cases: Sequence[Case], tables: Sequence[str]) -> "Population":
        """Describe training participants, one interview of each."""
        first: dict[str, Case] = {}
        for case in sorted(cases, key=lambda case: case.recording_id):
            first.setdefault(case.participant_id, case)
        columns, means, sds = {}, {}, {}
        for name in tables:
            rows = np.stack([_means(case.table(name)) for case in first.values()])
            count = (~np.isnan(rows)).sum(axis=0)
            mean = np.where(count > 0, np.nansum(rows, axis=0) / np.maximum(count, 1), np.nan)
            square = np.nansum((rows - mean) ** 2, axis=0) / np.maximum(count - 1, 1)
            columns[name] = next(iter(first.values())).table(name).columns
            means[name] = mean
            sds[name] = np.where(count > 1, np.maximum(np.sqrt(square), LEAST_SD), np.nan)
        return cls(columns, means, sds)

    def outlying(self, case: Case, *, beyond_sd: float) -> tuple[Outlying, ...]:
        """Count columns beyond a number of deviations, per modality observed."""
        counts: dict[Modality, list[int]] = {}
        for table in case.tables:
            if table.name not in self.columns or table.columns != self.columns[table.name]:
                continue
            distance = np.abs(_means(table) - self.means[table.name]) / self.sds[table.name]
            entry = counts.setdefault(table.modality, [0, 0])
            entry[0] += int(np.sum(distance > beyond_sd))
            entry[1] += int(np.sum(~np.isnan(distance)))
        return tuple(Outlying(m, far, seen) for m, (far, seen) in counts.items() if seen)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for not observed."""
        return {
            name: {
                "columns": list(self.columns[name]),
                "means": _plain(self.means[name]),
                "sds": _plain(self.sds[name]),
            }
            for name in self.columns
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Population":
        """Read from ``calibration.json``."""
        return cls(
            {name: tuple(table["columns"]) for name, table in values.items()},
            {name: np.array(table["means"], dtype=float) for name, table in values.items()},
            {name: np.array(table["sds"], dtype=float) for name, table in values.items()},
        )


def _means(table: FeatureTable) -> NDArray[np.float64]:
    count = (~np.isnan(table.values)).sum(axis=0)
    total = np.nansum(table.values, axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(value) else float(f"{value:.7g}") for value in values]
