"""Scores of a head on texts that fitting never saw, each with its interval."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.heads import DenseHead
from clinic.inconsistency.training.agreement import (
    Interval,
    concordance,
    macro_f1,
    pearson,
    with_interval,
)
from clinic.inconsistency.training.goemotions import taxonomy_columns

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DimensionScore:
    """Agreement of one output with its ratings.

    Args:
        output: Such as ``reader_valence``.
        error: Root mean squared error, in points.
    """

    output: str
    pearson: Interval
    concordance: Interval
    error: float


def dimension_scores(
    head: DenseHead,
    inputs: Floats,
    targets: Floats,
    *,
    units: NDArray[np.str_],
    n_draws: int,
    seed: int,
) -> tuple[DimensionScore, ...]:
    """Score each dimension; intervals over ``units`` (documents) drawn again."""
    answers = head.predict(inputs)
    found = []
    for i, output in enumerate(head.outputs):
        pair = answers[:, i], targets[:, i]
        found.append(
            DimensionScore(
                output=output,
                pearson=with_interval(pearson, *pair, units=units, n_draws=n_draws, seed=seed),
                concordance=with_interval(
                    concordance, *pair, units=units, n_draws=n_draws, seed=seed
                ),
                error=float(np.sqrt(np.mean((pair[0] - pair[1]) ** 2))),
            )
        )
    return tuple(found)


def emotion_scores(
    head: DenseHead,
    inputs: Floats,
    marks: Floats,
    *,
    units: NDArray[np.str_],
    n_draws: int,
    seed: int,
) -> dict[str, Interval]:
    """Return macro-F1 of each taxonomy at the thresholds of the head's card."""
    decided = decisions(head, inputs)
    return {
        taxonomy: with_interval(
            macro_f1,
            decided[:, where],
            marks[:, where],
            units=units,
            n_draws=n_draws,
            seed=seed,
        )
        for taxonomy, where in taxonomy_columns(head.outputs).items()
    }


def decisions(head: DenseHead, inputs: Floats) -> Floats:
    """Return 1 where an answer reaches its threshold, else 0; shape (n, n_outputs)."""
    thresholds = np.array(head.card["thresholds"], dtype=np.float64)
    return (head.predict(inputs) >= thresholds).astype(np.float64)
