"""Dirichlet maps: alone where nothing is bent, mending where mass moved between bands."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from clinic.calibration.dirichlet import Dirichlet
from clinic.calibration.maps import Temperature, fit_map, map_from_dict


def normalised(logs):
    return logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))


def drawn(n, seed=0, n_bands=4):
    """True log-probabilities and the bands drawn from them."""
    generator = np.random.default_rng(seed)
    logs = normalised(generator.normal(0, 1.5, size=(n, n_bands)))
    bands = np.array([generator.choice(n_bands, p=np.exp(row)) for row in logs])
    return logs, bands


def log_loss(probabilities, bands):
    return -np.mean(np.log(probabilities[np.arange(len(bands)), bands]))


def distorted(logs):
    """Mass leaks from each band to the one below, and the first band is over-stated."""
    leak = np.eye(logs.shape[1]) + 0.5 * np.eye(logs.shape[1], k=1)
    return normalised(logs @ leak.T + np.array([1.0, 0.0, 0.0, -1.0]))


def test_calibrated_probabilities_are_left_nearly_alone():
    logs, bands = drawn(6000)
    found = Dirichlet.fit(logs, bands, np.ones(len(bands)))
    assert np.abs(found.apply(logs) - np.exp(logs)).mean() < 0.015
    fresh, truth = drawn(4000, seed=1)
    assert log_loss(found.apply(fresh), truth) - log_loss(np.exp(fresh), truth) < 0.003


def test_a_distorted_set_is_mended_where_a_temperature_cannot():
    logs, bands = drawn(6000)
    ones = np.ones(len(bands))
    dirichlet = Dirichlet.fit(distorted(logs), bands, ones)
    temperature = Temperature.fit(distorted(logs), bands, ones)
    fresh, truth = drawn(4000, seed=1)
    least = log_loss(np.exp(fresh), truth)
    raw = log_loss(np.exp(distorted(fresh)), truth)
    by_temperature = log_loss(temperature.apply(distorted(fresh)), truth)
    assert log_loss(dirichlet.apply(distorted(fresh)), truth) < least + 0.01
    assert raw > by_temperature > least + 0.05


def test_few_subjects_move_it_little():
    logs, bands = drawn(12)
    found = np.array(Dirichlet.fit(logs, bands, np.ones(12)).weights)
    assert np.abs(found[~np.eye(4, dtype=bool)]).max() < 0.5
    many, more_bands = drawn(6000)
    moved = Dirichlet.fit(distorted(many), more_bands, np.ones(6000)).weights
    assert np.abs(np.array(moved)[~np.eye(4, dtype=bool)]).max() > 0.3


def test_it_stays_finite_on_perfectly_separated_and_on_impossible_bands():
    logs = normalised(np.eye(3)[[0, 1, 2, 0]] * 3.0)
    found = Dirichlet.fit(logs, np.array([0, 1, 2, 0]), np.ones(4))
    assert np.isfinite(found.weights).all()
    with np.errstate(divide="ignore"):
        impossible = np.log(np.array([[1.0, 0.0, 0.0]]))
    assert np.isfinite(found.apply(impossible)).all()


def test_a_subject_counted_twice_is_two_subjects():
    logs, bands = drawn(60)
    twice = Dirichlet.fit(np.repeat(logs, 2, axis=0), np.repeat(bands, 2), np.ones(120))
    weighted = Dirichlet.fit(logs, bands, np.full(60, 2.0))
    np.testing.assert_allclose(weighted.weights, twice.weights, atol=2e-3)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 6))
def test_what_comes_out_is_a_distribution_that_survives_json(seed, n_bands):
    logs, bands = drawn(40, seed, n_bands)
    found = fit_map("dirichlet", logs, bands, np.ones(40))
    probabilities = found.apply(logs)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities > 0).all()
    again = map_from_dict(json.loads(json.dumps(found.to_dict())))
    np.testing.assert_array_equal(again.apply(logs), probabilities)


def test_the_search_follows_the_true_gradient(monkeypatch):
    logs, bands = drawn(30, n_bands=3)
    seen = {}

    def spy(loss, start, **settings):
        seen["loss"], seen["start"] = loss, start
        raise StopIteration

    monkeypatch.setattr("scipy.optimize.minimize", spy)
    with pytest.raises(StopIteration):
        Dirichlet.fit(logs, bands, np.linspace(0.5, 2, 30))
    point = seen["start"] + np.random.default_rng(0).normal(0, 0.3, len(seen["start"]))
    numeric = approx_fprime(point, lambda p: seen["loss"](p)[0], 1e-6)
    np.testing.assert_allclose(seen["loss"](point)[1], numeric, atol=1e-2, rtol=1e-4)
