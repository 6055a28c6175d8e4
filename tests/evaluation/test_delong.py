"""Areas under ROC curves: against R's pROC, the definition, and coverage of a known truth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from clinic.evaluation.delong import area_interval, compare_areas


def test_published_interval_and_test(shared_data):
    patients = pd.read_csv(shared_data / "irr_reference" / "pROC_aSAH.csv")
    poor = (patients["outcome"] == "Poor").to_numpy()
    found = area_interval(poor, patients["ndka"].to_numpy())
    assert (found.low, found.area, found.high) == pytest.approx(
        (0.501244999, 0.611957995, 0.722670990), abs=1e-9
    )
    pair = compare_areas(poor, patients["wfns"].to_numpy(), patients["s100b"].to_numpy())
    assert pair.p_value == pytest.approx(0.0271757822, abs=1e-10)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 20), st.integers(2, 20))
def test_the_area_is_that_of_scikit_learn_ties_included(seed, n_yes, n_no):
    reference = np.arange(n_yes + n_no) < n_yes
    score = np.random.default_rng(seed).integers(0, 6, n_yes + n_no).astype(float)
    found = area_interval(reference, score)
    assert found.area == pytest.approx(roc_auc_score(reference, score))
    assert 0 <= found.low <= found.area <= found.high <= 1


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    generator = np.random.default_rng(0)
    truth = norm.cdf(1 / np.sqrt(2))
    reference = np.arange(120) < 40
    hits = []
    for _ in range(500):
        found = area_interval(reference, generator.normal(0, 1, 120) + reference)
        hits.append(found.low <= truth <= found.high)
    # 500 trials scatter by .01.
    assert np.mean(hits) == pytest.approx(0.95, abs=0.03)


def test_equal_scores_are_told_apart_as_rarely_as_promised():
    generator = np.random.default_rng(1)
    reference = np.arange(120) < 40
    p_values = []
    for _ in range(500):
        shared = generator.normal(0, 1, 120) + reference
        pair = shared + generator.normal(0, 1, (2, 120))
        p_values.append(compare_areas(reference, *pair).p_value)
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.03)


def test_the_same_order_is_the_same_model():
    reference = np.arange(20) % 3 == 0
    score = np.random.default_rng(2).normal(size=20)
    found = compare_areas(reference, score, np.exp(score))
    assert (found.difference, found.p_value) == (0.0, 1.0)


def test_one_person_with_the_condition_is_one_too_few():
    with pytest.raises(ValueError, match="1 with and 4 without the condition, 2 of each needed"):
        area_interval(np.array([True, False, False, False, False]), np.arange(5.0))
