"""Ridge and logistic regression of one modality, and the calibration of what they predict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from clinic.fusion.distribution import ScoreGrid
from clinic.fusion.minimise import minimise

Floats = NDArray[np.float64]
#: Narrowest spread of a scale's distribution, in points: scores are whole numbers.
LEAST_SPREAD = 0.3
#: Weight of one made-up person who answers like the average: keeps a map finite where a
#: modality separates the two answers completely.
RATING_PRIOR = 1.0


@dataclass(frozen=True, eq=False)
class Linear:
    """``x @ weights + offset``."""

    weights: Floats
    offset: float

    def __call__(self, x: Floats) -> Floats:
        return x @ self.weights + self.offset


#: Fits (features, outcomes, row weights, penalty).
LinearFit = Callable[[Floats, Floats, Floats, float], Linear]


def ridge(x: Floats, y: Floats, weights: Floats, penalty: float) -> Linear:
    """Return the ridge regression of scores."""
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=penalty).fit(x, y, sample_weight=weights)
    return Linear(np.asarray(model.coef_, dtype=np.float64), float(model.intercept_))


def logistic(x: Floats, y: Floats, weights: Floats, penalty: float) -> Linear:
    """Return the logistic regression of yes against no; the shrunk log-odds if all say the same."""
    from sklearn.linear_model import LogisticRegression

    if len(set(y)) < 2:
        share = (float(weights @ y) + 0.5) / (float(weights.sum()) + 1)
        return Linear(np.zeros(x.shape[1]), float(np.log(share / (1 - share))))
    model = LogisticRegression(C=1.0 / penalty, max_iter=2000).fit(x, y, sample_weight=weights)
    return Linear(np.asarray(model.coef_[0], dtype=np.float64), float(model.intercept_[0]))


def squared_error(predicted: Floats, y: Floats) -> float:
    """Return the mean squared error."""
    return float(np.mean((predicted - y) ** 2))


def cross_entropy(logits: Floats, y: Floats) -> float:
    """Return the mean cross-entropy of log-odds."""
    return float(np.mean(np.logaddexp(0.0, logits) - y * logits))


def best_penalty(
    fit: LinearFit,
    loss: Callable[[Floats, Floats], float],
    training: tuple[Floats, Floats, Floats],
    validation: tuple[Floats, Floats],
    penalties: Sequence[float],
) -> float:
    """Return the penalty with the least loss on validation rows, the largest if there are none."""
    if not len(validation[1]):
        return max(penalties)
    losses = [loss(fit(*training, p)(validation[0]), validation[1]) for p in penalties]
    return penalties[int(np.argmin(losses))]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """``intercept + slope * prediction``; ``spread`` belongs to scales, in points."""

    intercept: float
    slope: float
    spread: float = 1.0

    def __call__(self, predicted: Floats) -> Floats:
        return self.intercept + self.slope * predicted


def calibrate_scores(
    predicted: Floats, scores: Floats, weights: Floats, grid: ScoreGrid
) -> Calibration:
    """Return the most likely place and spread of a cumulative-link model of whole scores.

    The slope is never negative: predictions of people left out that run against their scores
    carry nothing, and the whole training group's distribution is what remains.

    Source:
        McCullagh (1980), doi:10.1111/j.2517-6161.1980.tb01109.x.
    """
    mean, sd = float(np.average(scores, weights=weights)), float(np.std(scores))
    centre, size = float(predicted.mean()), max(float(predicted.std()), 1e-6)
    x = torch.from_numpy((predicted - centre) / size)
    reached = torch.from_numpy(np.rint(scores - float(grid.values[0])).astype(np.int64))
    w = torch.from_numpy(weights)

    def spread_of(raw: torch.Tensor) -> torch.Tensor:
        return LEAST_SPREAD + F.softplus(raw)

    def loss(numbers: torch.Tensor) -> torch.Tensor:
        place = mean + numbers[0] + numbers[1].square() * x
        said = grid.probabilities(place, spread_of(numbers[2]).expand(len(x)))
        return -(w * said.gather(1, reached[:, None]).squeeze(1).log()).sum() / w.sum()

    # The square root keeps the slope from turning negative; it starts at the scores' own size.
    start = torch.tensor([0.0, (0.5 * max(sd, 0.5)) ** 0.5, 0.5 * max(sd, 0.5)])
    found = minimise(loss, start)
    slope = float(found[1].square()) / size
    return Calibration(
        intercept=mean + float(found[0]) - slope * centre,
        slope=slope,
        spread=float(spread_of(found[2])),
    )


def calibrate_ratings(logits: Floats, answers: Floats, weights: Floats) -> Calibration:
    """Return Platt's map of log-odds, its slope never negative.

    Source:
        Platt (1999), Probabilistic outputs for support vector machines; Niculescu-Mizil &
        Caruana (2005), doi:10.1145/1102351.1102430.
    """
    share = float(np.average(answers, weights=weights))
    centre, size = float(logits.mean()), max(float(logits.std()), 1e-6)
    x, y = torch.from_numpy((logits - centre) / size), torch.from_numpy(answers)
    w = torch.from_numpy(weights)

    def loss(numbers: torch.Tensor) -> torch.Tensor:
        place = numbers[0] + numbers[1].square() * x
        each = F.binary_cross_entropy_with_logits(place, y, reduction="none")
        average = F.binary_cross_entropy_with_logits(numbers[0], torch.tensor(share).double())
        shrink = RATING_PRIOR * (average + 0.1 * numbers[1] ** 4)
        return ((w * each).sum() + shrink) / w.sum()

    found = minimise(loss, torch.tensor([float(np.log(share / (1 - share))), 0.5]))
    slope = float(found[1].square()) / size
    return Calibration(intercept=float(found[0]) - slope * centre, slope=slope)
