"""Intervals by drawing participants again, all recordings and all repeats of a person together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.predictions import Predictions
from clinic.evaluation.weighted import WeightedMetric, weighted_metrics_of

Floats = NDArray[np.float64]

#: 1,000 draws put the ends of a 95 % interval at ranks 25 and 975.
N_DRAWS = 1000
#: Counts held at a time, draws times rows: some 30 MB.
CHUNK = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A metric over repeats, as a table shows it.

    Args:
        mean: Mean over the repeats in which the metric is defined; NaN where it never is.
        sd: Standard deviation over those repeats, NaN with fewer than two.
        low, high: Percentile interval over draws of participants; NaN where no draw counts.
        n_participants, n_recordings: Different ones among the rows.
        n_repeats: Repeats in which the metric is defined.
        n_draws: Draws in which it is defined.
    """

    mean: float
    sd: float
    low: float
    high: float
    n_participants: int
    n_recordings: int
    n_repeats: int
    n_draws: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Draws:
    """How often each participant is drawn; the same for every metric and every model.

    Args:
        participants: Shape (n_participants,), sorted.
        counts: Shape (n_draws, n_participants).
    """

    participants: NDArray[np.str_]
    counts: Floats

    @classmethod
    def of(
        cls, participant_ids: Sequence[str] | NDArray[np.str_], *, n_draws: int, seed: int
    ) -> "Draws":
        """Draw as many participants as there are, with repeats.

        Depends on who the participants are and on nothing else, so that two models with the
        same participants get the same draws.

        Raises:
            ValueError: Nobody to draw.
        """
        participants = np.unique(np.asarray(participant_ids))
        if not len(participants):
            raise ValueError("no participants to draw from")
        counts = _counts(len(participants), n_draws, seed)
        return cls(participants=participants, counts=counts)

    def on_rows(self, participant_ids: NDArray[np.str_]) -> Iterator[Floats]:
        """Yield the counts of rows, shape (some draws, n_rows), in portions that fit memory."""
        place = np.searchsorted(self.participants, participant_ids)
        size = max(CHUNK // max(len(place), 1), 1)
        for start in range(0, len(self.counts), size):
            yield self.counts[start : start + size, place]


@lru_cache(maxsize=8)
def _counts(n: int, n_draws: int, seed: int) -> Floats:
    """Return how often each of n people is drawn; an evaluation asks for the same many times."""
    generator = np.random.default_rng(seed)
    counts = generator.multinomial(n, np.full(n, 1 / n), size=n_draws).astype(float)
    counts.setflags(write=False)
    return counts


def bootstrap_interval(
    participant_ids: Sequence[str],
    statistic: Callable[[NDArray[np.intp]], float],
    *,
    level: float = 0.95,
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the percentile interval of a statistic of row indices.

    Args:
        participant_ids: One per row; rows of one participant are drawn together.
        statistic: Takes row indices (with repeats) and returns a number; draws in which it is
            NaN, such as an AUROC without any positive, do not count.

    Source:
        Field & Welsh (2007), doi:10.1111/j.1467-9868.2007.00593.x (cluster bootstrap).
    """
    generator = np.random.default_rng(seed)
    ids = np.asarray(participant_ids)
    rows = [np.flatnonzero(ids == participant) for participant in sorted(set(participant_ids))]
    values = np.empty(n_draws)
    for draw in range(n_draws):
        chosen = generator.integers(len(rows), size=len(rows))
        values[draw] = statistic(np.concatenate([rows[i] for i in chosen]))
    return percentile_interval(values, level)


def percentile_interval(values: Floats, level: float) -> tuple[float, float]:
    """Return the middle share of the values that are numbers; NaN where none is."""
    known = values[~np.isnan(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def estimate_metrics(
    predictions: Predictions,
    *,
    metrics: Mapping[str, WeightedMetric] | None = None,
    level: float = 0.95,
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> Mapping[str, Estimate]:
    """Return every metric: mean and deviation over repeats, interval over participants.

    A metric is computed within each repeat and then averaged. A draw takes each chosen person
    with all recordings and in all repeats: repeats of one person say the same thing again, and
    do not narrow the interval.

    Args:
        metrics: By default those of the target.

    Source:
        Field & Welsh (2007), doi:10.1111/j.1467-9868.2007.00593.x (cluster bootstrap).
    """
    chosen = weighted_metrics_of(predictions.target) if metrics is None else metrics
    parts = by_repeat(predictions)
    draws = Draws.of(predictions.participant_ids, n_draws=n_draws, seed=seed)
    drawn = drawn_values(parts, chosen, draws)
    return {
        name: _estimate(whole_values(parts, chosen[name]), drawn[name], predictions, level)
        for name in chosen
    }


def by_repeat(predictions: Predictions) -> tuple[Predictions, ...]:
    """Return the rows of each repeat, in rising order of repeats."""
    return tuple(
        predictions.take(predictions.repeat == repeat) for repeat in np.unique(predictions.repeat)
    )


def whole_values(parts: Sequence[Predictions], metric: WeightedMetric) -> Floats:
    """Return a metric of each repeat as it is, every row once; shape (n_repeats,)."""
    return np.array([metric(part, np.ones((1, len(part))))[0] for part in parts])


def drawn_values(
    parts: Sequence[Predictions], metrics: Mapping[str, WeightedMetric], draws: Draws
) -> Mapping[str, Floats]:
    """Return each metric of each draw, averaged over the repeats in which it is defined.

    Args:
        parts: One per repeat.

    Returns:
        Per metric shape (n_draws,), NaN where it is defined in no repeat.
    """
    found: dict[str, list[Floats]] = {name: [] for name in metrics}
    for part in parts:
        portions: dict[str, list[Floats]] = {name: [] for name in metrics}
        for counts in draws.on_rows(part.participant_ids):
            for name, metric in metrics.items():
                portions[name].append(metric(part, counts))
        for name in metrics:
            found[name].append(np.concatenate(portions[name]))
    return {name: mean_known(np.stack(values)) for name, values in found.items()}


def mean_known(values: Floats) -> Floats:
    """Return the mean over the first axis of what is not NaN; NaN where nothing is known."""
    count = (~np.isnan(values)).sum(axis=0)
    return np.asarray(np.where(count, np.nansum(values, axis=0) / np.maximum(count, 1), np.nan))


def _estimate(whole: Floats, drawn: Floats, predictions: Predictions, level: float) -> Estimate:
    known = whole[~np.isnan(whole)]
    low, high = percentile_interval(drawn, level)
    return Estimate(
        mean=float(known.mean()) if len(known) else float("nan"),
        sd=float(known.std(ddof=1)) if len(known) > 1 else float("nan"),
        low=low,
        high=high,
        n_participants=len(np.unique(predictions.participant_ids)),
        n_recordings=len(np.unique(predictions.recording_ids)),
        n_repeats=len(known),
        n_draws=int((~np.isnan(drawn)).sum()),
    )
