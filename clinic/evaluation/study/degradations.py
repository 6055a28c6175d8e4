"""Worse inputs for people who are scored: absent modalities, missing values, noise, swaps.

A degradation changes features, never labels and never what was fitted. Sources: every subset of
modalities and missing rates, CIDer (arXiv:2506.10452); permuting one modality across people,
Breiman (2001), doi:10.1023/A:1010933404324.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.study.data import METADATA
from clinic.records import OBSERVED_MODALITIES, Case, FeatureTable, Modality

CLEAN = "clean"
#: Clean inputs in the repeats that were degraded too: what degraded numbers are compared with.
CLEAN_THERE = "clean, same repeats"
#: Prefix of what a degradation costs, with a paired interval; above zero is worse.
LOST = "lost: "
Degrade = Callable[[Sequence[Case], np.random.Generator], list[Case]]


@dataclass(frozen=True, kw_only=True)
class Degradations:
    """Which degradations are tried.

    Args:
        subsets: Whether every subset of modalities is tried.
        missing_rates: Shares of single values taken out at random.
        block_rates: Shares of consecutive segments taken out whole.
        noise_db: Signal-to-noise ratios of Gaussian noise on features, against each column's
            deviation over the recordings scored, in dB.
        permute: Whether each modality in turn is swapped between people.
        repeats: Repeats of the split in which they are tried; others are scored clean only.
    """

    subsets: bool
    missing_rates: Sequence[float]
    block_rates: Sequence[float]
    noise_db: Sequence[float]
    permute: bool
    repeats: int

    def of(self, cases: Sequence[Case]) -> Mapping[str, Degrade]:
        """Return the degradations by name; modalities that nobody has are passed over."""
        present = _present(cases)
        found: dict[str, Degrade] = {}
        if self.subsets:
            for kept in _subsets(present):
                found["only " + "+".join(kept)] = partial(_only, kept=kept)
        for rate in self.missing_rates:
            found[f"missing {rate:g}"] = partial(_missing, rate=rate)
        for rate in self.block_rates:
            found[f"block {rate:g}"] = partial(_block, rate=rate)
        for level_db in self.noise_db:
            found[f"noise {level_db:g} dB"] = partial(_noisy, level_db=level_db)
        if self.permute:
            for modality in present:
                found[f"permuted {modality}"] = partial(_swapped, modality=modality)
        return found


def _present(cases: Sequence[Case]) -> tuple[Modality, ...]:
    return tuple(
        modality
        for modality in OBSERVED_MODALITIES
        if any(t.coverage.any() for c in cases for t in c.tables if t.modality is modality)
    )


def _subsets(present: Sequence[Modality]) -> list[tuple[Modality, ...]]:
    return [kept for size in range(1, len(present)) for kept in combinations(present, size)]


def _only(
    cases: Sequence[Case], random: np.random.Generator, *, kept: Sequence[Modality]
) -> list[Case]:
    """Keep some modalities; what compares modalities goes as soon as one is absent."""
    del random

    def taken(table: FeatureTable) -> FeatureTable:
        if table.modality in kept:
            return table
        return _with(table, np.full_like(table.values, np.nan))

    return [_mapped(case, taken) for case in cases]


def _missing(cases: Sequence[Case], random: np.random.Generator, *, rate: float) -> list[Case]:
    def taken(table: FeatureTable) -> FeatureTable:
        lost = random.uniform(size=table.values.shape) < rate
        return _with(table, np.where(lost, np.nan, table.values))

    return [_mapped(case, taken) for case in cases]


def _block(cases: Sequence[Case], random: np.random.Generator, *, rate: float) -> list[Case]:
    return [_without_run(case, rate, random) for case in cases]


def _without_run(case: Case, rate: float, random: np.random.Generator) -> Case:
    """Take a run of segments out of each modality, at a place of its own."""
    n = len(case.segments)
    length = round(rate * n)
    first = {m: int(random.integers(n - length + 1)) for m in Modality}

    def taken(table: FeatureTable) -> FeatureTable:
        values = table.values.copy()
        start = first[table.modality]
        values[start : start + length] = np.nan
        return _with(table, values)

    return _mapped(case, taken)


def _noisy(cases: Sequence[Case], random: np.random.Generator, *, level_db: float) -> list[Case]:
    share = 10 ** (-level_db / 20)
    deviation = {
        table.name: _deviation([case.table(table.name).values for case in cases])
        for table in cases[0].tables
    }

    def shaken(table: FeatureTable) -> FeatureTable:
        noise = random.normal(size=table.values.shape) * deviation[table.name] * share
        low = np.array([spec.minimum for spec in table.specs])
        high = np.array([spec.maximum for spec in table.specs])
        return _with(table, np.clip(table.values + noise, low, high))

    return [_mapped(case, shaken) for case in cases]


def _deviation(parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    rows = np.concatenate(parts)
    count = (~np.isnan(rows)).sum(axis=0)
    mean = np.nansum(rows, axis=0) / np.maximum(count, 1)
    return np.asarray(np.sqrt(np.nansum((rows - mean) ** 2, axis=0) / np.maximum(count, 1)))


def _swapped(
    cases: Sequence[Case], random: np.random.Generator, *, modality: Modality
) -> list[Case]:
    """Give everybody the modality of somebody else, stretched to their own segments."""
    n = len(cases)
    # A rotation of a random order leaves nobody with their own.
    order = random.permutation(n)
    giver = {int(order[i]): int(order[(i + 1) % n]) for i in range(n)}
    return [_given(case, cases[giver[i]], modality) for i, case in enumerate(cases)]


def _given(case: Case, other: Case, modality: Modality) -> Case:
    rows = np.linspace(0, max(len(other.segments) - 1, 0), len(case.segments)).round().astype(int)

    def given(table: FeatureTable) -> FeatureTable:
        if table.modality is modality and other.segments:
            return _with(table, other.table(table.name).values[rows])
        return table

    return _mapped(case, given)


def _mapped(case: Case, change: Callable[[FeatureTable], FeatureTable]) -> Case:
    """Change every table but that of lengths and attributes, which no sensor measures."""
    return replace(
        case,
        tables=tuple(t if t.name == METADATA else change(t) for t in case.tables),
    )


def _with(table: FeatureTable, values: NDArray[np.float64]) -> FeatureTable:
    """Return the table with other values; coverage falls to 0 where a row is empty."""
    there = (~np.isnan(values)).any(axis=1) if values.shape[1] else np.zeros(len(values), bool)
    return replace(table, values=values, coverage=table.coverage * there)
