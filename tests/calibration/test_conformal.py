"""Intervals and sets cover new people as often as promised, whatever the errors look like."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.calibration import (
    TooFewSubjectsError,
    interval_half_width,
    least_probability,
    plausible_classes,
    plausible_run,
)
from clinic.errors import SetupError


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("shape", ["normal", "heavy", "skewed"])
def test_covers_new_subjects_as_promised(coverage, shape):
    generator = np.random.default_rng(0)
    draw = {
        "normal": generator.normal,
        "heavy": lambda size: generator.standard_t(2, size=size),
        "skewed": lambda size: generator.exponential(size=size) - 1,
    }[shape]
    n_calibration, hits = 39, []
    for _ in range(1500):
        width = interval_half_width(draw(size=n_calibration), coverage=coverage)
        hits.append(np.mean(np.abs(draw(size=20)) <= width))
    # Exact expectation is ceil((n + 1) c) / (n + 1) for continuous errors.
    expected = np.ceil((n_calibration + 1) * coverage - 1e-9) / (n_calibration + 1)
    assert np.mean(hits) == pytest.approx(expected, abs=4 * np.std(hits) / np.sqrt(len(hits)))


def test_eight_calibration_subjects_are_one_too_few():
    with pytest.raises(
        TooFewSubjectsError, match=r"8 calibration subjects, 9 needed for coverage 0\.9"
    ):
        interval_half_width(np.zeros(8), coverage=0.9)
    assert interval_half_width(np.arange(9.0), coverage=0.9) == 8.0


@given(st.integers(1, 400), st.sampled_from([0.5, 0.55, 0.7, 0.8, 0.9, 0.95, 0.99]))
def test_the_number_said_to_be_needed_is_the_number_needed(n, coverage):
    try:
        interval_half_width(np.zeros(n), coverage=coverage)
    except TooFewSubjectsError as error:
        needed = int(str(error).split(", ")[1].split()[0])
        interval_half_width(np.zeros(needed), coverage=coverage)
        with pytest.raises(TooFewSubjectsError):
            interval_half_width(np.zeros(needed - 1), coverage=coverage)
        assert n < needed


def test_twenty_at_55_percent_is_rank_eleven_despite_floating_point():
    assert interval_half_width(np.arange(1.0, 20.0), coverage=0.55) == 11.0


def test_a_coverage_of_one_is_refused():
    with pytest.raises(SetupError, match="between 0 and 1"):
        interval_half_width(np.zeros(5), coverage=1.0)


def test_band_sets_cover_as_promised():
    generator = np.random.default_rng(1)
    hits = []
    for _ in range(800):
        mass = generator.dirichlet(np.ones(5), size=60)
        truth = np.array([generator.choice(5, p=row) for row in mass])
        given_truth = mass[np.arange(40), truth[:40]]
        threshold = least_probability(given_truth, coverage=0.8)
        hits.extend(
            truth[i] in plausible_run(mass[i], threshold, anchor=int(mass[i].argmax()))
            for i in range(40, 60)
        )
    assert np.mean(hits) >= 0.8


@given(
    st.lists(st.floats(0.01, 1), min_size=2, max_size=6),
    st.floats(0, 1),
    st.integers(0, 5),
)
def test_a_set_is_a_run_that_holds_its_anchor(weights, threshold, anchor):
    mass = np.array(weights) / np.sum(weights)
    anchor = min(anchor, len(mass) - 1)
    found = plausible_run(mass, threshold, anchor=anchor)
    assert anchor in found
    assert list(found) == list(range(found[0], found[-1] + 1))
    assert all(i in found for i in np.flatnonzero(mass >= threshold))


def test_class_sets_cover_as_promised():
    generator = np.random.default_rng(2)
    hits, sizes = [], []
    for _ in range(400):
        mass = generator.dirichlet(np.full(6, 0.4), size=80)
        truth = np.array([generator.choice(6, p=row) for row in mass])
        threshold = least_probability(mass[np.arange(39), truth[:39]], coverage=0.8)
        found = plausible_classes(mass[39:], threshold)
        hits.extend(found[np.arange(41), truth[39:]])
        sizes.extend(found.sum(axis=1))
    # Exactly 32 of 40 for the threshold alone; adding the surest class only adds.
    assert 0.79 <= np.mean(hits) <= 0.84
    assert min(sizes) >= 1
    assert np.mean(sizes) < 3


def test_class_sets_need_not_be_neighbours():
    found = plausible_classes(np.array([[0.5, 0.1, 0.4], [0.2, 0.5, 0.3]]), 0.35)
    np.testing.assert_array_equal(found, [[True, False, True], [False, True, False]])
    # Even where nothing reaches the threshold a set says something.
    assert plausible_classes(np.full((1, 4), 0.25), 0.9).sum() == 1
