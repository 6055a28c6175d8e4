"""Maps from a model's probabilities to calibrated ones, fitted on participants kept apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from clinic.calibration.dirichlet import Dirichlet
from clinic.errors import SetupError

#: A temperature outside this range would mean a broken model, not a miscalibrated one.
TEMPERATURE_RANGE = (0.2, 5.0)
#: Pull of the Platt map towards leaving probabilities alone, in subjects' worth of loss: keeps
#: it finite where the calibration participants happen to be separated perfectly.
PLATT_PENALTY = 0.5
LEAST_PROBABILITY = 1e-6


class ProbabilityMap(Protocol):
    """Turns log-probabilities (n, n_bands) into calibrated probabilities (n, n_bands)."""

    def apply(self, log_probabilities: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def to_dict(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Temperature:
    """One exponent for all bands: sharper or flatter, the order of bands unchanged.

    Source: Guo et al. (2017), arXiv:1706.04599.
    """

    value: float

    @classmethod
    def fit(
        cls,
        log_probabilities: NDArray[np.float64],
        bands: NDArray[np.intp],
        weights: NDArray[np.float64],
    ) -> "Temperature":
        """Minimise the cross-entropy of the true bands."""
        from scipy.optimize import minimize_scalar

        rows = np.arange(len(bands))

        def loss(log_value: float) -> float:
            scaled = _log_softmax(log_probabilities / np.exp(log_value))
            return -float(np.sum(weights * scaled[rows, bands]))

        low, high = np.log(TEMPERATURE_RANGE)
        found = minimize_scalar(loss, bounds=(low, high), method="bounded")
        return cls(float(np.exp(found.x)))

    def apply(self, log_probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return calibrated probabilities."""
        return np.exp(_log_softmax(log_probabilities / self.value))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"kind": "temperature", "value": self.value}


@dataclass(frozen=True)
class Platt:
    """Slope and intercept on the log-odds of a yes/no rating.

    Source: Platt (1999), "Probabilistic outputs for support vector machines".
    """

    slope: float
    intercept: float

    @classmethod
    def fit(
        cls,
        log_probabilities: NDArray[np.float64],
        bands: NDArray[np.intp],
        weights: NDArray[np.float64],
    ) -> "Platt":
        """Minimise the cross-entropy, pulled weakly towards slope 1 and intercept 0.

        Raises:
            SetupError: More than two bands.
        """
        from scipy.optimize import minimize

        if log_probabilities.shape[1] != 2:
            raise SetupError(
                f"calibration method platt needs 2 bands, {log_probabilities.shape[1]} came "
                "(calibration.methods)"
            )
        logits = log_probabilities[:, 1] - log_probabilities[:, 0]

        def loss(parameters: NDArray[np.float64]) -> float:
            log_slope, intercept = parameters
            scaled = np.exp(log_slope) * logits + intercept
            cross_entropy = np.sum(weights * (np.logaddexp(0, scaled) - bands * scaled))
            return float(cross_entropy + PLATT_PENALTY * (log_slope**2 + intercept**2))

        found = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=[(-3, 3), (-5, 5)])
        return cls(float(np.exp(found.x[0])), float(found.x[1]))

    def apply(self, log_probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return calibrated probabilities."""
        logits = log_probabilities[:, 1] - log_probabilities[:, 0]
        scaled = self.slope * logits + self.intercept
        return np.exp(np.stack([-np.logaddexp(0, scaled), -np.logaddexp(0, -scaled)], axis=1))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"kind": "platt", "slope": self.slope, "intercept": self.intercept}


@dataclass(frozen=True)
class Isotonic:
    """A rising step-free curve per cut between bands; for larger calibration samples.

    Source: Zadrozny & Elkan (2002), doi:10.1145/775047.775151, applied to each cumulative
    probability.
    """

    knots: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]

    @classmethod
    def fit(
        cls,
        log_probabilities: NDArray[np.float64],
        bands: NDArray[np.intp],
        weights: NDArray[np.float64],
    ) -> "Isotonic":
        """Fit one curve per cut."""
        from sklearn.isotonic import IsotonicRegression

        knots = []
        for cut, reached in enumerate(_reached(np.exp(log_probabilities)).T, start=1):
            curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
            curve.fit(reached, bands >= cut, sample_weight=weights)
            knots.append(
                (
                    tuple(float(x) for x in curve.X_thresholds_),
                    tuple(float(y) for y in curve.y_thresholds_),
                )
            )
        return cls(tuple(knots))

    def apply(self, log_probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return calibrated probabilities, none of them exactly zero."""
        reached = _reached(np.exp(log_probabilities))
        curves = [np.interp(reached[:, cut], x, y) for cut, (x, y) in enumerate(self.knots)]
        at_least = np.minimum.accumulate(np.stack(curves, axis=1), axis=1)
        ends = np.ones((len(reached), 1)), np.zeros((len(reached), 1))
        mass = -np.diff(np.concatenate([ends[0], at_least, ends[1]], axis=1), axis=1)
        mass = np.maximum(mass, LEAST_PROBABILITY)
        return np.asarray(mass / mass.sum(axis=1, keepdims=True))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"kind": "isotonic", "knots": [[list(x), list(y)] for x, y in self.knots]}


METHODS: dict[str, type[Temperature] | type[Platt] | type[Isotonic] | type[Dirichlet]] = {
    "temperature": Temperature,
    "platt": Platt,
    "isotonic": Isotonic,
    "dirichlet": Dirichlet,
}


def fit_map(
    method: str,
    log_probabilities: NDArray[np.float64],
    bands: NDArray[np.intp],
    weights: NDArray[np.float64],
) -> ProbabilityMap:
    """Fit a map by the name of its method.

    Raises:
        SetupError: No such method.
    """
    if method not in METHODS:
        raise SetupError(f"calibration method {method!r}, {sorted(METHODS)} known (methods)")
    return METHODS[method].fit(log_probabilities, bands, weights)


def map_from_dict(values: Mapping[str, Any]) -> ProbabilityMap:
    """Read a map from ``calibration.json``.

    Raises:
        SetupError: No such kind.
    """
    kind = values.get("kind")
    if kind == "temperature":
        return Temperature(float(values["value"]))
    if kind == "platt":
        return Platt(float(values["slope"]), float(values["intercept"]))
    if kind == "isotonic":
        return Isotonic(tuple((tuple(x), tuple(y)) for x, y in values["knots"]))
    if kind == "dirichlet":
        return Dirichlet.from_dict(values)
    raise SetupError(f"calibration.json holds a map of kind {kind!r}, {sorted(METHODS)} known")


def _reached(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of reaching each band but the first, shape (n, n_bands - 1)."""
    return np.cumsum(probabilities[:, ::-1], axis=1)[:, ::-1][:, 1:]


def _log_softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    highest = values.max(axis=1, keepdims=True)
    shifted = values - highest
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
