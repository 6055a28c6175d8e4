"""Calibration against hand-made bins, simulated forecasters and forecasts of real games."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearn_log_loss

from clinic.evaluation import metrics
from clinic.evaluation.metrics import Binning

CLASSES = np.array([0, 1, 2, 1])
MASS = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6], [0.5, 0.4, 0.1]])


def test_multiclass_scores_by_hand_and_by_scikit_learn():
    # (.09 + .04 + .01), (.01 + .16 + .09), (.04 + .04 + .16), (.25 + .36 + .01)
    by_hand = (0.14 + 0.26 + 0.24 + 0.62) / 4
    assert metrics.multiclass_brier(CLASSES, MASS) == pytest.approx(by_hand)
    assert metrics.multiclass_brier(CLASSES, MASS) == pytest.approx(
        brier_score_loss(CLASSES, MASS, labels=[0, 1, 2], scale_by_half=False)
    )
    by_hand = -np.log([0.7, 0.6, 0.6, 0.4]).mean()
    assert metrics.log_loss(CLASSES, MASS) == pytest.approx(by_hand)
    assert metrics.log_loss(CLASSES, MASS) == pytest.approx(sklearn_log_loss(CLASSES, MASS))


def test_a_wrong_certainty_costs_much_and_not_everything():
    assert metrics.log_loss(np.array([0]), np.array([[0.0, 1.0]])) == pytest.approx(-np.log(1e-6))


def test_calibration_error_of_classes_by_hand():
    # Two bins of the surest class: {.5 wrong, .6 right}, {.6 right, .7 right}.
    by_hand = (abs(0.55 - 0.5) + abs(0.65 - 1)) / 2
    assert metrics.confidence_calibration_error(CLASSES, MASS) == pytest.approx(by_hand)
    # Class 0: {.1 no, .2 no}, {.5 no, .7 yes}; 1: {.2 no, .2 no}, {.4 yes, .6 yes};
    # 2: {.1 no, .1 no}, {.3 no, .6 yes}.
    by_hand = ((0.15 + 0.1) + (0.2 + 0.5) + (0.1 + 0.05)) / 2 / 3
    assert metrics.classwise_calibration_error(CLASSES, MASS) == pytest.approx(by_hand)


def test_bins_of_equal_width_by_hand():
    found = metrics.reliability(
        np.array([False, True, True]), np.array([0.1, 0.2, 1.0]), n_bins=2, binning=Binning.WIDTH
    )
    np.testing.assert_allclose(found.probability, [0.15, 1.0])
    np.testing.assert_allclose(found.frequency, [0.5, 1.0])
    np.testing.assert_allclose(found.n, [2, 1])
    assert found.error == pytest.approx(0.35 * 2 / 3)


@given(st.integers(0, 10_000), st.integers(1, 60))
def test_the_order_of_rows_decides_nothing(seed, n):
    generator = np.random.default_rng(seed)
    # One decimal, so that many probabilities are equal and share bins.
    probability = generator.uniform(size=n).round(1)
    outcome = generator.uniform(size=n) < 0.5
    order = generator.permutation(n)
    for binning in Binning:
        there = metrics.expected_calibration_error(outcome, probability, binning=binning)
        back = metrics.expected_calibration_error(
            outcome[order], probability[order], binning=binning
        )
        assert there == pytest.approx(back, abs=1e-12)


def test_one_answer_for_everybody_errs_by_its_distance_from_the_prevalence():
    outcome = np.arange(100) < 30
    assert metrics.expected_calibration_error(outcome, np.full(100, 0.4)) == pytest.approx(0.1)


def test_the_error_of_a_calibrated_forecaster_shrinks_with_the_sample():
    generator = np.random.default_rng(0)
    errors = []
    for n in (200, 2_000, 20_000, 200_000):
        found = []
        for _ in range(5):
            probability = generator.uniform(size=n)
            outcome = generator.uniform(size=n) < probability
            found.append(metrics.expected_calibration_error(outcome, probability, n_bins=10))
        errors.append(np.mean(found))
    # Ten bins of n / 10 rows: the gap by chance falls with the root of n, here tenfold a step.
    assert errors[0] > 2 * errors[1] > 4 * errors[2] > 8 * errors[3]
    assert errors[-1] < 0.003


def test_one_probability_has_no_calibration_line():
    line = metrics.calibration_line(np.array([True, False, True]), np.full(3, 0.4))
    assert np.isnan(line.slope)
    assert np.isnan(line.intercept)


def test_published_forecasts_of_games_have_their_known_scores(shared_data):
    games = pd.read_csv(shared_data / "forecasts_538" / "nfl_games.csv")
    assert len(games) == 1889
    said, came = games["prob1"].to_numpy(), games["prob1_outcome"].to_numpy()
    assert metrics.brier(came, said) == pytest.approx(0.2201, abs=5e-5)
    # Each game is a forecast for either side; draws count half.
    both = np.concatenate([said, games["prob2"].to_numpy()])
    outcomes = np.concatenate([came, games["prob2_outcome"].to_numpy()])
    error = metrics.expected_calibration_error(outcomes, both, n_bins=10, binning=Binning.WIDTH)
    assert error == pytest.approx(0.0219, abs=5e-5)
    bins = metrics.reliability(outcomes, both, n_bins=10, binning=Binning.WIDTH)
    assert bins.n.sum() == 2 * 1889
    # What was said to be more likely came more often.
    assert np.all(np.diff(bins.frequency[bins.n > 50]) > 0)
    # Seen from either side the bins mirror each other.
    np.testing.assert_allclose(bins.frequency, 1 - bins.frequency[::-1])
