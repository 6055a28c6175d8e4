"""Several raters: the share of their votes is the target, and disagreement is kept."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.fusion import FeatureLayout, ModelIdentity, SplitPlan, strata_of, train
from clinic.fusion.arrays import batch_of, case_set, rated_shares
from clinic.fusion.heads import Heads
from clinic.fusion.ordinal_losses import band_targets
from clinic.fusion.targets import vote_shares
from clinic.fusion.task import outputs_loss, rating_loss, rating_target, score_loss, vote_loss
from clinic.records import Condition, Reference

TABLES = {"text": ["words"], "voice": ["prosody"], "face": ["brows"], "cross": []}


def voted(reference: Reference, condition: Condition, votes: tuple[int, ...] | None) -> Reference:
    """One reference with votes, and without a label where they disagree evenly."""
    return replace(reference, votes={} if votes is None else {condition: votes})


def recipe_of() -> object:
    chosen = OmegaConf.load(conf_folder() / "fusion" / "conflict_aware.yaml")
    chosen.tables, chosen.n_members = TABLES, 1
    return build(chosen)


@pytest.fixture
def sets(make_severity_cohort, scales):
    """A function from references to one batch and its case set, and an unfitted network."""
    cases, references = make_severity_cohort(8, 2)
    layout = FeatureLayout.from_cases(cases, TABLES)
    torch.manual_seed(0)
    member = recipe_of().network(layout, scales).members[0].eval()

    def make(chosen):
        found = case_set(cases, {r.recording_id: r for r in chosen}, layout, scales)
        return found, batch_of(found, range(len(found)))

    return references, make, member


@settings(deadline=None)
@given(votes=st.lists(st.integers(0, 9), min_size=2, max_size=2))
def test_shares_are_counts_over_raters(scales, votes):
    rating = scales[-1]
    reference = Reference(
        recording_id="r",
        participant_id="p",
        scores={},
        votes={Condition.AMBIVALENCE: tuple(votes)},
    )
    shares = vote_shares(reference, rating)
    if sum(votes) == 0:
        assert np.isnan(shares).all()
    else:
        np.testing.assert_allclose(shares, np.array(votes) / sum(votes))


@pytest.mark.parametrize("votes", [(1, 2, 3), (1,), (-1, 2)])
def test_votes_that_do_not_fit_the_bands_are_refused(scales, votes):
    reference = Reference(
        recording_id="r", participant_id="p", scores={}, votes={Condition.AMBIVALENCE: votes}
    )
    with pytest.raises(ValueError, match=r"A/H votes .* 2 counts"):
        vote_shares(reference, scales[-1])


def test_the_gradient_of_an_even_vote_pulls_to_a_half(sets):
    references, make, _ = sets
    condition = Condition.AMBIVALENCE
    _, batch = make([voted(r, condition, (3, 3)) for r in references])
    target = rating_target(batch, condition)
    for start, sign in ((0.9, 1), (0.1, -1), (0.5, 0)):
        probability = torch.full((8,), start, requires_grad=True)
        rating_loss(probability, target, batch).backward()
        assert np.sign(probability.grad.numpy().round(6)).tolist() == [sign] * 8


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98), st.floats(0.02, 0.98))
def test_the_loss_exceeds_the_raters_own_entropy_by_the_divergence(share, first, second):
    """Cross-entropy to q is KL(q || p) plus what no model can remove."""
    batch = type("B", (), {"weights": torch.ones(1)})()
    q, p = torch.tensor([share]), torch.tensor([first])
    entropy = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    kl = share * np.log(share / first) + (1 - share) * np.log((1 - share) / (1 - first))
    assert rating_loss(p, q, batch).item() == pytest.approx(entropy + kl, abs=1e-4)
    better = rating_loss(q, q, batch)
    assert better <= rating_loss(torch.tensor([second]), q, batch) + 1e-5


def test_votes_that_agree_equal_one_label(sets):
    references, make, member = sets
    condition = Condition.AMBIVALENCE
    unanimous = [
        voted(r, condition, (0, 4) if r.scores[condition] == 1 else (4, 0)) for r in references
    ]
    (_, hard), (_, soft) = make(references), make(unanimous)
    with torch.no_grad():
        outputs = member(hard.values, hard.segment_mask)
        expected = outputs_loss(member, outputs, hard, segment_weight=1.0)
        found = outputs_loss(member, outputs, soft, segment_weight=1.0)
    torch.testing.assert_close(found, expected)


def test_people_without_agreement_count(sets):
    """Two against two leaves no label, yet the recording stays in the loss."""
    references, make, _ = sets
    condition = Condition.AMBIVALENCE
    open_ended = [
        replace(
            r,
            scores={c: v for c, v in r.scores.items() if c is not condition or row},
            votes={} if row else {condition: (2, 2)},
        )
        for row, r in enumerate(references)
    ]
    _, batch = make(open_ended)
    assert torch.isnan(batch.targets[condition]).tolist() == [True] + [False] * 7
    assert rating_target(batch, condition)[0] == 0.5
    probability = torch.full((8,), 0.9, requires_grad=True)
    rating_loss(probability, rating_target(batch, condition), batch).backward()
    assert probability.grad[0] > 0


def test_the_prior_counts_votes(sets):
    references, make, member = sets
    condition = Condition.AMBIVALENCE
    training, _ = make([voted(r, condition, (3, 1)) for r in references])
    assert rated_shares(training, condition).tolist() == [0.25] * 8
    heads = next(m for m in member.modules() if isinstance(m, Heads))
    heads.set_anchors(training)
    assert torch.sigmoid(heads.prior[0]).item() == pytest.approx((8 * 0.25 + 1) / 10)


def test_votes_over_bands_of_a_score_add_their_cross_entropy(sets):
    references, make, member = sets
    condition = Condition.DEPRESSION
    some = [
        voted(r, condition, (0, 1, 3, 0, 0) if row < 2 else None)
        for row, r in enumerate(references)
    ]
    (_, plain), (_, soft) = make(references), make(some)
    with torch.no_grad():
        outputs = member(plain.values, plain.segment_mask)
        difference = score_loss(member, outputs, soft, condition) - score_loss(
            member, outputs, plain, condition
        )
    bands = member.grid(condition).bands(outputs.scores[condition])[:2]
    expected = -(0.25 * bands[:, 1].log() + 0.75 * bands[:, 2].log()).mean()
    torch.testing.assert_close(difference, expected, rtol=1e-4, atol=1e-5)
    targets = band_targets(soft, member.scored[0])
    torch.testing.assert_close(targets[0], torch.tensor([0, 0.25, 0.75, 0, 0]))
    assert targets[2:].sum(dim=1).tolist() == [1.0] * 6


def test_votes_alone_teach_bands(sets):
    """A recording with votes and no score has a gradient towards the bands voted for."""
    references, make, _ = sets
    condition = Condition.DEPRESSION
    _, batch = make([replace(r, scores={}, votes={condition: (0, 2, 2, 0, 0)}) for r in references])
    bands = torch.full((8, 5), 0.2, requires_grad=True)
    vote_loss(bands, batch.soft[condition], batch).backward()
    assert (bands.grad[:, 1:3] < 0).all()
    assert (bands.grad[:, [0, 3, 4]] == 0).all()


def test_without_votes_nothing_changes(sets):
    references, make, _ = sets
    found, batch = make(references)
    assert found.soft == {}
    assert found.items == {}
    for condition in found.targets:
        assert rating_target(batch, condition) is batch.targets[condition]


def test_batches_keep_votes_and_items_in_step_with_their_recordings(sets):
    references, make, _ = sets
    condition = Condition.AMBIVALENCE
    marked = [
        replace(r, votes={condition: (row, 10 - row)}, items={Condition.DEPRESSION: (row % 4,) * 8})
        for row, r in enumerate(references)
    ]
    found, _ = make(marked)
    batch = batch_of(found, [5, 2]).to(torch.device("cpu"))
    torch.testing.assert_close(batch.soft[condition], torch.tensor([[0.5, 0.5], [0.2, 0.8]]))
    assert batch.items[Condition.DEPRESSION][:, 0].tolist() == [1, 2]


def test_shares_teach_calibrated_doubt_that_majorities_hide(make_severity_cohort, scales):
    """Raters see A/H with chance .65 wherever it is: majorities say 1, the share says .65."""
    cases, references = make_severity_cohort(150, 4)
    generator = np.random.default_rng(0)
    condition = Condition.AMBIVALENCE
    shares = [0.65 if r.scores[condition] == 1 else 0.05 for r in references]
    yes = generator.binomial(9, shares)
    soft = [
        replace(
            r,
            scores={**r.scores, condition: float(n > 4)},
            moments=(),
            votes={condition: (9 - int(n), int(n))},
        )
        for r, n in zip(references, yes, strict=True)
    ]
    hard = [replace(r, votes={}) for r in soft]
    plan = SplitPlan(validation_share=0.2, calibration_share=0.0, test_share=0.4, n_folds=0)
    split = plan.final(strata_of(soft, scales[-1]), 3)
    trainer = OmegaConf.load(conf_folder() / "trainer" / "cpu.yaml")
    trainer.max_epochs = 12
    errors = {}
    for name, chosen in (("soft", soft), ("hard", hard)):
        model = train(
            cases,
            chosen,
            recipe=recipe_of(),
            scales=scales[-1:],
            split=split,
            trainer=build(trainer),
            seed=1,
            identity=ModelIdentity(name="t", version="1", trained_on="", banner="", licence="MIT"),
        )
        tested = [row for row, case in enumerate(cases) if case.participant_id in split.test]
        said = [np.exp(model.estimate(cases[row])[0].log_probabilities[1]) for row in tested]
        errors[name] = np.mean((np.array(said) - np.array(shares)[tested]) ** 2)
    assert errors["soft"] < errors["hard"]
