"""Statistics over weighted rows against the same statistics over repeated rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from clinic.validation.study_figures import Curve, curves_svg
from clinic.validation.study_intervals import (
    mean_interval,
    weighted_area,
    weighted_correlation,
    weighted_interval,
    weighted_mean,
)

GENERATOR = np.random.default_rng(0)
FIRST, SECOND = GENERATOR.normal(size=40), GENERATOR.normal(size=40)
POSITIVE = FIRST + SECOND > 0


@given(st.lists(st.integers(0, 3), min_size=40, max_size=40))
def test_a_weight_is_a_row_that_comes_again(counts):
    rows = np.repeat(np.arange(40), counts)
    weights = np.array([counts], dtype=float)
    if len(rows) > 2 and len(set(POSITIVE[rows])) == 2:
        area = weighted_area(POSITIVE, FIRST)(weights)[0]
        assert area == pytest.approx(roc_auc_score(POSITIVE[rows], FIRST[rows]))
    if len(set(rows)) > 2:
        r = weighted_correlation(FIRST, SECOND)(weights)[0]
        assert r == pytest.approx(np.corrcoef(FIRST[rows], SECOND[rows])[0, 1])
        assert weighted_mean(FIRST)(weights)[0] == pytest.approx(FIRST[rows].mean())


def test_what_cannot_be_computed_is_unknown():
    nothing = np.zeros((1, 40))
    assert np.isnan(weighted_mean(FIRST)(nothing)[0])
    assert np.isnan(weighted_area(np.ones(40, dtype=bool), FIRST)(np.ones((1, 40)))[0])
    assert np.isnan(weighted_correlation(np.ones(40), FIRST)(np.ones((1, 40)))[0])


def test_rows_of_one_group_said_again_do_not_narrow_the_interval():
    groups = [f"g{i}" for i in range(40)]
    once = weighted_interval(groups, weighted_mean(FIRST), n_draws=400, seed=0)
    again = weighted_interval(
        [g for g in groups for _ in range(9)], weighted_mean(np.repeat(FIRST, 9)),
        n_draws=400, seed=0,
    )  # fmt: skip
    assert again == pytest.approx(once)


def test_repeats_of_one_split_do_not_narrow_the_interval():
    part = ([f"g{i}" for i in range(40)], weighted_mean(FIRST))
    once = mean_interval([part], n_draws=400, seed=0)
    assert mean_interval([part] * 8, n_draws=400, seed=0) == pytest.approx(once)


def test_a_repeat_may_lack_a_group():
    parts = [
        (["a", "b"], weighted_mean(np.array([1.0, 3.0]))),
        (["b"], weighted_mean(np.array([5.0]))),
    ]
    value, low, high = mean_interval(parts, n_draws=200, seed=0)
    assert value == 3.5 and low == 1.0 and high == 4.0


def test_a_drawing_has_the_same_bytes_every_time_and_no_date():
    line = Curve(x=np.array([0.0, 1.0]), y=np.array([0.2, 0.8]), low=np.zeros(2), high=np.ones(2))
    drawings = {
        curves_svg({"a": line, "b": line}, x_label="x", y_label="y", x_limits=(0.0, 1.0))
        for _ in range(2)
    }
    assert len(drawings) == 1
    assert "dc:date" not in next(iter(drawings))
