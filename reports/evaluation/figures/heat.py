"""Models by subsets of modalities: the number in each cell, darker where it is better."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.figures.svg import GREY, RULE, WHITE, Canvas, fitted, wrapped

_ROW = 17.0
_HEAD = 34.0
#: From pale to dark in one hue, so that order survives a black-and-white printer.
_PALE, _DARK = (240, 244, 249), (11, 60, 110)
#: White or black words, whichever stand out more: at least 4.5 to 1 on every shade.
_WHITE_FROM = 0.67
_BLACK = "#000000"


@dataclass(frozen=True, kw_only=True)
class Heat:
    """A whole figure.

    Args:
        columns: Names of the columns, and the same short for a phone.
        values: Per row one text per column, and how good it is from 0 to 1 (NaN: no shade).
    """

    labels: Sequence[str]
    columns: Sequence[tuple[str, str]]
    values: Sequence[Sequence[tuple[str, float]]]
    title: str
    description: str


def heat_figure(heat: Heat, *, figure_id: str, width: float) -> str:
    """Return the table of shaded cells as SVG."""
    is_wide = width > 500
    label_width = 150.0 if is_wide else 100.0
    size = (width - label_width) / max(len(heat.columns), 1)
    text_size = 11.0 if is_wide else 9.5
    canvas = Canvas(figure_id, width, _HEAD + _ROW * len(heat.labels) + 2)
    for index, (name, short) in enumerate(heat.columns):
        x = label_width + (index + 0.5) * size
        lines = wrapped(name if is_wide else short, size - 2, 10)
        for line, words in enumerate(lines):
            y = _HEAD - 6 - 11 * (len(lines) - 1 - line)
            canvas.text(x, y, words, size=10, anchor="middle", bold=True)
    for row, label in enumerate(heat.labels):
        y = _HEAD + row * _ROW
        canvas.text(0, y + 12, fitted(label, label_width - 6, text_size), size=text_size)
        for column, (words, good) in enumerate(heat.values[row]):
            x = label_width + column * size
            is_known = math.isfinite(good)
            canvas.rect(
                x, y, size, _ROW, fill=shade(good) if is_known else WHITE, stroke=RULE, line=0.5
            )
            dark = is_known and good >= _WHITE_FROM
            fill = WHITE if dark else _BLACK if is_known else GREY
            canvas.text(x + size / 2, y + 12, words, size=text_size, anchor="middle", fill=fill)
    return canvas.finish(heat.title, heat.description)


def shade(good: float) -> str:
    """Return the colour of a value between 0 (pale) and 1 (dark)."""
    share = min(max(good, 0.0), 1.0)
    mixed = [round(p + share * (d - p)) for p, d in zip(_PALE, _DARK, strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)
