"""Pooling folds makes a model that knows nothing look worse than a coin; pairs within do not."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from clinic.evaluation.bootstrap import estimate_metrics
from clinic.evaluation.metrics import area_within_folds
from clinic.evaluation.table import metrics_of
from clinic.evaluation.weighted import weighted_metrics_of


def prevalence_of_the_others(reached: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """What a model without any knowledge says: the share among the people outside the fold."""
    return np.array([reached[fold != number].mean() for number in fold])


def test_a_model_that_knows_nothing_scores_one_half():
    random = np.random.default_rng(0)
    reached = random.uniform(size=100) < 0.3
    fold = random.permutation(np.arange(100) % 5)
    said = prevalence_of_the_others(reached, fold)
    assert roc_auc_score(reached, said) < 0.45
    assert area_within_folds(reached, said, fold) == 0.5


def test_one_fold_is_the_usual_area():
    random = np.random.default_rng(1)
    reached = random.uniform(size=60) < 0.5
    said = random.uniform(size=60) + 0.3 * reached
    whole = area_within_folds(reached, said, np.zeros(60, dtype=int))
    assert whole == pytest.approx(roc_auc_score(reached, said))


def test_folds_count_with_their_pairs():
    reached = np.array([True, False, True, True, False, False])
    said = np.array([0.9, 0.1, 0.2, 0.3, 0.6, 0.1])
    fold = np.array([0, 0, 1, 1, 1, 1])
    # Fold 0: 1 of 1 pair right. Fold 1: .2 > .1, .3 > .1 right of 4 pairs.
    assert area_within_folds(reached, said, fold) == pytest.approx(3 / 5)


def test_a_fold_of_one_kind_has_no_pair():
    assert np.isnan(area_within_folds(np.array([True, True]), np.array([0.1, 0.2]), np.zeros(2)))


def test_counted_draws_agree_with_drawn_rows(make_predictions):
    found = make_predictions("score", n_people=40)
    found = replace(found, fold=np.arange(len(found), dtype=np.intp) % 4)
    random = np.random.default_rng(2)
    counts = random.multinomial(len(found), np.full(len(found), 1 / len(found)), size=20)
    many = weighted_metrics_of(found.target)["auroc"](found, counts.astype(float))
    rows = np.arange(len(found))
    one = [metrics_of(found.target)["auroc"](found, np.repeat(rows, c)) for c in counts]
    assert many == pytest.approx(one)


def test_the_interval_of_a_model_that_knows_nothing_is_one_half(make_predictions):
    found = make_predictions("score", n_people=60)
    fold = np.arange(len(found), dtype=np.intp) % 5
    said = prevalence_of_the_others(found.reaches_cutoff, fold)
    probabilities = np.zeros_like(found.probabilities)
    probabilities[:, 0], probabilities[:, 4] = 1 - said, said
    knows_nothing = replace(found, fold=fold, probabilities=probabilities)
    auroc = estimate_metrics(knows_nothing, n_draws=200)["auroc"]
    assert (auroc.mean, auroc.low, auroc.high) == (0.5, 0.5, 0.5)
