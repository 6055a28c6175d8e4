"""The table of metrics: by hand on four people, and the same for many draws at once."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clinic.evaluation.table import ABOUT, Direction, metrics_of
from clinic.evaluation.weighted import by_rows, weighted_metrics_of

KINDS = ["score", "rating", "classes"]
ALL = np.arange(4)
LINE = ("calibration_slope", "calibration_intercept")


@pytest.fixture(scope="module")
def four_people(make_predictions):
    """References 2, 7, 12, 22; scores 4, 11, 12, 16; bands 0 1 2 4 against 0 2 2 3."""
    blank = make_predictions("score", n_people=4)
    mass = np.array(
        [
            [0.8, 0.2, 0.0, 0.0, 0.0],
            [0.1, 0.3, 0.4, 0.2, 0.0],
            [0.0, 0.1, 0.6, 0.2, 0.1],
            [0.0, 0.0, 0.1, 0.6, 0.3],
        ]
    )
    score = np.array([4.0, 11.0, 12.0, 16.0])
    return replace(
        blank,
        reference=np.array([2.0, 7.0, 12.0, 22.0]),
        score=score,
        probabilities=mass,
        low=score - 4,
        high=score + 4,
        plausible=mass >= 0.2,
        fold=np.zeros(4, dtype=np.intp),
    )


def test_a_score_by_hand(four_people):
    found = {
        name: metric(four_people, ALL) for name, metric in metrics_of(four_people.target).items()
    }
    expected = {
        "mae": (2 + 4 + 0 + 6) / 4,
        "rmse": np.sqrt((4 + 16 + 0 + 36) / 4),
        "mae_bands": 2 / 4,
        "within_one": 1.0,
        "accuracy": 2 / 4,
        # Recalls of bands 0, 1, 2, 4.
        "balanced_accuracy": (1 + 0 + 1 + 0) / 4,
        # F1 of bands 0 to 4: 1, 0, 2/3, 0, 0.
        "macro_f1": (1 + 2 / 3) / 5,
        "weighted_f1": (1 + 2 / 3) / 4,
        # Squared distances 1 + 1; by chance, pairs of (1 1 1 0 1) and (1 0 2 1 0) over 4.
        "qwk": 1 - 2 / ((0 + 8 + 9 + 1 + 2 + 4 + 4 + 0 + 1 + 16 + 8 + 1) / 4),
        # Cut-off from band 2: truth no, no, yes, yes; shown no, yes, yes, yes.
        "sensitivity": 1.0,
        "specificity": 0.5,
        "ppv": 2 / 3,
        "npv": 1.0,
        # Probabilities 0, .6, .9, 1.
        "auroc": 1.0,
        "auprc": 1.0,
        "brier": (0 + 0.36 + 0.01 + 0) / 4,
        # At .2: two found, one in vain at odds 1/4.
        "net_benefit": (2 - 1 / 4) / 4,
        # Two bins: {0 no, .6 no}, {.9 yes, 1 yes}.
        "ece": (0.3 + 0.05) / 2,
        # 22 lies outside 16 +- 4.
        "interval_coverage": 3 / 4,
        "interval_width": 8.0,
        # Sets {0 1}, {1 2 3}, {2 3}, {3 4}.
        "set_coverage": 1.0,
        "set_size": 9 / 4,
        # Sums over four cuts: .04; .01+.36+.04; .01+.09+.01; .01+.49.
        "rps": (0.04 + 0.41 + 0.11 + 0.50) / 4 / 4,
    }
    for name, value in expected.items():
        assert found.pop(name) == pytest.approx(value, abs=1e-12), name
    # Means 10.75 twice; covariance 29.6875, variances 54.6875 and 18.6875.
    assert found.pop("ccc") == pytest.approx(2 * 29.6875 / (54.6875 + 18.6875))
    assert set(found) == {"calibration_slope", "calibration_intercept"}


def test_classes_by_hand(make_predictions):
    blank = make_predictions("classes", n_people=4)
    mass = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6], [0.5, 0.4, 0.1]])
    people = replace(
        blank, reference=np.array([0.0, 1.0, 2.0, 1.0]), probabilities=mass, plausible=mass >= 0.3
    )
    found = {name: metric(people, ALL) for name, metric in metrics_of(people.target).items()}
    assert set(found) == {
        "uar", "macro_f1", "weighted_f1", "accuracy", "brier", "log_loss", "ece",
        "classwise_ece", "set_coverage", "set_size",
    }  # fmt: skip
    assert found["accuracy"] == 3 / 4
    assert found["uar"] == pytest.approx((1 + 1 / 2 + 1) / 3)
    assert found["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert found["weighted_f1"] == pytest.approx((2 / 3 + 2 * 2 / 3 + 1) / 4)
    assert found["set_coverage"] == 1.0
    assert found["set_size"] == (1 + 2 + 1 + 2) / 4


def test_a_rating_has_no_points_and_classes_have_no_cutoff(make_predictions):
    rating = set(metrics_of(make_predictions("rating").target))
    assert {"auroc", "sensitivity", "net_benefit", "brier"} <= rating
    assert not rating & {"mae", "qwk", "rps", "interval_coverage"}
    assert not set(metrics_of(make_predictions("classes").target)) & {"auroc", "mae", "ppv"}


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 10_000), st.integers(2, 60), st.booleans())
def test_many_draws_at_once_give_what_one_draw_at_a_time_gives(
    make_predictions, kind, seed, n, rounded
):
    people = make_predictions(kind, n_people=n, seed=seed, truth_seed=seed)
    if rounded:  # Equal probabilities and scores are where sorted sums go wrong.
        mass = people.probabilities.round(1) + 1e-3
        people = replace(
            people,
            probabilities=mass / mass.sum(axis=1, keepdims=True),
            score=people.score.round(0),
        )
    generator = np.random.default_rng(seed)
    counts = generator.multinomial(n, np.full(n, 1 / n), size=2).astype(float)
    slow, fast = metrics_of(people.target), weighted_metrics_of(people.target)
    assert list(slow) == list(fast)
    for name in slow:
        if name not in LINE:
            expected, found = by_rows(slow[name])(people, counts), fast[name](people, counts)
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=name)


def test_many_lines_at_once_are_those_of_scikit_learn(make_predictions):
    people = make_predictions("rating", n_people=150, noise=5.0)
    counts = np.random.default_rng(0).multinomial(150, np.full(150, 1 / 150), size=8).astype(float)
    slow, fast = metrics_of(people.target), weighted_metrics_of(people.target)
    for name in LINE:
        expected, found = by_rows(slow[name])(people, counts), fast[name](people, counts)
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3, err_msg=name)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 40))
@example(2599, 4)  # Full Newton steps run away here.
def test_every_finite_line_solves_the_equations_of_its_fit(sure_about, seed, n):
    generator = np.random.default_rng(seed)
    probability = generator.uniform(0.02, 0.98, n)
    outcome = generator.uniform(size=n) < probability
    counts = generator.integers(0, 4, (3, n)).astype(float)
    people = sure_about(outcome, probability)
    slopes, intercepts = (weighted_metrics_of(people.target)[name](people, counts) for name in LINE)
    x = np.log(probability / (1 - probability))
    for weight, slope, intercept in zip(counts, slopes, intercepts, strict=True):
        yes, no = x[outcome & (weight > 0)], x[~outcome & (weight > 0)]
        if not len(yes) or not len(no):
            assert np.isnan(slope)
        elif yes.min() >= no.max():
            assert slope > 2  # Separated: no finite line, the large slope says so.
        elif yes.max() <= no.min():
            assert slope < -0.5
        else:
            gap = weight * (outcome - 1 / (1 + np.exp(-(slope * x + intercept))))
            assert gap.sum() == pytest.approx(0, abs=1e-6)
            assert (gap * x).sum() == pytest.approx(0, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 10_000))
def test_the_order_of_people_decides_nothing(make_predictions, kind, seed):
    people = make_predictions(kind, n_people=30, seed=seed)
    order = np.random.default_rng(seed).permutation(len(people))
    rows = np.arange(len(people))
    for name, metric in metrics_of(people.target).items():
        there, back = metric(people, rows), metric(people.take(order), rows)
        assert there == pytest.approx(back, rel=1e-4, nan_ok=True), name


@pytest.mark.parametrize("kind", KINDS)
def test_no_rows_are_no_number(make_predictions, kind):
    people = make_predictions(kind)
    nobody = np.array([], dtype=np.intp)
    assert all(np.isnan(m(people, nobody)) for m in metrics_of(people.target).values())


def test_rows_without_an_interval_do_not_count_as_missed(four_people):
    unknown = np.array([False, False, False, True])
    people = replace(
        four_people,
        low=np.where(unknown, np.nan, four_people.low),
        high=np.where(unknown, np.nan, four_people.high),
    )
    assert metrics_of(people.target)["interval_coverage"](people, ALL) == 1.0
    assert weighted_metrics_of(people.target)["interval_coverage"](people, np.ones((1, 4))) == 1.0
    nobody = replace(people, low=np.full(4, np.nan), high=np.full(4, np.nan))
    assert np.isnan(metrics_of(people.target)["interval_coverage"](nobody, ALL))
    assert np.isnan(weighted_metrics_of(people.target)["interval_width"](nobody, np.ones((1, 4))))


@pytest.mark.parametrize("kind", KINDS)
def test_a_perfect_model_is_never_the_worse_one(make_predictions, kind):
    worse = make_predictions(kind, n_people=60, noise=6.0)
    sure = np.eye(worse.target.n_classes)[worse.reference_class]
    perfect = replace(
        worse,
        probabilities=sure,
        plausible=sure > 0,
        score=worse.reference if kind == "score" else worse.score,
        low=worse.reference,
        high=worse.reference,
    )
    rows = np.arange(len(worse))
    for name, metric in metrics_of(worse.target).items():
        direction = ABOUT[name].direction
        if direction in (Direction.HIGHER, Direction.LOWER):
            better = direction.loss(metric(perfect, rows))
            assert better <= direction.loss(metric(worse, rows)) + 1e-12, name


def test_nearer_is_better_from_either_side():
    assert Direction.NEARER_ONE.loss(0.8) == pytest.approx(Direction.NEARER_ONE.loss(1.2))
    assert Direction.NEARER_ZERO.loss(-0.1) < Direction.NEARER_ZERO.loss(0.2)
    promise = Direction.NEARER_PROMISE
    assert promise.loss(0.82, 0.8) < promise.loss(1.0, 0.8)
