"""Writers' and readers' ratings from a formula: how much of their gap is more than noise."""

import numpy as np
import pandas as pd
import pytest

from clinic.errors import SetupError
from clinic.validation.perspectives.ratings import (
    disattenuated,
    documents_of,
    halved,
    read_ratings,
    reliability,
)

N = 3000


def folder_with(tmp_path, *, real_gap_sd, noise_sd=1.0, n_raters=4, spoilt=()):
    """Ratings = valence (+ real gap for writers) + noise; the published mean is their mean."""
    generator = np.random.default_rng(0)
    ids = [f"d{i // 10}_{i}_{i + 9}" for i in range(N)]
    valence = generator.normal(size=N)
    truth = {"reader": valence, "writer": valence + real_gap_sd * generator.normal(size=N)}
    (tmp_path / "corpus").mkdir(exist_ok=True)
    for who, expected in truth.items():
        ratings = expected[:, None] + noise_sd * generator.normal(size=(N, n_raters))
        ratings = ratings.round(2)
        single = pd.DataFrame({"id": np.repeat(ids, n_raters), "V": ratings.ravel()})
        single.to_csv(tmp_path / "corpus" / f"individual_{who}_ratings.csv", index=False)
        means = pd.DataFrame({"id": ids, "V": ratings.mean(axis=1).round(2), "N": n_raters})
        means.loc[list(spoilt), "N"] = n_raters - 1
        means.to_csv(tmp_path / "corpus" / f"{who}.csv", index=False)
    return tmp_path


def halves(folder):
    return halved(read_ratings(folder), np.random.default_rng(1))


@pytest.mark.parametrize("real_gap_sd", [0.0, 0.5, 1.0])
def test_the_reliability_of_the_gap_is_that_of_the_formula(tmp_path, real_gap_sd):
    found = halves(folder_with(tmp_path, real_gap_sd=real_gap_sd))
    gap = found.writer - found.reader
    value = reliability(gap[:, 0], gap[:, 1])(np.ones((1, N)))[0]
    # Variance of the gap: real, and noise of two means of four ratings.
    expected = real_gap_sd**2 / (real_gap_sd**2 + 2 * 1.0 / 4)
    assert value == pytest.approx(expected, abs=0.05)


def test_without_the_raters_noise_writers_and_readers_correlate_as_the_formula_says(tmp_path):
    found = halves(folder_with(tmp_path, real_gap_sd=1.0))
    value = disattenuated(found)(np.ones((1, N)))[0]
    assert value == pytest.approx(1 / np.sqrt(2), abs=0.04)


def test_sentences_whose_mean_leaves_ratings_out_are_not_used(tmp_path):
    folder = folder_with(tmp_path, real_gap_sd=0.5, spoilt=range(100))
    kept = read_ratings(folder)
    assert {len(set(part["id"])) for part in kept.values()} == {N - 100}
    assert "d0_0_9" not in set(kept["reader"]["id"])


def test_halves_of_a_sentence_share_no_rating(tmp_path):
    folder = folder_with(tmp_path, real_gap_sd=0.5, n_raters=2, noise_sd=0.3)
    ratings = read_ratings(folder)["reader"]
    found = halves(folder)
    first = ratings.sort_values("id", kind="stable")["V"].to_numpy().reshape(-1, 2)
    np.testing.assert_allclose(np.sort(found.reader, axis=1), np.sort(first, axis=1))
    assert 0.3 < np.mean(found.reader[:, 0] == first[:, 0]) < 0.7


def test_a_document_is_what_stands_before_the_two_places():
    assert documents_of(["A_b-1_47_83", "x_0_1"]) == ("A_b-1", "x")


def test_a_folder_that_is_another_is_refused(tmp_path):
    with pytest.raises(SetupError, match=r"individual_reader_ratings\.csv is missing"):
        read_ratings(tmp_path)
    folder = folder_with(tmp_path, real_gap_sd=0.5, spoilt=range(N))
    with pytest.raises(SetupError, match="no sentence of EmoBank"):
        read_ratings(folder)
