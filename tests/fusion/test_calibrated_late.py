"""Calibrated late fusion: what the stack learns, and what in-sample stacking would pretend."""

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from clinic.config import build, conf_folder
from clinic.fusion import FeatureLayout, ModelIdentity, SplitPlan, segment_labels, strata_of, train
from clinic.fusion.calibrated_late import Stack
from clinic.fusion.distribution import ScoreGrid
from clinic.fusion.late import Evidence
from clinic.fusion.linear_fit import calibrate_ratings, calibrate_scores
from clinic.fusion.out_of_fold import folds_of, predict_out_of_fold
from clinic.records import Condition, Modality, Reference

TABLES = {"text": ["words"], "voice": ["prosody"], "face": ["brows"], "cross": []}
PLAN = SplitPlan(validation_share=0.2, calibration_share=0.0, test_share=0.4, n_folds=0)
IDENTITY = ModelIdentity(name="t", version="1", trained_on="formulas", banner="", licence="MIT")
TEXT, VOICE, FACE = range(3)


def recipe():
    settings = OmegaConf.load(conf_folder() / "fusion" / "calibrated_late.yaml")
    settings.tables = TABLES
    return build(settings)


def trained(cohort, scales):
    split = PLAN.final(strata_of(cohort[1], scales[0]), 0)
    model = train(
        *cohort,
        recipe=recipe(),
        scales=scales,
        split=split,
        trainer=lambda **_: None,
        seed=0,
        identity=IDENTITY,
    )
    truth = {r.recording_id: r for r in cohort[1]}
    tested = [case for case in cohort[0] if case.participant_id in split.test]
    return model, tested, truth


def depression_of(model, cases, absent: tuple[Modality, ...] = ()):
    """Return scores (n,) and band probabilities (n, 5), some modalities taken away."""
    values = np.stack([model.layout.values(case) for case in cases]).astype(np.float32)
    for modality in absent:
        values[..., model.layout.indices(modality)] = np.nan
    tensor = torch.from_numpy(values)
    with torch.inference_mode():
        outputs = model.network(tensor, torch.ones(tensor.shape[:2], dtype=torch.bool))
    grid = model.network.grid(Condition.DEPRESSION)
    said = outputs.scores[Condition.DEPRESSION]
    return grid.expectation(said).numpy(), grid.bands(said).numpy()


def log_loss(bands, scores) -> float:
    return float(-np.mean(np.log(bands[np.arange(len(scores)), np.minimum(scores // 5, 4)])))


def never(phq, random) -> bool:
    return False


@pytest.fixture(scope="module")
def make_cohort(make_case):
    def make(n: int, seed: int, *, noise_columns: int = 4, text_noise: float = 0.5, absent=never):
        """PHQ-8 shows in one column of the text; voice and face are noise."""
        random = np.random.default_rng(seed)
        cases, references = [], []
        for index in range(n):
            trait = random.normal()
            phq = int(np.clip(round(11 + 6 * trait), 0, 24))
            text = 0.5 * random.normal(size=(6, 2))
            text[:, 0] += trait + text_noise * random.normal()
            # A person's own noise, the same in all segments: what a model can learn by heart.
            voice = random.normal(size=noise_columns) + 0.1 * random.normal(size=(6, noise_columns))
            face = random.normal(size=3) + 0.1 * random.normal(size=(6, 3))
            if absent(phq, random):
                face[:] = np.nan
            name = f"p{index:03d}"
            cases.append(make_case(f"r{index:03d}", name, text, voice, face))
            references.append(
                Reference(
                    recording_id=f"r{index:03d}",
                    participant_id=name,
                    scores={Condition.DEPRESSION: float(phq)},
                )
            )
        return cases, references

    return make


def test_the_stack_relies_on_the_modality_that_knows(make_cohort, scales):
    model, tested, truth = trained(make_cohort(200, 1), scales)
    reliance = model.network.combiner(Condition.DEPRESSION).reliance
    assert reliance[TEXT] > 5 * max(reliance[VOICE], reliance[FACE])
    scores = np.array([truth[c.recording_id].scores[Condition.DEPRESSION] for c in tested])
    estimated, _ = depression_of(model, tested)
    assert spearmanr(estimated, scores)[0] > 0.8


def test_what_one_modality_knows_survives_the_absence_of_the_others(make_cohort, scales):
    model, tested, truth = trained(make_cohort(200, 1), scales)
    scores = np.array([truth[c.recording_id].scores[Condition.DEPRESSION] for c in tested], int)
    _, whole = depression_of(model, tested)
    estimated, alone = depression_of(model, tested, (Modality.VOICE, Modality.FACE))
    assert log_loss(alone, scores) < log_loss(whole, scores) + 0.05
    text_only, _ = depression_of(model, tested, (Modality.TEXT,))
    assert np.std(text_only) < 0.25 * np.std(estimated)


def in_sample(fit, features, folds):
    """The mistake: every prediction comes from a model fitted on that very person."""
    return fit(np.arange(len(features)))(features)


def test_a_modality_learned_by_heart_is_not_listened_to(make_cohort, scales, monkeypatch):
    """150 columns of noise: unseen people show that they say nothing, training people do not."""
    cohort = make_cohort(160, 2, noise_columns=150, text_noise=1.5)
    honest, tested, truth = trained(cohort, scales)
    monkeypatch.setattr("clinic.fusion.unimodal_fit.predict_out_of_fold", in_sample)
    flattered, _, _ = trained(cohort, scales)
    reliance, pretended = (
        model.network.combiner(Condition.DEPRESSION).reliance for model in (honest, flattered)
    )
    assert reliance[VOICE] < 0.3 * reliance[TEXT]
    assert pretended[VOICE] > 2 * pretended[TEXT]
    scores = np.array([truth[c.recording_id].scores[Condition.DEPRESSION] for c in tested], int)
    losses = [log_loss(depression_of(model, tested)[1], scores) for model in (honest, flattered)]
    # In-sample stacking is worse than knowing nothing at all; ours is better.
    shares = np.bincount(np.minimum(scores // 5, 4), minlength=5) / len(scores)
    nothing = float(-np.sum(shares * np.log(shares)))
    assert losses[0] < nothing - 0.05 < nothing + 0.05 < losses[1]


def camera_off_when_severe(phq, random) -> bool:
    return bool(random.uniform() < (0.85 if phq >= 15 else 0.1))


def test_absence_that_goes_with_severity_is_used(make_cohort, scales):
    cohort = make_cohort(240, 3, absent=camera_off_when_severe)
    model, tested, _ = trained(cohort, scales)
    everyone = (Modality.TEXT, Modality.FACE)
    voice_and_face, _ = depression_of(model, tested, (Modality.TEXT,))
    voice_only, _ = depression_of(model, tested, everyone)
    face_seen = np.array([not np.isnan(case.table("brows").values).any() for case in tested])
    # Taking the face away from those who showed it moves them up; nothing else has changed.
    assert np.mean((voice_only - voice_and_face)[face_seen]) > 2.5
    np.testing.assert_allclose(voice_only[~face_seen], voice_and_face[~face_seen], atol=1e-4)


def test_absence_by_chance_says_little(make_cohort, scales):
    cohort = make_cohort(240, 3, absent=lambda phq, random: bool(random.uniform() < 0.3))
    model, tested, _ = trained(cohort, scales)
    with_face, _ = depression_of(model, tested, (Modality.TEXT,))
    without, _ = depression_of(model, tested, (Modality.TEXT, Modality.FACE))
    assert abs(np.mean(without - with_face)) < 1


def test_what_an_absent_modality_would_say_does_not_matter(make_cohort, scales):
    model, tested, _ = trained(make_cohort(80, 4), scales)
    before, _ = depression_of(model, tested, (Modality.VOICE,))
    model.network.models.offsets[VOICE] += 50.0
    model.network.models.weights[model.layout.indices(Modality.VOICE)] += 3.0
    after, _ = depression_of(model, tested, (Modality.VOICE,))
    np.testing.assert_array_equal(before, after)
    assert not np.array_equal(depression_of(model, tested)[0], before)


def test_single_segments_with_ambivalence_are_found(make_severity_cohort, scales):
    model, tested, truth = trained(make_severity_cohort(120, 0), scales)
    labels = np.concatenate([segment_labels(c, truth[c.recording_id]) for c in tested])
    logits = np.concatenate([model.estimate(case)[-1].segment_logits for case in tested])
    assert roc_auc_score(labels, logits) > 0.95


def test_recordings_of_one_person_share_a_fold_and_rare_answers_are_dealt_out():
    people = np.repeat([f"p{i}" for i in range(30)], 2)
    answers = np.repeat((np.arange(30) < 5).astype(float), 2)
    folds = folds_of(people.tolist(), answers, n_folds=5, seed=0)
    assert all(len(set(folds[people == person])) == 1 for person in people)
    assert sorted(folds[answers == 1].tolist()) == sorted(2 * list(range(5)))
    assert not np.array_equal(folds, folds_of(people.tolist(), answers, n_folds=5, seed=1))


def test_a_prediction_out_of_fold_ignores_the_persons_own_answer():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(20, 3)), random.normal(size=20)
    folds = np.arange(20) % 4

    def predictions(outcomes):
        def fit(rows):
            solved, *_ = np.linalg.lstsq(x[rows], outcomes[rows], rcond=None)
            return lambda features: features @ solved

        return predict_out_of_fold(fit, x, folds)

    changed = y.copy()
    changed[7] += 100.0
    difference = predictions(changed) - predictions(y)
    np.testing.assert_array_equal(difference[folds == folds[7]], 0.0)
    assert (difference[folds != folds[7]] != 0).all()


def test_calibration_of_scores_finds_the_map_that_made_them(scales):
    random = np.random.default_rng(1)
    said = random.normal(0, 2.0, size=4000)
    scores = np.clip(np.rint(11 + 1.5 * said + random.logistic(0, 1.2, size=4000)), 0, 24)
    grid = ScoreGrid(scales[0])
    found = calibrate_scores(said, scores, np.ones(4000), grid)
    assert found.intercept == pytest.approx(11, abs=0.15)
    assert found.slope == pytest.approx(1.5, abs=0.06)
    assert found.spread == pytest.approx(1.2, abs=0.06)
    # Predictions that run against the scores carry nothing.
    assert calibrate_scores(-said, scores, np.ones(4000), grid).slope < 0.02


def test_calibration_of_ratings_finds_the_map_that_made_them():
    random = np.random.default_rng(1)
    logits = random.normal(0, 2.0, size=6000)
    answers = (random.uniform(size=6000) < 1 / (1 + np.exp(0.5 - 0.4 * logits))).astype(float)
    found = calibrate_ratings(logits, answers, np.ones(6000))
    assert found.intercept == pytest.approx(-0.5, abs=0.08)
    assert found.slope == pytest.approx(0.4, abs=0.04)
    separated = calibrate_ratings(
        np.array([-1.0, -2.0, 1.0, 2.0]), np.array([0.0, 0, 1, 1]), np.ones(4)
    )
    assert 0 < separated.slope < 20


def evidence_of(n: int, seed: int) -> Evidence:
    random = np.random.default_rng(seed)
    outcomes = random.integers(0, 3, size=n)
    logits = random.normal(size=(n, 2, 3))
    logits[np.arange(n), 0, outcomes] += 1.5
    said = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    present = random.uniform(size=(n, 2)) < 0.8
    present[:, 0] |= ~present[:, 1]
    return Evidence(
        said=torch.from_numpy(said).float(),
        present=torch.from_numpy(present),
        outcomes=torch.from_numpy(outcomes),
        weights=torch.ones(n),
    )


def test_the_stack_agrees_with_a_second_implementation():
    evidence = evidence_of(150, 0)
    stack = Stack(torch.eye(3), 2)
    stack.learn(evidence, 2.0)
    logs = np.log(evidence.said.numpy().astype(float))
    there = evidence.present.numpy().astype(float)
    centre = (logs * there[..., None]).sum(axis=0) / there.sum(axis=0)[:, None]
    x = np.concatenate(
        [((logs - centre) * there[..., None]).reshape(150, 6), there - there.mean(axis=0)], axis=1
    )
    x = np.concatenate([x, np.zeros((3, 8))])  # one made-up person a band, average in all
    y = np.concatenate([evidence.outcomes.numpy(), [0, 1, 2]])
    other = LogisticRegression(C=1 / 2.0, max_iter=5000, tol=1e-8).fit(x, y)
    found = stack(evidence.said, evidence.present).numpy()
    np.testing.assert_allclose(found, other.predict_proba(x[:150]), atol=1e-3)


def test_a_layout_without_face_has_no_face(make_cohort, scales):
    cases, _ = make_cohort(3, 0)
    layout = FeatureLayout.from_cases(cases, {"text": ["words"], "voice": ["prosody"]})
    network = recipe().network(layout, scales)
    assert network.modalities == (Modality.TEXT, Modality.VOICE)
