"""Contributions as bars to the right (raises) and to the left (lowers) of a line."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.figures.svg import GREY, INK, RULE, Canvas, wrapped

_ROW = 13.5
_LINE = 12.0
_SIZE = 11.0
_INDENT = 12.0
_VALUE = 48.0


@dataclass(frozen=True, kw_only=True)
class BarRow:
    """One bar; ``level`` 0 is a modality, 1 a group, 2 a feature."""

    label: str
    value: float
    value_label: str
    level: int


def contribution_bars(
    rows: Sequence[BarRow],
    *,
    raises: str,
    lowers: str,
    title: str,
    description: str,
    figure_id: str,
    width: float,
) -> str:
    """Return the bars as SVG: dark to the right raises, hatched to the left lowers."""
    is_wide = width > 360
    label_width = 0.58 * width if is_wide else width - _VALUE
    left = label_width + 8 if is_wide else 8.0
    right = width - _VALUE - 4
    top = 20.0
    labels = [wrapped(row.label, label_width - row.level * _INDENT, _SIZE) for row in rows]
    heights = [_ROW + _LINE * (len(words) - 1) + (0 if is_wide else _ROW - 3) for words in labels]
    canvas = Canvas(figure_id, width, top + sum(heights) + 4)
    low = min(0.0, *(row.value for row in rows))
    high = max(0.0, *(row.value for row in rows))
    unit = (right - left) / max(high - low, 1e-9)
    zero = left - low * unit
    canvas.text(max(zero - 6, left + 46), 11, f"← {lowers}", size=11, anchor="end", fill=GREY)
    canvas.text(max(zero + 6, left + 58), 11, f"{raises} →", size=11, fill=GREY)
    y = top
    for row, words, height in zip(rows, labels, heights, strict=True):
        is_bold = row.level == 0
        if is_bold and y > top:
            canvas.line((0, y), (width, y), stroke=RULE, line=0.6)
        for index, line in enumerate(words):
            canvas.text(row.level * _INDENT, y + 11 + _LINE * index, line, size=_SIZE, bold=is_bold)
        canvas.text(width - 2, y + 11, row.value_label, anchor="end", bold=is_bold)
        rail = y if is_wide else y + height - _ROW + 2
        canvas.line((zero, rail), (zero, y + height), stroke=INK)
        thickness = (10.0, 8.0, 6.0)[row.level]
        bar_y = rail + (_ROW - thickness) / 2
        length = abs(row.value) * unit
        if row.value >= 0:
            fill = INK if is_bold else "#6e6e6e"
            canvas.rect(zero, bar_y, length, thickness, fill=fill)
        else:
            canvas.rect(zero - length, bar_y, length, thickness, fill=canvas.hatch, stroke=INK)
        y += height
    return canvas.finish(title, description)
