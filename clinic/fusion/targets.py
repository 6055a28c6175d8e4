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
