"""Predictions for training participants by models that have not seen them."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: Fits on some rows and returns the function that predicts from features (n, n_columns).
Fit = Callable[[NDArray[np.intp]], Callable[[Floats], Floats]]


def folds_of(
    participant_ids: Sequence[str], outcomes: Floats, *, n_folds: int, seed: int
) -> NDArray[np.intp]:
    """Return the fold of every row, the same for all rows of one participant.

    Participants are dealt out in the order of their mean outcome, ties by chance, so that every
    fold has its share of rare outcomes.

    Args:
        participant_ids: One per row.
        outcomes: Shape (n_rows,), no NaN.
    """
    people, rows = np.unique(np.asarray(participant_ids), return_inverse=True)
    mean = np.bincount(rows, weights=outcomes) / np.bincount(rows)
    order = np.lexsort((np.random.default_rng(seed).permutation(len(people)), mean))
    fold = np.empty(len(people), dtype=np.intp)
    fold[order] = np.arange(len(people)) % n_folds
    return fold[rows]


def predict_out_of_fold(fit: Fit, features: Floats, folds: NDArray[np.intp]) -> Floats:
    """Return one prediction per row, from a model fitted on the other folds."""
    predicted = np.empty(len(features))
    for fold in np.unique(folds):
        held_out = folds == fold
        predicted[held_out] = fit(np.flatnonzero(~held_out))(features[held_out])
    return predicted
