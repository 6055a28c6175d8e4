"""Words and voice as a pair: their interaction is found, and they stay apart."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from clinic.fusion.arrays import CaseSet
from clinic.fusion.gated_pair import GatedDirection, PairOutputs, separation_loss
from clinic.records import Condition, Modality
from formula_people import (
    assert_folder_says_the_same,
    assert_learns_from_what_is_left,
    assert_nothing_observed_gives_the_anchors,
    assert_padding_changes_nothing,
    auc,
    fitted,
    layout_of,
    people,
    recipe_of,
    tensors,
)

LAYOUT = layout_of(text=2, voice=2, face=2)
QUICK = {"width": 8, "n_heads": 2, "modality_dropout": 0.0, "input_dropout": 0.0, "dropout": 0.1}


def products(n: int, seed: int) -> CaseSet:
    """The answer is the product of two signs, of words and of voice; each alone is chance."""
    random = np.random.default_rng(seed)
    text, voice, face = (0.5 * random.normal(size=(n, 6, 2)) for _ in range(3))
    said, sounded = random.choice([-1.0, 1.0], n), random.choice([-1.0, 1.0], n)
    text[..., 0] += said[:, None]
    voice[..., 0] += sounded[:, None]
    return people((said * sounded > 0).astype(float), text, voice, face)


def fit_products(**changes: object):
    recipe = recipe_of("bibimodal", **{**QUICK, **changes})
    return fitted(recipe, LAYOUT, products(200, 1), products(60, 2), max_epochs=15)


@pytest.fixture(scope="module")
def apart():
    return fit_products()


def test_the_interaction_of_words_and_voice_is_found(apart):
    assert auc(apart, products(200, 3)) > 0.95


def test_a_linear_model_of_pooled_inputs_is_at_chance():
    training, test = products(200, 1), products(200, 3)

    def pooled(cases: CaseSet) -> np.ndarray:
        return np.stack([np.r_[v.mean(axis=0), v.std(axis=0)] for v in cases.values])

    answers = Condition.AMBIVALENCE
    linear = LogisticRegression().fit(pooled(training), training.targets[answers])
    found = roc_auc_score(test.targets[answers], linear.decision_function(pooled(test)))
    # Three standard errors of an AUC on 200 people around one half.
    assert abs(found - 0.5) < 3 * np.sqrt(201 / (12 * 100 * 100))


def test_without_words_the_pair_cannot_know(apart):
    cases = products(200, 3)
    for values in cases.values:
        values[:, :2] = np.nan
    assert abs(auc(apart, cases) - 0.5) < 3 * np.sqrt(201 / (12 * 100 * 100))


def told_apart(network) -> list[float]:
    """Share of new recordings in which each discriminator names both sides correctly."""
    with torch.no_grad():
        _, pairs, _ = network.judge(*tensors(products(100, 4)))
    return [
        float(((anchor < 0) & (other > 0)).float().mean())
        for pair in pairs.values()
        for anchor, other in pair.verdicts
    ]


def distances(network) -> list[float]:
    """Distance between the means of the two sides, in their pooled deviations, per layer."""
    with torch.no_grad():
        _, pairs, _ = network.judge(*tensors(products(100, 4)))
    return [
        float(
            (anchor.mean(dim=0) - other.mean(dim=0)).norm()
            / (anchor.var(dim=0).sum() + other.var(dim=0).sum()).sqrt()
        )
        for pair in pairs.values()
        for anchor, other in pair.controls
    ]


def test_separation_keeps_the_sides_of_a_pair_distinguishable(apart):
    merged = fit_products(separation_weight=0.0)
    assert min(told_apart(apart)) > 0.95
    assert max(told_apart(merged)) < 0.95
    assert all(a > b for a, b in zip(distances(apart), distances(merged), strict=True))


def test_separation_counts_only_pairs_of_whom_both_are_there():
    right, wrong = torch.tensor([-50.0, 50.0]), torch.tensor([50.0, -50.0])
    pair = PairOutputs((right, right), [], [(right, wrong)])
    present = torch.tensor([[True], [True]]), torch.tensor([[True], [False]])
    assert float(separation_loss(pair, present)) == pytest.approx(0, abs=1e-6)
    present = torch.tensor([[True], [True]]), torch.tensor([[True], [True]])
    assert float(separation_loss(pair, present)) == pytest.approx(25, abs=1e-4)


def test_gates_decide_between_the_answer_and_the_memory():
    """Gates closed by hand: x = att * fuse_gate + residual * mem_gate, before the last part."""
    torch.manual_seed(0)
    direction = GatedDirection(4, 2, 0.0).eval()
    direction.feed = torch.nn.Identity()
    rows, others, present = torch.randn(1, 3, 4), torch.randn(1, 3, 4), torch.ones(1, 3).bool()
    control = torch.zeros(1, 8)
    with torch.no_grad():
        direction.fuse_gate.bias.fill_(-50)
        direction.memory_gate.bias.fill_(50)
        kept = direction(rows, others, present, control)
        torch.testing.assert_close(kept, rows)
        direction.memory_gate.bias.fill_(-50)
        direction.fuse_gate.bias.fill_(50)
        asked = direction(rows, others, present, control)
        found = direction.attention(direction.norm_query(rows), direction.norm_key(others), present)
        torch.testing.assert_close(asked, found)
        # Nobody to ask: nothing is added.
        silent = direction(rows, others, torch.zeros(1, 3).bool(), control)
    assert (abs(silent) < 1e-6).all()


def test_an_absent_side_leaves_no_trace(apart):
    values, mask = tensors(products(10, 5))
    values[:, :, 2:4] = torch.nan
    with torch.no_grad():
        _, pairs, there = apart.judge(values, mask)
    assert not there[Modality.VOICE].any()
    assert (pairs[Modality.VOICE].streams[1] == 0).all()


def test_padding_changes_nothing(apart):
    assert_padding_changes_nothing(apart, products(6, 5))


def test_nothing_observed_gives_the_anchors(apart):
    assert_nothing_observed_gives_the_anchors(apart)


def test_every_subset_of_tables_can_be_learned_from():
    layout = layout_of(text=2, voice=3, face=2, cross=1)
    assert_learns_from_what_is_left(recipe_of("bibimodal"), layout)


def test_fits_repeat_and_folders_say_the_same(make_severity_cohort, tmp_path):
    assert_folder_says_the_same("bibimodal", make_severity_cohort(60, 0), tmp_path / "model")
