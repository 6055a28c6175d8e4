"""What declining to answer buys: error among those answered, from the surest to everybody."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.predictions import Predictions
from clinic.evaluation.target import TargetKind

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class RiskCoverage:
    """Mean loss of the k surest answers, for k = 1 to n.

    Args:
        coverage: Shape (n,), k / n.
        risk: Shape (n,), their mean loss.
        area: Mean of ``risk``; lower is better.
        least_area: Area if the surest were the best; what confidence cannot beat.
        chance_area: Area of confidence that knows nothing, the mean loss.
    """

    coverage: Floats
    risk: Floats
    area: float
    least_area: float
    chance_area: float

    @property
    def excess(self) -> float:
        """Where the area lies between the best order (0) and a random one (1); NaN without room.

        Source: excess area, Geifman et al. (2019), arXiv:1805.08206, here as a share.
        """
        room = self.chance_area - self.least_area
        return (self.area - self.least_area) / room if room > 0 else float("nan")

    def risk_at(self, coverage: float) -> float:
        """Return the mean loss of the surest share of the answers, at least one of them."""
        k = max(int(np.floor(coverage * len(self.risk) + 1e-9)), 1)
        return float(self.risk[k - 1])


@dataclass(frozen=True, kw_only=True)
class WithheldShare:
    """What the rules of withholding did on the scored recordings.

    Args:
        share: Of recordings without an answer.
        loss_answered, loss_withheld: Mean loss of either; the estimate that was withheld is
            known here, though no reader saw it. NaN where there is none.
    """

    n: int
    n_withheld: int
    share: float
    loss_answered: float
    loss_withheld: float


def risk_coverage(loss: Floats, confidence: Floats) -> RiskCoverage:
    """Return the curve of mean loss against the share answered.

    Equal confidences leave the order open: their mean loss is taken, as in any order on
    average, so that the order of rows decides nothing.

    Args:
        loss, confidence: Shape (n,), n at least 1; higher confidence is answered first.

    Raises:
        ValueError: No rows, or a NaN.

    Source:
        El-Yaniv & Wiener (2010), JMLR 11:1605; Geifman & El-Yaniv (2017), arXiv:1705.08500.
    """
    if not len(loss) or np.isnan(loss).any() or np.isnan(confidence).any():
        raise ValueError("risk-coverage: one or more rows, each with a loss and a confidence")
    risk = _running(loss, -confidence)
    return RiskCoverage(
        coverage=np.arange(1, len(loss) + 1) / len(loss),
        risk=risk,
        area=float(risk.mean()),
        least_area=float(_running(loss, loss).mean()),
        chance_area=float(np.mean(loss)),
    )


def loss_of(predictions: Predictions) -> Floats:
    """Return the loss of each row: points off for a score, else 1 where the class is wrong."""
    if predictions.target.kind is TargetKind.SCORE:
        return np.abs(predictions.score - predictions.reference)
    return (predictions.shown_class != predictions.reference_class).astype(float)


def confidence_of(predictions: Predictions) -> Floats:
    """Return the probability of the most probable class of each row."""
    return np.asarray(predictions.probabilities.max(axis=1))


def area_of(predictions: Predictions, rows: NDArray[np.intp]) -> float:
    """Return the area of some rows: a metric like those of ``table``, for intervals."""
    if not len(rows):
        return float("nan")
    taken = predictions.take(rows)
    return risk_coverage(loss_of(taken), confidence_of(taken)).area


def withheld_share(loss: Floats, withheld: NDArray[np.bool_]) -> WithheldShare:
    """Return how many answers the rules withheld, and whether those were the worse ones."""
    return WithheldShare(
        n=len(loss),
        n_withheld=int(withheld.sum()),
        share=float(withheld.mean()) if len(loss) else float("nan"),
        loss_answered=float(loss[~withheld].mean()) if (~withheld).any() else float("nan"),
        loss_withheld=float(loss[withheld].mean()) if withheld.any() else float("nan"),
    )


def _running(loss: Floats, order: Floats) -> Floats:
    """Running mean of losses in rising order, equal places sharing their mean."""
    _, place, count = np.unique(order, return_inverse=True, return_counts=True)
    shared = np.bincount(place, weights=loss) / count
    return np.asarray(np.cumsum(np.repeat(shared, count)) / np.arange(1, len(loss) + 1))
