"""Metrics of bands in rising order and of classes without order; both are indices.

Balanced accuracy is the unweighted average recall (UAR) of the speech literature.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bands = NDArray[np.intp]


def quadratic_kappa(reference: Bands, estimate: Bands, n_bands: int) -> float:
    """Return Cohen's kappa with quadratic weights; NaN where all are in one band."""
    from sklearn.metrics import cohen_kappa_score

    if len({*reference.tolist(), *estimate.tolist()}) < 2:
        return float("nan")
    labels = list(range(n_bands))
    return float(cohen_kappa_score(reference, estimate, labels=labels, weights="quadratic"))


def mean_bands_off(reference: Bands, estimate: Bands) -> float:
    """Return the mean number of bands between reference and estimate."""
    return float(np.mean(np.abs(reference - estimate)))


def within_one(reference: Bands, estimate: Bands) -> float:
    """Return the share of estimates at most one band off."""
    return float(np.mean(np.abs(reference - estimate) <= 1))


def accuracy(reference: Bands, estimate: Bands) -> float:
    """Return the share of estimates in the right band or class."""
    return float(np.mean(reference == estimate))


def macro_f1(reference: Bands, estimate: Bands) -> float:
    """Return the mean F1 over the bands that occur."""
    from sklearn.metrics import f1_score

    return float(f1_score(reference, estimate, average="macro", zero_division=0.0))


def weighted_f1(reference: Bands, estimate: Bands) -> float:
    """Return the mean F1, each band counting by its share of the references."""
    from sklearn.metrics import f1_score

    return float(f1_score(reference, estimate, average="weighted", zero_division=0.0))


def balanced_accuracy(reference: Bands, estimate: Bands) -> float:
    """Return the mean recall over the bands that occur among the references."""
    recalls = [np.mean(estimate[reference == band] == band) for band in set(reference.tolist())]
    return float(np.mean(recalls))


def ranked_probability_score(reference: Bands, probabilities: Floats) -> float:
    """Return the mean ranked probability score, normalised to [0, 1]; lower is better.

    Source: Epstein (1969), doi:10.1175/1520-0450(1969)008<0985:ASSFPF>2.0.CO;2.
    """
    n_bands = probabilities.shape[1]
    predicted = np.cumsum(probabilities, axis=1)[:, :-1]
    happened = np.arange(n_bands - 1) >= reference[:, None]
    return float(np.mean(np.sum((predicted - happened) ** 2, axis=1) / (n_bands - 1)))
