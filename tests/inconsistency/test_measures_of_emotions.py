"""Divergence of emotions: formulas, a second implementation, and what must not matter."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import entropy

from clinic.inconsistency import EmotionDivergence, ExpertDisagreement
from clinic.inconsistency.measures.emotions import tilt_columns, told_by
from clinic.inconsistency.moments.chance import chance_shares
from clinic.inconsistency.moments.wording import reading_words
from clinic.inconsistency.readers.emotions import EMOTIONS
from clinic.inconsistency.readings import tilted

PAIR = EmotionDivergence(first="voice", second="text", notable_bits=None)
ALL = ExpertDisagreement(modalities=("text", "voice", "face"), notable_share=None)
N = 12


def named(confidence=None, **distributions):
    scores = {}
    for modality, rows in distributions.items():
        scores |= dict(zip(tilt_columns(modality), np.asarray(rows, dtype=float).T, strict=True))
        scores[f"{modality}_confidence"] = np.full(len(rows), (confidence or {}).get(modality, 1.0))
    return scores


def drawn(seed, n=N):
    return np.random.default_rng(seed).dirichlet(np.ones(len(EMOTIONS)), size=n)


def test_divergence_agrees_with_scipy() -> None:
    first, second = drawn(1), drawn(2)
    middle = (first + second) / 2
    expected = (
        entropy(first, middle, base=2, axis=1) + entropy(second, middle, base=2, axis=1)
    ) / 2
    np.testing.assert_allclose(PAIR.values(named(voice=first, text=second)), expected, atol=1e-9)


# 0.4: a twelfth times 0.4 / 3 stays above the least probability that a reader can tell.
@given(arrays(np.float64, 6, elements=st.floats(0.4, 3.0)))
def test_a_constant_bias_of_one_reader_is_no_disagreement(bias: np.ndarray) -> None:
    read = 0.5 * drawn(3) + 0.5 / 6
    biased = read * bias
    biased /= biased.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        tilted(read, min_segments=8), tilted(biased, min_segments=8), atol=1e-9
    )


def test_seven_distributions_make_no_usual_one() -> None:
    read = drawn(4, 8)
    assert np.isfinite(tilted(read, min_segments=8)).all()
    read[0] = np.nan
    assert np.isnan(tilted(read, min_segments=8)).all()


def test_sure_and_opposite_experts_disagree_wholly() -> None:
    joy, anger = np.zeros((1, 6)), np.zeros((1, 6))
    joy[0, 3] = anger[0, 0] = 1.0
    unread = np.full((1, 6), np.nan)
    two = named(text=joy, voice=anger, face=unread)
    assert ALL.values(two) == pytest.approx(1.0)
    assert ALL.values(named(text=joy, voice=joy, face=joy)) == pytest.approx(0.0)
    assert np.isnan(ALL.values(named(text=joy, voice=unread, face=unread)))


def test_two_experts_of_equal_confidence_give_the_divergence_of_the_pair() -> None:
    scores = named(text=drawn(5), voice=drawn(6), face=np.full((N, 6), np.nan))
    np.testing.assert_allclose(ALL.values(scores), PAIR.values(scores), atol=1e-9)


def test_confidence_weighs_as_in_the_formula() -> None:
    weights = {"text": 1.0, "voice": 0.5, "face": 0.25}
    rows = {"text": drawn(7), "voice": drawn(8), "face": drawn(9)}
    shares = np.array(list(weights.values())) / sum(weights.values())
    mean = sum(s * p for s, p in zip(shares, rows.values(), strict=True))
    within = sum(s * entropy(p, base=2, axis=1) for s, p in zip(shares, rows.values(), strict=True))
    expected = (entropy(mean, base=2, axis=1) - within) / entropy(shares, base=2)
    np.testing.assert_allclose(ALL.values(named(weights, **rows)), expected, atol=1e-9)


def test_an_expert_without_confidence_is_not_asked() -> None:
    scores = named({"face": 0.0}, text=drawn(10), voice=drawn(11), face=drawn(12))
    np.testing.assert_allclose(ALL.values(scores), PAIR.values(scores), atol=1e-9)


def test_chance_of_three_is_that_of_all_triples() -> None:
    n = 7
    scores = named(text=drawn(13, n), voice=drawn(14, n), face=drawn(15, n))
    values = ALL.values(scores)
    rows = np.array(list(product(range(n), repeat=3))).T
    place = dict(zip(("text", "voice", "face"), rows, strict=True))
    every = ALL.values({name: c[place[name.split("_")[0]]] for name, c in scores.items()})
    counted = (every[None, :] >= values[:, None] - 1e-12).mean(axis=1)
    np.testing.assert_allclose(chance_shares(ALL, scores), counted, atol=0.015)


def test_a_moment_of_emotions_is_told_by_what_sets_them_apart() -> None:
    joy, sad = np.full((1, 6), 0.02), np.full((1, 6), 0.02)
    joy[0, 3] = sad[0, 4] = 0.9
    point = {name: float(column[0]) for name, column in named(text=joy, voice=sad).items()}
    told = told_by(PAIR.readings, point)
    assert set(told) == {"text_emotion_joy", "voice_emotion_sadness"}
    assert reading_words("text_emotion_joy", 2.0) == "more joy in the words than usual"
