"""One row a model: a point with its interval, or a bar from zero, in one panel a metric."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.evaluation.figures.axis import Axis, axis_of
from reports.figures.svg import GREY, INK, PALE, RULE, WHITE, Canvas, fitted

BLUE = "#0b4f8a"
_ROW = 15.0
_HEAD = 34.0
_FOOT = 20.0
_GAP = 16.0


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A value, NaN where there is none; ends are NaN where there is no interval."""

    value: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True, kw_only=True)
class LadderPanel:
    """One metric.

    Args:
        title, note: Above the panel: the metric, and which way is better.
        marks: One per row.
        line: Where a dashed line stands, NaN for none.
    """

    title: str
    note: str
    marks: Sequence[Mark]
    line: float = math.nan


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """A whole figure.

    Args:
        labels: Names of the rows.
        roles: ``floor`` (open circle), ``single`` (square) or ``fused`` (disc) per row.
        missing: Written where a row has no value.
        has_one_axis: Whether panels show the same quantity and share their axis.
    """

    labels: Sequence[str]
    roles: Sequence[str]
    panels: Sequence[LadderPanel]
    missing: str
    title: str
    description: str
    has_one_axis: bool = False


def ladder_figure(ladder: Ladder, *, figure_id: str, width: float) -> str:
    """Return the panels side by side where there is room, one below the other on a phone."""
    is_wide = width > 500
    label_width = 150.0 if is_wide else 112.0
    n_panels = len(ladder.panels)
    across = n_panels if is_wide else 1
    panel_width = (width - label_width - _GAP * across) / across
    height = _HEAD + _ROW * len(ladder.labels) + _FOOT
    canvas = Canvas(figure_id, width, height * (1 if is_wide else n_panels))
    shared = _axis(ladder.panels) if ladder.has_one_axis else None
    for index, panel in enumerate(ladder.panels):
        axis = shared or _axis([panel])
        top = 0.0 if is_wide else index * height
        left = label_width + (index % across) * (panel_width + _GAP) + 4
        if index == 0 or not is_wide:
            _labels(canvas, ladder, top + _HEAD, label_width - 6)
        _panel(canvas, ladder, panel, axis, (left, left + panel_width - 8, top))
    return canvas.finish(ladder.title, ladder.description)


def _labels(canvas: Canvas, ladder: Ladder, top: float, width: float) -> None:
    for row, label in enumerate(ladder.labels):
        y = top + row * _ROW
        if row % 2:
            canvas.rect(0, y, canvas.width, _ROW, fill="#f5f5f5")
        canvas.text(0, y + 11, fitted(label, width, 11), size=11)


def _axis(panels: Sequence[LadderPanel]) -> Axis:
    """Return one axis for panels."""
    ends = [e for p in panels for mark in p.marks for e in (mark.value, mark.low, mark.high)]
    return axis_of(ends, include=[panel.line for panel in panels])


def _panel(
    canvas: Canvas,
    ladder: Ladder,
    panel: LadderPanel,
    axis: Axis,
    box: tuple[float, float, float],
) -> None:
    left, right, top = box
    bottom = top + _HEAD + _ROW * len(panel.marks)
    canvas.text(left, top + 12, fitted(panel.title, right - left, 12), size=12, bold=True)
    canvas.text(left, top + 25, fitted(panel.note, right - left + 8, 10), size=10, fill=GREY)
    for value, label in _spaced(axis, right - left):
        x = axis.at(value, left, right)
        canvas.line((x, top + _HEAD), (x, bottom + 3), stroke=RULE, line=0.6)
        canvas.text(x, bottom + 14, label, size=10, anchor="middle", fill=GREY)
    if math.isfinite(panel.line):
        x = axis.at(panel.line, left, right)
        canvas.line((x, top + _HEAD), (x, bottom), stroke=GREY, line=1.2, dash="4 2.5")
    for row, (mark, role) in enumerate(zip(panel.marks, ladder.roles, strict=True)):
        y = top + _HEAD + row * _ROW + _ROW / 2
        if not math.isfinite(mark.value):
            canvas.text(left, y + 4, ladder.missing, size=10, fill=GREY)
        else:
            _point(canvas, axis, mark, role, (left, right, y))


def _point(
    canvas: Canvas, axis: Axis, mark: Mark, role: str, box: tuple[float, float, float]
) -> None:
    left, right, y = box
    x = axis.at(mark.value, left, right)
    stroke = BLUE if role == "fused" else INK
    if math.isfinite(mark.low) and math.isfinite(mark.high):
        ends = axis.at(mark.low, left, right), axis.at(mark.high, left, right)
        canvas.line((ends[0], y), (ends[1], y), stroke=stroke, line=1.5)
        for end in ends:
            canvas.line((end, y - 3), (end, y + 3), stroke=stroke, line=1.2)
    if role == "floor":
        canvas.dot((x, y), 3.6, fill=WHITE, stroke=INK)
    elif role == "single":
        canvas.rect(x - 3.4, y - 3.4, 6.8, 6.8, fill=PALE, stroke=INK, line=1.1)
    else:
        canvas.dot((x, y), 3.8, fill=BLUE)


def _spaced(axis: Axis, width: float) -> tuple[tuple[float, str], ...]:
    """Leave out ticks where their labels would touch, never the one at zero."""
    room = max(2, int(width / 34))
    skip = -(-len(axis.ticks) // room)
    zero = min(range(len(axis.ticks)), key=lambda i: abs(axis.ticks[i][0]))
    return axis.ticks[zero % skip :: skip]
