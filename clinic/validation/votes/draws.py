"""Fewer raters than there were: votes laid out one by one, shuffled, and drawn from the front."""

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.measures import jensen_shannon

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Stands behind the last vote of a clip that has fewer than the most.
_NOBODY = -1


def shuffled(votes: Counts, generator: np.random.Generator) -> Counts:
    """Lay out each clip's votes as one emotion per rater, in random order.

    Args:
        votes: Shape (n_clips, n_emotions), counts.

    Returns:
        Shape (n_clips, most raters of a clip), indices of emotions, -1 behind the last.
    """
    n_raters = votes.sum(axis=1)
    width = int(n_raters.max())
    before = np.cumsum(votes, axis=1)
    place = np.arange(width)
    laid = (place[None, :, None] >= before[:, None, :]).sum(axis=2)
    there = place[None, :] < n_raters[:, None]
    # Keys beyond 1 keep the empty places behind all raters.
    keys = np.where(there, generator.random(laid.shape), 2.0)
    order = np.argsort(keys, axis=1, kind="stable")
    return np.take_along_axis(np.where(there, laid, _NOBODY), order, axis=1)


def counted(laid: Counts, first: Counts, last: Counts, n_emotions: int) -> Counts:
    """Count the votes of the raters in places [first, last) of each clip.

    Args:
        laid: From ``shuffled``.
        first, last: Shape (n_clips,).
    """
    place = np.arange(laid.shape[1])[None, :]
    taken = (place >= first[:, None]) & (place < last[:, None]) & (laid != _NOBODY)
    return np.stack([((laid == emotion) & taken).sum(axis=1) for emotion in range(n_emotions)], 1)


def shares(votes: Counts) -> Floats:
    """Return votes as probabilities; NaN where nobody voted."""
    total = votes.sum(axis=1, keepdims=True)
    return np.where(total > 0, votes / np.maximum(total, 1), np.nan)


def majorities(votes: Counts) -> Counts:
    """Return the emotion with most votes, -1 where two share the first place or nobody voted."""
    highest = votes.max(axis=1, keepdims=True)
    is_tie = (votes == highest).sum(axis=1) > 1
    return np.where(is_tie, _NOBODY, votes.argmax(axis=1))


def divergences(voice: Counts, face: Counts) -> Floats:
    """Return the shipped divergence of two vote distributions, in bits.

    Rounded to twelve digits: few raters give few different divergences, and equal ones must
    not be told apart by the last bit of a sum.
    """
    return np.asarray(np.round(jensen_shannon(shares(voice), shares(face)), 12))


def entropies(probabilities: Floats) -> Floats:
    """Return Shannon's entropy of each row, in bits."""
    from scipy.stats import entropy

    return np.asarray(entropy(probabilities, axis=1, base=2))
