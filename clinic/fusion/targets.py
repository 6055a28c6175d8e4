"""What the references say, in the shape that training and calibration need."""

import numpy as np
from numpy.typing import NDArray

from clinic.records import Case, MomentLabel, Reference, Scale, Segment

#: A segment is labelled where raters saw at least half of it, and shown where at least half of
#: what they saw was rated as shown.
HALF = 0.5


def segment_labels(case: Case, reference: Reference) -> NDArray[np.float64]:
    """Return whether A/H was shown per segment: 1, 0, or NaN where nobody rated.

    Returns:
        Shape (n_segments,).
    """
    return np.array([_label(segment, reference.moments) for segment in case.segments], dtype=float)


def target_value(reference: Reference, scale: Scale) -> float:
    """Return the reference score of one scale, NaN where there is none.

    Raises:
        ValueError: The score is off the scale.
    """
    score = reference.scores.get(scale.condition)
    if score is None or np.isnan(score):
        return float("nan")
    scale.band_of(score)
    return float(score)


def item_answers(reference: Reference, scale: Scale) -> NDArray[np.float64]:
    """Return the answers to a questionnaire's items, NaN where one is blank.

    Returns:
        Shape (n_items,), empty where the scale has no items.

    Raises:
        ValueError: Not one answer per item, or one that the item does not allow.
    """
    if scale.n_items == 0:
        return np.zeros(0)
    answers = np.array(
        reference.items.get(scale.condition, (np.nan,) * scale.n_items), dtype=np.float64
    )
    given = answers[~np.isnan(answers)]
    allowed = (given >= scale.item_minimum) & (given <= scale.item_maximum) & (given % 1 == 0)
    if len(answers) != scale.n_items or not allowed.all():
        raise ValueError(
            f"{scale.name} items {answers.tolist()}, {scale.n_items} whole numbers in "
            f"[{scale.item_minimum:g}, {scale.item_maximum:g}] needed"
        )
    return answers


def vote_shares(reference: Reference, scale: Scale) -> NDArray[np.float64]:
    """Return the share of raters who chose each band, all NaN where nobody rated.

    Disagreement is kept, not voted away: two raters against two are a half, no blank.

    Returns:
        Shape (n_bands,).

    Raises:
        ValueError: Not one count per band, or a count below zero.

    Source:
        Soft labels q_k = n_k / N; Uma et al. (2021), doi:10.1613/jair.1.12752.
    """
    votes = np.array(reference.votes.get(scale.condition, (0,) * scale.n_bands), dtype=np.float64)
    if len(votes) != scale.n_bands or (votes < 0).any():
        raise ValueError(
            f"{scale.name} votes {votes.tolist()}, {scale.n_bands} counts from 0 up needed"
        )
    total = votes.sum()
    return votes / total if total > 0 else np.full(scale.n_bands, np.nan)


def _label(segment: Segment, moments: tuple[MomentLabel, ...]) -> float:
    rated = shown = 0.0
    for moment in moments:
        overlap_s = min(segment.end_s, moment.end_s) - max(segment.start_s, moment.start_s)
        if overlap_s > 0:
            rated += overlap_s
            shown += overlap_s * moment.shown
    if rated < HALF * segment.duration_s:
        return float("nan")
    return float(shown >= HALF * rated)
