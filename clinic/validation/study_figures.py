"""Drawings of a study as SVG text: the same numbers give the same bytes."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """Points of one line, with intervals where they are known.

    Args:
        x, y: Shape (n_points,).
        low, high: Shape (n_points,), or None.
    """

    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None


def curves_svg(
    curves: Mapping[str, Curve],
    *,
    x_label: str,
    y_label: str,
    x_limits: tuple[float, float],
    y_limits: tuple[float, float] = (0.0, 1.0),
    diagonal: bool = False,
) -> str:
    """Return lines with markers that a black-and-white printer keeps apart.

    Args:
        diagonal: Draw the line on which x equals y.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), layout="tight")
    axes = figure.add_subplot()
    if diagonal:
        axes.plot(x_limits, x_limits, color="0.75", linestyle=":")
    for (label, curve), look in zip(curves.items(), _looks(len(curves)), strict=True):
        axes.plot(curve.x, curve.y, label=label, markersize=4, **look)
        if curve.low is not None and curve.high is not None:
            axes.fill_between(curve.x, curve.low, curve.high, color=look["color"], alpha=0.15)
    axes.set(xlim=x_limits, ylim=y_limits, xlabel=x_label, ylabel=y_label)
    axes.legend(frameon=False, fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    return to_svg(figure)


def to_svg(figure: Any) -> str:
    """Return a matplotlib figure as SVG without date, maker or random ids."""
    from matplotlib import rc_context

    text = io.StringIO()
    with rc_context({"svg.hashsalt": "clinic", "svg.fonttype": "none"}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()


def _looks(n: int) -> Sequence[dict[str, Any]]:
    markers, lines = "osD^v<>P", ("-", "--", "-.", ":")
    return [
        {
            "color": str(0.65 * place / max(n - 1, 1)),
            "marker": markers[place % len(markers)],
            "linestyle": lines[place % len(lines)],
        }
        for place in range(n)
    ]
