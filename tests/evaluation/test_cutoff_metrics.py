"""Yes/no metrics against values worked out by hand; what has no denominator is NaN."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.evaluation import metrics

# Three with the condition, of whom two are found; five without, of whom one is alarmed in vain.
REFERENCE = np.array([1, 1, 1, 0, 0, 0, 0, 0], dtype=bool)
POSITIVE = np.array([1, 1, 0, 1, 0, 0, 0, 0], dtype=bool)
PROBABILITY = np.array([0.9, 0.6, 0.1, 0.3, 0.1, 0.1, 0.05, 0.0])


def test_the_four_shares_by_hand():
    assert metrics.sensitivity(REFERENCE, POSITIVE) == pytest.approx(2 / 3)
    assert metrics.specificity(REFERENCE, POSITIVE) == pytest.approx(4 / 5)
    assert metrics.positive_predictive_value(REFERENCE, POSITIVE) == pytest.approx(2 / 3)
    assert metrics.negative_predictive_value(REFERENCE, POSITIVE) == pytest.approx(4 / 5)


def test_an_empty_denominator_is_not_zero():
    none, everybody = np.zeros(4, dtype=bool), np.ones(4, dtype=bool)
    assert np.isnan(metrics.sensitivity(none, everybody))
    assert np.isnan(metrics.specificity(everybody, none))
    assert np.isnan(metrics.positive_predictive_value(everybody, none))
    assert np.isnan(metrics.negative_predictive_value(none, everybody))
    assert np.isnan(metrics.average_precision(none, np.linspace(0, 1, 4)))
    # Nobody found although somebody is there is a zero, and no unknown.
    assert metrics.sensitivity(everybody, none) == 0.0
    assert metrics.positive_predictive_value(none, everybody) == 0.0


def test_net_benefit_by_hand():
    # At .2: two found, one in vain at odds 1/4, of eight people.
    found = metrics.net_benefit(REFERENCE, PROBABILITY, threshold=0.2)
    assert found == pytest.approx((2 - 1 / 4) / 8)
    # At .5: two found, nobody in vain.
    assert metrics.net_benefit(REFERENCE, PROBABILITY, threshold=0.5) == pytest.approx(2 / 8)


def test_acting_on_nobody_gains_nothing():
    assert metrics.net_benefit(REFERENCE, np.zeros(8), threshold=0.3) == 0.0


@given(st.floats(0.01, 0.99))
def test_acting_on_everybody_gains_nothing_where_threshold_is_prevalence(threshold):
    everybody = np.ones(8)
    found = metrics.net_benefit(REFERENCE, everybody, threshold=threshold)
    assert found == pytest.approx(3 / 8 - 5 / 8 * threshold / (1 - threshold))
    assert metrics.net_benefit(REFERENCE, everybody, threshold=3 / 8) == pytest.approx(0)


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.1])
def test_a_threshold_outside_is_refused(threshold):
    with pytest.raises(ValueError, match="inside"):
        metrics.net_benefit(REFERENCE, PROBABILITY, threshold=threshold)
