"""The order of segments is seen, however streams meet; the published loss is what it says."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import expit

from clinic.errors import SetupError
from clinic.fusion.arrays import CaseSet, batch_of
from clinic.fusion.binary_losses import binary_answers, smoothed_focal_loss
from clinic.fusion.mmformer_network import MEETINGS
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
    rating,
)
from sequence_people import (
    CHANCE,
    assert_absent_is_masked,
    assert_padding_leaves_segments_alone,
    linear_auc,
    said,
    small,
    untrained,
    yes,
)

LAYOUT = layout_of(text=2, voice=2, face=2)
N_SEGMENTS = 12


def risen(n: int, seed: int) -> CaseSet:
    """Voice rises and then falls, or falls and then rises, through the very same values."""
    random = np.random.default_rng(seed)
    answers = random.permutation(np.arange(n) % 2)
    text, voice, face = (0.4 * random.normal(size=(n, N_SEGMENTS, 2)) for _ in range(3))
    slope = np.linspace(-1.5, 1.5, N_SEGMENTS // 2)
    hill = np.concatenate([slope, slope[::-1]])
    voice[..., 0] += np.where(answers[:, None] == 1, hill, -hill)
    return people(answers, text, voice, face)


@pytest.fixture(scope="module", params=MEETINGS)
def ordered(request):
    recipe = small("mmformer", meeting=request.param)
    return fitted(recipe, LAYOUT, risen(200, 0), risen(60, 1), max_epochs=8)


def test_the_order_of_segments_is_seen(ordered):
    assert auc(ordered, risen(300, 2)) > 0.9


def test_the_same_segments_in_another_order_tell_nothing(ordered):
    tested = risen(300, 2)
    random = np.random.default_rng(3)
    values = tuple(random.permutation(value) for value in tested.values)
    assert abs(auc(ordered, replace(tested, values=values)) - 0.5) < CHANCE


@pytest.mark.parametrize("meeting", MEETINGS)
def test_each_segment_has_a_place_even_without_a_convolution(meeting):
    """Read backwards, the distances between segments stay; only places tell the two apart."""
    network = untrained(small("mmformer", meeting=meeting, kernel=1), LAYOUT)
    torch.manual_seed(6)
    values = torch.randn(3, 6, LAYOUT.n_features)
    assert (yes(network, values) - yes(network, values.flip(1))).abs().min() > 1e-4


def test_pooled_statistics_cannot_see_the_order():
    found = linear_auc(LAYOUT, risen(200, 0), risen(60, 1), risen(300, 2))
    assert abs(found - 0.5) < CHANCE


@pytest.fixture(scope="module", params=MEETINGS)
def raw(request):
    return untrained(small("mmformer", meeting=request.param, linear_path=True), LAYOUT)


def test_padding_changes_nothing(raw):
    assert_padding_changes_nothing(raw, risen(3, 5))
    assert_padding_leaves_segments_alone(raw, LAYOUT)


@pytest.mark.parametrize("modality", [Modality.TEXT, Modality.VOICE, Modality.FACE])
def test_an_absent_modality_is_masked(raw, modality):
    assert_absent_is_masked(raw, LAYOUT, modality)


def test_nothing_observed_is_answered_with_the_priors(raw):
    assert_nothing_observed_gives_the_anchors(raw)


@pytest.mark.parametrize("meeting", MEETINGS)
def test_every_subset_of_modalities_can_be_learnt_from(meeting):
    recipe = small("mmformer", meeting=meeting)
    assert_learns_from_what_is_left(recipe, layout_of(text=2, voice=3, cross=2))
    assert_learns_from_what_is_left(recipe, layout_of(voice=3))


@pytest.mark.parametrize("meeting", MEETINGS)
def test_one_stream_changes_what_another_says(meeting):
    """With the heads cut off from the voice, the voice still reaches them through the words."""
    network = untrained(small("mmformer", meeting=meeting), LAYOUT)
    torch.manual_seed(4)
    values = torch.randn(2, 6, LAYOUT.n_features)
    other = values.clone()
    other[..., torch.from_numpy(LAYOUT.indices(Modality.VOICE))] += 1.0
    words_alone: list[torch.Tensor] = []
    handle = network.pools[Modality.TEXT].register_forward_hook(
        lambda module, arguments, result: words_alone.append(result)
    )
    said(network, values)
    said(network, other)
    handle.remove()
    assert not torch.allclose(words_alone[0], words_alone[1])


def test_an_unknown_meeting_is_refused():
    with pytest.raises(SetupError, match=r"meet 'early', one of .*'lt', 'it', 'ia'"):
        small("mmformer", meeting="early").network(LAYOUT, [rating()])


def test_an_even_kernel_is_refused():
    with pytest.raises(SetupError, match="over 4 segments, an odd number needed"):
        small("mmformer", kernel=4).network(LAYOUT, [rating()])


def test_the_published_loss_is_smoothed_cross_entropy_and_half_the_focal_loss():
    random = np.random.default_rng(0)
    logits, answers = random.normal(0, 2, 50), random.integers(0, 2, 50).astype(float)
    p = expit(logits)
    smooth = np.where(answers == 1, 0.95, 0.05)
    cross_entropy = -smooth * np.log(p) - (1 - smooth) * np.log(1 - p)
    given = np.where(answers == 1, p, 1 - p)
    expected = cross_entropy + 0.5 * (1 - given) ** 2 * -np.log(given)
    found = smoothed_focal_loss(
        torch.from_numpy(logits),
        torch.from_numpy(answers),
        smoothing=0.1,
        focal_weight=0.5,
        gamma=2.0,
    )
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9)


def test_reaching_the_cut_off_has_the_probability_of_the_bands_from_it_on(raw):
    batch = replace(
        batch_of(risen(5, 0), range(5)),
        targets={
            Condition.DEPRESSION: torch.tensor([9.0, 10.0, 24.0, 0.0, torch.nan]),
            Condition.PTSD: torch.tensor([44.0, 45.0, torch.nan, 85.0, 17.0]),
            Condition.AMBIVALENCE: torch.tensor([0.0, 1.0, 1.0, torch.nan, 0.0]),
        },
    )
    outputs = said(raw, batch.values)
    pairs = binary_answers(raw, outputs, batch)
    for scale in raw.scored:
        bands = raw.grid(scale.condition).bands(outputs.scores[scale.condition])
        expected = bands[:, scale.cutoff_band :].sum(dim=1)
        torch.testing.assert_close(torch.sigmoid(pairs[scale.condition][0]), expected)
    torch.testing.assert_close(
        torch.sigmoid(pairs[Condition.AMBIVALENCE][0]), yes(raw, batch.values)
    )
    for condition, answers in (
        (Condition.DEPRESSION, [0.0, 1.0, 1.0, 0.0, np.nan]),
        (Condition.PTSD, [0.0, 1.0, np.nan, 1.0, 0.0]),
        (Condition.AMBIVALENCE, [0.0, 1.0, 1.0, np.nan, 0.0]),
    ):
        np.testing.assert_array_equal(pairs[condition][1].numpy(), answers)


def test_the_epoch_is_kept_by_proper_scores_alone(raw):
    """Smoothing and focus change what is trained on, never what the validation loss says."""
    batch = batch_of(risen(40, 0), range(40))
    scored = {
        Condition.DEPRESSION: torch.arange(40.0) % 25,
        Condition.PTSD: torch.arange(40.0) + 17,
    }
    batch = replace(batch, targets={**batch.targets, **scored})
    plain, bent = small("mmformer"), small("mmformer", smoothing=0.3, focal_weight=2.0)
    with torch.no_grad():
        assert plain.validation_loss(raw, batch) == bent.validation_loss(raw, batch)
        assert plain.training_loss(raw, batch) != bent.training_loss(raw, batch)


def test_a_fit_is_repeatable_and_survives_a_model_folder(make_severity_cohort, tmp_path):
    assert_folder_says_the_same("mmformer", make_severity_cohort(60, 0), tmp_path / "model")
