"""Many small drawings on the same axes, one a model: curves, their bands and lines to compare."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from reports.evaluation.figures.axis import Axis
from reports.evaluation.figures.ladder import BLUE
from reports.figures.svg import GREY, INK, RULE, Canvas, Point, fitted

BAND = "#d3dfea"
_TITLE = 20.0
_PLOT = 68.0
_FOOT = 20.0
_HEAD = 14.0
_LEFT = 28.0
_RIGHT = 8.0
#: No figure is higher than a page.
MOST_PANELS = 30


@dataclass(frozen=True, kw_only=True)
class Series:
    """One curve.

    Args:
        points: From left to right; a NaN leaves a gap.
        low, high: Ends of the interval at each point, empty where there is none.
        style: ``main``, ``second`` (dashed) or ``reference`` (thin, grey, dotted).
        has_dots: Whether the points are drawn as dots.
    """

    points: Sequence[Point]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    style: str = "main"
    has_dots: bool = False


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One model; ``missing`` is written where it has no curve."""

    title: str
    series: Sequence[Series]
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Panels:
    """A whole figure; ``axes_words`` says above the panels what x and y are."""

    panels: Sequence[Panel]
    x: Axis
    y: Axis
    axes_words: str
    title: str
    description: str


def panels_figure(figure: Panels, *, figure_id: str, width: float) -> str:
    """Return the panels in rows of six, or of two on a phone."""
    across = 6 if width > 500 else 2
    size = width / across
    height = _TITLE + _PLOT + _FOOT
    n_rows = -(-len(figure.panels) // across)
    canvas = Canvas(figure_id, width, _HEAD + height * n_rows)
    canvas.text(0, 10, fitted(figure.axes_words, width, 10), size=10, fill=GREY)
    for index, panel in enumerate(figure.panels):
        left = (index % across) * size
        _panel(canvas, figure, panel, (left, _HEAD + (index // across) * height, size))
    return canvas.finish(figure.title, figure.description)


def parts_of(panels: Sequence[Panel]) -> list[Sequence[Panel]]:
    """Split panels over as many figures as they need."""
    return [panels[i : i + MOST_PANELS] for i in range(0, len(panels), MOST_PANELS)]


def _panel(canvas: Canvas, figure: Panels, panel: Panel, box: tuple[float, float, float]) -> None:
    start, top, size = box
    left, right = start + _LEFT, start + size - _RIGHT
    y_top, y_bottom = top + _TITLE, top + _TITLE + _PLOT
    canvas.text(start + 4, top + 10, fitted(panel.title, size - 6, 10), size=10, bold=True)
    canvas.rect(left, y_top, right - left, _PLOT, stroke=RULE, line=0.8)
    for value, label in figure.x.ticks:
        x = figure.x.at(value, left, right)
        canvas.line((x, y_bottom), (x, y_bottom + 2.5), stroke=GREY, line=0.8)
        canvas.text(x, y_bottom + 12, label, size=9, anchor="middle", fill=GREY)
    for value, label in figure.y.ticks:
        y = figure.y.at(value, y_bottom, y_top)
        canvas.line((left - 2.5, y), (left, y), stroke=GREY, line=0.8)
        canvas.text(left - 4, y + 3, label, size=9, anchor="end", fill=GREY)
    if panel.missing:
        middle = (left + right) / 2
        words = fitted(panel.missing, right - left - 4, 10)
        canvas.text(middle, y_top + _PLOT / 2, words, size=10, anchor="middle", fill=GREY)
    for series in panel.series:
        _series(canvas, figure, series, (left, right, y_bottom, y_top))


def _series(
    canvas: Canvas, figure: Panels, series: Series, box: tuple[float, float, float, float]
) -> None:
    left, right, bottom, top = box

    def at(point: Point) -> Point:
        return figure.x.at(point[0], left, right), figure.y.at(point[1], bottom, top)

    xs = [x for x, _ in series.points]
    known = [
        (x, low, high)
        for x, low, high in zip(xs, series.low, series.high, strict=False)
        if math.isfinite(low) and math.isfinite(high)
    ]
    if len(known) > 1:
        upper = [at((x, high)) for x, _, high in known]
        lower = [at((x, low)) for x, low, _ in reversed(known)]
        canvas.polygon([*upper, *lower], fill=BAND)
    stroke, line, dash = {
        "main": (BLUE, 1.6, ""),
        "second": (INK, 1.2, "4 2.5"),
        "reference": (GREY, 1.0, "1.5 2"),
    }[series.style]
    for run in clipped(series.points, figure.y.low, figure.y.high):
        canvas.path([at(point) for point in run], stroke=stroke, line=line, dash=dash)
    if series.has_dots:
        for x, y in series.points:
            if math.isfinite(y) and figure.y.low <= y <= figure.y.high:
                canvas.dot(at((x, y)), 2.0, fill=stroke)


def clipped(points: Sequence[Point], low: float, high: float) -> list[list[Point]]:
    """Return the runs of a line that lie within two heights, cut where it crosses them."""
    runs: list[list[Point]] = []
    last: Point | None = None
    for first, second in pairwise(points):
        if not (math.isfinite(first[1]) and math.isfinite(second[1])):
            last = None
            continue
        part = _within(first, second, low, high)
        if part is None:
            last = None
        elif last == part[0]:
            runs[-1].append(part[1])
            last = part[1]
        else:
            runs.append([*part])
            last = part[1]
    return runs


def _within(a: Point, b: Point, low: float, high: float) -> tuple[Point, Point] | None:
    """Return the part of a straight line between two heights, None where it has none."""
    if max(a[1], b[1]) < low or min(a[1], b[1]) > high:
        return None

    def moved(point: Point) -> Point:
        y = min(max(point[1], low), high)
        if y == point[1]:
            return point
        share = (y - a[1]) / (b[1] - a[1])
        return a[0] + share * (b[0] - a[0]), y

    return moved(a), moved(b)
