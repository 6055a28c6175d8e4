"""Each metric against a value worked out by hand, and against a second implementation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.evaluation import bootstrap_interval, metrics

REFERENCE = np.array([0.0, 4.0, 10.0, 20.0])
ESTIMATE = np.array([2.0, 4.0, 8.0, 16.0])
BANDS = np.array([0, 0, 1, 2])
FOUND = np.array([0, 1, 1, 0])
YES = np.array([True, False, True, False])
SURE = np.array([0.9, 0.2, 0.4, 0.5])


def test_errors_by_hand():
    assert metrics.mean_absolute_error(REFERENCE, ESTIMATE) == 2.0  # (2 + 0 + 2 + 4) / 4
    assert metrics.root_mean_square_error(REFERENCE, ESTIMATE) == pytest.approx(np.sqrt(24 / 4))


def test_concordance_by_hand():
    # Means 8.5 and 7.5; variances 56.75 and 28.75; covariance 161 / 4 = 40.25.
    expected = 2 * 40.25 / (56.75 + 28.75 + 1.0)
    assert metrics.concordance(REFERENCE, ESTIMATE) == pytest.approx(expected)
    assert metrics.concordance(REFERENCE, REFERENCE) == 1.0
    assert np.isnan(metrics.concordance(np.ones(3), np.ones(3)))


def test_kappa_by_hand():
    # Squared distances 0, 1, 0, 4 sum to 5. By chance, pairs of marginals (2, 1, 1) and
    # (2, 2, 0): 0*2*2 + 1*2*2 + 1*1*2 + 0*1*2 + 4*1*2 + 1*1*2 = 16, over n = 4: 4.
    assert metrics.quadratic_kappa(BANDS, FOUND, 3) == pytest.approx(1 - 5 / 4)
    assert metrics.quadratic_kappa(BANDS, BANDS, 3) == 1.0


def test_bands_by_hand():
    assert metrics.within_one(BANDS, FOUND) == 0.75
    # Band 0: precision 1/2, recall 1/2; band 1: 1/2, 1; band 2: 0.
    assert metrics.macro_f1(BANDS, FOUND) == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    assert metrics.balanced_accuracy(BANDS, FOUND) == pytest.approx((1 / 2 + 1 + 0) / 3)


def test_ranked_probability_score_by_hand():
    probabilities = np.array([[0.5, 0.3, 0.2], [0.0, 0.0, 1.0]])
    # Truth 1: (.5 - 0)^2 + (.8 - 1)^2 = .29 over 2 cuts; truth 2: 0.
    found = metrics.ranked_probability_score(np.array([1, 2]), probabilities)
    assert found == pytest.approx((0.29 / 2 + 0) / 2)


def test_yes_or_no_by_hand():
    # Pairs (yes, no): .9 beats .2 and .5, .4 beats .2 only.
    assert metrics.area_under_roc(YES, SURE) == 0.75
    assert np.isnan(metrics.area_under_roc(np.ones(3, dtype=bool), SURE[:3]))
    assert metrics.brier(YES, SURE) == pytest.approx((0.01 + 0.04 + 0.36 + 0.25) / 4)
    # Ranked .9 yes, .5 no, .4 yes, .2 no: precision 1 and 2/3 at the hits.
    assert metrics.average_precision(YES, SURE) == pytest.approx((1 + 2 / 3) / 2)


def test_calibration_error_by_hand():
    # Two bins: {.2 no, .4 yes}: .3 against .5; {.5 no, .9 yes}: .7 against .5.
    assert metrics.expected_calibration_error(YES, SURE, n_bins=2) == pytest.approx(0.2)


def test_calibration_line_finds_the_line_that_was_drawn():
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, 40_000)
    outcome = generator.uniform(size=40_000) < 1 / (1 + np.exp(-(0.7 * logits - 0.4)))
    line = metrics.calibration_line(outcome, 1 / (1 + np.exp(-logits)))
    assert line.slope == pytest.approx(0.7, abs=0.03)
    assert line.intercept == pytest.approx(-0.4, abs=0.04)


def test_coverage_counts_the_ends():
    assert metrics.coverage(
        np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 4.0]), np.array([2.0, 2.0, 5.0])
    ) == pytest.approx(2 / 3)


@given(st.lists(st.integers(0, 4), min_size=2, max_size=40))
def test_perfect_answers_get_perfect_marks(bands):
    reference = np.array(bands)
    sure = np.eye(5)[reference]
    assert metrics.ranked_probability_score(reference, sure) == 0
    assert metrics.macro_f1(reference, reference) == 1
    assert metrics.balanced_accuracy(reference, reference) == 1


def test_bootstrap_agrees_with_the_standard_error_of_a_mean():
    values = np.random.default_rng(0).normal(size=200)
    low, high = bootstrap_interval(
        [str(i) for i in range(200)], lambda rows: float(values[rows].mean()), n_draws=2000
    )
    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / np.sqrt(200), rel=0.1)


def test_ten_recordings_of_one_person_are_one_person():
    values = np.repeat(np.random.default_rng(0).normal(size=20), 10)
    people = [str(i // 10) for i in range(200)]
    low, high = bootstrap_interval(people, lambda rows: float(values[rows].mean()), n_draws=2000)
    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / np.sqrt(20), rel=0.15)
