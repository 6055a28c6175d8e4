"""Metrics of a yes/no question, such as whether a score reaches the screening cut-off.

What has an empty denominator, such as the sensitivity where nobody has the condition, is NaN.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Answers = NDArray[np.bool_]


def sensitivity(reference: Answers, positive: Answers) -> float:
    """Return the share of those with the condition who test positive."""
    from sklearn.metrics import recall_score

    return float(recall_score(reference, positive, zero_division=np.nan))


def specificity(reference: Answers, positive: Answers) -> float:
    """Return the share of those without the condition who test negative."""
    from sklearn.metrics import recall_score

    return float(recall_score(reference, positive, pos_label=False, zero_division=np.nan))


def positive_predictive_value(reference: Answers, positive: Answers) -> float:
    """Return the share of positive tests that are right; it moves with the prevalence."""
    from sklearn.metrics import precision_score

    return float(precision_score(reference, positive, zero_division=np.nan))


def negative_predictive_value(reference: Answers, positive: Answers) -> float:
    """Return the share of negative tests that are right; it moves with the prevalence."""
    from sklearn.metrics import precision_score

    return float(precision_score(reference, positive, pos_label=False, zero_division=np.nan))


def area_under_roc(reference: Answers, probability: Floats) -> float:
    """Return the area under the ROC curve; NaN where only one answer occurs."""
    from sklearn.metrics import roc_auc_score

    if len(set(reference.tolist())) < 2:
        return float("nan")
    return float(roc_auc_score(reference, probability))


def area_within_folds(reference: Answers, probability: Floats, fold: NDArray[np.intp]) -> float:
    """Return the area under the ROC curve over pairs of rows of the same fold.

    Each fold counts with its pairs of one with and one without; NaN where there is no pair.

    Source: Forman & Scholz (2010), doi:10.1145/1882471.1882479, section 2.
    """
    total = pairs = 0.0
    for number in np.unique(fold):
        rows = fold == number
        n_yes = int(reference[rows].sum())
        n_pairs = n_yes * int(rows.sum() - n_yes)
        if n_pairs:
            total += n_pairs * area_under_roc(reference[rows], probability[rows])
            pairs += n_pairs
    return total / pairs if pairs else float("nan")


def average_precision(reference: Answers, probability: Floats) -> float:
    """Return the average precision; chance is the share of positives; NaN without any."""
    from sklearn.metrics import average_precision_score

    if not np.any(reference):
        return float("nan")
    return float(average_precision_score(reference, probability))


def net_benefit(reference: Answers, probability: Floats, *, threshold: float) -> float:
    """Return the net benefit of acting where the probability reaches a threshold.

    True positives per person, less false positives at the odds of the threshold: at .2 four
    people followed up in vain weigh as much as one person found.

    Raises:
        ValueError: The threshold is not inside (0, 1).

    Source:
        Vickers & Elkin (2006), doi:10.1177/0272989X06295361.

    Example:
        >>> net_benefit(np.array([True, False]), np.array([0.9, 0.5]), threshold=0.2)
        0.375
    """
    if not 0 < threshold < 1:
        raise ValueError(f"threshold probability {threshold}: inside (0, 1) needed")
    acts = probability >= threshold
    found, in_vain = np.mean(acts & reference), np.mean(acts & ~reference)
    return float(found - in_vain * threshold / (1 - threshold))
