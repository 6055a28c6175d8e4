"""Losses on bands: their formulas, their limits, and whether order pays."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.errors import SetupError
from clinic.fusion import FeatureLayout, FusionOutputs
from clinic.fusion.arrays import batch_of, case_set
from clinic.fusion.minimise import minimise
from clinic.fusion.ordinal_losses import (
    AdjacentSmoothing,
    BandCriterion,
    ConditionalOrdinal,
    ImbalancedOrdinal,
    band_counts,
    band_targets,
)
from clinic.fusion.task import outputs_loss
from clinic.records import Condition

TABLES = {"text": ["words"], "voice": ["prosody"], "face": ["brows"], "cross": []}
EVEN = torch.full((5,), 20.0)
CHOICES = [
    ImbalancedOrdinal(alpha=1.5, beta=0.5, weight=1.0),
    ConditionalOrdinal(weight=1.0),
    AdjacentSmoothing(share=0.2, weight=1.0),
]


def one_hot(bands: list[int], n_bands: int = 5) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.tensor(bands), n_bands).float()


def drawn(seed: int, n: int = 7, n_bands: int = 5) -> torch.Tensor:
    shares = np.random.default_rng(seed).dirichlet(np.full(n_bands, 2.0), size=n)
    return torch.from_numpy(shares)


def cross_entropy(bands: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return -(target * torch.log(bands)).sum(dim=1)


# -- ImbOLL --------------------------------------------------------------------------------------


def test_ordinal_log_loss_by_hand():
    bands = torch.tensor([[0.2, 0.5, 0.3]])
    counts = torch.tensor([60.0, 30.0, 10.0])
    found = ImbalancedOrdinal(alpha=2, beta=0.5, weight=1).losses(bands, one_hot([0], 3), counts)
    # Band 0 is true: band 1 is one away, band 2 two; 60 of 100 people are in band 0.
    expected = -(np.log(0.5) * 1 + np.log(0.7) * 4) * np.sqrt(100 / 60)
    assert found.item() == pytest.approx(expected, rel=1e-5)


@given(st.integers(0, 9999), st.floats(0, 3), st.floats(0, 2))
def test_agrees_with_the_formula_written_as_loops(seed, alpha, beta):
    bands, counts = drawn(seed), drawn(seed + 1, n=1)[0] * 50 + 1
    truth = np.random.default_rng(seed).integers(0, 5, size=len(bands))
    loss = ImbalancedOrdinal(alpha=alpha, beta=beta, weight=1)
    found = loss.losses(bands, one_hot(truth.tolist()).double(), counts)
    for row, y in enumerate(truth):
        total = sum(
            -np.log(1 - float(bands[row, i])) * abs(int(y) - i) ** alpha for i in range(5) if i != y
        )
        expected = total * (float(counts.sum()) / float(counts[y])) ** beta
        assert float(found[row]) == pytest.approx(expected, rel=1e-6)


def test_without_beta_rare_bands_weigh_like_others():
    bands, target = drawn(0), one_hot([0, 1, 2, 3, 4, 0, 1]).double()
    loss = ImbalancedOrdinal(alpha=1.5, beta=0, weight=1)
    rare = torch.tensor([90.0, 5.0, 3.0, 1.0, 1.0])
    torch.testing.assert_close(loss.losses(bands, target, rare), loss.losses(bands, target, EVEN))
    weighed = replace(loss, beta=1).losses(bands, target, rare)
    torch.testing.assert_close(weighed[3], 100 * loss.losses(bands, target, rare)[3])


def test_without_alpha_all_wrong_bands_cost_alike():
    loss = ImbalancedOrdinal(alpha=0, beta=0, weight=1)
    near = torch.tensor([[0.1, 0.8, 0.1, 0.0, 0.0]])
    far = torch.tensor([[0.1, 0.0, 0.1, 0.0, 0.8]])
    target = one_hot([0])
    torch.testing.assert_close(loss.losses(near, target, EVEN), loss.losses(far, target, EVEN))


def test_a_band_without_training_participants_counts_as_if_it_had_one():
    loss = ImbalancedOrdinal(alpha=1, beta=1, weight=1)
    bands, target = drawn(0, n=1), one_hot([4]).double()
    none, one = torch.tensor([50.0, 50, 0, 0, 0]), torch.tensor([50.0, 49, 0, 0, 1])
    torch.testing.assert_close(loss.losses(bands, target, none), loss.losses(bands, target, one))


@pytest.mark.parametrize(
    "loss", [ImbalancedOrdinal(alpha=1, beta=0.5, weight=1), AdjacentSmoothing(share=0.2, weight=1)]
)
def test_adjacent_confusion_costs_less_than_far_one(loss):
    target = one_hot([1])
    costs = []
    for wrong in (2, 3, 4):
        bands = torch.full((1, 5), 0.01)
        bands[0, 1], bands[0, wrong] = 0.27, 0.7
        costs.append(loss.losses(bands, target, EVEN).item())
    assert costs[0] < costs[1]
    assert costs[1] <= costs[2] + 1e-6


@pytest.mark.parametrize("loss", CHOICES)
def test_certainty_has_a_finite_loss_and_gradient(loss):
    bands = torch.tensor([[0.0, 0.0, 1.0, 0.0, 0.0]], requires_grad=True)
    for band in range(5):
        value = loss.losses(bands, one_hot([band]), EVEN).sum()
        (gradient,) = torch.autograd.grad(value, bands)
        assert torch.isfinite(value)
        assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("settings", [{"alpha": -1, "beta": 0}, {"alpha": 1, "beta": -0.5}])
def test_negative_exponents_are_refused(settings):
    with pytest.raises(SetupError, match="band_loss"):
        ImbalancedOrdinal(weight=1, **settings)


# -- CORN ----------------------------------------------------------------------------------------


def corn_of_logits(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """CORN as a network with one output a question has it, summed per recording."""
    losses = torch.zeros(len(truth), dtype=logits.dtype)
    for question in range(logits.shape[1]):
        asked = truth > question - 1
        answer = (truth > question).to(logits.dtype)
        part = torch.nn.functional.binary_cross_entropy_with_logits(
            logits[:, question], answer, reduction="none"
        )
        losses = losses + part * asked
    return losses


def test_agrees_with_corn_on_its_own_outputs():
    """Questions answered by logits, turned into bands as CORN does, give the same loss."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(9, 4, generator=generator).double()
    truth = torch.tensor([0, 1, 2, 3, 4, 4, 0, 2, 1])
    above = torch.sigmoid(logits).cumprod(dim=1)
    edges = torch.cat([torch.ones(9, 1).double(), above, torch.zeros(9, 1).double()], dim=1)
    bands = -torch.diff(edges, dim=1)
    found = ConditionalOrdinal(weight=1).losses(bands, one_hot(truth.tolist()).double(), EVEN)
    torch.testing.assert_close(found, corn_of_logits(logits, truth), rtol=1e-6, atol=1e-8)


@given(st.integers(0, 9999))
def test_corn_on_one_distribution_sums_to_plain_cross_entropy(seed):
    bands, target = drawn(seed), drawn(seed + 1)
    found = ConditionalOrdinal(weight=1).losses(bands, target, EVEN)
    torch.testing.assert_close(found, cross_entropy(bands, target), rtol=1e-6, atol=1e-8)


# -- smoothing -----------------------------------------------------------------------------------


def test_smoothing_gives_a_share_to_neighbours_alone():
    loss = AdjacentSmoothing(share=0.2, weight=1)
    bands = drawn(3, n=3)
    smooth = torch.tensor(
        [[0.8, 0.2, 0, 0, 0], [0, 0.1, 0.8, 0.1, 0], [0, 0, 0, 0.2, 0.8]], dtype=torch.float64
    )
    found = loss.losses(bands, one_hot([0, 2, 4]).double(), EVEN)
    torch.testing.assert_close(found, cross_entropy(bands, smooth))
    plain = AdjacentSmoothing(share=0, weight=1).losses(bands, smooth, EVEN)
    torch.testing.assert_close(plain, cross_entropy(bands, smooth))


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_that_leaves_nothing_is_refused(share):
    with pytest.raises(SetupError, match=r"\[0, 1\)"):
        AdjacentSmoothing(share=share, weight=1)


# -- what order is worth -------------------------------------------------------------------------


def mean_error_in_bands(loss: object, seeds: range) -> float:
    """Fit a classifier that knows no order to 200 people; return its error on 1000 others."""
    errors = []
    for seed in seeds:
        generator = np.random.default_rng(seed)
        severity = generator.gamma(1.3, 1.0, size=1200)
        bands = np.digitize(severity, [0.6, 1.3, 2.2, 3.5])
        features = severity[:, None] + generator.normal(0, 3.0, size=(1200, 2))
        x = torch.from_numpy(np.column_stack([features, np.ones(1200)]))
        target = one_hot(bands[:200].tolist()).double()

        def total(weights, x=x[:200], target=target):
            losses = loss.losses(torch.softmax(x @ weights, dim=1), target, target.sum(dim=0))
            return losses.mean() + 1e-3 * (weights**2).sum()

        weights = minimise(total, torch.zeros(3, 5))
        said = (x[200:] @ weights).argmax(dim=1).numpy()
        errors.append(np.abs(said - bands[200:]).mean())
    return float(np.mean(errors))


@pytest.mark.parametrize(
    "loss",
    [
        ImbalancedOrdinal(alpha=1.5, beta=0, weight=1),
        ImbalancedOrdinal(alpha=1.5, beta=0.5, weight=1),
        AdjacentSmoothing(share=0.2, weight=1),
    ],
)
def test_weak_features_err_by_fewer_bands_than_under_plain_cross_entropy(loss):
    """Severity with a long tail and features that tell neighbours badly apart."""
    plain = mean_error_in_bands(AdjacentSmoothing(share=0, weight=1), range(4))
    assert mean_error_in_bands(loss, range(4)) < 0.95 * plain


# -- in a fusion model ---------------------------------------------------------------------------


@pytest.fixture
def judged(make_severity_cohort, scales):
    cases, references = make_severity_cohort(30, 3)
    layout = FeatureLayout.from_cases(cases, TABLES)
    training = case_set(cases, {r.recording_id: r for r in references}, layout, scales)
    recipe = OmegaConf.load(conf_folder() / "fusion" / "conflict_aware.yaml")
    recipe.tables, recipe.n_members = TABLES, 1
    recipe.band_loss = {
        "_target_": "clinic.fusion.ordinal_losses.ImbalancedOrdinal",
        "alpha": 1.5,
        "beta": 0.5,
        "weight": 0.3,
    }
    built = build(recipe)
    torch.manual_seed(0)
    member = built.network(layout, scales).members[0].eval()
    return built, member, training


def outputs_of(member, batch) -> FusionOutputs:
    with torch.no_grad():
        return member(batch.values, batch.segment_mask)


def test_a_chosen_band_loss_is_added_with_its_weight(judged):
    recipe, member, training = judged
    batch = batch_of(training, range(len(training)))
    outputs = outputs_of(member, batch)
    before = outputs_loss(member, outputs, batch, segment_weight=1.0)
    (criterion,) = recipe.criteria(member, training)
    member.criteria = (criterion,)
    after = outputs_loss(member, outputs, batch, segment_weight=1.0)
    parts = [
        recipe.band_loss.losses(
            member.grid(scale.condition).bands(outputs.scores[scale.condition]),
            one_hot([scale.band_of(y) for y in training.targets[scale.condition]], scale.n_bands),
            torch.from_numpy(band_counts(training, scale)).float(),
        ).mean()
        for scale in member.scored
    ]
    assert len(parts) == 2
    torch.testing.assert_close(after - before, 0.3 * sum(parts), rtol=1e-4, atol=1e-5)


def test_a_recording_without_a_score_costs_nothing(judged):
    recipe, member, training = judged
    scores = training.targets[Condition.DEPRESSION].copy()
    known = replace(training, targets={**training.targets, Condition.DEPRESSION: scores})
    (criterion,) = recipe.criteria(member, training)
    scores[5:] = np.nan
    whole, few = batch_of(known, range(30)), batch_of(training, range(5))
    only = BandCriterion(loss=criterion.loss, counts=criterion.counts)
    member.scored = member.scored[:1]
    found = only(member, outputs_of(member, whole), whole)
    torch.testing.assert_close(found, only(member, outputs_of(member, few), few))


def test_bands_are_those_of_the_scale(judged, scales):
    _, _, training = judged
    batch = batch_of(training, range(len(training)))
    for scale in scales[:2]:
        expected = [scale.band_of(y) for y in training.targets[scale.condition]]
        assert band_targets(batch, scale).argmax(dim=1).tolist() == expected
        assert (
            band_counts(training, scale).tolist()
            == np.bincount(expected, minlength=scale.n_bands).tolist()
        )


def test_nothing_is_added_where_nothing_is_chosen(judged):
    recipe, member, training = judged
    assert replace(recipe, band_loss=None).criteria(member, training) == ()
