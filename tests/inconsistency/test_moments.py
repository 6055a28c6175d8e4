"""Moments: the false discovery rate that is stated comes true, and planted ones are found."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import false_discovery_control

from clinic.errors import SetupError
from clinic.inconsistency import CrossModalInconsistency, MomentFinder
from clinic.inconsistency.moments.chance import chance_shares
from clinic.inconsistency.moments.discovery import discoveries, false_discovery_rates
from clinic.inconsistency.moments.shuffling import following_slope, shuffled
from clinic.records import RARITY

NAMES = (
    "text_valence",
    "text_arousal",
    "voice_arousal",
    "face_valence",
    "face_arousal",
    "face_smile",
)


def drawn(random, n, *, smooth=0.0):
    readings = {}
    for name in NAMES:
        noise = random.normal(size=n)
        for i in range(1, n):
            noise[i] = smooth * noise[i - 1] + np.sqrt(1 - smooth**2) * noise[i]
        readings[name] = noise
    return readings


@pytest.fixture(scope="module")
def compared(plain: CrossModalInconsistency):
    """Measures that the six readings can answer."""
    return tuple(m for m in plain.measures.values() if set(m.readings) <= set(NAMES))


@pytest.fixture(scope="module")
def notable(compared):
    return tuple(m for m in compared if m.notable is not None)


@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(0.001, 1.0)))
def test_rates_are_those_of_benjamini_and_hochberg(p_values: np.ndarray) -> None:
    found = false_discovery_rates(p_values * len(p_values))
    np.testing.assert_allclose(found, false_discovery_control(p_values, method="bh"), atol=1e-12)


@pytest.mark.parametrize(("n", "smooth"), [(16, 0.0), (40, 0.5)])
def test_unrelated_modalities_show_moments_no_more_often_than_stated(
    plain, notable, n, smooth
) -> None:
    """Where nothing is planted, all that is shown is false: the rate is the share showing any."""
    random = np.random.default_rng(9)
    limit = plain.moments.max_false_discovery_rate
    n_interviews, any_shown = 60, 0
    for _ in range(n_interviews):
        scores = {
            name: plain.baseline.scores(column, floor=0.05)
            for name, column in drawn(random, n, smooth=smooth).items()
        }
        any_shown += bool((discoveries(notable, scores, follows={}).rate <= limit).any())
    standard_error = np.sqrt(limit * (1 - limit) / n_interviews)
    assert 0 < any_shown / n_interviews <= limit + 1.5 * standard_error


def test_correlated_measures_are_not_paid_for_twice(notable) -> None:
    scores = drawn(np.random.default_rng(10), 30)
    once = discoveries(notable, scores, follows={})
    twice = discoveries((*notable, *notable), scores, follows={})
    np.testing.assert_array_equal(once.expected, twice.expected)


def test_expected_number_is_that_of_shuffled_interviews(notable) -> None:
    """A second implementation: one measure, all of whose pairings are counted."""
    scores = drawn(np.random.default_rng(11), 40)
    measure = notable[0]
    found = discoveries([measure], scores, follows={})
    values = measure.values(scores)
    counted = 40 * chance_shares(measure, scores)
    is_notable = values >= measure.notable
    np.testing.assert_allclose(found.expected[is_notable], counted[is_notable], rtol=0.25, atol=0.1)
    assert np.isinf(found.expected[~is_notable]).all()


def test_planted_moments_come_first_with_what_they_say(plain, compared, make) -> None:
    random = np.random.default_rng(12)
    n, planted = 40, (7, 23)
    scores = drawn(random, n)
    for i in planted:
        scores["text_valence"][i], scores["face_smile"][i] = -3.5, 3.5
    confidence = {m: np.full(n, 0.9) for m in ("text", "voice", "face")}
    ranked = plain.moments.discover(compared, scores)
    found = plain.moments.find(ranked, make.segments(n), scores, confidence)
    assert {round(e.start_s / 5) for e in found[:2]} == set(planted)
    first = found[0]
    assert first.kind == "smile_over_negative_words"
    share = chance_shares(plain.measures[first.kind], scores)[round(first.start_s / 5)]
    assert first.surprise_bits == pytest.approx(-np.log2(share))
    assert first.false_discovery_rate < 0.3
    assert [e.false_discovery_rate for e in found] == sorted(e.false_discovery_rate for e in found)
    assert all(e.false_discovery_rate <= plain.moments.max_false_discovery_rate for e in found)
    assert [r.confidence for r in first.readings] == [0.9, 0.9]
    note = plain.moments.notes(compared, scores, found)[0]
    assert f"{max(e.false_discovery_rate for e in found):.0%} of those shown" in note


def test_no_more_moments_than_a_reader_can_look_at(compared, make) -> None:
    scores = drawn(np.random.default_rng(13), 60)
    for i in range(10):
        scores["text_valence"][i], scores["voice_arousal"][i] = -4.0, -4.0
    finder = MomentFinder(max_moments=3, max_false_discovery_rate=0.9, follows={})
    confidence = {m: np.ones(60) for m in ("text", "voice", "face")}
    ranked = finder.discover(compared, scores)
    assert len(finder.find(ranked, make.segments(60), scores, confidence)) == 3


def test_surprise_is_the_rarity_of_every_measured_segment(plain, make) -> None:
    scores = drawn(np.random.default_rng(14), 20)
    tables = [
        make.extraction(m, m, {n.split("_")[1]: c for n, c in scores.items() if n.startswith(m)})
        for m in ("text", "voice", "face")
    ]
    signals = plain.measure(make.segments(20), tables, 100.0)
    bits = signals.surprise
    assert set(bits.columns) - {RARITY} < set(signals.segments.columns)
    for name in set(bits.columns) - {RARITY}:
        np.testing.assert_array_equal(
            np.isnan(bits.column(name)), np.isnan(signals.segments.column(name))
        )
        # The share of 400 pairings is at least one in 400.
        seen = bits.column(name)[np.isfinite(bits.column(name))]
        assert (seen <= np.log2(400) + 1e-9).all()
    z = {n: signals.affect.column(n) for n in NAMES}
    share = chance_shares(plain.measures["smile_over_negative_words"], z)
    np.testing.assert_allclose(bits.column("smile_over_negative_words"), -np.log2(share))


def test_shuffling_moves_modalities_whole_and_leaves_the_unseen_in_place() -> None:
    scores = drawn(np.random.default_rng(15), 50)
    scores["face_smile"] = 2.0 * scores["face_valence"]
    scores["face_confidence"] = np.ones(50)
    for name in ("face_valence", "face_arousal", "face_smile"):
        scores[name][:5] = np.nan
    mixed = shuffled(scores, 20, follows={})
    np.testing.assert_array_equal(mixed["face_smile"], 2.0 * mixed["face_valence"])
    assert np.isnan(mixed["face_valence"][:, :5]).all()
    for row in mixed["face_valence"]:
        np.testing.assert_array_equal(np.sort(row[5:]), np.sort(scores["face_valence"][5:]))
    assert not np.array_equal(mixed["face_valence"][0, 5:], scores["face_valence"][5:])


def test_a_null_that_keeps_coupling_keeps_it_and_no_more() -> None:
    random = np.random.default_rng(16)
    scores = drawn(random, 400)
    scores["face_valence"] = 0.6 * scores["text_valence"] + 0.8 * scores["face_valence"]
    for follows, low, high in (({}, -0.1, 0.1), ({"face_valence": "text_valence"}, 0.5, 0.65)):
        mixed = shuffled(scores, 20, follows=follows)
        r = np.corrcoef(mixed["text_valence"].ravel(), mixed["face_valence"].ravel())[0, 1]
        assert low < r < high


def test_a_reading_that_runs_against_another_is_not_taken_to_follow_it() -> None:
    leader = np.random.default_rng(17).normal(size=100)
    assert following_slope(leader, -leader) == 0.0
    assert following_slope(leader[:7], leader[:7]) == 0.0
    assert following_slope(leader, np.zeros(100)) == 0.0
    assert following_slope(leader, 2.0 * leader) == pytest.approx(2.0, rel=0.02)


def test_a_null_that_follows_an_unknown_reading_is_refused(plain) -> None:
    finder = MomentFinder(max_moments=5, max_false_discovery_rate=0.5, follows={"nose": "ear"})
    with pytest.raises(SetupError, match="follows"):
        CrossModalInconsistency(
            readers=plain.readers,
            baseline=plain.baseline,
            measures=plain.measures,
            summary=plain.summary,
            moments=finder,
        )


def test_what_is_shown_is_what_is_rarest(plain, make) -> None:
    """No segment that is not shown is rarer than one that is: the band of the drawing is true."""
    for seed in range(12):
        scores = drawn(np.random.default_rng(seed), 30)
        tables = [
            make.extraction(
                m, m, {n.split("_")[1]: c for n, c in scores.items() if n.startswith(m)}
            )
            for m in ("text", "voice", "face")
        ]
        finder = dataclasses.replace(plain.moments, max_moments=30)
        component = dataclasses.replace(plain, moments=finder)
        signals = component.measure(make.segments(30), tables, 150.0)
        rarity = signals.surprise.column(RARITY)
        is_shown = np.isin(signals.segments.start_s, [e.start_s for e in signals.evidence])
        if is_shown.any():
            assert rarity[is_shown].min() >= rarity[~is_shown].max()


@pytest.mark.parametrize("limit", [0.0, 1.0, 2.0, -0.5, float("nan")])
def test_a_limit_that_is_no_share_is_refused(plain, limit) -> None:
    with pytest.raises(SetupError, match="max_false_discovery_rate"):
        dataclasses.replace(plain.moments, max_false_discovery_rate=limit)
