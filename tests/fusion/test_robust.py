"""Trained with losses, less is lost; and words without content can be subtracted."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from clinic.errors import SetupError
from clinic.fusion.arrays import CaseSet
from clinic.fusion.counterfactual import independence_weights
from clinic.fusion.distillation_losses import attention_loss, joint_loss, reconstruction_loss
from clinic.fusion.missingness import lose_at_random
from formula_people import (
    assert_folder_says_the_same,
    assert_learns_from_what_is_left,
    assert_nothing_observed_gives_the_anchors,
    assert_padding_changes_nothing,
    auc,
    fitted,
    layout_of,
    people,
    rating,
    recipe_of,
    tensors,
)

LAYOUT = layout_of(text=3, voice=3, face=3)
SMALL = {"width": 16, "input_dropout": 0.0, "modality_dropout": 0.0, "bias_tables": []}
NO_LOSSES = {
    "most_missing": 0.0,
    "joint_weight": 0.0,
    "attention_weight": 0.0,
    "reconstruction_weight": 0.0,
}


def redundant(n: int, seed: int) -> CaseSet:
    """Words tell plainly; voice and face tell the same by the product of two signs."""
    random = np.random.default_rng(seed)
    answers = random.integers(0, 2, n)
    told = 2.0 * answers - 1
    text, voice, face = (0.5 * random.normal(size=(n, 8, 3)) for _ in range(3))
    text[..., 0] += 2 * told[:, None]
    for table in (voice, face):
        sign = random.choice([-1.0, 1.0], n)
        table[..., 0] += sign[:, None]
        table[..., 1] += (sign * told)[:, None]
    return people(answers, text, voice, face)


def without_words(cases: CaseSet) -> CaseSet:
    blank = np.where(np.arange(9) < 3, np.nan, 1).astype(np.float32)
    return replace(cases, values=tuple(values * blank for values in cases.values))


def sparse(cases: CaseSet, rate: float) -> CaseSet:
    random = np.random.default_rng(0)
    return replace(
        cases,
        values=tuple(
            np.where(random.uniform(size=values.shape) < rate, np.nan, values)
            for values in cases.values
        ),
    )


def fit_redundant(**changes: object):
    recipe = recipe_of("robust", **{**SMALL, **changes})
    return fitted(recipe, LAYOUT, redundant(200, 1), redundant(60, 2), max_epochs=15)


@pytest.fixture(scope="module")
def hardened():
    return fit_redundant()


@pytest.fixture(scope="module")
def plain():
    return fit_redundant(**NO_LOSSES)


def test_whole_both_networks_know(hardened, plain):
    assert min(auc(hardened, redundant(300, 3)), auc(plain, redundant(300, 3))) > 0.99


def test_losing_the_words_costs_less_after_training_with_losses(hardened, plain):
    cases = without_words(redundant(300, 3))
    assert auc(hardened, cases) > 0.9
    assert auc(plain, cases) < auc(hardened, cases) - 0.1


@pytest.mark.parametrize("rate", [0.6, 0.7])
def test_losing_features_at_random_costs_less(hardened, plain, rate):
    cases = sparse(redundant(300, 3), rate)
    whole = redundant(300, 3)
    cost = auc(hardened, whole) - auc(hardened, cases)
    assert cost < auc(plain, whole) - auc(plain, cases)


def test_losses_take_any_share_of_a_recording_and_embeddings_only_whole():
    torch.manual_seed(0)
    layout = layout_of(text=4, voice=4)
    observed = torch.ones(2000, 20, 8, dtype=torch.bool)
    observed[:, :2] = False
    left = lose_at_random(observed, layout.blocks, most=1.0, wide_from=4)
    assert not left[:, :2].any()
    share = left[:, 2:, :4].float().mean(dim=(1, 2))
    # One rate a recording, uniform from nothing to everything.
    np.testing.assert_allclose(np.quantile(share, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.05)
    assert (left[..., :4].any(dim=2) == left[..., :4].all(dim=2)).all()
    other = left[:, 2:, 4:].float().mean(dim=(1, 2))
    assert abs(np.corrcoef(share, other)[0, 1]) < 0.1
    singly = lose_at_random(observed, layout.blocks, most=1.0, wide_from=9)[:, 2:, :4]
    torn = (singly.any(dim=2) & ~singly.all(dim=2)).any(dim=1).float().mean()
    assert 0.4 < torn < 0.55
    assert (lose_at_random(observed, layout.blocks, most=0.0, wide_from=9) == observed).all()


def test_modality_dropout_leaves_everyone_something_that_was_observed():
    """Of two modalities one is absent: the other must stay, or there is nothing to learn from."""
    torch.manual_seed(0)
    layout = layout_of(text=2, voice=2, cross=1)
    tokens = (
        recipe_of("robust", modality_dropout=0.6, bias_tables=[]).member(layout, [rating()]).tokens
    )
    observed = torch.ones(2000, 3, 5, dtype=torch.bool)
    observed[:1000, :, :2] = False
    left = tokens.survivors(observed)
    assert left[:, :, :4].any(dim=2).all()
    assert left[:1000, :, 2:4].all()
    assert not left[:1000, :, :2].any()
    # Kept by lot, .4, or because both would have gone, .6 times .6.
    assert float(left[1000:, 0, 0].float().mean()) == pytest.approx(0.76, abs=0.05)
    assert (tokens.eval().survivors(observed) == observed).all()


def test_the_teacher_learns_nothing_from_the_pupil():
    torch.manual_seed(0)
    full, missing = (torch.randn(3, 4, requires_grad=True) for _ in range(2))
    joint_loss(missing, full, torch.tensor([True, True, False])).backward()
    assert full.grad is None
    assert missing.grad[:2].any(dim=1).all() and not missing.grad[2].any()
    attention = torch.rand(2, 2, 3, 3, requires_grad=True)
    attention_loss(torch.rand(2, 2, 3, 3), attention, torch.ones(2, 3).bool())
    assert attention.grad is None


def test_attention_is_compared_over_what_is_left():
    """Attention that falls away with its token is shared out; the rest agrees: no loss."""
    full = torch.tensor([0.2, 0.3, 0.5]).expand(1, 1, 3, 3)
    left = torch.tensor([[True, True, False]])
    agreeing = torch.tensor([0.4, 0.6, 0.0]).expand(1, 1, 3, 3)
    assert float(attention_loss(agreeing, full, left)) == pytest.approx(0, abs=1e-5)
    even = torch.tensor([0.5, 0.5, 0.0]).expand(1, 1, 3, 3)
    expected = 0.4 * np.log(0.4 / 0.5) + 0.6 * np.log(0.6 / 0.5)
    assert float(attention_loss(even, full, left)) == pytest.approx(expected, abs=1e-5)


def test_only_what_was_lost_is_rebuilt():
    layout = layout_of(text=2, voice=2)
    inputs, rebuilt = torch.randn(2, 3, 4), torch.randn(2, 3, 4, requires_grad=True)
    lost = torch.zeros(2, 3, 4, dtype=torch.bool)
    lost[0, 1, 0] = lost[1, 2, 0] = True
    loss = reconstruction_loss(rebuilt, inputs, lost, layout.blocks)
    loss.backward()
    assert ((rebuilt.grad != 0) == lost).all()
    # Two of the table of words, none of the voice: the mean of the two, halved over two tables.
    torch.testing.assert_close(loss, F.smooth_l1_loss(rebuilt[lost], inputs[lost]) / 2)


BIASED = layout_of(text=2, style=2, voice=2, face=2)


def spurious(n: int, seed: int, agrees: float) -> CaseSet:
    """Words and their style tell the answer; the style agrees with it only by this share."""
    random = np.random.default_rng(seed)
    answers = random.integers(0, 2, n)
    text, style, voice, face = (
        random.normal(size=(n, 8, 2)) + 0.7 * random.normal(size=(n, 1, 2)) for _ in range(4)
    )
    shown = np.where(random.uniform(size=n) < agrees, answers, 1 - answers)
    text[..., 0] += 0.6 * (2 * answers - 1)[:, None]
    style[..., 0] += (2 * shown - 1)[:, None]
    return people(answers, text, style, voice, face)


def fit_spurious(balanced_choice: bool):
    recipe = recipe_of("robust", width=16, bias_tables=["style"], balanced_choice=balanced_choice)
    training, validation = spurious(240, 1, 0.85), spurious(100, 21, 0.85)
    return fitted(recipe, BIASED, training, validation, max_epochs=12)


@pytest.fixture(scope="module")
def subtracting():
    return fit_spurious(balanced_choice=True)


def test_subtraction_helps_where_a_spurious_sign_turns(subtracting):
    reversed_, alike = spurious(300, 51, 0.15), spurious(300, 50, 0.85)
    share = subtracting.subtracted.clone()
    assert share > 0.25
    with_, price = auc(subtracting, reversed_), auc(subtracting, alike)
    try:
        subtracting.subtracted.zero_()
        assert with_ > auc(subtracting, reversed_) + 0.1
        # It is paid for where the sign still holds: no such thing as a free subtraction.
        assert price < auc(subtracting, alike)
    finally:
        subtracting.subtracted.copy_(share)


def test_judged_by_people_like_those_trained_on_nothing_is_subtracted():
    assert float(fit_spurious(balanced_choice=False).subtracted) == 0


def test_subtraction_moves_nobody_on_the_whole_and_nobody_without_such_words(subtracting):
    values, mask = tensors(spurious(240, 1, 0.85))
    with torch.no_grad():
        effect = subtracting.bias.effect(*subtracting.standardiser(values, mask))
        assert float(effect.mean()) == pytest.approx(0, abs=1e-4)
        values[:, :, 2:4] = torch.nan
        effect = subtracting.bias.effect(*subtracting.standardiser(values, mask))
    assert (effect == 0).all()


def test_weights_make_branch_and_target_independent():
    random = np.random.default_rng(0)
    target = torch.tensor(random.integers(0, 2, 400).astype(np.float32))
    estimate = torch.tensor(random.normal(size=400).astype(np.float32)) + target
    weights = independence_weights(estimate, target)
    side = estimate > estimate.median()
    shares = [float((weights * target)[s].sum() / weights[s].sum()) for s in (side, ~side)]
    assert shares[0] == pytest.approx(shares[1], abs=1e-5)
    assert shares[0] == pytest.approx(float(target.mean()), abs=1e-5)
    # Nobody contradicts the branch: nothing can be weighed.
    assert (independence_weights(target, target) == 0).all()


def test_a_bias_table_that_is_none_of_words_is_refused():
    recipe = recipe_of("robust", bias_tables=["prosody"])
    with pytest.raises(SetupError, match=r"bias_tables names 'prosody', tables of words are words"):
        recipe.network(LAYOUT, [rating()])


def test_padding_changes_nothing(subtracting):
    assert_padding_changes_nothing(subtracting, spurious(6, 5, 0.5))


def test_nothing_observed_gives_the_anchors(subtracting):
    assert_nothing_observed_gives_the_anchors(subtracting)


def test_every_subset_of_tables_can_be_learned_from():
    layout = layout_of(text=2, style=2, voice=3, face=2, cross=1)
    assert_learns_from_what_is_left(recipe_of("robust", bias_tables=["style"]), layout)


def test_fits_repeat_and_folders_say_the_same(make_severity_cohort, tmp_path):
    cohort = make_severity_cohort(60, 0)
    assert_folder_says_the_same("robust", cohort, tmp_path / "model", bias_tables=["words"])
