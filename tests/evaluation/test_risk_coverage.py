"""What declining to answer buys: by hand, and between the best order and no order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.evaluation.bootstrap import estimate_metrics
from clinic.evaluation.risk_coverage import (
    area_of,
    confidence_of,
    loss_of,
    risk_coverage,
    withheld_share,
)
from clinic.evaluation.weighted import by_rows

LOSSES = st.lists(st.tuples(st.floats(0, 10), st.integers(0, 5)), min_size=1, max_size=30)


def test_the_curve_by_hand():
    found = risk_coverage(np.array([4.0, 0.0, 2.0]), np.array([0.5, 0.9, 0.7]))
    np.testing.assert_allclose(found.coverage, [1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(found.risk, [0, 1, 2])
    assert found.area == pytest.approx(1.0)
    assert found.excess == 0.0
    assert found.risk_at(0.7) == 1.0
    assert found.risk_at(1.0) == 2.0


def test_equal_confidence_shares_the_loss():
    found = risk_coverage(np.array([4.0, 0.0, 2.0]), np.array([0.5, 0.5, 0.7]))
    np.testing.assert_allclose(found.risk, [2, 2, 2])


@given(LOSSES, st.integers(0, 100))
def test_the_order_of_rows_decides_nothing(rows, seed):
    loss, confidence = np.array(rows).T
    order = np.random.default_rng(seed).permutation(len(loss))
    there, back = risk_coverage(loss, confidence), risk_coverage(loss[order], confidence[order])
    np.testing.assert_allclose(there.risk, back.risk, atol=1e-12)


@given(LOSSES)
def test_no_confidence_beats_knowing_the_loss_and_all_answered_is_the_mean(rows):
    loss, confidence = np.array(rows).T
    found = risk_coverage(loss, confidence)
    assert found.least_area <= found.area + 1e-9
    assert found.risk[-1] == pytest.approx(loss.mean())
    assert risk_coverage(loss, np.ones(len(loss))).area == pytest.approx(loss.mean())


def test_confidence_that_knows_nothing_is_chance_and_that_is_wrong_is_worse():
    generator = np.random.default_rng(0)
    loss = generator.exponential(size=20_000)
    assert risk_coverage(loss, generator.uniform(size=20_000)).excess == pytest.approx(1, abs=0.05)
    assert risk_coverage(loss, loss).excess > 1.2
    assert np.isnan(risk_coverage(np.ones(5), np.arange(5.0)).excess)


def test_the_area_gets_an_interval(make_predictions):
    people = make_predictions(n_people=40, n_repeats=2)
    found = estimate_metrics(people, metrics={"aurc": by_rows(area_of)}, n_draws=40)["aurc"]
    areas = [
        risk_coverage(loss_of(part), confidence_of(part)).area
        for part in (people.take(people.repeat == repeat) for repeat in (0, 1))
    ]
    assert found.mean == pytest.approx(np.mean(areas))
    assert found.low < found.mean < found.high


def test_loss_is_points_for_scores_and_wrongness_for_classes(make_predictions):
    scores, classes = make_predictions("score"), make_predictions("classes")
    np.testing.assert_allclose(loss_of(scores), np.abs(scores.score - scores.reference))
    assert set(loss_of(classes).tolist()) <= {0.0, 1.0}


def test_withheld_share_by_hand():
    found = withheld_share(np.array([1.0, 3.0, 5.0, 7.0]), np.array([False, False, False, True]))
    assert (found.n, found.n_withheld, found.share) == (4, 1, 0.25)
    assert (found.loss_answered, found.loss_withheld) == (3.0, 7.0)
    everybody = withheld_share(np.array([1.0]), np.array([True]))
    assert everybody.share == 1.0
    assert np.isnan(everybody.loss_answered)


def test_a_curve_needs_rows_and_numbers():
    for loss in (np.array([]), np.array([np.nan])):
        with pytest.raises(ValueError, match="risk-coverage"):
            risk_coverage(loss, np.ones(len(loss)))
