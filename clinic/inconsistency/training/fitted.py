"""A head that was chosen among several on the development split."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.heads import DenseHead
from clinic.inconsistency.training.rated_texts import RatedTexts

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """One head that was tried.

    Args:
        label: How it was fitted, for the card.
        score: On the development split, higher is better.
    """

    label: str
    head: DenseHead
    score: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """The head with the highest score, and what else was tried."""

    head: DenseHead
    label: str
    tried: tuple[tuple[str, float], ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """Inputs and targets of the two splits that fitting may see: never of the test split."""

    inputs: Floats
    targets: Floats
    dev_inputs: Floats
    dev_targets: Floats


def split_of(rated: RatedTexts, values: Floats) -> Split:
    """Return training and development rows of texts and their embeddings."""
    train, dev = rated.in_split("train"), rated.in_split("dev")
    return Split(
        inputs=values[train],
        targets=rated.targets[train],
        dev_inputs=values[dev],
        dev_targets=rated.targets[dev],
    )


def best_of(candidates: Sequence[Candidate]) -> Fitted:
    """Return the candidate with the highest score; the first of equals."""
    best = max(candidates, key=lambda candidate: candidate.score)
    return Fitted(
        head=best.head,
        label=best.label,
        tried=tuple((candidate.label, candidate.score) for candidate in candidates),
    )
