"""Scores whose chance value is known exactly, and the test that a mean score is above it.

A score is taken within one fold and over persons, never over pooled rows: estimates pooled over
folds are biased against chance, because a fold with many positives leaves fewer to train on.
Source of that bias: Parker et al. (2007), doi:10.1186/1471-2105-8-326.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.audit.data import Floats, LabelKind

#: 1e-12: a variance below this is rounding, not variation.
NO_VARIANCE = 1e-12


@dataclass(frozen=True, kw_only=True)
class AboveChance:
    """Mean of repeated scores against chance.

    Args:
        mean: Mean score, on its own scale (0.5 or 0 is chance).
        interval: 95 % interval of the mean over repeats, by Student's t.
        run: Middle 95 % of single repeats.
        p_value: One-sided, mean at or below chance.
    """

    mean: float
    interval: tuple[float, float]
    run: tuple[float, float]
    p_value: float


def chance_of(kind: LabelKind) -> float:
    """Return the score without any information."""
    return 0.0 if kind is LabelKind.ORDERED else 0.5


def score_name(kind: LabelKind) -> str:
    """Name the score in words."""
    return {
        LabelKind.BINARY: "AUROC",
        LabelKind.CLASSES: "mean one-against-rest AUROC",
        LabelKind.ORDERED: "rank correlation",
    }[kind]


def centred_scores(kind: LabelKind, labels: Floats, estimates: Floats) -> Floats:
    """Return score minus chance per repeat, averaged over outputs.

    Args:
        labels, estimates: Shape (n_persons, n_repeats, n_outputs).

    Returns:
        Shape (n_repeats,). AUROC - 0.5 for binary targets and classes, Spearman's rank
        correlation for ordered ones. Where a repeat has one label only, 0: dropping it would
        make the mean depend on which repeats drop out.

    Source:
        AUROC - 1/2 is the covariance of rank and label over n times the label's variance
        (Mann and Whitney 1947, rewritten); ties take their mean rank and count one half.
    """
    from scipy.stats import rankdata

    n = len(labels)
    ranks = _centred(rankdata(estimates, axis=0))
    against = _centred(rankdata(labels, axis=0) if kind is LabelKind.ORDERED else labels)
    covariance = np.mean(ranks * against, axis=0)
    if kind is LabelKind.ORDERED:
        below = np.sqrt(np.mean(against**2, axis=0) * np.mean(ranks**2, axis=0))
    else:
        # The variance of a yes or no with this share of yes: somebody whose recordings differ
        # has a label between, and dividing by its smaller variance would exceed an AUROC of 1.
        share = np.mean(labels, axis=0)
        below = n * share * (1 - share)
    known = below > NO_VARIANCE
    found = np.where(known, covariance / np.where(known, below, 1.0), 0.0)
    mean: Floats = found.mean(axis=1)
    return mean


def above_chance(kind: LabelKind, centred: Floats) -> AboveChance:
    """Test whether the mean of independent repeats lies above chance."""
    from scipy.stats import t

    n, chance = len(centred), chance_of(kind)
    mean = float(centred.mean())
    error = float(centred.std(ddof=1) / np.sqrt(n))
    half = float(t.ppf(0.975, n - 1)) * error
    low, high = np.quantile(centred, [0.025, 0.975])
    statistic = mean / error if error > 0 else np.inf * np.sign(mean) if mean else 0.0
    return AboveChance(
        mean=chance + mean,
        interval=(chance + mean - half, chance + mean + half),
        run=(chance + float(low), chance + float(high)),
        p_value=float(t.sf(statistic, n - 1)),
    )


def _centred(values: NDArray[np.float64]) -> Floats:
    return np.asarray(values - values.mean(axis=0), dtype=np.float64)
