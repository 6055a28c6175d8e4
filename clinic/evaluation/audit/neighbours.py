"""Rows of different persons that lie far closer together than strangers do."""

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.audit.cells import Pairs
from clinic.evaluation.audit.data import Floats, Rows
from clinic.evaluation.audit.smoothers import MAX_COMPONENTS, standardised

#: The stranger that distances are compared with: up to three copies of one row are seen.
REFERENCE = 4
#: Neighbours REFERENCE to LAST give the dimension of the data; copies do not reach there.
LAST = 8
#: A copy is at most this far, as a share of the distance to the reference stranger.
FARTHEST = 0.5
#: Strangers needed: LAST neighbours and some more.
LEAST_PERSONS = 16
#: Distances held at once: 8 million doubles are 64 MB.
CELLS_AT_ONCE = 8_000_000
#: Beyond this many rows distances are taken between principal components.
MANY_ROWS = 2_000


def near_copies(values: Floats, persons: NDArray[np.intp], *, alpha: float) -> Pairs | None:
    """Return pairs of strangers that are each other's nearest, closer than chance explains.

    Where rows lie evenly around a point in d dimensions, the share r**d of the reference
    stranger's ball that the nearest stranger's ball takes is the smallest of three uniform
    numbers. d is estimated from farther neighbours, where copies do not reach.

    Args:
        values: Shape (n_units, n_columns): one row a recording.

    Returns:
        Pairs with their distance over the reference stranger's; None with too few persons.

    Source:
        Levina and Bickel (2004), maximum likelihood estimation of intrinsic dimension;
        Facco et al. (2017), doi:10.1038/s41598-017-11873-y (ratios of neighbour distances).
    """
    if len(set(persons.tolist())) < LEAST_PERSONS:
        return None
    scaled, _ = standardised(values, values[:1])
    if scaled.shape[1] == 0:
        return None
    if len(scaled) > MANY_ROWS and scaled.shape[1] > MAX_COMPONENTS:
        _, axes = np.linalg.eigh(scaled.T @ scaled)
        scaled = scaled @ axes[:, -MAX_COMPONENTS:]
    distances, nearest = _strangers(scaled, persons)
    steps = np.arange(REFERENCE, LAST)
    near, far = distances[:, REFERENCE - 1 : LAST - 1], distances[:, REFERENCE:LAST]
    # A unit with many doubles at distance zero says nothing about the dimension.
    usable = near[:, 0] > 0
    if not usable.any():
        return None
    spacing = float(np.mean(steps * np.log(far[usable] / near[usable])))
    if spacing <= 0:
        return None
    dimension = 1.0 / spacing
    reference = distances[:, REFERENCE - 1]
    ratio = np.where(usable, distances[:, 0] / np.where(usable, reference, 1.0), np.inf)
    limit = min(FARTHEST, (alpha / (len(scaled) * (REFERENCE - 1))) ** spacing)
    closer = np.flatnonzero((ratio <= limit) & (nearest[nearest] == np.arange(len(nearest))))
    first = closer[closer < nearest[closer]]
    assert dimension > 0
    return Pairs(
        first=first, second=nearest[first].astype(np.intp), closeness=ratio[first], limit=limit
    )


def _strangers(scaled: Floats, persons: NDArray[np.intp]) -> tuple[Floats, Rows]:
    """Return distances to the LAST nearest other persons, and the row of the nearest."""
    order = np.argsort(persons, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(persons[order]) > 0])
    rows = scaled[order]
    squares = (rows**2).sum(axis=1)
    place = np.searchsorted(persons[order][starts], persons)
    n = len(scaled)
    distances, nearest = np.empty((n, LAST)), np.empty(n, dtype=np.intp)
    step = max(1, CELLS_AT_ONCE // n)
    for start in range(0, n, step):
        part = np.arange(start, min(start + step, n))
        gaps = (scaled[part] ** 2).sum(axis=1)[:, None] + squares - 2 * scaled[part] @ rows.T
        gaps = np.maximum(gaps, 0.0)
        per_person = np.minimum.reduceat(gaps, starts, axis=1)
        per_person[np.arange(len(part)), place[part]] = np.inf
        distances[part] = np.sqrt(np.partition(per_person, LAST - 1, axis=1)[:, :LAST])
        distances[part] = np.sort(distances[part], axis=1)
        gaps[persons[part][:, None] == persons[order]] = np.inf
        nearest[part] = order[gaps.argmin(axis=1)]
    return distances, nearest
