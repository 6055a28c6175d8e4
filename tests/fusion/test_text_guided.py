"""Words tell where in the voice to look; without words a learned query stands in."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from clinic.fusion.arrays import CaseSet
from clinic.records import Modality
from formula_people import (
    assert_folder_says_the_same,
    assert_learns_from_what_is_left,
    assert_nothing_observed_gives_the_anchors,
    assert_padding_changes_nothing,
    auc,
    fitted,
    layout_of,
    people,
)
from sequence_people import (
    CHANCE,
    assert_absent_is_masked,
    assert_padding_leaves_segments_alone,
    linear_auc,
    small,
    untrained,
    without,
    yes,
)

LAYOUT = layout_of(text=2, voice=2, face=2)
VOICE = slice(2, 4)
N_SEGMENTS = 8


def marked(n: int, seed: int) -> CaseSet:
    """Voice is high in half of the segments and low in the others; words mark the one that counts.

    Mean and deviation of the voice are the same for all, and the mark alone says nothing.
    """
    random = np.random.default_rng(seed)
    answers = random.permutation(np.arange(n) % 2)
    text, voice, face = (0.3 * random.normal(size=(n, N_SEGMENTS, 2)) for _ in range(3))
    levels = np.stack(
        [random.permutation(np.repeat([-1.0, 1.0], N_SEGMENTS // 2)) for _ in range(n)]
    )
    voice[..., 0] += levels
    for person, answer in enumerate(answers):
        counts = random.choice(np.flatnonzero(levels[person] == 2 * answer - 1))
        text[person, counts, 0] += 2.0
    return people(answers, text, voice, face)


@pytest.fixture(scope="module")
def guided():
    return fitted(small("text_guided"), LAYOUT, marked(200, 0), marked(60, 1), max_epochs=16)


def test_words_tell_which_moment_of_the_voice_counts(guided):
    assert auc(guided, marked(300, 2)) > 0.9


def test_pooled_words_and_voice_cannot_tell():
    found = linear_auc(LAYOUT, marked(200, 0), marked(60, 1), marked(300, 2))
    assert abs(found - 0.5) < CHANCE


def test_a_voice_put_in_another_order_tells_nothing(guided):
    """The same values of the same people, no longer beside their words."""
    tested = marked(300, 2)
    random = np.random.default_rng(3)
    values = []
    for value in tested.values:
        shuffled = value.copy()
        shuffled[:, VOICE] = random.permutation(value[:, VOICE])
        values.append(shuffled)
    assert abs(auc(guided, replace(tested, values=tuple(values))) - 0.5) < CHANCE


def test_without_words_the_moment_cannot_be_found(guided):
    tested = marked(300, 2)
    values = tuple(value.copy() for value in tested.values)
    for value in values:
        value[:, :2] = np.nan
    assert abs(auc(guided, replace(tested, values=values)) - 0.5) < CHANCE


@pytest.fixture(scope="module")
def raw():
    return untrained(small("text_guided", linear_path=True), LAYOUT)


def test_padding_changes_nothing(raw):
    assert_padding_changes_nothing(raw, marked(3, 5))
    assert_padding_leaves_segments_alone(raw, LAYOUT)


@pytest.mark.parametrize("modality", [Modality.TEXT, Modality.VOICE, Modality.FACE])
def test_an_absent_modality_is_masked(raw, modality):
    assert_absent_is_masked(raw, LAYOUT, modality)


def test_without_words_the_learned_query_asks_and_with_words_it_does_not():
    network = untrained(small("text_guided"), LAYOUT)
    values = torch.randn(2, 6, LAYOUT.n_features)
    silent = without(values, LAYOUT, Modality.TEXT)
    before = yes(network, values), yes(network, silent)
    with torch.no_grad():
        network.stand_in.add_(torch.linspace(-2, 2, len(network.stand_in)))
    assert torch.equal(before[0], yes(network, values))
    assert not torch.allclose(before[1], yes(network, silent))


def test_nothing_observed_is_answered_with_the_priors(raw):
    assert_nothing_observed_gives_the_anchors(raw)


def test_every_subset_of_modalities_can_be_learnt_from():
    assert_learns_from_what_is_left(small("text_guided"), layout_of(text=2, voice=3, cross=2))


def test_a_fit_is_repeatable_and_survives_a_model_folder(make_severity_cohort, tmp_path):
    assert_folder_says_the_same("text_guided", make_severity_cohort(60, 0), tmp_path / "model")
