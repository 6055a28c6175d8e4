"""Where item heads start: a graded response model fitted to the training participants' answers."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clinic.errors import SetupError
from clinic.fusion.arrays import CaseSet
from clinic.fusion.items import (
    FIRST_DISCRIMINATION,
    GradedResponse,
    answers_given,
    theta_grid,
    theta_weights,
)
from clinic.fusion.minimise import minimise

#: Deviation of the logarithm of discriminations around that of FIRST_DISCRIMINATION. Without
#: it a few dozen people can drive an item's discrimination to infinity.
DISCRIMINATION_SD = 0.5
#: Made-up answers per item, shared out like all items' answers and evenly: an answer that nobody
#: gave, and an item that nobody answered, stay possible.
PSEUDO_ANSWERS = 1.0
#: Scores of training participants that all agree leave no unit of theta.
LEAST_DEVIATION = 1e-3


def start_items(head: GradedResponse, training: CaseSet) -> None:
    """Fit an item head to the training participants' answers, each person counting once.

    Raises:
        SetupError: None of them answered an item.
    """
    scale = head.scale
    answers = training.items.get(scale.condition)
    if answers is None:
        raise SetupError(
            f"no training participant answered an item of {scale.name}: give labels "
            f"{scale.condition}_item_1 to {scale.condition}_item_{scale.n_items}, or leave "
            f"{scale.condition} out (items)"
        )
    levels = answers - scale.item_minimum
    numbers = fit_graded_response(levels, scale.n_levels, training.weights)
    scores = training.targets[scale.condition]
    known = scores[~np.isnan(scores)]
    head.set_numbers(numbers, float(known.mean()), max(float(known.std()), LEAST_DEVIATION))


def fit_graded_response(
    levels: NDArray[np.float64], n_levels: int, weights: NDArray[np.float64] | None = None
) -> Tensor:
    """Return the numbers of ``answers_given`` under which the answers are likeliest.

    Marginal maximum likelihood over a standard normal theta, with a prior on discriminations.

    Args:
        levels: Shape (n_people, n_items), answers counted from 0, NaN where blank.
        weights: Shape (n_people,), by default 1.

    Source:
        Bock & Aitkin (1981), doi:10.1007/BF02293801.
    """
    n_items = levels.shape[1]
    weight = torch.ones(len(levels)) if weights is None else torch.from_numpy(weights)
    given = one_hot_answers(levels, n_levels)
    counts = torch.einsum("n,nil->il", weight.double(), given)
    shares = (counts.sum(dim=0) + 1.0) / (counts.sum() + n_levels)
    made_up = PSEUDO_ANSWERS * (shares + 1.0 / n_levels) / 2
    centre = float(np.log(FIRST_DISCRIMINATION))

    def loss(numbers: Tensor) -> Tensor:
        likelihood = weight.double() @ log_likelihoods(numbers, given)
        marginal = _log(_marginal(numbers, n_items, n_levels))
        prior = ((numbers[:n_items] - centre) ** 2).sum() / (2 * DISCRIMINATION_SD**2)
        return (prior - likelihood - (made_up * marginal).sum()) / len(levels)

    return minimise(loss, _from_frequencies(counts + made_up))


def log_likelihoods(numbers: Tensor, given: Tensor) -> Tensor:
    """Return each person's log-likelihood of all their answers together, shape (n_people,).

    Args:
        given: Answers as ``one_hot_answers`` gives them, shape (n_people, n_items, n_levels).
    """
    n_items, n_levels = given.shape[1:]
    theta = theta_grid().to(numbers.dtype)
    logs = _log(answers_given(numbers, theta, n_items, n_levels)).flatten(1)
    return torch.logsumexp(given.flatten(1) @ logs.T + _log(_standard(theta)), dim=1)


def one_hot_answers(levels: NDArray[np.float64], n_levels: int) -> Tensor:
    """Return answers as shape (n_people, n_items, n_levels), all zero where blank."""
    return torch.from_numpy((levels[..., None] == np.arange(n_levels)).astype(np.float64))


def _from_frequencies(counts: Tensor) -> Tensor:
    """Return thresholds at which each item's answers are as frequent as counted."""
    above = counts.flip(1).cumsum(dim=1).flip(1)[:, 1:] / counts.sum(dim=1, keepdim=True)
    # A logistic curve averaged over a standard normal theta is nearly one that is less steep.
    flatter = (1 + (FIRST_DISCRIMINATION / 1.702) ** 2) ** 0.5
    thresholds = -torch.logit(above) * flatter
    start = torch.full((len(counts),), float(np.log(FIRST_DISCRIMINATION)), dtype=counts.dtype)
    gaps = torch.diff(thresholds, dim=1).clamp_min(1e-3).log()
    return torch.cat([start, thresholds[:, 0], gaps.flatten()])


def _marginal(numbers: Tensor, n_items: int, n_levels: int) -> Tensor:
    theta = theta_grid().to(numbers.dtype)
    given = answers_given(numbers, theta, n_items, n_levels)
    return torch.einsum("g,gil->il", _standard(theta), given)


def _standard(theta: Tensor) -> Tensor:
    zero = torch.zeros(1, dtype=theta.dtype)
    return theta_weights(theta, zero, zero + 1)[0]


def _log(probabilities: Tensor) -> Tensor:
    return torch.log(probabilities.clamp_min(torch.finfo(probabilities.dtype).tiny))
