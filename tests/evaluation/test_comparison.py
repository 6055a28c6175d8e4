"""Two models on the same people, and refusals where people or folds differ."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_rel

from clinic.errors import SetupError
from clinic.evaluation.comparison import compare, holm, two_sided_p
from clinic.evaluation.weighted import weighted_metrics_of


def mae(people):
    return {"mae": weighted_metrics_of(people.target)["mae"]}


@pytest.mark.parametrize("kind", ["score", "rating", "classes"])
def test_a_model_against_itself_differs_by_nothing(make_predictions, kind):
    people = make_predictions(kind, n_people=40, n_repeats=2)
    shuffled = people.take(np.random.default_rng(0).permutation(len(people)))
    for name, found in compare(people, shuffled, n_draws=100).items():
        if np.isnan(found.first):
            continue
        assert found.difference == pytest.approx(0, abs=1e-9), name
        if not name.startswith("calibration_"):  # Its last digits depend on the order of sums.
            assert (found.low, found.high) == pytest.approx((0, 0), abs=1e-9), name
    exactly = compare(people, people, n_draws=100)
    assert {d.p_value for d in exactly.values()} == {1.0}
    assert {(d.difference, d.low, d.high) for d in exactly.values()} == {(0.0, 0.0, 0.0)}


def test_a_clearly_better_model_is_told_apart(make_predictions):
    good = make_predictions(n_people=80, noise=3.0, seed=1)
    poor = make_predictions(n_people=80, noise=8.0, seed=2)
    found = compare(good, poor, metrics=mae(good))["mae"]
    assert 0 < found.low < found.difference < found.high
    assert found.p_value == pytest.approx(2 / 1001)
    back = compare(poor, good, metrics=mae(good))["mae"]
    assert (back.difference, back.low, back.high) == pytest.approx(
        (-found.difference, -found.high, -found.low)
    )
    assert back.p_value == found.p_value


def test_p_agrees_with_the_paired_t_test_of_errors(make_predictions):
    one = make_predictions(n_people=150, noise=4.0, seed=3)
    for noise, seed in ((4.0, 4), (4.5, 5), (4.8, 6), (5.0, 7)):
        other = make_predictions(n_people=150, noise=noise, seed=seed)
        found = compare(one, other, metrics=mae(one), n_draws=4000)["mae"]
        errors = [np.abs(model.score - model.reference) for model in (one, other)]
        assert found.p_value == pytest.approx(ttest_rel(*errors).pvalue, abs=0.03)


def test_pairing_sees_what_two_separate_intervals_cannot(make_predictions):
    one = make_predictions(n_people=60, noise=6.0)
    # Every error one tenth larger: never better, though people differ far more than models.
    other = replace(one, score=one.reference + 1.1 * (one.score - one.reference))
    within = np.clip(other.score, 0, 24)
    other = replace(other, score=within)
    found = compare(one, other, metrics=mae(one))["mae"]
    assert found.low > 0
    assert found.high - found.low < 0.5


def test_equal_models_are_rarely_told_apart(make_predictions):
    p_values = [
        compare(
            make_predictions(n_people=60, seed=seed, truth_seed=seed),
            make_predictions(n_people=60, seed=5000 + seed, truth_seed=seed),
            metrics=mae(make_predictions(n_people=2)),
            n_draws=300,
            seed=seed,
        )["mae"].p_value
        for seed in range(200)
    ]
    # 200 trials of a test at .05 scatter by .015.
    assert 0.01 <= np.mean(np.array(p_values) < 0.05) <= 0.11


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("fold", "fold"),
        ("reference", "reference"),
        ("participant_ids", "participant"),
        ("recording_ids", "recording"),
    ],
)
def test_models_on_other_people_or_folds_are_not_compared(make_predictions, field, words):
    people = make_predictions(n_people=10)
    values = getattr(people, field).copy()
    values[9] = "zzz" if values.dtype.kind == "U" else (values[9] + 1) % 5
    with pytest.raises(SetupError, match=f"depression: the models differ in {words} in 1 of 10"):
        compare(people, replace(people, **{field: values}))


def test_fewer_recordings_or_another_target_are_not_compared(make_predictions):
    people = make_predictions(n_people=10)
    with pytest.raises(SetupError, match="10 and 9 scored recordings"):
        compare(people, people.take(np.arange(9)))
    with pytest.raises(SetupError, match="depression cannot be compared with ambivalence"):
        compare(people, make_predictions("rating", n_people=10))


def test_holm_by_hand():
    # Sorted .005 * 4, .01 * 3, .03 * 2, .04 * 1, never falling.
    found = holm([0.01, 0.04, 0.03, 0.005])
    np.testing.assert_allclose(found, [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.6, 0.7]), [1.0, 1.0])


def test_what_could_not_be_tested_does_not_make_the_rest_harder():
    found = holm([0.01, float("nan"), 0.04])
    np.testing.assert_allclose(found, [0.02, np.nan, 0.04])
    assert len(holm([])) == 0


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_lies_between_no_correction_and_bonferroni(p_values):
    values, found = np.array(p_values), holm(p_values)
    assert np.all(found >= values)
    assert np.all(found <= np.minimum(values * len(values), 1))
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(found[order]) >= 0)


def test_draws_cannot_show_more_than_they_are():
    assert two_sided_p(np.full(999, 3.0)) == pytest.approx(2 / 1000)
    assert two_sided_p(np.array([-1.0, 1.0] * 50)) == 1.0
    assert np.isnan(two_sided_p(np.full(5, np.nan)))
