"""Two models on the same people: the difference, how sure it is, and many such at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
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
from clinic.evaluation.weighted import WeightedMetric, weighted_metrics_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A metric of two models on the same draws of participants.

    Args:
        first, second: The metric of either, averaged over repeats.
        difference: Second less first.
        low, high: Percentile interval of the difference.
        p_value: Two-sided; below .05 exactly where the 95 % interval leaves out zero, up to
            one draw. NaN where the metric is defined in no draw.
    """

    first: float
    second: float
    difference: float
    low: float
    high: float
    p_value: float
    n_participants: int
    n_draws: int


def compare(
    first: Predictions,
    second: Predictions,
    *,
    metrics: Mapping[str, WeightedMetric] | None = None,
    level: float = 0.95,
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> Mapping[str, Difference]:
    """Compare two models by a paired bootstrap over participants.

    Args:
        metrics: By default those of the target.

    Raises:
        SetupError: The models were not scored on the same recordings in the same folds, or
            not against the same references.

    Source:
        Efron & Tibshirani (1993), "An Introduction to the Bootstrap", chapters 13 and 15: the
        p-value is that at which the percentile interval starts to touch zero.
    """
    first, second = _ordered(first), _ordered(second)
    _require_same(first, second)
    chosen = weighted_metrics_of(first.target) if metrics is None else metrics
    draws = Draws.of(first.participant_ids, n_draws=n_draws, seed=seed)
    sides = [by_repeat(first), by_repeat(second)]
    drawn = [drawn_values(side, chosen, draws) for side in sides]
    found = {}
    for name, metric in chosen.items():
        values = [float(mean_known(whole_values(side, metric))) for side in sides]
        differences = drawn[1][name] - drawn[0][name]
        low, high = percentile_interval(differences, level)
        found[name] = Difference(
            first=values[0],
            second=values[1],
            difference=values[1] - values[0],
            low=low,
            high=high,
            p_value=two_sided_p(differences),
            n_participants=len(draws.participants),
            n_draws=int((~np.isnan(differences)).sum()),
        )
    return found


def two_sided_p(differences: Floats) -> float:
    """Return twice the share of draws on the rarer side of zero, never exactly 0.

    One is added above and below (Davison & Hinkley 1997, doi:10.1017/CBO9780511802843, 4.2.3):
    a thousand draws cannot show a p-value below 2 in 1,001.
    """
    known = differences[~np.isnan(differences)]
    if not len(known):
        return float("nan")
    rarer = min(int((known <= 0).sum()), int((known >= 0).sum()))
    return min(1.0, 2 * (rarer + 1) / (len(known) + 1))


def holm(p_values: Sequence[float] | Floats) -> Floats:
    """Return p-values corrected for how many there are; NaN stays NaN and does not count.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure".

    Example:
        >>> holm([0.01, 0.04, 0.03])
        array([0.03, 0.06, 0.06])
    """
    values = np.asarray(p_values, dtype=float)
    corrected = np.full(len(values), np.nan)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    left = len(order) - np.arange(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(values[order] * left), 1.0)
    return corrected


def _ordered(predictions: Predictions) -> Predictions:
    return predictions.take(np.lexsort((predictions.recording_ids, predictions.repeat)))


def _require_same(first: Predictions, second: Predictions) -> None:
    """Refuse what would compare the people and not the models."""
    name = first.target.name
    if first.target != second.target:
        raise SetupError(f"{name} cannot be compared with {second.target.name}: one target needed")
    if len(first) != len(second):
        raise SetupError(
            f"{name}: {len(first)} and {len(second)} scored recordings: models are compared on "
            "the same ones only"
        )
    for field, words in _SAME.items():
        differs = np.flatnonzero(getattr(first, field) != getattr(second, field))
        if len(differs):
            row = int(differs[0])
            raise SetupError(
                f"{name}: the models differ in {words} in {len(differs)} of {len(first)} rows, "
                f"first recording {first.recording_ids[row]}, repeat {first.repeat[row]}: the "
                "same split needed"
            )


_SAME = {
    "repeat": "repeat",
    "recording_ids": "recording",
    "participant_ids": "participant",
    "fold": "fold",
    "reference": "reference",
}
