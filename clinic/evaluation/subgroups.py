"""Every metric by sex, age band, language or site, and where modalities disagree most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.evaluation.bootstrap import N_DRAWS, Estimate, estimate_metrics
from clinic.evaluation.predictions import Predictions
from clinic.evaluation.weighted import WeightedMetric

NOT_KNOWN = "not known"
CONFLICT = "conflict"
HIGH, LOW = "high", "low"


@dataclass(frozen=True, kw_only=True)
class Subgroup:
    """Metrics of the people who share one level of an attribute.

    Args:
        metrics: None where the group is too small.
        reason: Why there are none; empty otherwise.
    """

    attribute: str
    level: str
    n_participants: int
    n_recordings: int
    metrics: Mapping[str, Estimate] | None
    reason: str = ""


def by_attribute(
    predictions: Predictions,
    attribute: str,
    levels: Sequence[str | None],
    *,
    least_participants: int,
    metrics: Mapping[str, WeightedMetric] | None = None,
    level: float = 0.95,
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> tuple[Subgroup, ...]:
    """Return the metrics of each level, and of those whose level nobody knows.

    Args:
        levels: One per row of the predictions; None = not known.
        least_participants: Smaller groups are named with their size and not computed. What
            counts is the smallest repeat, where an attribute moves between repeats.
        metrics: By default those of the target.

    Raises:
        ValueError: Not one level per row.
    """
    if len(levels) != len(predictions):
        raise ValueError(f"{attribute}: {len(levels)} levels, {len(predictions)} needed")
    shown = np.array([NOT_KNOWN if value is None else value for value in levels], dtype=np.str_)
    repeats = np.unique(predictions.repeat)
    found = []
    for name in sorted(set(shown.tolist()), key=lambda text: (text == NOT_KNOWN, text)):
        part = predictions.take(shown == name)
        people = [len(np.unique(part.participant_ids[part.repeat == r])) for r in repeats]
        enough = min(people) >= max(least_participants, 1)
        found.append(
            Subgroup(
                attribute=attribute,
                level=name,
                n_participants=len(np.unique(part.participant_ids)),
                n_recordings=len(np.unique(part.recording_ids)),
                metrics=estimate_metrics(
                    part, metrics=metrics, level=level, n_draws=n_draws, seed=seed
                )
                if enough
                else None,
                reason=""
                if enough
                else f"{min(people)} participants, {least_participants} needed "
                "(least_participants)",
            )
        )
    return tuple(found)


def age_band(age_years: float | None, edges: Sequence[float]) -> str | None:
    """Return the half-open band of an age, such as ``18-39``; None where it is not known.

    Example:
        >>> age_band(40, [40, 60]), age_band(39.9, [40, 60]), age_band(75, [40, 60])
        ('40-59', 'under 40', '60 and over')
    """
    if age_years is None or np.isnan(age_years):
        return None
    place = int(np.searchsorted(edges, age_years, side="right"))
    if place == 0:
        return f"under {edges[0]:g}"
    if place == len(edges):
        return f"{edges[-1]:g} and over"
    return f"{edges[place - 1]:g}-{edges[place] - 1:g}"


def conflict_levels(
    predictions: Predictions,
    conflict: Mapping[str, float],
    participant_of: Mapping[str, str],
    training: Mapping[tuple[int, int], frozenset[str]],
) -> tuple[str | None, ...]:
    """Return ``high`` or ``low`` per row: above, or not above, the median of those who trained.

    The median is that of the training participants of the row's fold, each counting once with
    the mean of their recordings: a median of the scored people would make every stratum half
    of whoever is scored.

    Args:
        conflict: Per recording, how far its modalities disagree; NaN or absent = not known.
        participant_of: Participant of every recording in ``conflict``.
        training: Training participants by repeat and fold.

    Raises:
        SetupError: A fold without training participants whose conflict is known, or with a
            scored participant among them.

    Source:
        Strata as in Han et al. (2025), arXiv:2508.01181.
    """
    medians: dict[tuple[int, int], float] = {}
    found: list[str | None] = []
    for row, recording in enumerate(predictions.recording_ids.tolist()):
        key = int(predictions.repeat[row]), int(predictions.fold[row])
        people = training.get(key, frozenset())
        participant = str(predictions.participant_ids[row])
        if participant in people:
            raise SetupError(
                f"repeat {key[0]}, fold {key[1]}: participant {participant} is scored and trained"
            )
        if key not in medians:
            medians[key] = _median(conflict, participant_of, people, key)
        value = conflict.get(recording, float("nan"))
        found.append(None if np.isnan(value) else HIGH if value > medians[key] else LOW)
    return tuple(found)


def _median(
    conflict: Mapping[str, float],
    participant_of: Mapping[str, str],
    people: frozenset[str],
    key: tuple[int, int],
) -> float:
    values: dict[str, list[float]] = {}
    for recording, value in conflict.items():
        participant = participant_of[recording]
        if participant in people and not np.isnan(value):
            values.setdefault(participant, []).append(value)
    if not values:
        raise SetupError(
            f"repeat {key[0]}, fold {key[1]}: no training participant with a known conflict"
        )
    means: NDArray[np.float64] = np.array([np.mean(found) for found in values.values()])
    return float(np.median(means))
