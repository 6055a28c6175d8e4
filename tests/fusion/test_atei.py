"""Disagreement of voice and words is found; who counts as inconsistent is learnt in training."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from sklearn.metrics import roc_auc_score

from clinic.config import build, conf_folder
from clinic.errors import SetupError
from clinic.fusion import SplitPlan, strata_of, train
from clinic.fusion.arrays import CaseSet, batch_of
from clinic.fusion.pseudo_labels import PseudoLabels
from clinic.fusion.training import weight_bytes
from clinic.records import Condition, Modality
from formula_people import (
    IDENTITY,
    assert_folder_says_the_same,
    assert_learns_from_what_is_left,
    assert_nothing_observed_gives_the_anchors,
    assert_padding_changes_nothing,
    auc,
    fitted,
    layout_of,
    people,
    tensors,
)
from sequence_people import (
    CHANCE,
    assert_absent_is_masked,
    assert_padding_leaves_segments_alone,
    linear_auc,
    small,
    untrained,
    without,
)

LAYOUT = layout_of(text=2, voice=2, face=2)
TEXT, VOICE = 0, 2
#: The first column of words and of voice carry affect.
AFFECT = {
    "text": {"table": "words", "column": "words0"},
    "voice": {"table": "prosody", "column": "prosody0"},
}
N_SEGMENTS = 8


def contradicting(n: int, seed: int) -> CaseSet:
    """In those who show it, the voice says the contrary of the words, segment by segment."""
    random = np.random.default_rng(seed)
    answers = random.permutation(np.arange(n) % 2)
    text, voice, face = (0.4 * random.normal(size=(n, N_SEGMENTS, 2)) for _ in range(3))
    meant = random.choice([-1.0, 1.0], size=(n, N_SEGMENTS))
    text[..., 0] += meant
    voice[..., 0] += meant * (1 - 2 * answers)[:, None]
    return people(answers, text, voice, face)


def apart(n: int, seed: int) -> CaseSet:
    """Whole recordings: words bright or dark, voice bright or dark, alike or not."""
    random = np.random.default_rng(seed)
    words, answers = random.choice([-1.0, 1.0], n), random.permutation(np.arange(n) % 2)
    text, voice, face = (random.normal(size=(n, N_SEGMENTS, 2)) for _ in range(3))
    text[..., 0] += words[:, None]
    voice[..., 0] += (words * (1 - 2 * answers))[:, None]
    return people(answers, text, voice, face)


@pytest.fixture(scope="module")
def found():
    recipe = small("atei")
    return fitted(recipe, LAYOUT, contradicting(200, 0), contradicting(60, 1), max_epochs=16)


def test_contradiction_of_voice_and_words_is_found_and_the_factor_grows(found):
    assert auc(found, contradicting(300, 2)) > 0.9
    assert found.factor > 2 * found.scale_start


def test_the_inconsistency_embedding_carries_it_to_the_whole_recording(found):
    """The heads also weigh segment by segment; with that silenced, the embedding is what tells."""
    tested, kept = contradicting(300, 2), copy.deepcopy(found.state_dict())
    with torch.no_grad():
        found.heads.from_segments.zero_()
        with_embedding = auc(found, tested)
        found.factor.zero_()
        without_embedding = auc(found, tested)
    found.load_state_dict(kept)
    assert with_embedding > 0.9
    assert without_embedding < with_embedding - 0.15


@pytest.mark.parametrize("modality", [Modality.TEXT, Modality.VOICE])
def test_words_alone_and_voice_alone_are_at_chance(found, modality):
    tested = contradicting(300, 2)
    columns = LAYOUT.indices(modality)
    values = tuple(value.copy() for value in tested.values)
    for value in values:
        value[:, columns] = np.nan
    assert abs(auc(found, replace(tested, values=values)) - 0.5) < CHANCE


def test_pooled_statistics_cannot_see_it():
    people_of = contradicting(200, 0), contradicting(60, 1), contradicting(300, 2)
    assert abs(linear_auc(LAYOUT, *people_of) - 0.5) < CHANCE


@pytest.fixture(scope="module")
def raw():
    return untrained(small("atei", linear_path=True), LAYOUT)


def test_padding_changes_nothing(raw):
    assert_padding_changes_nothing(raw, apart(3, 5))
    assert_padding_leaves_segments_alone(raw, LAYOUT)


@pytest.mark.parametrize("modality", [Modality.TEXT, Modality.VOICE, Modality.FACE])
def test_an_absent_modality_is_masked(raw, modality):
    assert_absent_is_masked(raw, LAYOUT, modality)


@pytest.mark.parametrize("modality", [Modality.TEXT, Modality.VOICE])
def test_nothing_disagrees_with_an_absent_modality(raw, modality):
    values = without(torch.randn(2, 6, LAYOUT.n_features), LAYOUT, modality)
    mask = torch.ones(2, 6, dtype=torch.bool)
    factor = raw.factor.item()
    with torch.no_grad():
        before, odds = raw.both(values, mask)
        raw.factor.fill_(100.0)
        after, _ = raw.both(values, mask)
        raw.factor.fill_(factor)
    assert torch.isnan(odds).all()
    for name in ("ratings", "segments"):
        said = getattr(before, name)[Condition.AMBIVALENCE]
        assert torch.equal(said, getattr(after, name)[Condition.AMBIVALENCE])


def test_nothing_observed_is_answered_with_the_priors(raw):
    assert_nothing_observed_gives_the_anchors(raw)


def test_every_subset_of_modalities_can_be_learnt_from():
    recipe = small("atei", affect=AFFECT)
    assert_learns_from_what_is_left(recipe, layout_of(text=2, voice=3, cross=2))
    assert_learns_from_what_is_left(recipe, layout_of(voice=3, face=1))


def test_a_fit_is_repeatable_and_survives_a_model_folder(make_severity_cohort, tmp_path):
    place = tmp_path / "model"
    assert_folder_says_the_same("atei", make_severity_cohort(60, 0), place, affect=AFFECT)


def labels_of(cases: CaseSet) -> PseudoLabels:
    labels = PseudoLabels((TEXT, VOICE), cut_sd=0.75, percentiles=(30.0, 70.0))
    labels.fit(cases)
    return labels


def test_pseudo_labels_are_those_of_the_formula():
    """Worked out once more, person by person."""
    cases = apart(50, 0)
    rows = np.concatenate(cases.values).astype(float)
    shares = []
    for place in (TEXT, VOICE):
        mean, sd = rows[:, place].mean(), rows[:, place].std()
        z = [(value[:, place] - mean) / sd for value in cases.values]
        kinds = np.array(
            [[(v < -0.75).mean(), (abs(v) <= 0.75).mean(), (v > 0.75).mean()] for v in z]
        )
        shares.append((kinds - kinds.mean(axis=0)) / kinds.std(axis=0))
    distance = np.linalg.norm(shares[0] - shares[1], axis=1)
    low, high = np.percentile(distance, [30, 70])
    expected = np.where(distance <= low, 0.0, np.where(distance >= high, 1.0, np.nan))
    found = labels_of(cases)(*tensors(cases)).numpy()
    np.testing.assert_array_equal(found, expected)
    assert (np.nansum(found == 0), np.nansum(found == 1)) == (15, 15)


def test_people_whose_voice_and_words_differ_are_labelled_inconsistent():
    tested = apart(300, 1)
    labels = labels_of(apart(200, 0))(*tensors(tested)).numpy()
    known = ~np.isnan(labels)
    assert 0.5 < known.mean() < 0.7
    assert (labels == tested.targets[Condition.AMBIVALENCE])[known].mean() > 0.8


def test_somebody_recorded_five_times_counts_once():
    cases = apart(30, 0)
    order = [*range(30), 0, 0, 0, 0]
    repeated = replace(
        cases,
        values=tuple(cases.values[i] for i in order),
        participant_ids=tuple(cases.participant_ids[i] for i in order),
    )
    # The cuts of affect are those of the segments, which do weigh more: taken as they were.
    once, often = labels_of(cases), labels_of(cases)
    often.standardiser.fit = lambda values: None
    often.fit(repeated)
    torch.testing.assert_close(once.thresholds, often.thresholds)


def test_an_unobserved_modality_gives_no_label():
    cases = apart(40, 0)
    values, mask = tensors(cases)
    values[0, :, TEXT], values[1, :, VOICE] = torch.nan, torch.nan
    distance = labels_of(cases).distances(values, mask)
    assert torch.isnan(distance[:2]).all()
    assert torch.isfinite(distance[2:]).all()


def test_unobserved_segments_count_for_no_affect():
    """Half of an interview without words and voice: as if only the other half had been held."""
    cases = apart(40, 0)
    values, mask = tensors(cases)
    half = N_SEGMENTS // 2
    silent = values.clone()
    silent[:, half:] = torch.nan
    labels = labels_of(cases)
    expected = labels.distances(values[:, :half], mask[:, :half])
    torch.testing.assert_close(labels.distances(silent, mask), expected)


def test_nine_people_are_too_few_for_percentiles():
    assert not labels_of(apart(9, 0)).is_fitted
    assert labels_of(apart(10, 0)).is_fitted


def test_percentiles_in_the_wrong_order_are_refused():
    with pytest.raises(SetupError, match="percentiles 70 and 30"):
        PseudoLabels((0, 1), cut_sd=0.75, percentiles=(70.0, 30.0))


def test_test_participants_move_neither_labels_nor_weights(make_conflict_cohort, scales):
    """Their affect made ten times as strong: thresholds and weights stay bit for bit."""
    cases, references = make_conflict_cohort(60, 5)
    ratings = tuple(scale for scale in scales if scale.is_rating)
    plan = SplitPlan(validation_share=0.2, calibration_share=0.0, test_share=0.4, n_folds=0)
    split = plan.final(strata_of(references, ratings[0]), 3)
    louder = [
        replace(case, tables=tuple(t.with_values(10 * t.values) for t in case.tables))
        if case.participant_id in split.test
        else case
        for case in cases
    ]
    trainer = OmegaConf.load(conf_folder() / "trainer" / "cpu.yaml")
    trainer.max_epochs = 2
    tables = {"text": ["words"], "voice": ["prosody"], "face": ["brows"], "cross": []}
    networks = [
        train(
            chosen,
            references,
            recipe=small("atei", affect=AFFECT, tables=tables),
            scales=ratings,
            split=split,
            trainer=build(trainer),
            seed=1,
            identity=IDENTITY,
        ).network
        for chosen in (cases, louder)
    ]
    assert networks[0].members[0].labels.is_fitted
    assert weight_bytes(networks[0]) == weight_bytes(networks[1])


def test_the_auxiliary_loss_teaches_what_is_inconsistent():
    recipe = small("atei", affect=AFFECT, inconsistency_weight=1.0)
    unknown = {Condition.AMBIVALENCE: np.full(200, np.nan)}
    # Nobody's answer is known to the training: what is learnt comes from the pseudo-labels.
    training = replace(apart(200, 0), targets=unknown)
    training.targets[Condition.AMBIVALENCE][:2] = 0.0, 1.0
    network = fitted(recipe, LAYOUT, training, apart(60, 1), max_epochs=12)
    assert torch.equal(network.labels.thresholds, labels_of(training).thresholds)
    tested = apart(300, 2)
    with torch.no_grad():
        _, odds = network.both(*tensors(tested))
    assert roc_auc_score(tested.targets[Condition.AMBIVALENCE], odds) > 0.85


@pytest.mark.parametrize(
    ("affect", "reason"),
    [
        (
            {**AFFECT, "voice": {"table": "affect", "column": "voice_arousal"}},
            "affect.voice_arousal",
        ),
        ({"text": AFFECT["text"]}, "no column carries the affect of voice"),
    ],
)
def test_without_affect_columns_there_is_no_auxiliary_loss_and_the_reason_is_said(affect, reason):
    recipe = small("atei", affect=affect, inconsistency_weight=1.0)
    network = untrained(recipe, LAYOUT)
    assert reason in network.no_labels
    network.labels.fit(apart(40, 0))
    batch = batch_of(apart(40, 0), range(40))
    batch = replace(
        batch,
        targets={**batch.targets, **{s.condition: torch.full((40,), 20.0) for s in network.scored}},
    )
    with torch.no_grad():
        assert recipe.training_loss(network, batch) == recipe.validation_loss(network, batch)


def test_the_shipped_columns_are_those_of_the_affect_table():
    from clinic.inconsistency.cross_modal import AFFECT_COLUMNS

    settings = OmegaConf.load(conf_folder() / "fusion" / "atei.yaml")
    for modality in ("text", "voice"):
        assert settings.affect[modality].table == "affect"
        assert settings.affect[modality].column in AFFECT_COLUMNS
