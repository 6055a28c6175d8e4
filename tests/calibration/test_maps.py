"""Calibration maps: find back what bent the probabilities, and survive JSON."""

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from clinic.calibration.maps import Isotonic, Platt, Temperature, fit_map, map_from_dict
from clinic.errors import SetupError


def drawn(n: int, seed: int = 0, n_bands: int = 4):
    """True log-probabilities and the bands drawn from them."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 1.5, size=(n, n_bands))
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    bands = np.array([generator.choice(n_bands, p=np.exp(row)) for row in logs])
    return logs, bands


def normalised(logs):
    return logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))


@pytest.mark.parametrize("bent", [0.5, 1.0, 2.0])
def test_temperature_finds_the_one_that_was_applied(bent):
    logs, bands = drawn(6000)
    found = Temperature.fit(normalised(logs / bent), bands, np.ones(len(bands)))
    assert found.value == pytest.approx(1 / bent, rel=0.06)
    np.testing.assert_allclose(found.apply(normalised(logs / bent)), np.exp(logs), atol=0.03)


def test_platt_agrees_with_logistic_regression_on_a_large_sample():
    logs, bands = drawn(5000, n_bands=2)
    bent = normalised(logs * 2 + np.array([0.0, 1.0]))
    found = Platt.fit(bent, bands, np.ones(len(bands)))
    logits = (bent[:, 1] - bent[:, 0])[:, None]
    expected = LogisticRegression(C=np.inf).fit(logits, bands)
    assert found.slope == pytest.approx(expected.coef_[0, 0], abs=0.01)
    assert found.intercept == pytest.approx(expected.intercept_[0], abs=0.02)


def test_platt_stays_finite_on_perfectly_separated_participants():
    logits = np.array([-1.0, -0.5, 0.5, 1.0])
    logs = np.stack([-np.logaddexp(0, logits), -np.logaddexp(0, -logits)], axis=1)
    found = Platt.fit(logs, np.array([0, 0, 1, 1]), np.ones(4))
    assert 0 < found.slope < 10
    assert 0 < found.apply(logs)[0, 1] < 0.5


def test_isotonic_is_calibrated_on_a_large_sample():
    logs, bands = drawn(8000)
    bent = normalised(logs * 2.5)
    found = Isotonic.fit(bent, bands, np.ones(len(bands)))
    np.testing.assert_allclose(found.apply(bent).sum(axis=1), 1, atol=1e-9)
    reached = found.apply(bent)[:, 2:].sum(axis=1)
    for low in np.arange(0, 0.9, 0.2):
        inside = (reached >= low) & (reached < low + 0.2)
        assert reached[inside].mean() == pytest.approx((bands[inside] >= 2).mean(), abs=0.05)


@pytest.mark.parametrize("method", ["temperature", "platt", "isotonic", "dirichlet"])
def test_maps_survive_json(method):
    logs, bands = drawn(200, n_bands=2)
    fitted = fit_map(method, logs, bands, np.ones(len(bands)))
    again = map_from_dict(json.loads(json.dumps(fitted.to_dict())))
    np.testing.assert_array_equal(again.apply(logs), fitted.apply(logs))


def test_unknown_and_unfit_methods_are_named():
    logs, bands = drawn(20)
    with pytest.raises(SetupError, match=r"'magic', .*'dirichlet', 'isotonic', 'platt', 'temper"):
        fit_map("magic", logs, bands, np.ones(20))
    with pytest.raises(SetupError, match="platt needs 2 bands, 4 came"):
        fit_map("platt", logs, bands, np.ones(20))
