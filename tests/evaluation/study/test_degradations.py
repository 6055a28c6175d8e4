"""Degraded inputs: what is taken out is gone, what is added has the stated size, labels stay."""

import numpy as np
import pytest

from clinic.evaluation.study.degradations import Degradations
from clinic.records import Modality


@pytest.fixture(scope="module")
def degradations() -> Degradations:
    return Degradations(
        subsets=True,
        missing_rates=[0.3],
        block_rates=[0.5],
        noise_db=[10.0],
        permute=True,
        repeats=1,
    )


def applied(degradations, data, name: str, seed: int = 0):
    return degradations.of(data.cases)[name](data.cases, np.random.default_rng(seed))


def values(cases, modality: Modality) -> np.ndarray:
    return np.concatenate([t.values for c in cases for t in c.tables if t.modality is modality])


def test_every_proper_subset_of_modalities_is_tried(degradations, data):
    names = [name for name in degradations.of(data.cases) if name.startswith("only")]
    assert names == [
        "only text",
        "only voice",
        "only face",
        "only text+voice",
        "only text+face",
        "only voice+face",
    ]


def test_only_voice_leaves_voice_as_it_was_and_nothing_else(degradations, data):
    worse = applied(degradations, data, "only voice")
    before, after = values(data.cases, Modality.VOICE), values(worse, Modality.VOICE)
    assert np.array_equal(before, after, equal_nan=True)
    for modality in (Modality.TEXT, Modality.FACE):
        assert np.isnan(values(worse, modality)).all()
    assert all(t.coverage.sum() == 0 for c in worse for t in c.tables if t.modality == "text")


def test_the_missing_rate_is_the_share_of_values_lost(degradations, data):
    before = values(data.cases, Modality.TEXT)
    after = values(applied(degradations, data, "missing 0.3"), Modality.TEXT)
    lost = np.isnan(after[~np.isnan(before)]).mean()
    assert lost == pytest.approx(0.3, abs=0.02)
    kept = ~np.isnan(after)
    assert np.array_equal(after[kept], before[kept])


def test_a_block_is_a_run_of_segments(degradations, data):
    for case, worse in zip(data.cases, applied(degradations, data, "block 0.5"), strict=True):
        n = len(case.segments)
        before, after = (c.table("simulated_text").values for c in (case, worse))
        if np.isnan(before).any():
            continue  # absent, or with gaps of its own
        gone = np.isnan(after).all(axis=1)
        assert gone.sum() == round(0.5 * n)
        assert (np.diff(np.flatnonzero(gone)) == 1).all()


def test_noise_has_the_stated_ratio(degradations, data):
    before = values(data.cases, Modality.FACE)
    after = values(applied(degradations, data, "noise 10 dB"), Modality.FACE)
    ratio_db = 20 * np.log10(np.nanstd(before, axis=0) / np.nanstd(after - before, axis=0))
    assert ratio_db == pytest.approx(10.0, abs=1.0)


def test_nobody_keeps_their_own_voice_when_voices_are_permuted(degradations, data):
    worse = applied(degradations, data, "permuted voice")
    for case, other in zip(data.cases, worse, strict=True):
        own, given = (c.table("simulated_voice").values for c in (case, other))
        assert own.shape == given.shape
        heard = ~np.isnan(own) & ~np.isnan(given)
        assert not (own[heard] == given[heard]).any()
        for name in ("simulated_text", "simulated_face", "metadata"):
            assert case.table(name) is other.table(name)


def test_lengths_and_attributes_are_no_sensor_and_stay(degradations, data):
    for name in degradations.of(data.cases):
        for case, worse in zip(data.cases, applied(degradations, data, name), strict=True):
            assert worse.table("metadata") is case.table("metadata")
