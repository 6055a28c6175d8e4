"""Metrics of estimates against references; each is checked by hand in the tests.

Scores are in the scale's points, bands are indices in rising order, probabilities have shape
(n, n_bands). From scikit-learn and scipy where those have them.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bands = NDArray[np.intp]

#: Keeps log-odds finite.
LEAST_PROBABILITY = 1e-6


@dataclass(frozen=True)
class Line:
    """A calibration line: perfect is slope 1, intercept 0."""

    slope: float
    intercept: float


def mean_absolute_error(reference: Floats, estimate: Floats) -> float:
    """Return the mean absolute error in points."""
    return float(np.mean(np.abs(estimate - reference)))


def root_mean_square_error(reference: Floats, estimate: Floats) -> float:
    """Return the root of the mean squared error in points."""
    return float(np.sqrt(np.mean((estimate - reference) ** 2)))


def concordance(reference: Floats, estimate: Floats) -> float:
    """Return Lin's concordance correlation coefficient; NaN where nothing varies.

    Source: Lin (1989), doi:10.2307/2532051, with the 1/n moments of the paper.
    """
    shift = (np.mean(reference) - np.mean(estimate)) ** 2
    spread = np.var(reference) + np.var(estimate) + shift
    if spread == 0:
        return float("nan")
    covariance = np.mean((reference - reference.mean()) * (estimate - estimate.mean()))
    return float(2 * covariance / spread)


def quadratic_kappa(reference: Bands, estimate: Bands, n_bands: int) -> float:
    """Return Cohen's kappa with quadratic weights; NaN where all are in one band."""
    from sklearn.metrics import cohen_kappa_score

    if len({*reference.tolist(), *estimate.tolist()}) < 2:
        return float("nan")
    labels = list(range(n_bands))
    return float(cohen_kappa_score(reference, estimate, labels=labels, weights="quadratic"))


def within_one(reference: Bands, estimate: Bands) -> float:
    """Return the share of estimates at most one band off."""
    return float(np.mean(np.abs(reference - estimate) <= 1))


def macro_f1(reference: Bands, estimate: Bands) -> float:
    """Return the mean F1 over the bands that occur."""
    from sklearn.metrics import f1_score

    return float(f1_score(reference, estimate, average="macro", zero_division=0.0))


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


def area_under_roc(reference: NDArray[np.bool_], probability: Floats) -> float:
    """Return the area under the ROC curve; NaN where only one answer occurs."""
    from sklearn.metrics import roc_auc_score

    if len(set(reference.tolist())) < 2:
        return float("nan")
    return float(roc_auc_score(reference, probability))


def average_precision(reference: NDArray[np.bool_], probability: Floats) -> float:
    """Return the average precision; chance is the share of positives."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(reference, probability))


def brier(reference: NDArray[np.bool_], probability: Floats) -> float:
    """Return the mean squared difference between probability and outcome."""
    return float(np.mean((probability - reference) ** 2))


def expected_calibration_error(
    reference: NDArray[np.bool_], probability: Floats, *, n_bins: int | None = None
) -> float:
    """Return the mean gap between probability and frequency over bins of equal size.

    Args:
        n_bins: By default one per twenty rows, at least two and at most ten: smaller bins
            show a gap by chance alone.

    Source: equal-mass bins, Nixon et al. (2019), arXiv:1904.01685.
    """
    n_bins = n_bins or min(max(len(probability) // 20, 2), 10)
    order = np.argsort(probability, kind="stable")
    bins = [part for part in np.array_split(order, min(n_bins, len(order))) if len(part)]
    gaps = [abs(probability[part].mean() - reference[part].mean()) * len(part) for part in bins]
    return float(np.sum(gaps) / len(order))


def calibration_line(reference: NDArray[np.bool_], probability: Floats) -> Line:
    """Return slope and intercept of the outcome's log-odds on the predicted log-odds.

    Both come from one unpenalised logistic regression; NaN where only one answer occurs.

    Source: Cox (1958); Van Calster et al. (2019), doi:10.1186/s12916-019-1466-7.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    if len(set(reference.tolist())) < 2:
        return Line(float("nan"), float("nan"))
    clipped = np.clip(probability, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    model = LogisticRegression(C=np.inf, max_iter=1000)
    with warnings.catch_warnings():
        # Perfect separation has no finite slope; the large one that comes back says so.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(np.log(clipped / (1 - clipped))[:, None], reference)
    return Line(float(model.coef_[0, 0]), float(model.intercept_[0]))


def coverage(reference: Floats, low: Floats, high: Floats) -> float:
    """Return the share of references inside their intervals, ends included."""
    return float(np.mean((low <= reference) & (reference <= high)))
