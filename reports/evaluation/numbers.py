"""Numbers of an evaluation as a reader sees them; what is not known is a dash, never zero."""

import math
from collections.abc import Mapping

from clinic.evaluation.study.results import MetricRow

DASH = "–"
#: Joins what a line must not part, such as the ends of an interval.
KEEP = "\u00a0"
#: Metrics whose differences lie in the third decimal; two decimals for all others.
_DECIMALS: Mapping[str, int] = {
    "brier": 3,
    "ece": 3,
    "classwise_ece": 3,
    "net_benefit": 3,
    "rps": 3,
}


def decimals(metric: str) -> int:
    """Return how many decimals a metric is shown with."""
    return _DECIMALS.get(metric, 2)


def number(value: float, places: int = 2) -> str:
    """Return a number with a true minus sign, a dash where it is not known.

    Example:
        >>> number(-0.254), number(float("nan")), number(-0.001)
        ('−0.25', '–', '0.00')
    """
    if not math.isfinite(value):
        return DASH
    shown = f"{value:.{places}f}"
    return f"{0:.{places}f}" if float(shown) == 0 else shown.replace("-", "−")


def signed(value: float, places: int = 3) -> str:
    """Return a difference with its sign."""
    if not math.isfinite(value) or float(f"{value:.{places}f}") == 0:
        return number(value, places)
    return f"{value:+.{places}f}".replace("-", "−")


def interval(low: float, high: float, places: int = 2) -> str:
    """Return the ends of an interval in brackets, a dash in them where there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return f"[{DASH}]"
    return f"[{number(low, places)},{KEEP}{number(high, places)}]"


def cell(row: MetricRow | None) -> str:
    """Return a metric with its interval.

    Example:
        ``4.11 [3.60, 4.70]``
    """
    if row is None or not math.isfinite(row.value):
        return DASH
    places = decimals(row.metric)
    return f"{number(row.value, places)} {interval(row.low, row.high, places)}"


def deviation(row: MetricRow | None) -> str:
    """Return the standard deviation over repeats."""
    return DASH if row is None else number(row.sd, decimals(row.metric))


def probability_value(p: float) -> str:
    """Return a p-value with three decimals."""
    if not math.isfinite(p):
        return DASH
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def count(value: float) -> str:
    """Return a whole number with thin groups of three.

    Example:
        >>> count(1234567)
        '1\\u202f234\\u202f567'
    """
    return f"{value:,.0f}".replace(",", "\u202f") if math.isfinite(value) else DASH


def duration(seconds: float) -> str:
    """Return a duration in the unit that suits it."""
    if not math.isfinite(seconds):
        return DASH
    if seconds >= 3600:
        return f"{seconds / 3600:.1f}{KEEP}h"
    return f"{seconds / 60:.1f}{KEEP}min" if seconds >= 120 else f"{seconds:.3g}{KEEP}s"
