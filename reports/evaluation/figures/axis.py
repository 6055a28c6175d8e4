"""Round ticks, and how the numbers at them are written."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis.

    Args:
        low, high: Values at its ends.
        ticks: Values and their labels.
    """

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    def at(self, value: float, start: float, end: float) -> float:
        """Return where a value lies between two places, kept within them."""
        share = (value - self.low) / (self.high - self.low)
        return start + min(max(share, 0.0), 1.0) * (end - start)


def axis_of(values: Iterable[float], *, n_ticks: int = 4, include: Sequence[float] = ()) -> Axis:
    """Return an axis over all finite values, its ends at round numbers.

    Args:
        include: Values that the axis must reach as well.
    """
    known = [v for v in (*values, *include) if math.isfinite(v)] or [0.0, 1.0]
    low, high = min(known), max(known)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    step = _step((high - low) / n_ticks)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    places = max(0, -math.floor(math.log10(step) + 1e-9)) + (step < 1 and _is_quarter(step))
    ticks = tuple((i * step, tick_label(i * step, places)) for i in range(first, last + 1))
    return Axis(low=first * step, high=last * step, ticks=ticks)


def tick_label(value: float, places: int) -> str:
    """Return the number at a tick, with a true minus sign and no minus zero."""
    shown = f"{value:.{places}f}"
    return f"{0:.{places}f}" if float(shown) == 0 else shown.replace("-", "−")


def _step(rough: float) -> float:
    scale = 10 ** math.floor(math.log10(rough))
    return next(s * scale for s in _STEPS if s * scale >= rough * (1 - 1e-9))


def _is_quarter(step: float) -> bool:
    return math.isclose(step / 10 ** math.floor(math.log10(step) + 1e-9), 2.5)
