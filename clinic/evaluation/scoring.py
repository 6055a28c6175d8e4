"""Settled estimates beside their references, and the table of metrics over them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation import metrics
from clinic.evaluation.bootstrap import bootstrap_interval
from clinic.records import Case, Reference, Scale, SeverityEstimate

Rows = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """Estimates and reference of one recording of a participant kept apart.

    Args:
        shown: Shape (n_segments,), whether raters saw A/H: 1, 0, NaN = not rated.
        shown_probability: Shape (n_segments,), NaN = no estimate.
    """

    participant_id: str
    estimates: tuple[SeverityEstimate, ...]
    reference: Reference
    shown: NDArray[np.float64]
    shown_probability: NDArray[np.float64]


def scored_of(
    case: Case, reference: Reference, estimates: Sequence[SeverityEstimate], shown: Floats
) -> Scored:
    """Put estimates beside their reference; segments are matched by their start."""
    moments = {m.start_s: m.probability for e in estimates for m in e.moments}
    return Scored(
        participant_id=case.participant_id,
        estimates=tuple(estimates),
        reference=reference,
        shown=shown,
        shown_probability=np.array(
            [moments.get(segment.start_s, np.nan) for segment in case.segments]
        ),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetArrays:
    """Estimates of one target as arrays, rows = recordings with a reference."""

    scale: Scale
    participant_ids: tuple[str, ...]
    reference: NDArray[np.float64]
    reference_band: Rows
    probabilities: NDArray[np.float64]
    score: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    set_low: Rows
    set_high: Rows
    shown_band: Rows

    @property
    def reaches_cutoff(self) -> NDArray[np.bool_]:
        """Whether the reference reaches the screening cut-off."""
        return self.reference_band >= self.scale.cutoff_band

    @property
    def cutoff_probability(self) -> NDArray[np.float64]:
        """Probability of reaching it."""
        total = self.probabilities[:, self.scale.cutoff_band :].sum(axis=1)
        return np.asarray(np.clip(total, 0.0, 1.0))


def target_arrays(scored: Sequence[Scored], scale: Scale) -> TargetArrays:
    """Collect one target over recordings, leaving out those without a reference."""
    pairs = []
    for item in scored:
        value = item.reference.scores.get(scale.condition)
        found = [e for e in item.estimates if e.condition is scale.condition]
        if value is not None and not np.isnan(value) and found:
            pairs.append((item.participant_id, found[0], float(value)))
    nothing = float("nan")
    estimates = [estimate for _, estimate, _ in pairs]
    return TargetArrays(
        scale=scale,
        participant_ids=tuple(participant for participant, _, _ in pairs),
        reference=np.array([value for _, _, value in pairs]),
        reference_band=np.array([scale.band_of(v) for _, _, v in pairs], dtype=np.intp),
        probabilities=np.array([e.probabilities for e in estimates]).reshape(-1, scale.n_bands),
        score=np.array([nothing if e.score is None else e.score for e in estimates]),
        low=np.array([e.interval[0] if e.interval else nothing for e in estimates]),
        high=np.array([e.interval[1] if e.interval else nothing for e in estimates]),
        set_low=np.array([e.plausible_bands[0] for e in estimates], dtype=np.intp),
        set_high=np.array([e.plausible_bands[-1] for e in estimates], dtype=np.intp),
        shown_band=np.array([_shown_band(e) for e in estimates], dtype=np.intp),
    )


def statistics_of(scale: Scale) -> Mapping[str, Callable[[TargetArrays, Rows], float]]:
    """Return the metrics that make sense for a scale, by name."""
    common: dict[str, Callable[[TargetArrays, Rows], float]] = {
        "auroc": lambda a, r: metrics.area_under_roc(a.reaches_cutoff[r], a.cutoff_probability[r]),
        "brier": lambda a, r: metrics.brier(a.reaches_cutoff[r], a.cutoff_probability[r]),
        "ece": lambda a, r: metrics.expected_calibration_error(
            a.reaches_cutoff[r], a.cutoff_probability[r]
        ),
        "macro_f1": lambda a, r: metrics.macro_f1(a.reference_band[r], a.shown_band[r]),
        "balanced_accuracy": lambda a, r: metrics.balanced_accuracy(
            a.reference_band[r], a.shown_band[r]
        ),
        "set_coverage": lambda a, r: float(
            np.mean((a.set_low[r] <= a.reference_band[r]) & (a.reference_band[r] <= a.set_high[r]))
        ),
        "set_size": lambda a, r: float(np.mean(a.set_high[r] - a.set_low[r] + 1)),
    }
    if scale.is_rating:
        return common
    return common | {
        "mae": lambda a, r: metrics.mean_absolute_error(a.reference[r], a.score[r]),
        "rmse": lambda a, r: metrics.root_mean_square_error(a.reference[r], a.score[r]),
        "ccc": lambda a, r: metrics.concordance(a.reference[r], a.score[r]),
        "qwk": lambda a, r: metrics.quadratic_kappa(
            a.reference_band[r], a.shown_band[r], a.scale.n_bands
        ),
        "within_one": lambda a, r: metrics.within_one(a.reference_band[r], a.shown_band[r]),
        "rps": lambda a, r: metrics.ranked_probability_score(
            a.reference_band[r], a.probabilities[r]
        ),
        "interval_coverage": lambda a, r: metrics.coverage(a.reference[r], a.low[r], a.high[r]),
        "interval_width": lambda a, r: float(np.mean(a.high[r] - a.low[r])),
    }


def score_targets(scored: Sequence[Scored], scales: Sequence[Scale]) -> dict[str, float]:
    """Return every metric as ``condition.metric``, with the calibration line at the cut-off."""
    values: dict[str, float] = {}
    for scale in scales:
        arrays = target_arrays(scored, scale)
        if not len(arrays.reference):
            continue
        rows = np.arange(len(arrays.reference), dtype=np.intp)
        for name, statistic in statistics_of(scale).items():
            values[f"{scale.condition}.{name}"] = statistic(arrays, rows)
        line = metrics.calibration_line(arrays.reaches_cutoff, arrays.cutoff_probability)
        values[f"{scale.condition}.calibration_slope"] = line.slope
        values[f"{scale.condition}.calibration_intercept"] = line.intercept
        values[f"{scale.condition}.n"] = float(len(rows))
        if scale.is_rating:
            values |= {f"{scale.condition}.{k}": v for k, v in moment_metrics(scored).items()}
    return values


def moment_metrics(scored: Sequence[Scored]) -> dict[str, float]:
    """Return how well single segments are told apart; empty where nobody rated segments."""
    label = np.concatenate([item.shown for item in scored])
    probability = np.concatenate([item.shown_probability for item in scored])
    rated = ~np.isnan(label) & ~np.isnan(probability)
    shown, probability = label[rated] == 1, probability[rated]
    if len(set(shown.tolist())) < 2:
        return {}
    return {
        "moment_auroc": metrics.area_under_roc(shown, probability),
        "moment_average_precision": metrics.average_precision(shown, probability),
        "moment_share_shown": float(shown.mean()),
    }


def intervals_of(
    scored: Sequence[Scored], scales: Sequence[Scale], *, seed: int, n_draws: int = 1000
) -> dict[str, tuple[float, float]]:
    """Return the 95 % interval of every metric, drawing participants again."""
    found: dict[str, tuple[float, float]] = {}
    for scale in scales:
        arrays = target_arrays(scored, scale)
        if not len(arrays.reference):
            continue
        for name, statistic in statistics_of(scale).items():
            found[f"{scale.condition}.{name}"] = bootstrap_interval(
                arrays.participant_ids,
                lambda rows, s=statistic, a=arrays: s(a, rows),  # type: ignore[misc]
                seed=seed,
                n_draws=n_draws,
            )
    return found


def floor_of(
    training: Sequence[Reference], scored: Sequence[Scored], scales: Sequence[Scale]
) -> dict[str, float]:
    """Return the error of always saying the training participants' mean."""
    values: dict[str, float] = {}
    for scale in scales:
        if scale.is_rating:
            continue
        arrays = target_arrays(scored, scale)
        known = [r.scores[scale.condition] for r in training if scale.condition in r.scores]
        if len(arrays.reference) and known:
            always = np.full(len(arrays.reference), float(np.mean(known)))
            name = f"{scale.condition}.mae_of_mean"
            values[name] = metrics.mean_absolute_error(arrays.reference, always)
    return values


def _shown_band(estimate: SeverityEstimate) -> int:
    """Band that a reader sees: that of the score, or the more probable answer of a rating."""
    if estimate.score is None:
        return estimate.most_probable_band
    return estimate.scale.band_of(estimate.score)
