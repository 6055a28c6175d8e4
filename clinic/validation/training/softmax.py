"""Multinomial logistic regression on soft labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Linear:
    """Shape (d, k) and (k,): ``softmax(x @ coefficients + intercept)``."""

    coefficients: Floats
    intercept: Floats

    def logits(self, inputs: Floats) -> Floats:
        """Return shape (n, k)."""
        return inputs @ self.coefficients + self.intercept

    def probabilities(self, inputs: Floats) -> Floats:
        """Return shape (n, k), rows that sum to 1."""
        return np.exp(log_softmax(self.logits(inputs)))


def fit_softmax(
    inputs: Floats, targets: Floats, weights: Floats, *, penalty: float, start: Linear | None = None
) -> Linear:
    """Minimise the weighted mean cross-entropy plus ``penalty / 2`` times the squared weights.

    The intercept is not penalised.

    Args:
        inputs: Shape (n, d).
        targets: Shape (n, k), rows that sum to 1.
        weights: Shape (n,), of any sum.
        start: Where to begin, such as the answer for a neighbouring penalty.

    Source:
        Bishop (2006), Pattern Recognition and Machine Learning, section 4.3.4.
    """
    n_inputs, n_classes = inputs.shape[1], targets.shape[1]
    share = (weights / weights.sum())[:, None]

    def loss(flat: Floats) -> tuple[float, Floats]:
        model = _unpacked(flat, n_inputs, n_classes)
        log_p = log_softmax(model.logits(inputs))
        gap = share * (np.exp(log_p) - targets)
        slope = np.concatenate(
            [(inputs.T @ gap + penalty * model.coefficients).ravel(), gap.sum(axis=0)]
        )
        cost = -float((share * targets * log_p).sum())
        return cost + penalty / 2 * float((model.coefficients**2).sum()), slope

    first = np.zeros((n_inputs + 1) * n_classes)
    if start is not None:
        first = np.concatenate([start.coefficients.ravel(), start.intercept])
    found = minimize(loss, first, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return _unpacked(found.x, n_inputs, n_classes)


def log_softmax(logits: Floats) -> Floats:
    """Return logarithms of probabilities, row by row."""
    centred = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(centred - np.log(np.exp(centred).sum(axis=1, keepdims=True)))


def _unpacked(flat: Floats, n_inputs: int, n_classes: int) -> Linear:
    split = n_inputs * n_classes
    return Linear(coefficients=flat[:split].reshape(n_inputs, n_classes), intercept=flat[split:])
