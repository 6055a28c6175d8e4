"""The gate follows a cue of whom to believe, does not collapse, and leaves conflict alone."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from clinic.fusion.arrays import Batch, CaseSet
from clinic.fusion.base import FusionOutputs
from clinic.fusion.expert_losses import (
    agreement_loss,
    balance_loss,
    consistent_recordings,
    contrastive_loss,
    expert_divergence,
)
from clinic.records import Condition
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

# Without the expert across modalities only the gate can bring cue and modality together.
GATE_ALONE = {
    "has_across": False,
    "width": 16,
    "modality_dropout": 0.0,
    "input_dropout": 0.0,
    "contrast_weight": 0.0,
    "agreement_weight": 0.0,
}
LAYOUT = layout_of(text=2, voice=2, face=2)
VOICE, FACE = 1, 2
RATING = Condition.AMBIVALENCE


def believable(n: int, seed: int) -> tuple[CaseSet, np.ndarray]:
    """Voice or face tells the answer, the other one tells a lot; words say who is who."""
    random = np.random.default_rng(seed)
    answers, lots = random.integers(0, 2, n), random.integers(0, 2, n)
    voice_tells = random.uniform(size=n) < 0.5
    shape = (n, 6, 2)
    text, voice, face = (0.5 * random.normal(size=shape) for _ in range(3))
    text[..., 0] += np.where(voice_tells, 1, -1)[:, None]
    voice[..., 0] += (2 * np.where(voice_tells, answers, lots) - 1)[:, None]
    face[..., 0] += (2 * np.where(voice_tells, lots, answers) - 1)[:, None]
    return people(answers, text, voice, face), voice_tells


@pytest.fixture(scope="module")
def cued():
    training, validation = believable(240, 1)[0], believable(60, 2)[0]
    return fitted(
        recipe_of("gated_experts", **GATE_ALONE), LAYOUT, training, validation, max_epochs=30
    )


@pytest.fixture(scope="module")
def whole():
    training, validation = believable(64, 1)[0], believable(32, 2)[0]
    return fitted(recipe_of("gated_experts"), LAYOUT, training, validation, max_epochs=3)


def test_the_gate_believes_whom_the_cue_names(cued):
    cases, voice_tells = believable(200, 3)
    with torch.no_grad():
        gate = cued.gate(*tensors(cases)).numpy()
    np.testing.assert_allclose(gate.sum(axis=1), 1, atol=1e-5)
    assert ((gate[:, VOICE] > gate[:, FACE]) == voice_tells).mean() > 0.95


def test_an_even_mean_of_the_same_experts_is_worse(cued):
    cases, _ = believable(200, 3)
    with torch.no_grad():
        experts = cued.judge(*tensors(cases)).experts
    even = torch.stack([e.ratings[RATING] for e in experts]).mean(dim=0)
    assert auc(cued, cases) > 0.95
    assert roc_auc_score(cases.targets[RATING], even) < 0.92


def only_voice_tells(n: int, seed: int) -> CaseSet:
    random = np.random.default_rng(seed)
    answers = random.integers(0, 2, n)
    text, voice, face = (random.normal(size=(n, 6, 2)) for _ in range(3))
    voice[..., 0] += 2 * (2 * answers - 1)[:, None]
    return people(answers, text, voice, face)


def test_balance_keeps_the_gate_from_settling_on_one_expert():
    def greatest_mean_weight(balance_weight: float) -> float:
        settings = {**GATE_ALONE, "balance_weight": balance_weight}
        network = fitted(
            recipe_of("gated_experts", **settings),
            LAYOUT,
            only_voice_tells(160, 1),
            only_voice_tells(40, 2),
            max_epochs=15,
        )
        with torch.no_grad():
            return float(network.gate(*tensors(only_voice_tells(100, 3))).mean(dim=0).max())

    assert greatest_mean_weight(0.0) > 0.9
    assert greatest_mean_weight(3.0) < 0.6


def test_balance_is_zero_for_an_even_gate_and_counts_only_who_is_there():
    present = torch.tensor([[True, True, True], [True, False, True]])
    even = torch.tensor([[1 / 3, 1 / 3, 1 / 3], [0.5, 0.0, 0.5]])
    assert balance_loss(even, present) == pytest.approx(0, abs=1e-6)
    everyone = torch.ones(2, 3, dtype=torch.bool)
    settled = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    # KL of a certain answer against three even ones.
    assert balance_loss(settled, everyone) == pytest.approx(np.log(3), abs=1e-4)
    # Each settled, but on others: even on the whole is all that is asked.
    turns = torch.eye(3)
    assert balance_loss(turns, torch.ones(3, 3, dtype=torch.bool)) == pytest.approx(0, abs=1e-5)


def said(*shares: float) -> FusionOutputs:
    nothing = torch.zeros(len(shares), 1, dtype=torch.bool)
    return FusionOutputs({}, {RATING: torch.tensor(shares)}, {}, nothing)


def test_divergence_is_that_of_the_formula_and_ignores_the_absent():
    everyone = torch.ones(2, 2, dtype=torch.bool)
    found = expert_divergence([said(0.9, 0.5), said(0.2, 0.5)], everyone)
    there = 0.9 * np.log(0.9 / 0.2) + 0.1 * np.log(0.1 / 0.8)
    back = 0.2 * np.log(0.2 / 0.9) + 0.8 * np.log(0.8 / 0.1)
    np.testing.assert_allclose(found, [(there + back) / 2, 0], atol=1e-5)
    absent = torch.tensor([[True, False], [True, True]])
    assert expert_divergence([said(0.9, 0.5), said(0.2, 0.5)], absent)[0] == 0


def test_contradiction_is_never_trained_away():
    """Whoever is rated as ambivalent gets no pull towards agreement, however far apart."""
    answers = torch.tensor([1.0, 1.0, 0.0, torch.nan, torch.nan])
    batch = Batch(
        values=torch.zeros(5, 1, 1),
        segment_mask=torch.ones(5, 1, dtype=torch.bool),
        targets={RATING: answers},
        segment_targets={},
        weights=torch.ones(5),
    )
    divergence = torch.tensor([0.0, 3.0, 4.0, 0.1, 5.0], requires_grad=True)
    consistent = consistent_recordings(batch, divergence)
    assert consistent.tolist() == [False, False, True, True, False]
    agreement_loss(divergence, consistent).backward()
    assert divergence.grad.tolist() == [0, 0, 0.5, 0.5, 0]


def test_contrast_agrees_with_the_formula_written_out():
    """Khosla et al. (2020), equation 2, by loops over anchors."""
    torch.manual_seed(0)
    vectors, present = torch.randn(5, 2, 4), torch.ones(5, 2, dtype=torch.bool)
    present[1, 0] = False
    labels = torch.tensor([0, 1, 0, 1, -1])
    rows = [
        (vectors[b, m] / vectors[b, m].norm(), int(labels[b]))
        for b in range(5)
        for m in range(2)
        if present[b, m] and labels[b] >= 0
    ]
    losses = []
    for i, (anchor, label) in enumerate(rows):
        others = [(anchor @ row / 0.1, other) for j, (row, other) in enumerate(rows) if j != i]
        total = torch.stack([value for value, _ in others]).logsumexp(dim=0)
        losses.append(-torch.stack([v - total for v, other in others if other == label]).mean())
    found = contrastive_loss(vectors, present, [labels], 0.1)
    torch.testing.assert_close(found, torch.stack(losses).mean())


def test_who_is_absent_gets_no_weight_and_says_nothing(whole):
    cases, _ = believable(20, 4)
    values, mask = tensors(cases)
    values[:, :, 2:4] = torch.nan
    with torch.no_grad():
        gate = whole.gate(values, mask)
    assert whole.expert_names == ("text", "voice", "face", "across")
    assert (gate[:, VOICE] == 0).all()
    torch.testing.assert_close(gate.sum(dim=1), torch.ones(20))


def test_padding_changes_nothing(whole):
    assert_padding_changes_nothing(whole, believable(6, 5)[0])


def test_nothing_observed_gives_the_anchors(whole):
    assert_nothing_observed_gives_the_anchors(whole)
    nothing = torch.full((1, 2, 6), torch.nan)
    assert (whole.gate(nothing, torch.ones(1, 2, dtype=torch.bool)) == 0).all()


def test_every_subset_of_tables_can_be_learned_from():
    layout = layout_of(text=2, voice=3, face=2, cross=1)
    assert_learns_from_what_is_left(recipe_of("gated_experts"), layout)


def test_fits_repeat_and_folders_say_the_same(make_severity_cohort, tmp_path):
    assert_folder_says_the_same("gated_experts", make_severity_cohort(60, 0), tmp_path / "model")
