"""A red band that stands before everything else when the leakage audit failed."""

from reports.figures.svg import WHITE, Canvas, fitted

#: Contrast 7.6 to 1 against white, and dark grey on a black-and-white printer.
RED = "#a11212"


def alarm_figure(heading: str, description: str, *, figure_id: str, width: float) -> str:
    """Return the band with its words; the sign before them is a shape, not a colour alone."""
    is_wide = width > 500
    size = 17.0 if is_wide else 13.0
    canvas = Canvas(figure_id, width, 34.0)
    canvas.rect(0, 0, width, 34, fill=RED)
    canvas.polygon([(20, 6), (33, 28), (7, 28)], fill=WHITE)
    canvas.rect(18.7, 13, 2.6, 8, fill=RED)
    canvas.dot((20, 24.5), 1.6, fill=RED)
    words = fitted(heading, width - 50, size)
    canvas.text(44, 17 + size * 0.35, words, size=size, fill=WHITE, bold=True)
    return canvas.finish(heading, description)
