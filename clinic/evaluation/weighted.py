"""The metrics of ``table`` for many draws of participants at once.

A draw counts each row zero, one or more times. Counts of all draws come as one matrix, shape
(n_draws, n_rows), and every metric here returns shape (n_draws,): what the metric of ``table``
gives for the rows so often repeated. A thousand draws cost one matrix product instead of a
thousand calls.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation import weighted_curves as curves
from clinic.evaluation.calibration_metrics import LEAST_PROBABILITY
from clinic.evaluation.predictions import Predictions
from clinic.evaluation.table import (
    ABOUT,
    OF_SEGMENTS,
    THRESHOLD_PROBABILITY,
    Metric,
    tests_positive,
)
from clinic.evaluation.target import Target, TargetKind

Floats = NDArray[np.float64]
#: Takes predictions of one repeat and counts (n_draws, n_rows), returns shape (n_draws,).
WeightedMetric = Callable[[Predictions, Floats], Floats]


def weighted_metrics_of(
    target: Target, *, threshold_probability: float = THRESHOLD_PROBABILITY
) -> Mapping[str, WeightedMetric]:
    """Return the metrics of ``metrics_of`` for many draws at once, by the same names."""
    if target.kind is TargetKind.CLASSES:
        found = _OF_ANY | _OF_CLASSES
    else:
        found = _OF_ANY | {"balanced_accuracy": _mean_recall}
        if target.cutoff_class is not None:
            found = found | _OF_CUTOFF
            found["net_benefit"] = lambda p, w: net_benefits(p, w, threshold_probability)
        if target.kind is TargetKind.SCORE:
            found = found | _OF_SCORES
    if target.kind is TargetKind.SEGMENTS:
        found = {name: found[name] for name in OF_SEGMENTS}
    return {name: found[name] for name in ABOUT if name in found}


def by_rows(metric: Metric) -> WeightedMetric:
    """Return any metric of rows for many draws, one call a draw."""

    def weighted(predictions: Predictions, counts: Floats) -> Floats:
        rows = np.arange(len(predictions), dtype=np.intp)
        return np.array([metric(predictions, np.repeat(rows, c.astype(int))) for c in counts])

    return weighted


def net_benefits(predictions: Predictions, counts: Floats, threshold: float) -> Floats:
    """Return the net benefit at a threshold probability."""
    acts = predictions.cutoff_probability >= threshold
    yes = predictions.reaches_cutoff
    worth = np.where(yes, 1.0, -threshold / (1 - threshold)) * acts
    return _mean(worth, counts)


def ratio(part: Floats, whole: Floats) -> Floats:
    """Return part / whole, NaN where whole is zero."""
    empty = whole == 0
    return np.asarray(np.where(empty, np.nan, part / np.where(empty, 1.0, whole)))


def _mean(values: NDArray[np.float64] | NDArray[np.bool_], counts: Floats) -> Floats:
    """Mean over rows; rows whose value is NaN do not count."""
    known = ~np.isnan(values)
    return ratio(counts[:, known] @ values[known].astype(float), counts[:, known].sum(axis=1))


def _table(p: Predictions, counts: Floats) -> Floats:
    """Confusion tables, shape (n_draws, n_classes, n_classes), references in rows."""
    n = p.target.n_classes
    cells = np.eye(n * n)[p.reference_class * n + p.shown_class]
    return np.asarray((counts @ cells).reshape(-1, n, n))


def _distance(p: Predictions) -> Floats:
    return np.abs(p.reference_class - p.shown_class).astype(float)


def _f1(table: Floats) -> Floats:
    hits = np.diagonal(table, axis1=1, axis2=2)
    return ratio(2 * hits, table.sum(axis=1) + table.sum(axis=2))


def _macro_f1(p: Predictions, counts: Floats) -> Floats:
    f1 = _f1(_table(p, counts))
    occurs = ~np.isnan(f1)
    return ratio(np.where(occurs, f1, 0).sum(axis=1), occurs.sum(axis=1).astype(float))


def _weighted_f1(p: Predictions, counts: Floats) -> Floats:
    table = _table(p, counts)
    support = table.sum(axis=2)
    f1 = np.nan_to_num(_f1(table))
    return ratio((f1 * support).sum(axis=1), support.sum(axis=1))


def _mean_recall(p: Predictions, counts: Floats) -> Floats:
    table = _table(p, counts)
    recall = ratio(np.diagonal(table, axis1=1, axis2=2), table.sum(axis=2))
    occurs = ~np.isnan(recall)
    return ratio(np.where(occurs, recall, 0).sum(axis=1), occurs.sum(axis=1).astype(float))


def _quadratic_kappa(p: Predictions, counts: Floats) -> Floats:
    table = _table(p, counts)
    place = np.arange(p.target.n_classes)
    penalty = (place[:, None] - place) ** 2
    chance = table.sum(axis=2)[:, :, None] * table.sum(axis=1)[:, None, :]
    n = table.sum(axis=(1, 2))
    return 1 - ratio((table * penalty).sum(axis=(1, 2)) * n, (chance * penalty).sum(axis=(1, 2)))


def _root_mean_square(p: Predictions, counts: Floats) -> Floats:
    return np.asarray(np.sqrt(_mean((p.score - p.reference) ** 2, counts)))


def _concordance(p: Predictions, counts: Floats) -> Floats:
    # Moments about a point near the means: differences of large squares would lose digits.
    centre = p.reference.mean()
    x, y = p.reference - centre, p.score - centre
    mean_x, mean_y = _mean(x, counts), _mean(y, counts)
    covariance = _mean(x * y, counts) - mean_x * mean_y
    squares = _mean(x * x, counts) - mean_x**2 + _mean(y * y, counts) - mean_y**2
    spread = squares + (mean_x - mean_y) ** 2
    nothing = spread <= 1e-12 * (1 + np.max(np.abs(x)) ** 2 + np.max(np.abs(y)) ** 2)
    return ratio(np.asarray(2 * covariance), np.where(nothing, 0.0, spread))


def _ranked_probability_score(p: Predictions, counts: Floats) -> Floats:
    n = p.target.n_classes
    predicted = np.cumsum(p.probabilities, axis=1)[:, :-1]
    happened = np.arange(n - 1) >= p.reference_class[:, None]
    return _mean(np.asarray(np.sum((predicted - happened) ** 2, axis=1) / (n - 1)), counts)


def _inside(p: Predictions) -> Floats:
    inside = (p.low <= p.reference) & (p.reference <= p.high)
    return np.where(np.isnan(p.low) | np.isnan(p.high), np.nan, inside)


def _brier_of_classes(p: Predictions, counts: Floats) -> Floats:
    happened = np.eye(p.target.n_classes)[p.reference_class]
    return _mean(np.sum((p.probabilities - happened) ** 2, axis=1), counts)


def _log_loss(p: Predictions, counts: Floats) -> Floats:
    given = p.probabilities[np.arange(len(p)), p.reference_class]
    return _mean(-np.log(np.maximum(given, LEAST_PROBABILITY)), counts)


def _confidence_error(p: Predictions, counts: Floats) -> Floats:
    right = np.argmax(p.probabilities, axis=1) == p.reference_class
    return curves.calibration_errors(right, p.probabilities.max(axis=1), counts)


def _classwise_error(p: Predictions, counts: Floats) -> Floats:
    errors = [
        curves.calibration_errors(p.reference_class == k, p.probabilities[:, k], counts)
        for k in range(p.target.n_classes)
    ]
    return np.asarray(np.mean(errors, axis=0))


def _share(counts: Floats, *, of: NDArray[np.bool_], hit: object) -> Floats:
    return ratio(counts @ (of & np.asarray(hit)).astype(float), counts @ of.astype(float))


_OF_ANY: dict[str, WeightedMetric] = {
    "macro_f1": _macro_f1,
    "weighted_f1": _weighted_f1,
    "accuracy": lambda p, w: _mean(p.reference_class == p.shown_class, w),
    "set_coverage": lambda p, w: _mean(p.plausible[np.arange(len(p)), p.reference_class], w),
    "set_size": lambda p, w: _mean(p.plausible.sum(axis=1).astype(float), w),
}
_OF_CLASSES: dict[str, WeightedMetric] = {
    "uar": _mean_recall,
    "brier": _brier_of_classes,
    "log_loss": _log_loss,
    "ece": _confidence_error,
    "classwise_ece": _classwise_error,
}
_OF_CUTOFF: dict[str, WeightedMetric] = {
    "auroc": lambda p, w: curves.areas_within_folds(
        p.reaches_cutoff, p.cutoff_probability, p.fold, w
    ),
    "auprc": lambda p, w: curves.average_precisions(p.reaches_cutoff, p.cutoff_probability, w),
    "sensitivity": lambda p, w: _share(w, of=p.reaches_cutoff, hit=tests_positive(p)),
    "specificity": lambda p, w: _share(w, of=~p.reaches_cutoff, hit=~tests_positive(p)),
    "ppv": lambda p, w: _share(w, of=tests_positive(p), hit=p.reaches_cutoff),
    "npv": lambda p, w: _share(w, of=~tests_positive(p), hit=~p.reaches_cutoff),
    "brier": lambda p, w: _mean((p.cutoff_probability - p.reaches_cutoff) ** 2, w),
    "ece": lambda p, w: curves.calibration_errors(p.reaches_cutoff, p.cutoff_probability, w),
    "calibration_slope": lambda p, w: curves.calibration_lines(
        p.reaches_cutoff, p.cutoff_probability, w
    )[0],
    "calibration_intercept": lambda p, w: curves.calibration_lines(
        p.reaches_cutoff, p.cutoff_probability, w
    )[1],
}
_OF_SCORES: dict[str, WeightedMetric] = {
    "mae": lambda p, w: _mean(np.abs(p.score - p.reference), w),
    "rmse": _root_mean_square,
    "ccc": _concordance,
    "qwk": _quadratic_kappa,
    "mae_bands": lambda p, w: _mean(_distance(p), w),
    "within_one": lambda p, w: _mean(_distance(p) <= 1, w),
    "rps": _ranked_probability_score,
    "interval_coverage": lambda p, w: _mean(_inside(p), w),
    "interval_width": lambda p, w: _mean(p.high - p.low, w),
}
