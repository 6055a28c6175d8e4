"""One distribution per scale: score and bands cannot contradict each other."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import logistic

from clinic.errors import SetupError
from clinic.fusion.distribution import ScoreGrid
from clinic.records import Scale

PHQ = Scale(
    condition="depression",
    name="PHQ-8",
    minimum=0,
    maximum=24,
    band_names=("a", "b", "c", "d", "e"),
    band_starts=(0, 5, 10, 15, 20),
    cutoff=10,
    note="",
    source="",
)


def test_agrees_with_scipy():
    grid = ScoreGrid(PHQ)
    found = grid.probabilities(torch.tensor([7.3]), torch.tensor([2.1]))[0].numpy()
    edges = np.concatenate([[-np.inf], np.arange(24) + 0.5, [np.inf]])
    expected = np.diff(logistic.cdf(edges, loc=7.3, scale=2.1))
    np.testing.assert_allclose(found, expected, atol=2e-6)


@given(st.floats(-10, 40), st.floats(0.3, 10))
def test_bands_are_sums_and_the_score_is_the_mean(location, spread):
    grid = ScoreGrid(PHQ)
    mass = grid.probabilities(torch.tensor([location]), torch.tensor([spread]))
    values = np.arange(25)
    bands = grid.bands(mass)[0].numpy()
    assert bands[1] == pytest.approx(mass[0, 5:10].sum().item(), abs=1e-6)
    assert bands.sum() == pytest.approx(1, abs=1e-5)
    score = grid.expectation(mass).item()
    assert score == pytest.approx(float(mass[0].numpy() @ values), abs=1e-4)
    assert 0 <= score <= 24


@given(st.floats(2, 22), st.floats(0.3, 1.0))
def test_a_sure_estimate_names_the_band_of_its_score(location, spread):
    grid = ScoreGrid(PHQ)
    mass = grid.probabilities(torch.tensor([location]), torch.tensor([spread]))
    likeliest = int(grid.bands(mass)[0].argmax())
    assert abs(likeliest - PHQ.band_of(grid.expectation(mass).item())) <= 1


def test_ranked_probability_score_by_hand():
    grid = ScoreGrid(PHQ)
    mass = torch.zeros(1, 25)
    mass[0, 3], mass[0, 5] = 0.5, 0.5
    # Reference 4: at k = 3 the cumulative is .5 against 0, at k = 4 it is .5 against 1.
    score = grid.ranked_probability_score(mass, torch.tensor([4.0]))
    assert score.item() == pytest.approx(0.25 + 0.25)


def test_a_scale_between_whole_numbers_is_refused():
    with pytest.raises(SetupError, match="whole numbers"):
        ScoreGrid(
            Scale(
                condition="ptsd",
                name="x",
                minimum=0.5,
                maximum=3,
                band_names=("a", "b"),
                band_starts=(0.5, 2),
                cutoff=2,
                note="",
                source="",
            )
        )
