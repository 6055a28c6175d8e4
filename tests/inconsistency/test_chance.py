"""The null of chance pairing: against brute-force permutation, and its error rate."""

import numpy as np
import pytest

from clinic.inconsistency import AbsoluteDifference
from clinic.inconsistency.moments import chance as chance_module
from clinic.inconsistency.moments.chance import chance_rate, chance_shares

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
