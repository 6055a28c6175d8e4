"""Which metrics a target has, how each is computed over rows, and which way is better."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation import metrics
from clinic.evaluation.predictions import Predictions
from clinic.evaluation.target import Target, TargetKind

Rows = NDArray[np.intp]
Floats = NDArray[np.float64]
#: Takes predictions of one repeat and row indices (with repeats); NaN = not defined for them.
Metric = Callable[[Predictions, Rows], float]

#: Threshold of the one net benefit in tables: a person found weighs as much as four followed up
#: in vain. A convention for comparing models, no recommendation; the curve shows all thresholds.
THRESHOLD_PROBABILITY = 0.2


#: Of localisation; no set of plausible answers is given per segment.
OF_SEGMENTS = ("macro_f1", "auroc", "auprc", "brier", "ece")


class Direction(StrEnum):
    """Which values of a metric are better."""

    HIGHER = "higher is better"
    LOWER = "lower is better"
    NEARER_ONE = "nearer 1 is better"
    NEARER_ZERO = "nearer 0 is better"
    NEARER_PROMISE = "nearer the promised coverage is better"

    def loss(self, value: float, promise: float = float("nan")) -> float:
        """Return what is to be small, whichever way the metric runs.

        Args:
            promise: Coverage promised, for ``NEARER_PROMISE``.
        """
        match self:
            case Direction.HIGHER:
                return -value
            case Direction.LOWER:
                return value
            case Direction.NEARER_ONE:
                return abs(value - 1)
            case Direction.NEARER_ZERO:
                return abs(value)
        return abs(value - promise)


@dataclass(frozen=True)
class About:
    """What a reader of a table must know about a metric.

    Args:
        note: What would otherwise be taken for an error; empty for most.
    """

    words: str
    direction: Direction
    note: str = ""


#: Draws repeat people, which makes bins rougher than they were.
_RISES = "rises when people are drawn again: its interval lies high and may leave out the estimate"


ABOUT: Mapping[str, About] = {
    "mae": About("mean absolute error, points", Direction.LOWER),
    "rmse": About("root mean square error, points", Direction.LOWER),
    "ccc": About("concordance correlation", Direction.HIGHER),
    "qwk": About("quadratic-weighted kappa of bands", Direction.HIGHER),
    "mae_bands": About("mean absolute error, bands", Direction.LOWER),
    "within_one": About("share within one band", Direction.HIGHER),
    "macro_f1": About("macro-F1", Direction.HIGHER),
    "weighted_f1": About("F1 weighted by prevalence", Direction.HIGHER),
    "balanced_accuracy": About("balanced accuracy", Direction.HIGHER),
    "uar": About("unweighted average recall", Direction.HIGHER),
    "accuracy": About("accuracy", Direction.HIGHER),
    "rps": About("ranked probability score", Direction.LOWER),
    "auroc": About(
        "AUROC at the cut-off, pairs within a fold",
        Direction.HIGHER,
        note="pairs of people scored by different fits do not count: their probabilities are not "
        "on one scale",
    ),
    "auprc": About("average precision at the cut-off", Direction.HIGHER),
    "sensitivity": About("sensitivity at the cut-off", Direction.HIGHER),
    "specificity": About("specificity at the cut-off", Direction.HIGHER),
    "ppv": About("positive predictive value at the cut-off", Direction.HIGHER),
    "npv": About("negative predictive value at the cut-off", Direction.HIGHER),
    "net_benefit": About("net benefit at one threshold probability", Direction.HIGHER),
    "brier": About("Brier score", Direction.LOWER),
    "log_loss": About("log loss", Direction.LOWER),
    "ece": About("expected calibration error, equal-mass bins", Direction.LOWER, _RISES),
    "classwise_ece": About("calibration error, mean over classes", Direction.LOWER, _RISES),
    "calibration_slope": About("calibration slope", Direction.NEARER_ONE),
    "calibration_intercept": About("calibration intercept", Direction.NEARER_ZERO),
    "interval_coverage": About("coverage of the interval", Direction.NEARER_PROMISE),
    "interval_width": About("mean width of the interval, points", Direction.LOWER),
    "set_coverage": About("coverage of the plausible classes", Direction.NEARER_PROMISE),
    "set_size": About("mean number of plausible classes", Direction.LOWER),
}


def metrics_of(
    target: Target, *, threshold_probability: float = THRESHOLD_PROBABILITY
) -> Mapping[str, Metric]:
    """Return the metrics that make sense for a target, by name.

    Sensitivity, specificity and predictive values are of what a reader sees: the band of the
    score, or the more probable answer. AUROC, average precision, net benefit, Brier and
    calibration are of the probability of reaching the cut-off, or over all classes where the
    target has no order.

    Args:
        threshold_probability: Of the net benefit.
    """
    table = _OF_CLASSES if target.kind is TargetKind.CLASSES else _OF_BANDS
    found: dict[str, Metric] = {name: _on_rows(metric) for name, metric in table.items()}
    if target.kind is not TargetKind.CLASSES and target.cutoff_class is not None:
        found |= {name: _on_rows(metric) for name, metric in _OF_CUTOFF.items()}
        found["net_benefit"] = _on_rows(
            lambda p: metrics.net_benefit(
                p.reaches_cutoff, p.cutoff_probability, threshold=threshold_probability
            )
        )
    if target.kind is TargetKind.SCORE:
        found |= {name: _on_rows(metric) for name, metric in _OF_SCORES.items()}
    if target.kind is TargetKind.SEGMENTS:
        found = {name: found[name] for name in OF_SEGMENTS}
    return {name: found[name] for name in ABOUT if name in found}


def tests_positive(predictions: Predictions) -> NDArray[np.bool_]:
    """Return whether what a reader sees reaches the cut-off, shape (n,)."""
    cutoff = predictions.target.cutoff_class
    assert cutoff is not None, f"{predictions.target.title} has no cut-off"
    return np.asarray(predictions.shown_class >= cutoff)


class _Whole(Protocol):
    """A metric of all rows of some predictions."""

    def __call__(self, predictions: Predictions, /) -> float: ...


def _on_rows(metric: _Whole) -> Metric:
    def on_rows(predictions: Predictions, rows: Rows) -> float:
        return metric(predictions.take(rows)) if len(rows) else float("nan")

    return on_rows


def _interval_coverage(p: Predictions) -> float:
    known = ~np.isnan(p.low) & ~np.isnan(p.high)
    if not known.any():
        return float("nan")
    return metrics.coverage(p.reference[known], p.low[known], p.high[known])


def _interval_width(p: Predictions) -> float:
    width = p.high - p.low
    return float(np.nanmean(width)) if not np.isnan(width).all() else float("nan")


def _set_coverage(p: Predictions) -> float:
    return float(np.mean(p.plausible[np.arange(len(p)), p.reference_class]))


def _set_size(p: Predictions) -> float:
    return float(np.mean(p.plausible.sum(axis=1)))


_OF_ANY: dict[str, _Whole] = {
    "macro_f1": lambda p: metrics.macro_f1(p.reference_class, p.shown_class),
    "weighted_f1": lambda p: metrics.weighted_f1(p.reference_class, p.shown_class),
    "accuracy": lambda p: metrics.accuracy(p.reference_class, p.shown_class),
    "set_coverage": _set_coverage,
    "set_size": _set_size,
}
_OF_BANDS: dict[str, _Whole] = _OF_ANY | {
    "balanced_accuracy": lambda p: metrics.balanced_accuracy(p.reference_class, p.shown_class),
}
_OF_CLASSES: dict[str, _Whole] = _OF_ANY | {
    "uar": lambda p: metrics.balanced_accuracy(p.reference_class, p.shown_class),
    "brier": lambda p: metrics.multiclass_brier(p.reference_class, p.probabilities),
    "log_loss": lambda p: metrics.log_loss(p.reference_class, p.probabilities),
    "ece": lambda p: metrics.confidence_calibration_error(p.reference_class, p.probabilities),
    "classwise_ece": lambda p: metrics.classwise_calibration_error(
        p.reference_class, p.probabilities
    ),
}
_OF_CUTOFF: dict[str, _Whole] = {
    "auroc": lambda p: metrics.area_within_folds(p.reaches_cutoff, p.cutoff_probability, p.fold),
    "auprc": lambda p: metrics.average_precision(p.reaches_cutoff, p.cutoff_probability),
    "sensitivity": lambda p: metrics.sensitivity(p.reaches_cutoff, tests_positive(p)),
    "specificity": lambda p: metrics.specificity(p.reaches_cutoff, tests_positive(p)),
    "ppv": lambda p: metrics.positive_predictive_value(p.reaches_cutoff, tests_positive(p)),
    "npv": lambda p: metrics.negative_predictive_value(p.reaches_cutoff, tests_positive(p)),
    "brier": lambda p: metrics.brier(p.reaches_cutoff, p.cutoff_probability),
    "ece": lambda p: metrics.expected_calibration_error(p.reaches_cutoff, p.cutoff_probability),
    "calibration_slope": lambda p: (
        metrics.calibration_line(p.reaches_cutoff, p.cutoff_probability).slope
    ),
    "calibration_intercept": lambda p: (
        metrics.calibration_line(p.reaches_cutoff, p.cutoff_probability).intercept
    ),
}
_OF_SCORES: dict[str, _Whole] = {
    "mae": lambda p: metrics.mean_absolute_error(p.reference, p.score),
    "rmse": lambda p: metrics.root_mean_square_error(p.reference, p.score),
    "ccc": lambda p: metrics.concordance(p.reference, p.score),
    "qwk": lambda p: metrics.quadratic_kappa(p.reference_class, p.shown_class, p.target.n_classes),
    "mae_bands": lambda p: metrics.mean_bands_off(p.reference_class, p.shown_class),
    "within_one": lambda p: metrics.within_one(p.reference_class, p.shown_class),
    "rps": lambda p: metrics.ranked_probability_score(p.reference_class, p.probabilities),
    "interval_coverage": _interval_coverage,
    "interval_width": _interval_width,
}
