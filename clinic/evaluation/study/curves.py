"""Curves of one model: reliability, net benefit, and what declining to answer buys."""

from collections.abc import Iterator

import numpy as np

from clinic.evaluation.calibration_metrics import reliability
from clinic.evaluation.decision import decision_curve
from clinic.evaluation.predictions import Predictions
from clinic.evaluation.risk_coverage import confidence_of, loss_of, risk_coverage
from clinic.evaluation.study.results import CurveRow

#: Threshold probabilities that a screening service could argue about.
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 13))
#: People per point of a reliability curve, at least, and points at most.
LEAST_PER_POINT = 8
MOST_POINTS = 10
#: Shares answered at which the risk is shown.
ANSWERED = tuple(round(0.1 * step, 1) for step in range(1, 11))


def curves_of(model: str, found: Predictions, *, n_draws: int, seed: int) -> Iterator[CurveRow]:
    """Yield the points of every curve that the target has; repeats are taken together."""
    target = found.target.name
    nothing = float("nan")
    n = len(np.unique(found.participant_ids))
    if not len(found):
        return
    if found.target.cutoff_class is not None:
        for x, y, size in _reliability(found):
            yield CurveRow(
                model=model,
                target=target,
                curve="reliability",
                x=x,
                y=y,
                low=nothing,
                high=nothing,
                n=size,
            )
        for point in decision_curve(found, THRESHOLDS, n_draws=n_draws, seed=seed):
            yield CurveRow(
                model=model,
                target=target,
                curve="net_benefit",
                x=point.threshold,
                y=point.model,
                low=point.low,
                high=point.high,
                n=n,
            )
            yield CurveRow(
                model=model,
                target=target,
                curve="treat_all",
                x=point.threshold,
                y=point.treat_all,
                low=nothing,
                high=nothing,
                n=n,
            )
    curve = risk_coverage(loss_of(found), confidence_of(found))
    for share in ANSWERED:
        yield CurveRow(
            model=model,
            target=target,
            curve="risk_coverage",
            x=share,
            y=curve.risk_at(share),
            low=nothing,
            high=nothing,
            n=round(share * n),
        )


def _reliability(found: Predictions) -> Iterator[tuple[float, float, int]]:
    """Yield mean probability, observed share and people of bins of equal size."""
    n_people = len(np.unique(found.participant_ids))
    n_bins = int(np.clip(n_people // LEAST_PER_POINT, 1, MOST_POINTS))
    bins = reliability(found.reaches_cutoff, found.cutoff_probability, n_bins=n_bins)
    share = n_people / len(found)
    for predicted, happened, count in zip(bins.probability, bins.frequency, bins.n, strict=True):
        yield float(predicted), float(happened), round(share * count)
