"""When the rows of a feature file begin and end."""

import numpy as np
from numpy.typing import NDArray

from clinic.errors import DataError


def rising(start_s: NDArray[np.float64], what: str) -> tuple[int, tuple[str, ...]]:
    """Return how many rows come before time stands still, runs back or is missing.

    Raises:
        DataError: Times do not rise from the beginning.
    """
    with np.errstate(invalid="ignore"):
        fine = np.concatenate([[start_s[0] >= 0], np.diff(start_s) > 0])
    if fine.all():
        return len(start_s), ()
    n_kept = int(np.argmin(fine))
    if n_kept < 2:
        raise DataError(f"{what}: the times of the rows do not rise from 0 on")
    return n_kept, (
        f"{what}: the time of row {n_kept + 1} of {len(start_s)} does not follow the one before: "
        f"the {n_kept} rows before it are used",
    )


def ends_of(
    start_s: NDArray[np.float64], what: str, rate_hz: float | None = None
) -> NDArray[np.float64]:
    """Return half-open ends: at the next row, except before a gap of lost frames.

    Args:
        rate_hz: Rows a second; the median step where None.

    Raises:
        DataError: A single row without a rate.
    """
    if rate_hz is None and len(start_s) < 2:
        raise DataError(f"{what}: one row tells no frame rate, two rows needed")
    step_s = 1 / rate_hz if rate_hz is not None else float(np.median(np.diff(start_s)))
    following = np.append(start_s[1:], start_s[-1] + step_s)
    # Timestamps are rounded to 1 ms: steps differ a little without any frame lost.
    return np.where(following - start_s < 1.5 * step_s, following, start_s + step_s)
