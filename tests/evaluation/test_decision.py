"""Decision curves: what is known by arithmetic, and who must win."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.evaluation.decision import decision_curve

THRESHOLDS = [0.1, 0.25, 0.5, 0.8]


def test_acting_on_nobody_is_zero_and_on_everybody_is_arithmetic(sure_about):
    outcome = np.arange(50) < 15
    people = sure_about(outcome, np.full(50, 0.3))
    for point in decision_curve(people, THRESHOLDS, n_draws=50):
        assert point.treat_none == 0.0
        odds = point.threshold / (1 - point.threshold)
        assert point.treat_all == pytest.approx(0.3 - 0.7 * odds)
        # One probability for all is one of the two strategies and gains nothing on them.
        assert point.gain == pytest.approx(0 if point.threshold <= 0.3 else min(0, point.gain))
        assert point.model == pytest.approx(point.treat_all if point.threshold <= 0.3 else 0)


def test_knowing_gains_the_prevalence_at_every_threshold(sure_about):
    outcome = np.arange(40) < 10
    for point in decision_curve(sure_about(outcome, outcome.astype(float)), THRESHOLDS):
        assert point.model == pytest.approx(0.25)
        assert point.gain > 0
        assert point.gain_low > 0
        assert point.low < 0.25 < point.high


def test_guessing_gains_nothing(sure_about):
    generator = np.random.default_rng(0)
    outcome = generator.uniform(size=200) < 0.3
    points = decision_curve(sure_about(outcome, generator.uniform(size=200)), THRESHOLDS)
    assert all(point.gain <= 0.02 for point in points)
    assert all(point.gain_low < 0 for point in points)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.05, 0.95))
def test_net_benefit_is_at_most_the_prevalence(sure_about, seed, threshold):
    generator = np.random.default_rng(seed)
    outcome = generator.uniform(size=30) < 0.4
    (point,) = decision_curve(
        sure_about(outcome, generator.uniform(size=30)), [threshold], n_draws=5
    )
    assert point.model <= outcome.mean() + 1e-12
    assert point.treat_all <= outcome.mean()


def test_repeats_are_averaged(make_predictions):
    people = make_predictions(n_people=40, n_repeats=3)
    (together,) = decision_curve(people, [0.3], n_draws=5)
    each = [
        decision_curve(people.take(people.repeat == repeat), [0.3], n_draws=5)[0].model
        for repeat in range(3)
    ]
    assert together.model == pytest.approx(np.mean(each))


def test_a_threshold_of_one_is_refused(make_predictions):
    with pytest.raises(ValueError, match="inside"):
        decision_curve(make_predictions(n_people=5), [0.5, 1.0])
