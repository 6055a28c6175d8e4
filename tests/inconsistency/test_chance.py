"""The null of chance pairing: against brute-force permutation, and its error rate."""

import numpy as np
import pytest

from clinic.inconsistency import AbsoluteDifference, CrossModalInconsistency
from clinic.inconsistency import chance as chance_module
from clinic.inconsistency.chance import chance_rate, chance_shares, expected_by_chance

APART = AbsoluteDifference(quantity="valence", first="face", second="text", notable_sd=2.0)


def scores_of(n: int, seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {"face_valence": random.normal(size=n), "text_valence": random.normal(size=n)}


def test_all_pairings_are_the_limit_of_random_permutations() -> None:
    scores = scores_of(25, 3)
    random = np.random.default_rng(4)
    values = APART.values(scores)
    counts = np.zeros(25)
    n_draws = 4000
    for _ in range(n_draws):
        mixed = {**scores, "face_valence": random.permutation(scores["face_valence"])}
        counts += (APART.values(mixed)[None, :] >= values[:, None]).mean(axis=1)
    np.testing.assert_allclose(chance_shares(APART, scores), counts / n_draws, atol=0.01)


def test_chunks_do_not_change_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = scores_of(40, 5)
    whole = chance_shares(APART, scores)
    monkeypatch.setattr(chance_module, "ROWS_AT_ONCE", 7)
    np.testing.assert_array_equal(chance_shares(APART, scores), whole)


def test_what_was_not_observed_takes_no_part() -> None:
    scores = scores_of(20, 6)
    scores["face_valence"][:5] = np.nan
    shares = chance_shares(APART, scores)
    assert np.isnan(shares[:5]).all()
    part = {name: column[5:] for name, column in scores.items()}
    np.testing.assert_array_equal(shares[5:], chance_shares(APART, part))


def test_rate_by_chance_of_normal_readings_is_known() -> None:
    scores = scores_of(2000, 7)
    assert chance_rate(APART, scores, threshold=2.0) == pytest.approx(0.157, abs=0.01)


def test_nothing_observed_has_no_rate() -> None:
    nothing = {"face_valence": np.full(5, np.nan), "text_valence": np.zeros(5)}
    assert np.isnan(chance_rate(APART, nothing, threshold=1.0))
    assert np.isnan(chance_shares(APART, nothing)).all()


def test_expected_counts_come_true_under_chance() -> None:
    random = np.random.default_rng(8)
    n, limit, found = 40, 2.0, []
    for _ in range(200):
        scores = {name: random.normal(size=n) for name in ("face_valence", "text_valence")}
        expected = expected_by_chance(chance_shares(APART, scores)[None])
        found.append(int((expected <= limit).sum()))
    # 2 are expected; the mean of 200 counts of about 2 has a standard error of 0.1.
    assert np.mean(found) == pytest.approx(limit, abs=0.35)


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_unrelated_modalities_show_no_more_moments_than_stated(
    component: CrossModalInconsistency, make, correlation: float
) -> None:
    random = np.random.default_rng(9)
    names = ["text_valence", "text_arousal", "voice_arousal", "face_valence", "face_arousal"]
    measures = tuple(component.measures.values())
    shown = 0
    for _ in range(100):
        scores = {}
        for name in [*names, "face_smile"]:
            noise = random.normal(size=40)
            for i in range(1, 40):
                noise[i] = correlation * noise[i - 1] + np.sqrt(1 - correlation**2) * noise[i]
            scores[name] = component.baseline.scores(noise, floor=0.1)
        confidence = {m: np.ones(40) for m in ("text", "voice", "face")}
        shown += len(component.moments.find(make.segments(40), measures, scores, confidence))
    assert 0 < shown / 100 <= component.moments.max_expected
