"""Item heads fitted to answers: recovery, new people, open data, and inside a fusion model."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.errors import SetupError
from clinic.fusion import FeatureLayout, ModelIdentity, SplitPlan, strata_of, train
from clinic.fusion.arrays import batch_of, case_set
from clinic.fusion.item_fit import (
    fit_graded_response,
    log_likelihoods,
    one_hot_answers,
    start_items,
)
from clinic.fusion.item_loss import item_loss
from clinic.fusion.items import GradedResponse, answers_given, theta_grid, theta_weights
from clinic.records import Condition

TABLES = {"text": ["words"], "voice": ["prosody"], "face": ["brows"], "cross": []}


def simulate(n: int, seed: int, numbers: torch.Tensor, theta: np.ndarray | None = None):
    """Draw answers of n people from a graded response model by inverting its distribution."""
    generator = np.random.default_rng(seed)
    theta = generator.normal(size=n) if theta is None else theta
    n_items, n_levels = 8, 4
    shares = answers_given(numbers, torch.from_numpy(theta), n_items, n_levels).numpy()
    drawn = generator.uniform(size=(n, n_items, 1))
    return (drawn > shares.cumsum(axis=2)[..., :-1]).sum(axis=2).astype(float)


def true_numbers(seed: int = 1) -> torch.Tensor:
    generator = np.random.default_rng(seed)
    discrimination = generator.uniform(0.9, 2.8, size=8)
    first = generator.uniform(-1.5, 0.5, size=8)
    gaps = generator.uniform(0.8, 1.8, size=(8, 2))
    return torch.from_numpy(np.concatenate([np.log(discrimination), first, np.log(gaps).ravel()]))


# -- fitting items -------------------------------------------------------------------------------


def test_known_items_are_recovered():
    truth = true_numbers()
    found = fit_graded_response(simulate(3000, 5, truth), 4)
    assert np.corrcoef(found[:8], truth[:8])[0, 1] > 0.95
    assert np.abs(found[:8] - truth[:8]).max() < 0.2
    assert np.abs(found[8:16] - truth[8:16]).max() < 0.2


def test_new_peoples_answers_are_likelier_than_under_independent_items():
    truth = true_numbers()
    old, new = simulate(300, 6, truth), simulate(300, 7, truth)
    given = one_hot_answers(new, 4)
    together = log_likelihoods(fit_graded_response(old, 4), given)
    counts = one_hot_answers(old, 4).sum(dim=0) + 0.25
    alone = (given * torch.log(counts / counts.sum(dim=1, keepdim=True))).sum(dim=(1, 2))
    gain = (together - alone).numpy()
    assert gain.mean() > 4 * gain.std() / np.sqrt(len(gain))
    # No model of them can be better than the one they were drawn from.
    assert together.mean() < log_likelihoods(truth, given).mean() + 0.02


def test_totals_of_new_people_are_as_often_in_each_fifth_as_promised(scales):
    truth = true_numbers()
    head = GradedResponse(scales[0])
    old, new = simulate(800, 8, truth), simulate(4000, 9, truth).sum(axis=1).astype(int)
    totals = old.sum(axis=1)
    head.set_numbers(fit_graded_response(old, 4), totals.mean(), totals.std())
    with torch.no_grad():
        # One standard deviation of the totals is one unit of theta.
        total = (
            head.distributions(
                torch.tensor([totals.mean()]).float(),
                torch.tensor([totals.std() / 1.8138]).float(),
            )[0][0]
            .double()
            .numpy()
        )
    generator = np.random.default_rng(0)
    below = total.cumsum()
    place = below[new] - generator.uniform(size=len(new)) * total[new]
    observed = np.bincount((place * 5).astype(int).clip(0, 4), minlength=5) / len(new)
    np.testing.assert_allclose(observed, 0.2, atol=0.035)
    # Items taken for independent would promise totals that are far too close together.
    independent = np.sqrt(old.var(axis=0).sum())
    assert independent < 0.6 * new.std()
    spread = np.sqrt(total @ np.arange(25) ** 2 - (total @ np.arange(25)) ** 2)
    assert spread == pytest.approx(new.std(), rel=0.06)


def test_an_item_that_nobody_answered_looks_like_the_others_and_leaves_them_alone():
    answers = simulate(400, 10, true_numbers())
    holed = answers.copy()
    holed[:, 3] = np.nan
    whole, found = fit_graded_response(answers, 4), fit_graded_response(holed, 4)
    assert torch.isfinite(found).all()
    others = [item for item in range(8) if item != 3]
    assert np.abs(found[:8] - whole[:8])[others].max() < 0.15
    theta = theta_grid().double()
    standard = theta_weights(theta, torch.zeros(1).double(), torch.ones(1).double())[0]
    shares = torch.einsum("g,gil->il", standard, answers_given(found, theta, 8, 4))
    usual = one_hot_answers(holed, 4).sum(dim=(0, 1))
    usual = usual / usual.sum()
    # Drawn half towards an even distribution: little is known about it.
    np.testing.assert_allclose(shares[3], (usual + 0.25) / 2, atol=0.03)


def test_a_level_that_nobody_chose_stays_possible():
    answers = simulate(200, 11, true_numbers())
    answers[:, 0] = answers[:, 0].clip(0, 2)
    found = fit_graded_response(answers, 4)
    share = answers_given(found, torch.tensor([2.0]).double(), 8, 4)[0, 0, 3]
    assert 0 < share < 0.05


def test_open_pcl_answers_of_earthquake_survivors_are_better_foreseen_together(shared_data):
    """362 people, 17 items; half to fit, half to score (per answer, natural logarithm)."""
    path = shared_data / "psychometric_items" / "Wenchuan.csv"
    if not path.is_file():
        pytest.skip("Wenchuan.csv is absent from ../shared/data")
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.reader(lines))[1:]
    answers = np.array(
        [[float(c) if c.strip() not in ("", "NA") else np.nan for c in row] for row in rows]
    )
    totals = answers.sum(axis=1)
    assert answers.shape == (362, 17)
    assert int(np.isnan(totals).sum()) == 18
    assert np.nanmean(totals) == pytest.approx(45.5, abs=0.05)
    assert (int((totals >= 44).sum()), int((totals >= 50).sum())) == (168, 126)
    assert 17 <= np.nanmin(totals) <= np.nanmax(totals) <= 85

    order = np.random.default_rng(0).permutation(len(answers))
    old, new = answers[order[::2]] - 1, one_hot_answers(answers[order[1::2]] - 1, 5)
    together = log_likelihoods(fit_graded_response(old, 5), new)
    counts = one_hot_answers(old, 5).sum(dim=0) + 0.2
    alone = (new * torch.log(counts / counts.sum(dim=1, keepdim=True))).sum(dim=(1, 2))
    per_answer = float(new.sum())
    assert together.sum() / per_answer == pytest.approx(-1.257, abs=0.005)
    assert alone.sum() / per_answer == pytest.approx(-1.493, abs=0.005)
    gain = (together - alone).numpy()
    assert gain.mean() > 5 * gain.std() / np.sqrt(len(gain))


# -- in a fusion model ---------------------------------------------------------------------------


def with_items(cohort, seed: int):
    """Answers whose theta follows what the features show; the total is their sum."""
    cases, references = cohort
    generator = np.random.default_rng(seed)
    old = np.array([r.scores[Condition.DEPRESSION] for r in references])
    theta = (old - old.mean()) / old.std() * 0.9 + 0.4 * generator.normal(size=len(old))
    answers = simulate(len(old), seed, true_numbers(), theta)
    return cases, [
        replace(
            reference,
            scores={**reference.scores, Condition.DEPRESSION: float(row.sum())},
            items={Condition.DEPRESSION: tuple(row)},
        )
        for reference, row in zip(references, answers, strict=True)
    ]


def recipe_of(choice: str, **changes: object) -> object:
    chosen = OmegaConf.load(conf_folder() / "fusion" / f"{choice}.yaml")
    chosen.tables = TABLES
    for key, value in changes.items():
        chosen[key] = value
    return build(chosen)


def trained(cohort, scales, choice: str, *, max_epochs: int = 12, **changes: object):
    cases, references = cohort
    trainer = OmegaConf.load(conf_folder() / "trainer" / "cpu.yaml")
    trainer.max_epochs = max_epochs
    plan = SplitPlan(validation_share=0.2, calibration_share=0.0, test_share=0.4, n_folds=0)
    split = plan.final(strata_of(references, scales[0]), 3)
    model = train(
        cases,
        references,
        recipe=recipe_of(choice, n_members=1, **changes),
        scales=scales,
        split=split,
        trainer=build(trainer),
        seed=1,
        identity=ModelIdentity(name="t", version="1", trained_on="", banner="", licence="MIT"),
    )
    by_id = {reference.recording_id: reference for reference in references}
    tested = [case for case in cases if case.participant_id in split.test]
    learnt = [case for case in cases if case.participant_id in split.training]
    return model, case_set(tested, by_id, model.layout, model.scales), learnt, by_id


def test_a_trained_model_foresees_items_and_their_sum(make_severity_cohort, scales):
    cohort = with_items(make_severity_cohort(240, 5), 2)
    model, tested, learnt, by_id = trained(cohort, scales, "conflict_aware_items")
    # Words alone have a share of their own in score and items, and it must be the same.
    model.network.members[0].blend.fill_(0.4)
    batch = batch_of(tested, range(len(tested)))
    with torch.no_grad():
        outputs = model.network(batch.values, batch.segment_mask)
    items, total = outputs.items[Condition.DEPRESSION], outputs.scores[Condition.DEPRESSION]
    assert set(outputs.items) == {Condition.DEPRESSION}
    expected = model.network.grid(Condition.DEPRESSION).expectation(total)
    summed = (items @ torch.arange(4.0)).sum(dim=1)
    torch.testing.assert_close(expected, summed, atol=1e-4, rtol=1e-5)
    foreseen = item_loss(items, batch.items[Condition.DEPRESSION], scales[0], batch)
    old = np.array([by_id[case.recording_id].items[Condition.DEPRESSION] for case in learnt])
    counts = one_hot_answers(old, 4).sum(dim=0) + 0.25
    usual = (counts / counts.sum(dim=1, keepdim=True)).float().expand(len(items), 8, 4)
    assert foreseen < item_loss(usual, batch.items[Condition.DEPRESSION], scales[0], batch) - 0.1
    truth = tested.targets[Condition.DEPRESSION]
    assert np.corrcoef(expected.numpy(), truth)[0, 1] > 0.6
    assert model.network.members[0].criteria == ()


def test_a_model_with_items_comes_back_from_its_folder(make_severity_cohort, scales, tmp_path):
    from clinic.fusion import load_model, write_model_folder

    cohort = with_items(make_severity_cohort(60, 5), 2)
    model, _, learnt, _ = trained(cohort, scales, "conflict_aware_items", max_epochs=1)
    fusion = OmegaConf.load(conf_folder() / "fusion" / "conflict_aware_items.yaml")
    fusion.tables, fusion.n_members = TABLES, 1
    config = OmegaConf.create(
        {"fusion": fusion, "scales": OmegaConf.load(conf_folder() / "scales" / "default.yaml")}
    )
    texts = {"calibration.json": "{}", "card.md": ""}
    write_model_folder(tmp_path / "model", model, config, texts)
    again = load_model(tmp_path / "model")
    for one, other in zip(model.estimate(learnt[0]), again.estimate(learnt[0]), strict=True):
        np.testing.assert_array_equal(one.log_probabilities, other.log_probabilities)
        assert np.isfinite(one.log_probabilities).all()


def test_without_items_named_nothing_is_added(make_severity_cohort, scales):
    cases, _ = make_severity_cohort(4, 0)
    layout = FeatureLayout.from_cases(cases, TABLES)
    plain = recipe_of("conflict_aware", n_members=1).network(layout, scales)
    graded = recipe_of("conflict_aware_items", n_members=1).network(layout, scales)
    added = graded.state_dict().keys() - plain.state_dict().keys()
    assert plain.state_dict().keys() <= graded.state_dict().keys()
    assert added
    assert all("item_heads.depression" in key for key in added)


def test_items_that_no_label_holds_stop_the_training(make_severity_cohort, scales):
    with pytest.raises(SetupError, match="depression_item_1 to depression_item_8"):
        trained(make_severity_cohort(60, 5), scales, "conflict_aware_items", max_epochs=1)


@pytest.mark.parametrize("items", ["sadness", "ambivalence"])
def test_only_a_score_made_of_items_may_be_named(make_severity_cohort, scales, items):
    cases, _ = make_severity_cohort(4, 0)
    layout = FeatureLayout.from_cases(cases, TABLES)
    with pytest.raises(SetupError, match=r"'sadness' is none of|A/H has no items"):
        recipe_of("conflict_aware_items", items=[items]).network(layout, scales)


def test_blank_items_cost_nothing_and_pull_nothing(make_severity_cohort, scales):
    cases, references = with_items(make_severity_cohort(6, 5), 2)
    partly = [
        replace(
            r, items={Condition.DEPRESSION: (r.items[Condition.DEPRESSION][0],) + (np.nan,) * 7}
        )
        for r in references
    ]
    layout = FeatureLayout.from_cases(cases, TABLES)
    known = case_set(cases, {r.recording_id: r for r in partly}, layout, scales)
    batch = batch_of(known, range(6))
    shares = torch.full((6, 8, 4), 0.25, requires_grad=True)
    loss = item_loss(shares, batch.items[Condition.DEPRESSION], scales[0], batch)
    assert loss.item() == pytest.approx(np.log(4), rel=1e-5)
    loss.backward()
    assert (shares.grad[:, 1:] == 0).all()
    assert (shares.grad[:, 0] != 0).any()


def test_items_start_at_the_training_participants_frequencies(make_severity_cohort, scales):
    cases, references = with_items(make_severity_cohort(150, 5), 2)
    layout = FeatureLayout.from_cases(cases, TABLES)
    training = case_set(cases, {r.recording_id: r for r in references}, layout, scales)
    head = GradedResponse(scales[0])
    start_items(head, training)
    scores = training.targets[Condition.DEPRESSION]
    with torch.no_grad():
        items = head.distributions(
            torch.tensor([scores.mean()]).float(), torch.tensor([scores.std() / 1.8138]).float()
        )[1][0]
    seen = one_hot_answers(training.items[Condition.DEPRESSION], 4).mean(dim=0)
    np.testing.assert_allclose(items, seen, atol=0.04)
