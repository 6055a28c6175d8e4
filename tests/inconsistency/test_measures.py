"""Measures against formulas, a second implementation, and their promises under any input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import entropy

from clinic.errors import SetupError
from clinic.inconsistency import (
    AbsoluteDifference,
    Divergence,
    Pattern,
    PersonalBaseline,
    SignedDifference,
)
from clinic.inconsistency.measures import jensen_shannon

SCORES = arrays(np.float64, 30, elements=st.floats(-5, 5) | st.just(float("nan")))
CALM = Pattern(
    pattern="negative_words_calm_voice",
    directions={"text_valence": "low", "voice_arousal": "low"},
    notable_sd=0.75,
    meaning="negative words in a calm voice",
    source="test",
)


def test_baseline_of_normal_readings_is_their_standard_deviation() -> None:
    raw = np.random.default_rng(0).normal(7.0, 3.0, 20_000)
    z = PersonalBaseline(min_segments=8, limit_sd=5.0).scores(raw, floor=0.1)
    assert np.median(z) == pytest.approx(0.0, abs=1e-12)
    assert z.std() == pytest.approx(1.0, abs=0.03)


@given(SCORES, st.floats(0.1, 50.0), st.floats(-100.0, 100.0))
def test_baseline_knows_no_unit_and_no_level(raw: np.ndarray, gain: float, shift: float) -> None:
    baseline = PersonalBaseline(min_segments=8, limit_sd=5.0)
    plain = baseline.scores(raw, floor=0.5)
    changed = baseline.scores(raw * gain + shift, floor=0.5 * gain)
    np.testing.assert_allclose(plain, changed, atol=1e-6)


def test_seven_segments_are_one_too_few() -> None:
    baseline = PersonalBaseline(min_segments=8, limit_sd=5.0)
    seven = np.array([1.0, 2, 3, 4, 5, 6, 7, np.nan])
    assert np.isnan(baseline.scores(seven, floor=0.1)).all()
    assert np.isfinite(baseline.scores(np.arange(8.0), floor=0.1)).all()


def test_a_person_who_hardly_varies_is_not_blown_up() -> None:
    raw = 5.0 + 0.05 * np.random.default_rng(1).normal(size=50)
    z = PersonalBaseline(min_segments=8, limit_sd=5.0).scores(raw, floor=0.1)
    assert np.abs(z).max() == pytest.approx(np.abs(raw - np.median(raw)).max() / 0.1)


def test_one_artefact_neither_moves_the_others_nor_passes_the_limit() -> None:
    raw = np.random.default_rng(2).normal(size=50)
    spoilt = raw.copy()
    spoilt[0] = 1e9
    baseline = PersonalBaseline(min_segments=8, limit_sd=5.0)
    before, after = baseline.scores(raw, floor=0.1), baseline.scores(spoilt, floor=0.1)
    assert after[0] == 5.0
    assert np.abs(before[1:] - after[1:]).max() < 0.3


def test_differences_are_differences() -> None:
    scores = {"voice_arousal": np.array([1.0, np.nan, 0.0]), "text_arousal": np.array([3.0, 1, 0])}
    signed = SignedDifference(quantity="arousal", first="voice", second="text")
    size = AbsoluteDifference(quantity="arousal", first="voice", second="text", notable_sd=2.0)
    np.testing.assert_array_equal(signed.values(scores), [-2.0, np.nan, 0.0])
    np.testing.assert_array_equal(size.values(scores), [2.0, np.nan, 0.0])
    assert signed.name == "arousal_voice_minus_text"


@given(
    arrays(np.float64, (5, 3), elements=st.floats(0.01, 1)),
    arrays(np.float64, (5, 3), elements=st.floats(0.01, 1)),
)
def test_jensen_shannon_agrees_with_scipy(first: np.ndarray, second: np.ndarray) -> None:
    first /= first.sum(axis=1, keepdims=True)
    second /= second.sum(axis=1, keepdims=True)
    middle = (first + second) / 2
    parts = entropy(first, base=2, axis=1) + entropy(second, base=2, axis=1)
    expected = entropy(middle, base=2, axis=1) - parts / 2
    np.testing.assert_allclose(jensen_shannon(first, second), expected, atol=1e-9)


def test_jensen_shannon_of_sure_and_opposite_is_one_bit() -> None:
    assert jensen_shannon(np.array([1.0, 0, 0]), np.array([0.0, 0, 1])) == pytest.approx(1.0)


@given(SCORES, SCORES)
def test_divergence_is_symmetric_zero_on_agreement_and_nan_when_absent(
    first: np.ndarray, second: np.ndarray
) -> None:
    there = Divergence(quantity="valence", first="face", second="text", cut_sd=0.75, reading_sd=0.5)
    back = Divergence(quantity="valence", first="text", second="face", cut_sd=0.75, reading_sd=0.5)
    scores = {"face_valence": first, "text_valence": second}
    values = there.values(scores)
    np.testing.assert_allclose(values, back.values(scores), atol=1e-12)
    np.testing.assert_array_equal(np.isnan(values), np.isnan(first) | np.isnan(second))
    same = there.values({"face_valence": first, "text_valence": first})
    np.testing.assert_allclose(same[np.isfinite(same)], 0.0, atol=1e-12)


@given(SCORES, SCORES)
def test_a_pattern_needs_every_side(first: np.ndarray, second: np.ndarray) -> None:
    values = CALM.values({"text_valence": first, "voice_arousal": second})
    for value, a, b in zip(values, first, second, strict=True):
        if np.isnan(a) or np.isnan(b):
            assert np.isnan(value)
        else:
            assert value == max(min(-a, -b), 0.0)


def test_charged_words_are_charged_either_way() -> None:
    flat = Pattern(
        pattern="flat",
        directions={"text_valence": "either", "face_arousal": "low"},
        notable_sd=0.75,
        meaning="",
        source="",
    )
    scores = {"text_valence": np.array([2.0, -2.0, 0.1]), "face_arousal": np.full(3, -1.5)}
    np.testing.assert_allclose(flat.values(scores), [1.5, 1.5, 0.1])


def test_a_pattern_of_one_modality_is_refused() -> None:
    with pytest.raises(SetupError, match="two modalities"):
        Pattern(
            pattern="x",
            directions={"text_valence": "low", "text_arousal": "high"},
            notable_sd=1.0,
            meaning="",
            source="",
        )
    with pytest.raises(SetupError, match="high, low or either"):
        Pattern(
            pattern="x",
            directions={"text_valence": "down", "voice_arousal": "low"},
            notable_sd=1.0,
            meaning="",
            source="",
        )
