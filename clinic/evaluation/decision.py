"""Decision curves: does acting on the estimate do more good than acting on all or on nobody?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.bootstrap import (
    N_DRAWS,
    Draws,
    by_repeat,
    drawn_values,
    mean_known,
    percentile_interval,
    whole_values,
)
from clinic.evaluation.predictions import Predictions
from clinic.evaluation.weighted import WeightedMetric, net_benefits

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DecisionPoint:
    """Net benefit at one threshold probability, per person.

    Args:
        model, low, high: Of acting where the estimate reaches the threshold, with interval.
        treat_all, treat_none: Of acting on everybody, and on nobody, which is 0.
        gain, gain_low, gain_high: Model less the better of the other two, with interval.
    """

    threshold: float
    model: float
    low: float
    high: float
    treat_all: float
    treat_none: float
    gain: float
    gain_low: float
    gain_high: float


def decision_curve(
    predictions: Predictions,
    thresholds: Sequence[float],
    *,
    level: float = 0.95,
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> tuple[DecisionPoint, ...]:
    """Return the net benefit over thresholds, averaged over repeats.

    NB(t) = TP/n - FP/n * t/(1 - t). Intervals draw participants again; each draw has its own
    prevalence.

    Args:
        thresholds: Probabilities from which a clinician would act, each inside (0, 1).

    Raises:
        ValueError: A threshold is not inside (0, 1).

    Source:
        Vickers & Elkin (2006), doi:10.1177/0272989X06295361.
    """
    outside = [t for t in thresholds if not 0 < t < 1]
    if outside:
        raise ValueError(f"threshold probability {outside[0]}: inside (0, 1) needed")
    parts = by_repeat(predictions)
    draws = Draws.of(predictions.participant_ids, n_draws=n_draws, seed=seed)
    return tuple(_point(parts, threshold, draws, level) for threshold in thresholds)


def _point(
    parts: Sequence[Predictions], threshold: float, draws: Draws, level: float
) -> DecisionPoint:
    strategies: dict[str, WeightedMetric] = {
        "model": _of_model(threshold),
        "all": _of_all(threshold),
    }
    whole = {
        name: float(mean_known(whole_values(parts, strategy)))
        for name, strategy in strategies.items()
    }
    drawn = drawn_values(parts, strategies, draws)
    low, high = percentile_interval(drawn["model"], level)
    gains = drawn["model"] - np.maximum(drawn["all"], 0.0)
    gain_low, gain_high = percentile_interval(gains, level)
    return DecisionPoint(
        threshold=threshold,
        model=whole["model"],
        low=low,
        high=high,
        treat_all=whole["all"],
        treat_none=0.0,
        gain=whole["model"] - max(whole["all"], 0.0),
        gain_low=gain_low,
        gain_high=gain_high,
    )


def _of_model(threshold: float) -> WeightedMetric:
    return lambda predictions, counts: net_benefits(predictions, counts, threshold)


def _of_all(threshold: float) -> WeightedMetric:
    def of_all(predictions: Predictions, counts: Floats) -> Floats:
        total = counts.sum(axis=1)
        with_condition = counts @ predictions.reaches_cutoff.astype(float)
        share = np.where(total > 0, with_condition / np.maximum(total, 1), np.nan)
        return np.asarray(share - (1 - share) * threshold / (1 - threshold))

    return of_all
