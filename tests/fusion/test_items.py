"""A score as the sum of its items: convolution, and agreement of the items with their sum."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from clinic.errors import SetupError
from clinic.fusion.items import GradedResponse, answers_given, sum_given, theta_grid, theta_weights
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
    n_items=8,
    item_minimum=0,
    item_maximum=3,
)
PCL = Scale(
    condition="ptsd",
    name="PCL-C",
    minimum=17,
    maximum=85,
    band_names=("a", "b", "c"),
    band_starts=(17, 30, 45),
    cutoff=45,
    note="",
    source="",
    n_items=17,
    item_minimum=1,
    item_maximum=5,
)


def head_of(scale: Scale, seed: int) -> GradedResponse:
    """An item head with drawn numbers, in double precision."""
    generator = torch.Generator().manual_seed(seed)
    head = GradedResponse(scale)
    numbers = head.numbers() + 0.5 * torch.randn(head.numbers().shape, generator=generator)
    head.set_numbers(numbers, (scale.minimum + scale.maximum) / 2, 5.0)
    return head.double()


def levels_of(scale: Scale) -> torch.Tensor:
    return torch.arange(scale.item_minimum, scale.item_maximum + 1, dtype=torch.float64)


def values_of(scale: Scale) -> torch.Tensor:
    return torch.arange(scale.minimum, scale.maximum + 1, dtype=torch.float64)


# -- the sum of items ----------------------------------------------------------------------------


@given(st.integers(0, 10_000), st.integers(2, 4))
def test_convolution_agrees_with_counting_every_combination(seed, n_levels):
    shares = np.random.default_rng(seed).dirichlet(np.ones(n_levels), size=(2, 3))
    found = sum_given(torch.from_numpy(shares)).numpy()
    expected = np.zeros_like(found)
    for row in range(2):
        for answers in itertools.product(range(n_levels), repeat=3):
            chance = np.prod([shares[row, item, level] for item, level in enumerate(answers)])
            expected[row, sum(answers)] += chance
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_answers_agree_with_the_formula_of_the_model():
    """Samejima's boundary curves with difficulties, one item, written out."""
    a, b = 1.3, np.array([-0.5, 0.4, 1.7])
    c = a * b
    numbers = torch.tensor([np.log(a), c[0], np.log(c[1] - c[0]), np.log(c[2] - c[1])])
    theta = np.array([-1.0, 0.3, 2.0])
    boundary = 1 / (1 + np.exp(-a * (theta[:, None] - b)))
    edges = np.concatenate([np.ones((3, 1)), boundary, np.zeros((3, 1))], axis=1)
    found = answers_given(numbers, torch.from_numpy(theta), 1, 4)[:, 0]
    np.testing.assert_allclose(found, -np.diff(edges, axis=1), atol=1e-12)


@pytest.mark.parametrize("scale", [PHQ, PCL])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), place=st.floats(-0.5, 1.5), spread=st.floats(0.2, 12))
def test_item_expectations_add_up_to_the_expected_total(scale, seed, place, spread):
    head = head_of(scale, seed)
    location = torch.tensor([scale.minimum + place * (scale.maximum - scale.minimum)]).double()
    total, items = head.distributions(location, torch.tensor([spread]).double())
    assert total.shape == (1, int(scale.maximum - scale.minimum) + 1)
    assert items.shape == (1, scale.n_items, scale.n_levels)
    torch.testing.assert_close(total.sum(dim=1), torch.ones(1).double())
    torch.testing.assert_close(items.sum(dim=2), torch.ones(1, scale.n_items).double())
    assert (total > 0).all()
    assert (items > 0).all()
    summed = (items @ levels_of(scale)).sum(dim=1)
    torch.testing.assert_close(total @ values_of(scale), summed, rtol=1e-10, atol=1e-10)


def test_a_higher_place_never_makes_a_lower_score_likelier():
    head = head_of(PHQ, 4)
    location = torch.linspace(-20, 50, 71).double()
    with torch.no_grad():
        total, _ = head.distributions(location, torch.full((71,), 2.0).double())
    at_most = total.cumsum(dim=1)
    assert (torch.diff(at_most, dim=0) <= 1e-12).all()
    expected = total @ values_of(PHQ)
    assert expected[0] < 1
    assert expected[-1] > 23


def test_the_distribution_of_theta_agrees_with_scipy():
    theta = theta_grid().double()
    weights = theta_weights(theta, *torch.tensor([[0.4], [0.7]], dtype=torch.float64))[0]
    edges = np.concatenate([[-np.inf], (theta[1:] + theta[:-1]).numpy() / 2, [np.inf]])
    np.testing.assert_allclose(weights, np.diff(stats.norm.cdf(edges, 0.4, 0.7)), atol=1e-12)


def test_totals_of_many_items_have_one_hill_not_a_lump_per_node():
    """Twenty nodes of a Gauss-Hermite rule give a sum of 17 items several hills."""
    head = GradedResponse(PCL).double()
    with torch.no_grad():
        total, _ = head.distributions(torch.tensor([51.0]).double(), torch.tensor([8.0]).double())
        rises = torch.diff(total[0]) > 0
        assert int((rises[:-1] != rises[1:]).sum()) == 1

        nodes, weights = np.polynomial.hermite_e.hermegauss(20)
        given = answers_given(head.numbers(), torch.from_numpy(0.85 * nodes), 17, 5)
        lumps = torch.from_numpy(weights / weights.sum()) @ sum_given(given)
        rises = torch.diff(lumps) > 0
        assert int((rises[:-1] != rises[1:]).sum()) > 1


def test_gradients_agree_with_finite_differences():
    head = head_of(
        replace(
            PHQ,
            minimum=0,
            maximum=6,
            band_starts=(0, 2),
            band_names=("a", "b"),
            cutoff=2,
            n_items=2,
        ),
        3,
    )
    location = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    spread = torch.tensor([1.5], dtype=torch.float64, requires_grad=True)
    torch.autograd.gradcheck(head.distributions, (location, spread))
    for parameter in head.parameters():
        parameter.grad = None
    head.distributions(location, spread)[0][0, 2].log().backward()
    assert all(p.grad is not None and (p.grad != 0).any() for p in head.parameters())


def test_a_scale_without_items_cannot_have_item_heads():
    with pytest.raises(SetupError, match="n_items"):
        GradedResponse(replace(PHQ, n_items=0))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_items": 9}, r"9 items sum to \[0, 27\], the scale spans \[0, 24\]"),
        ({"item_minimum": 1}, r"sum to \[8, 24\]"),
        ({"item_maximum": 2.5}, "whole numbers"),
        ({"item_minimum": 3}, "that rise"),
        ({"n_items": -8}, "that rise"),
    ],
)
def test_items_that_do_not_span_the_scale_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        replace(PHQ, **changes)
