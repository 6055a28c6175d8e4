"""How often chance alone would pair this person's own readings in such a way."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.measures import Measure, modalities_of

Floats = NDArray[np.float64]

#: Rows of the pair matrix held at once: 512 x 5,000 float64 are 20 MB.
ROWS_AT_ONCE = 512

#: Draws where a measure compares three modalities, whose pairings are too many to count.
N_DRAWS = 20_000

#: Seed of those draws: the same interview gives the same answer.
SEED = 20


def chance_shares(measure: Measure, scores: Mapping[str, Floats]) -> Floats:
    """Return, per segment, the share of all pairings that are at least as strong.

    The null is that the modalities have nothing to do with each other: words of one segment
    could as well have met the voice of any other. All pairings of two modalities are counted,
    so that the answer is what infinitely many random permutations would converge to, with no
    seed; of three modalities, ``N_DRAWS`` seeded ones.

    Args:
        scores: Readings by name, each of shape (n_segments,).

    Returns:
        Shape (n_segments,), in (0, 1]; NaN where the measure is NaN. Times the number of
        observed segments it is the expected number of such segments under chance.
    """
    return shares_of(measure, scores, measure.values(scores))


def shares_of(measure: Measure, scores: Mapping[str, Floats], values: Floats) -> Floats:
    """Return the share of pairings at least as strong as each of any values, shape as ``values``.

    Args:
        scores: Readings by name, each of shape (n_segments,): those that are paired.
    """
    seen = np.isfinite(measure.values(scores))
    shares = np.full(values.shape, np.nan)
    wanted = np.isfinite(values)
    if not seen.any() or not wanted.any():
        return shares
    part = {k: scores[k][seen] for k in measure.readings}
    shares[wanted] = _share_at_least(measure, part, values[wanted])
    return shares


def chance_rate(measure: Measure, scores: Mapping[str, Floats], *, threshold: float) -> float:
    """Return the share of all pairings whose value reaches the threshold; NaN if none is seen."""
    return float(shares_of(measure, scores, np.array([threshold]))[0])


def _share_at_least(measure: Measure, scores: Mapping[str, Floats], thresholds: Floats) -> Floats:
    n_rows = len(next(iter(scores.values())))
    if len(modalities_of(measure.readings)) == 2:
        return _count_at_least(measure, scores, thresholds) / n_rows**2
    drawn = np.sort(measure.values(_drawn(scores, n_rows)))
    drawn = drawn[np.isfinite(drawn)]
    reached = len(drawn) - np.searchsorted(drawn, thresholds, side="left")
    # One more on both sides: the segment itself is one of the draws that could have come.
    return np.asarray((reached + 1) / (len(drawn) + 1))


def _drawn(scores: Mapping[str, Floats], n_rows: int) -> dict[str, Floats]:
    """Let each modality come from a segment of its own."""
    random = np.random.default_rng(SEED)
    rows = {m: random.integers(n_rows, size=N_DRAWS) for m in modalities_of(list(scores))}
    return {name: column[rows[name.split("_", 1)[0]]] for name, column in scores.items()}


def _count_at_least(
    measure: Measure, scores: Mapping[str, Floats], thresholds: Floats
) -> NDArray[np.int64]:
    """Count pairings (row modality x column modality) with a value >= each threshold."""
    rows_of, _ = modalities_of(measure.readings)
    n_rows = len(next(iter(scores.values())))
    ascending = np.sort(thresholds)
    counts = np.zeros(len(thresholds) + 1, dtype=np.int64)
    for start in range(0, n_rows, ROWS_AT_ONCE):
        laid = {
            name: column[start : start + ROWS_AT_ONCE, None]
            if name.startswith(f"{rows_of}_")
            else column[None, :]
            for name, column in scores.items()
        }
        # Place k: the value reaches the k lowest thresholds.
        places = np.searchsorted(ascending, measure.values(laid).ravel(), side="right")
        counts += np.bincount(places, minlength=len(thresholds) + 1)
    reached = counts[::-1].cumsum()[::-1]
    return reached[np.searchsorted(ascending, thresholds, side="right")]
