"""What the conflict-aware model must and must not be able to learn."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from sklearn.metrics import roc_auc_score

from clinic.config import build, conf_folder
from clinic.fusion import FeatureLayout, ModelIdentity, SplitPlan, strata_of, train
from clinic.fusion.conflict_network import PAIRS
from clinic.records import Condition, Modality

TABLES = {"text": ["words"], "voice": ["prosody"], "face": ["brows"], "cross": []}
IDENTITY = ModelIdentity(name="t", version="1", trained_on="formulas", banner="", licence="MIT")
PLAN = SplitPlan(validation_share=0.2, calibration_share=0.0, test_share=0.4, n_folds=0)


def recipe_of(choice: str, **changes: object) -> object:
    settings = OmegaConf.load(conf_folder() / "fusion" / f"{choice}.yaml")
    settings.tables = TABLES
    for key, value in changes.items():
        settings[key] = value
    return build(settings)


def trainer_of(max_epochs: int) -> object:
    settings = OmegaConf.load(conf_folder() / "trainer" / "cpu.yaml")
    settings.max_epochs = max_epochs
    return build(settings)


def auc_on_test(cohort, scales, choice: str, *, max_epochs: int = 25, **changes) -> float:
    cases, references = cohort
    rating = next(scale for scale in scales if scale.is_rating)
    split = PLAN.final(strata_of(references, rating), 3)
    model = train(
        cases,
        references,
        recipe=recipe_of(choice, **changes),
        scales=scales,
        split=split,
        trainer=trainer_of(max_epochs),
        seed=1,
        identity=IDENTITY,
    )
    truth = {r.recording_id: r.scores[Condition.AMBIVALENCE] for r in references}
    tested = [case for case in cases if case.participant_id in split.test]
    estimates = [model.estimate(case)[-1].log_probabilities[1] for case in tested]
    return float(roc_auc_score([truth[case.recording_id] for case in tested], estimates))


def test_conflict_between_voice_and_words_is_found(make_conflict_cohort, scales):
    cohort = make_conflict_cohort(200, 5)
    assert auc_on_test(cohort, scales, "conflict_aware", n_members=1) > 0.9


def test_pooled_statistics_cannot_see_it(make_conflict_cohort, scales):
    assert abs(auc_on_test(make_conflict_cohort(200, 5), scales, "pooled_linear") - 0.5) < 0.15


def test_permuted_labels_stay_at_chance(make_conflict_cohort, scales):
    cases, references = make_conflict_cohort(200, 5)
    order = np.random.default_rng(0).permutation(len(references))
    shuffled = [
        replace(reference, scores=references[int(other)].scores)
        for reference, other in zip(references, order, strict=True)
    ]
    auc = auc_on_test((cases, shuffled), scales, "conflict_aware", n_members=1, max_epochs=15)
    # Three standard errors of an AUC on 80 people around one half.
    assert abs(auc - 0.5) < 3 * np.sqrt(81 / (12 * 40 * 40))


@pytest.fixture(scope="module")
def untrained(make_severity_cohort, scales):
    cases, _ = make_severity_cohort(4, 0)
    layout = FeatureLayout.from_cases(cases, TABLES)
    torch.manual_seed(0)
    network = recipe_of("conflict_aware", n_members=1).network(layout, scales)
    network.eval()
    return network.members[0], layout, cases


def test_an_absent_modality_never_looks_like_conflict(untrained):
    """With voice absent, what its pairs would be must not matter in the least."""
    network, layout, cases = untrained
    values = torch.tensor(layout.values(cases[0]), dtype=torch.float32)[None]
    voice = layout.indices(Modality.VOICE)
    values[..., torch.from_numpy(voice)] = torch.nan
    mask = torch.ones(values.shape[:2], dtype=torch.bool)
    tokens, present = network.project(*network.inputs(values, mask))
    assert not present[Modality.VOICE].any()
    before, _ = network._mix(tokens, present)
    tokens[Modality.VOICE] = tokens[Modality.VOICE] + 100.0
    after, _ = network._mix(tokens, present)
    assert torch.equal(before, after)
    assert any(Modality.VOICE in pair for pair in PAIRS)


def test_padding_changes_nothing(untrained):
    network, layout, cases = untrained
    values = torch.tensor(layout.values(cases[0]), dtype=torch.float32)[None]
    n_segments = values.shape[1]
    padded = torch.full((1, n_segments + 5, values.shape[2]), 7.0)
    padded[:, :n_segments] = values
    mask = torch.zeros(1, n_segments + 5, dtype=torch.bool)
    mask[:, :n_segments] = True
    with torch.no_grad():
        alone = network(values, mask[:, :n_segments])
        beside = network(padded, mask)
    for condition, expected in alone.scores.items():
        torch.testing.assert_close(beside.scores[condition], expected, atol=1e-6, rtol=1e-4)
    for condition, expected in alone.ratings.items():
        torch.testing.assert_close(beside.ratings[condition], expected, atol=1e-6, rtol=1e-4)


def test_nothing_observed_gives_finite_answers(untrained):
    network, layout, _ = untrained
    values = torch.full((2, 3, layout.n_features), torch.nan)
    mask = torch.zeros(2, 3, dtype=torch.bool)
    with torch.no_grad():
        outputs = network(values, mask)
    for probabilities in (*outputs.scores.values(), *outputs.ratings.values()):
        assert torch.isfinite(probabilities).all()
    assert not outputs.observed.any()


def test_the_network_is_small(untrained):
    assert sum(p.numel() for p in untrained[0].parameters()) < 150_000


def test_modality_dropout_never_takes_everything(untrained):
    network, layout, _ = untrained
    kept = network._kept(2000, torch.device("cpu"))
    observed = [kept[:, torch.from_numpy(layout.indices(m))].all(dim=1) for m in Modality][:3]
    assert torch.stack(observed).any(dim=0).all()
    share = 1 - observed[0].float().mean()
    assert abs(float(share) - network.modality_dropout) < 0.03
