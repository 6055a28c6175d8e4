"""Metrics of estimates against references; each is checked by hand in the tests.

Scores are in the scale's points, bands are indices in rising order, probabilities have shape
(n, n_bands). From scikit-learn and scipy where those have them.
"""

from clinic.evaluation.band_metrics import (
    accuracy,
    balanced_accuracy,
    macro_f1,
    mean_bands_off,
    quadratic_kappa,
    ranked_probability_score,
    weighted_f1,
    within_one,
)
from clinic.evaluation.calibration_metrics import (
    LEAST_PROBABILITY,
    Binning,
    Line,
    Reliability,
    brier,
    calibration_line,
    classwise_calibration_error,
    confidence_calibration_error,
    expected_calibration_error,
    log_loss,
    multiclass_brier,
    reliability,
)
from clinic.evaluation.cutoff_metrics import (
    area_under_roc,
    area_within_folds,
    average_precision,
    negative_predictive_value,
    net_benefit,
    positive_predictive_value,
    sensitivity,
    specificity,
)
from clinic.evaluation.score_metrics import (
    concordance,
    coverage,
    mean_absolute_error,
    root_mean_square_error,
)

__all__ = [
    "LEAST_PROBABILITY",
    "Binning",
    "Line",
    "Reliability",
    "accuracy",
    "area_under_roc",
    "area_within_folds",
    "average_precision",
    "balanced_accuracy",
    "brier",
    "calibration_line",
    "classwise_calibration_error",
    "concordance",
    "confidence_calibration_error",
    "coverage",
    "expected_calibration_error",
    "log_loss",
    "macro_f1",
    "mean_absolute_error",
    "mean_bands_off",
    "multiclass_brier",
    "negative_predictive_value",
    "net_benefit",
    "positive_predictive_value",
    "quadratic_kappa",
    "ranked_probability_score",
    "reliability",
    "root_mean_square_error",
    "sensitivity",
    "specificity",
    "weighted_f1",
    "within_one",
]
