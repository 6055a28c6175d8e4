"""An estimate drawn on its scale: band probabilities above, the interval of the score below."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.figures.svg import GREY, INK, PALE, Canvas, text_width

_MARGIN = 10.0
_BAR_TOP = 30.0
_BAR_HEIGHT = 40.0


@dataclass(frozen=True, kw_only=True)
class Band:
    """One band of a scale, from ``start`` to ``end``, with what the estimate says of it."""

    name: str
    start: float
    end: float
    probability: float
    probability_label: str
    is_plausible: bool


@dataclass(frozen=True, kw_only=True)
class ScoreStrip:
    """What the strip shows; ``labels`` are the ends of the interval in words."""

    bands: Sequence[Band]
    score: float
    interval: tuple[float, float]
    labels: tuple[str, str]
    cutoff: float
    cutoff_label: str
    title: str
    description: str


def score_strip(data: ScoreStrip, *, figure_id: str, width: float) -> str:
    """Return the strip as SVG; hatched bars are plausible bands, bar height is probability."""
    size = 12.0
    low, high = data.bands[0].start, data.bands[-1].end

    def at(value: float) -> float:
        return _MARGIN + (value - low) / (high - low) * (width - 2 * _MARGIN)

    names = [_two_lines(band.name, at(band.end) - at(band.start), size - 1) for band in data.bands]
    base = _BAR_TOP + _BAR_HEIGHT
    line_y, axis_y = base + 15, base + 29
    canvas = Canvas(figure_id, width, axis_y + 31 + 12 * (max(map(len, names)) - 1))
    for band in data.bands:
        _bar(canvas, band, at(band.start) + 1, at(band.end) - 1, base, size)
    cutoff_x = at(data.cutoff)
    canvas.line((cutoff_x, 15), (cutoff_x, axis_y + 4), stroke=INK, line=1.2, dash="4 3")
    _clamped(canvas, cutoff_x, 11, data.cutoff_label, width, size=size - 1)

    canvas.line((at(low), axis_y), (at(high), axis_y), stroke=GREY)
    for value in [band.start for band in data.bands] + [high]:
        canvas.line((at(value), axis_y), (at(value), axis_y + 4), stroke=GREY)
        _clamped(canvas, at(value), axis_y + 15, f"{value:g}", width, size=size - 1)
    for band, lines in zip(data.bands, names, strict=True):
        for index, words in enumerate(lines):
            canvas.text(
                (at(band.start) + at(band.end)) / 2,
                axis_y + 28 + 12 * index,
                words,
                size=_size_for(words, at(band.end) - at(band.start), size - 1),
                anchor="middle",
                fill=INK if band.is_plausible else GREY,
                bold=band.is_plausible,
            )
    _interval(canvas, data, (at(data.interval[0]), at(data.score), at(data.interval[1])), line_y)
    return canvas.finish(data.title, data.description)


def _bar(canvas: Canvas, band: Band, left: float, right: float, base: float, size: float) -> None:
    height = band.probability * _BAR_HEIGHT
    canvas.rect(left, _BAR_TOP, right - left, _BAR_HEIGHT, fill=PALE)
    canvas.rect(
        left,
        base - height,
        right - left,
        height,
        fill=canvas.hatch if band.is_plausible else "#ffffff",
        stroke=INK if band.is_plausible else GREY,
    )
    # The label keeps off the bar: above it, or at the top of the zone beside the cut-off.
    y = max(_BAR_TOP + 11, base - height - 4)
    if height > _BAR_HEIGHT - 16:
        y = _BAR_TOP - 4
    canvas.text((left + right) / 2, y, band.probability_label, size=size, anchor="middle")


def _interval(
    canvas: Canvas, data: ScoreStrip, places: tuple[float, float, float], y: float
) -> None:
    left, middle, right = places
    canvas.line((left, y), (right, y), line=2.4)
    for x in (left, right):
        canvas.line((x, y - 5), (x, y + 5), line=2.0)
    canvas.polygon([(middle, y - 6), (middle + 6, y), (middle, y + 6), (middle - 6, y)])
    room = text_width(data.labels[0], 12) + 6
    if left > room:
        canvas.text(left - 5, y + 4, data.labels[0], size=12, anchor="end")
    if canvas.width - right > room:
        canvas.text(right + 5, y + 4, data.labels[1], size=12)


def _clamped(canvas: Canvas, x: float, y: float, words: str, width: float, *, size: float) -> None:
    half = text_width(words, size) / 2
    canvas.text(min(max(x, half), width - half), y, words, size=size, anchor="middle", fill=GREY)


def _size_for(words: str, width: float, size: float) -> float:
    """Return a size, 9 at least, at which even bold words in a wide font stay in their band."""
    return max(9.0, min(size, size * (width - 2) / (1.15 * text_width(words, size))))


def _two_lines(words: str, width: float, size: float) -> list[str]:
    if text_width(words, size) <= width or " " not in words:
        return [words]
    cut = min(
        (i for i, character in enumerate(words) if character == " "),
        key=lambda i: abs(i - len(words) / 2),
    )
    return [words[:cut], words[cut + 1 :]]
