"""Whether probabilities mean what they say: proper scores, calibration error, calibration line."""

import warnings
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bands = NDArray[np.intp]
#: Happened or not; 0.5 stands for a draw.
Outcomes = NDArray[np.bool_] | NDArray[np.float64]

#: Keeps log-odds finite.
LEAST_PROBABILITY = 1e-6
#: Rows per bin of equal mass: smaller bins show a gap by chance alone.
ROWS_PER_BIN, MOST_BINS = 20, 10


@dataclass(frozen=True)
class Line:
    """A calibration line: perfect is slope 1, intercept 0."""

    slope: float
    intercept: float


class Binning(StrEnum):
    """``MASS``: bins of as many rows; ``WIDTH``: bins of the same width in probability."""

    MASS = "mass"
    WIDTH = "width"


@dataclass(frozen=True, eq=False)
class Reliability:
    """Bins of a reliability diagram, in rising order; empty bins are left out.

    Args:
        probability, frequency: Shape (n_bins,), what was said and what happened, on average.
        n: Shape (n_bins,), rows; fractional where a bin's edge divides equal probabilities.
    """

    probability: Floats
    frequency: Floats
    n: Floats

    @property
    def error(self) -> float:
        """Mean gap between the two, weighted by rows."""
        return float(np.sum(np.abs(self.probability - self.frequency) * self.n) / np.sum(self.n))


def brier(reference: Outcomes, probability: Floats) -> float:
    """Return the mean squared difference between probability and outcome."""
    return float(np.mean((probability - reference) ** 2))


def multiclass_brier(reference: Bands, probabilities: Floats) -> float:
    """Return the mean sum of squared differences over classes, in [0, 2].

    Source: Brier (1950), doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    happened = np.eye(probabilities.shape[1])[reference]
    return float(np.mean(np.sum((probabilities - happened) ** 2, axis=1)))


def log_loss(reference: Bands, probabilities: Floats) -> float:
    """Return the mean negative log probability of the true class, none below 1e-6."""
    given = probabilities[np.arange(len(reference)), reference]
    return float(-np.mean(np.log(np.maximum(given, LEAST_PROBABILITY))))


def reliability(
    reference: Outcomes,
    probability: Floats,
    *,
    n_bins: int | None = None,
    binning: Binning = Binning.MASS,
) -> Reliability:
    """Return the bins of a reliability diagram.

    Rows of equal probability are interchangeable: where an edge of equal mass divides them,
    each bin gets their mean outcome, so that the order of rows decides nothing.

    Args:
        n_bins: By default one per twenty rows, at least two and at most ten.
    """
    if binning is Binning.WIDTH:
        return _of_equal_width(reference, probability, n_bins or MOST_BINS)
    values, place, count = np.unique(probability, return_inverse=True, return_counts=True)
    outcomes = np.asarray(reference, dtype=np.float64)
    happened = np.asarray(np.bincount(place, weights=outcomes), dtype=np.float64)
    return of_equal_mass(values, count.astype(np.float64), happened, n_bins)


def of_equal_mass(
    values: Floats, count: Floats, happened: Floats, n_bins: int | None
) -> Reliability:
    """Return bins of as many rows each, the first ones one row larger where it does not divide.

    Args:
        values: Shape (n_values,), probabilities in rising order.
        count, happened: Shape (n_values,), rows with that probability, and how many happened.
    """
    n = round(float(count.sum()))
    n_bins = min(n_bins or min(max(n // ROWS_PER_BIN, 2), MOST_BINS), n)
    size, larger = divmod(n, n_bins)
    edges = np.concatenate([[0.0], np.cumsum(size + (np.arange(n_bins) < larger))])
    rows = np.concatenate([[0.0], np.cumsum(count)])
    said = np.interp(edges, rows, np.concatenate([[0.0], np.cumsum(count * values)]))
    came = np.interp(edges, rows, np.concatenate([[0.0], np.cumsum(happened)]))
    width = np.diff(edges)
    return Reliability(np.diff(said) / width, np.diff(came) / width, width)


def expected_calibration_error(
    reference: Outcomes,
    probability: Floats,
    *,
    n_bins: int | None = None,
    binning: Binning = Binning.MASS,
) -> float:
    """Return the mean gap between probability and frequency over bins.

    Args:
        n_bins: By default one per twenty rows, at least two and at most ten: smaller bins
            show a gap by chance alone.

    Source: equal-mass bins, Nixon et al. (2019), arXiv:1904.01685.
    """
    return reliability(reference, probability, n_bins=n_bins, binning=binning).error


def confidence_calibration_error(reference: Bands, probabilities: Floats) -> float:
    """Return the calibration error of the most probable class being right.

    Source: Guo et al. (2017), arXiv:1706.04599, here over bins of equal mass.
    """
    right = np.argmax(probabilities, axis=1) == reference
    return expected_calibration_error(right, probabilities.max(axis=1))


def classwise_calibration_error(reference: Bands, probabilities: Floats) -> float:
    """Return the mean over classes of each class's own calibration error.

    Source: Kull et al. (2019), arXiv:1910.12656, here over bins of equal mass.
    """
    errors = [
        expected_calibration_error(reference == k, probabilities[:, k])
        for k in range(probabilities.shape[1])
    ]
    return float(np.mean(errors))


def calibration_line(reference: NDArray[np.bool_], probability: Floats) -> Line:
    """Return slope and intercept of the outcome's log-odds on the predicted log-odds.

    Both come from one unpenalised logistic regression; NaN where only one answer or only one
    probability occurs.

    Source: Cox (1958); Van Calster et al. (2019), doi:10.1186/s12916-019-1466-7.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    logits = log_odds(probability)
    if len(set(reference.tolist())) < 2 or len(set(logits.tolist())) < 2:
        return Line(float("nan"), float("nan"))
    model = LogisticRegression(C=np.inf, max_iter=1000)
    with warnings.catch_warnings():
        # Perfect separation has no finite slope; the large one that comes back says so.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(logits[:, None], reference)
    return Line(float(model.coef_[0, 0]), float(model.intercept_[0]))


def log_odds(probability: Floats) -> Floats:
    """Return log-odds, finite also at 0 and 1."""
    clipped = np.clip(probability, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _of_equal_width(reference: Outcomes, probability: Floats, n_bins: int) -> Reliability:
    place = np.clip((probability * n_bins).astype(int), 0, n_bins - 1)
    n = np.bincount(place, minlength=n_bins).astype(float)
    said = np.bincount(place, weights=probability, minlength=n_bins)
    came = np.bincount(place, weights=np.asarray(reference, dtype=float), minlength=n_bins)
    full = n > 0
    return Reliability(said[full] / n[full], came[full] / n[full], n[full])
