"""A few SVG shapes as text: escaped, titled, without scripts, links, styles or fonts to fetch."""

import re
from collections.abc import Sequence
from html import escape

from reports.phrases import visible

#: First the font inside the PDF, then whatever sans serif the browser has.
FONT_FAMILY = "Source Sans Pro, Segoe UI, Helvetica, Arial, sans-serif"

INK = "#1a1a1a"
GREY = "#5a5a5a"
RULE = "#b8b8b8"
PALE = "#ececec"
WHITE = "#ffffff"

#: Mean advance as a share of the size: 0.5 in the report font, up to 0.58 in wide browser fonts.
_MEAN_ADVANCE = 0.55

Point = tuple[float, float]


class Canvas:
    """Collects shapes; ``finish`` returns one SVG element.

    Args:
        figure_id: Unique within a page; ids inside the drawing begin with it.
    """

    def __init__(self, figure_id: str, width: float, height: float) -> None:
        self.figure_id = re.sub(r"[^A-Za-z0-9-]", "-", figure_id)
        self.width = width
        self.height = height
        self._shapes: list[str] = []

    @property
    def hatch(self) -> str:
        """Fill of diagonal lines: a second tone that survives a black-and-white printer."""
        return f"url(#{self.figure_id}-hatch)"

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str = "none",
        stroke: str = "none",
        line: float = 1.0,
    ) -> None:
        """Draw a rectangle."""
        self._shapes.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
            f' fill="{fill}" stroke="{stroke}" stroke-width="{_n(line)}"/>'
        )

    def line(
        self, start: Point, end: Point, *, stroke: str = INK, line: float = 1.0, dash: str = ""
    ) -> None:
        """Draw a straight line; ``dash`` as in SVG, such as ``3 2``."""
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._shapes.append(
            f'<line x1="{_n(start[0])}" y1="{_n(start[1])}" x2="{_n(end[0])}" y2="{_n(end[1])}"'
            f' stroke="{stroke}" stroke-width="{_n(line)}"{dashes}/>'
        )

    def path(
        self, points: Sequence[Point], *, stroke: str = INK, line: float = 1.2, dash: str = ""
    ) -> None:
        """Draw a line through points; a single point becomes a dot."""
        if len(points) == 1:
            self.dot(points[0], 1.2, fill=stroke)
            return
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        text = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._shapes.append(
            f'<polyline points="{text}" fill="none" stroke="{stroke}"'
            f' stroke-width="{_n(line)}" stroke-linejoin="round"{dashes}/>'
        )

    def polygon(self, points: Sequence[Point], *, fill: str = INK) -> None:
        """Draw a filled shape."""
        text = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._shapes.append(f'<polygon points="{text}" fill="{fill}"/>')

    def dot(self, centre: Point, radius: float, *, fill: str = INK, stroke: str = "none") -> None:
        """Draw a disc."""
        self._shapes.append(
            f'<circle cx="{_n(centre[0])}" cy="{_n(centre[1])}" r="{_n(radius)}"'
            f' fill="{fill}" stroke="{stroke}"/>'
        )

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 12.0,
        anchor: str = "start",
        fill: str = INK,
        bold: bool = False,
    ) -> None:
        """Write words with the baseline at ``y``; ``anchor`` is start, middle or end."""
        weight = ' font-weight="600"' if bold else ""
        self._shapes.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" text-anchor="{anchor}"'
            f' fill="{fill}"{weight}>{escape(visible(words))}</text>'
        )

    def finish(self, title: str, description: str) -> str:
        """Return the drawing with its title and description for those who cannot see it."""
        name = self.figure_id
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img"'
            f' aria-labelledby="{name}-title {name}-desc"'
            f' viewBox="0 0 {_n(self.width)} {_n(self.height)}"'
            f' width="{_n(self.width)}" height="{_n(self.height)}"'
            f' font-family="{FONT_FAMILY}">'
            f'<title id="{name}-title">{escape(visible(title))}</title>'
            f'<desc id="{name}-desc">{escape(visible(description))}</desc>'
            f'<defs><pattern id="{name}-hatch" width="5" height="5"'
            f' patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            f'<rect width="5" height="5" fill="{WHITE}"/>'
            f'<rect width="1.6" height="5" fill="{GREY}"/></pattern></defs>'
            f"{''.join(self._shapes)}</svg>"
        )


def text_width(words: str, size: float) -> float:
    """Return about how wide words are drawn."""
    return len(words) * size * _MEAN_ADVANCE


def fitted(words: str, width: float, size: float) -> str:
    """Return words cut with an ellipsis where they would be drawn wider than ``width``."""
    room = max(1, int(width / (size * _MEAN_ADVANCE)))
    return words if len(words) <= room else words[: max(1, room - 1)].rstrip() + "…"


def wrapped(words: str, width: float, size: float) -> list[str]:
    """Return words on one line, or on two where they need it, the second cut where it must."""
    if text_width(words, size) <= width or " " not in words:
        return [fitted(words, width, size)]
    cut = 0
    for index, character in enumerate(words):
        if character == " " and text_width(words[:index], size) <= width:
            cut = index
    cut = cut or words.index(" ")
    return [fitted(words[:cut], width, size), fitted(words[cut + 1 :], width, size)]


def _n(value: float) -> str:
    return f"{round(float(value), 2):g}"
