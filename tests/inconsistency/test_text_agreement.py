"""Agreement of readings with people, against other implementations."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from clinic.evaluation.score_metrics import concordance as other_concordance
from clinic.inconsistency.training.agreement import (
    concordance,
    label_f1,
    macro_f1,
    pearson,
    with_interval,
)

RANDOM = np.random.default_rng(5)
FIRST = RANDOM.normal(size=200)
SECOND = 0.6 * FIRST + 0.3 + RANDOM.normal(size=200)


def test_concordance_and_correlation_agree_with_other_implementations() -> None:
    assert concordance(FIRST, SECOND) == pytest.approx(other_concordance(SECOND, FIRST))
    assert pearson(FIRST, SECOND) == pytest.approx(np.corrcoef(FIRST, SECOND)[0, 1])


def test_concordance_punishes_a_shift_that_correlation_forgives() -> None:
    assert pearson(FIRST, FIRST + 2.0) == pytest.approx(1.0)
    # Equal spread s, shift d: 2 s^2 / (2 s^2 + d^2), by Lin's formula.
    assert concordance(FIRST, FIRST + 2.0) == pytest.approx(1 / (1 + 2.0 / FIRST.var()))


def test_nothing_that_varies_gives_no_number() -> None:
    flat = np.ones(5)
    assert np.isnan(concordance(flat, flat))
    assert np.isnan(pearson(flat, np.arange(5.0)))


def test_macro_f1_agrees_with_scikit_learn() -> None:
    marks = (RANDOM.random((300, 6)) < 0.2).astype(float)
    decided = (RANDOM.random((300, 6)) < 0.3).astype(float)
    decided[:, 5] = marks[:, 5] = 0.0
    reference = f1_score(marks, decided, average=None, zero_division=0)
    np.testing.assert_allclose(label_f1(decided, marks), reference)
    assert macro_f1(decided, marks) == pytest.approx(reference.mean())


def test_interval_of_a_correlation_agrees_with_fishers() -> None:
    found = with_interval(
        pearson, FIRST, SECOND, units=np.arange(200).astype(str), n_draws=2000, seed=0
    )
    low, high = np.tanh(np.arctanh(found.value) + np.array([-1.96, 1.96]) / np.sqrt(197))
    assert found.low == pytest.approx(low, abs=0.03)
    assert found.high == pytest.approx(high, abs=0.03)


def test_copies_within_a_document_do_not_narrow_the_interval() -> None:
    units = np.arange(40).astype(str)
    once = with_interval(pearson, FIRST[:40], SECOND[:40], units=units, n_draws=500, seed=0)
    often = with_interval(
        pearson,
        np.repeat(FIRST[:40], 9),
        np.repeat(SECOND[:40], 9),
        units=np.repeat(units, 9),
        n_draws=500,
        seed=0,
    )
    assert (often.low, often.high) == pytest.approx((once.low, once.high))
