"""From recovered action units to findings, tables, and which units may be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.validation.action_units.recovery import Recovery
from clinic.validation.study import Finding, Table

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What an action unit must meet, at picture level, mean over persons.

    Args:
        least_alone: Least r over its own track.
        most_cross_talk: Cross-talk must be below this.
        least_mixed: Least r within mixtures.
    """

    least_alone: float
    most_cross_talk: float
    least_mixed: float


def trusted_of(found: Recovery, rules: Rules, *, masked: Sequence[str]) -> tuple[str, ...]:
    """Return the shown units that meet the rules; cross-talk counts among them alone.

    Units that fail on r are dropped at once; then the one with the largest cross-talk, again and
    again, until none is over the limit.
    """
    alone, mixed = found.alone.mean(axis=0), _known_mean(found.mixed)
    trusted = [
        name
        for name, r, within in zip(found.names, alone, mixed, strict=True)
        if name not in masked and r >= rules.least_alone and not within < rules.least_mixed
    ]
    while trusted:
        cross_talk = dict(zip(found.names, found.cross_talk(trusted), strict=True))
        worst = max(trusted, key=lambda name: cross_talk[name])
        if cross_talk[worst] < rules.most_cross_talk:
            break
        trusted.remove(worst)
    return tuple(trusted)


def findings_of(
    pictures: Recovery,
    meshes: Recovery,
    confidence: Sequence[tuple[Values, Values]],
    *,
    masked: Sequence[str],
    trusted: Sequence[str],
    n_draws: int,
    seed: int,
) -> tuple[Finding, ...]:
    """Return the numbers that the page opens with; persons are drawn again for intervals."""
    shown = [name for name in pictures.names if name not in masked]
    columns = [pictures.names.index(name) for name in shown]
    draws = np.random.default_rng(seed).integers(
        0, len(pictures.alone), (n_draws, len(pictures.alone))
    )

    def finding(what: str, statistic: object, note: str = "") -> Finding:
        assert callable(statistic)
        everybody = np.arange(len(pictures.alone))
        low, high = np.percentile([statistic(draw) for draw in draws], [2.5, 97.5])
        return Finding(
            what=what,
            value=float(statistic(everybody)),
            low=float(low),
            high=float(high),
            n=len(everybody),
            of="painted persons",
            note=note,
        )

    def worst(found: Recovery) -> object:
        return lambda persons: found.cross_talk(shown, persons)[columns].max()

    found = [
        Finding(
            what="shown units that meet the rules, picture level",
            value=float(len(trusted)),
            low=float("nan"),
            high=float("nan"),
            n=len(pictures.alone),
            of="painted persons",
            note=f"of {len(shown)} shown; a count over all persons, not drawn again",
        )
    ]
    for level, source in (("picture", pictures), ("mesh", meshes)):
        alone, mixed = source.alone, source.mixed
        found += [
            finding(
                f"r alone, shown units, {level} level",
                lambda persons, v=alone: v[persons][:, columns].mean(),
            ),
            finding(
                f"r mixed, shown units, {level} level",
                lambda persons, v=mixed: np.nanmean(v[persons][:, columns]),
            ),
            finding(f"largest cross-talk of a shown unit, {level} level", worst(source)),
        ]
    correlations = np.array([_r(*pair) for pair in confidence])
    found.append(
        finding(
            "r of confidence with the mean absolute error of a frame, picture level",
            lambda persons: correlations[persons].mean(),
            note="negative: confidence is lower where the error is larger",
        )
    )
    return tuple(found)


def table_of(
    pictures: Recovery, meshes: Recovery, *, trusted: Sequence[str], masked: Sequence[str]
) -> tuple[Table, ...]:
    """Return the recovery table and the cross-talk matrix."""
    shown = [name for name in pictures.names if name not in masked]
    rows = []
    for place, name in enumerate(pictures.names):
        kept = "masked" if name in masked else "shown"
        meets = "-" if name in masked else "yes" if name in trusted else "no"
        cells = [name, kept, meets]
        for found in (pictures, meshes):
            cells += [
                f"{found.alone[:, place].mean():.2f} (least {found.alone[:, place].min():.2f})",
                f"{_known_mean(found.mixed)[place]:.2f}",
                f"{found.gain()[place]:.2f}",
                f"{found.cross_talk(shown)[place]:.2f}",
            ]
        rows.append(tuple(cells))
    levels = [
        f"{what}, {level}"
        for level in ("picture", "mesh")
        for what in ("r alone", "r mixed", "gain", "cross-talk")
    ]
    response = pictures.response.mean(axis=0)
    matrix = tuple(
        (name, *(f"{value:.2f}" for value in row))
        for name, row in zip(pictures.names, response, strict=True)
    )
    return (
        Table(
            title="Planted and recovered, unit by unit",
            columns=("unit", "in the tables", "meets the rules", *levels),
            rows=tuple(rows),
            note="Cross-talk counts among the shown units. Least: the weakest person.",
        ),
        Table(
            title="Change of each unit (column) per unit planted of another (row), picture level",
            columns=("planted", *pictures.names),
            rows=matrix,
        ),
    )


def _known_mean(values: Values) -> Values:
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    n = known.sum(axis=0)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _r(first: Values, second: Values) -> float:
    seen = np.isfinite(first) & np.isfinite(second)
    return float(np.corrcoef(first[seen], second[seen])[0, 1])
