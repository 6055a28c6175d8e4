"""Agreement of raters and items: by hand, by definition, and on published tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from clinic.evaluation.agreement import cronbach_alpha, fleiss_kappa, intraclass_agreement


def test_kappa_by_hand():
    # Agreement 1, 1/3, 1/3; shares 5/9, 4/9.
    ratings = [["a", "a", "a"], ["a", "a", "b"], ["b", "b", "b"]]
    agreed, chance = (1 + 1 / 3 + 1) / 3, (5 / 9) ** 2 + (4 / 9) ** 2
    assert fleiss_kappa(ratings) == pytest.approx((agreed - chance) / (1 - chance))


def test_kappa_of_raters_who_agree_is_one_and_of_coins_is_none():
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 4, 200)
    assert fleiss_kappa(np.repeat(truth[:, None], 3, axis=1)) == pytest.approx(1)
    assert fleiss_kappa(generator.integers(0, 4, (4000, 3))) == pytest.approx(0, abs=0.02)
    assert np.isnan(fleiss_kappa(np.ones((5, 3))))


def test_kappa_of_two_raters_is_near_cohens():
    generator = np.random.default_rng(1)
    truth = generator.integers(0, 3, 3000)
    pair = np.where(generator.uniform(size=(3000, 2)) < 0.7, truth[:, None], 0)
    assert fleiss_kappa(pair) == pytest.approx(cohen_kappa_score(*pair.T), abs=0.01)


def test_one_rater_agrees_with_nobody():
    with pytest.raises(ValueError, match="two or more raters"):
        fleiss_kappa(np.zeros((5, 1)))


def test_intraclass_correlation_finds_the_share_that_was_drawn():
    generator = np.random.default_rng(2)
    n, k = 4000, 8
    # Variances: people 4, raters 1 (known here, since eight draws scatter), rest 3.
    raters = np.array([-1.0, 1.0] * 4)
    ratings = generator.normal(0, 2, (n, 1)) + raters + generator.normal(0, np.sqrt(3), (n, k))
    of_raters = raters.var(ddof=1)
    found = intraclass_agreement(ratings)
    assert found.value == pytest.approx(4 / (4 + of_raters + 3), abs=0.02)
    assert found.low < found.value < found.high


def test_raters_who_are_apart_by_a_constant_do_not_agree():
    scores = np.arange(10.0)
    assert intraclass_agreement(np.stack([scores, scores], axis=1)).value == 1.0
    assert intraclass_agreement(np.stack([scores, scores + 9], axis=1)).value < 0.5


def test_alpha_by_hand():
    # Items (1, 2, 3) and (2, 2, 5): variances 1 and 3, totals 3, 4, 8 with variance 7.
    assert cronbach_alpha(np.array([[1, 2], [2, 2], [3, 5.0]])) == pytest.approx(2 * (1 - 4 / 7))
    assert np.isnan(cronbach_alpha(np.ones((4, 3))))


@given(st.integers(0, 1000), st.floats(0.1, 10), st.floats(-5, 5))
def test_alpha_knows_neither_unit_nor_origin(seed, scale, shift):
    items = np.random.default_rng(seed).normal(size=(12, 4))
    assert cronbach_alpha(items * scale + shift) == pytest.approx(cronbach_alpha(items), rel=1e-6)


@pytest.mark.parametrize("statistic", [cronbach_alpha, intraclass_agreement])
def test_a_missing_answer_is_not_guessed(statistic):
    with pytest.raises(ValueError, match="1 of 3 rows have a missing value"):
        statistic(np.array([[1, 2], [np.nan, 2], [3, 5.0]]))
    with pytest.raises(ValueError, match="two or more"):
        statistic(np.ones((1, 4)))


def test_published_tables_have_their_published_values(shared_data):
    folder = shared_data / "irr_reference"
    diagnoses = pd.read_csv(folder / "irr_diagnoses.csv").to_numpy()
    assert fleiss_kappa(diagnoses) == pytest.approx(0.4302, abs=5e-5)
    anxiety = intraclass_agreement(pd.read_csv(folder / "irr_anxiety.csv").to_numpy())
    assert anxiety.value == pytest.approx(0.198, abs=5e-4)
    # The interval that the R package irr prints for its example.
    assert (anxiety.low, anxiety.high) == pytest.approx((-0.039, 0.494), abs=5e-4)
