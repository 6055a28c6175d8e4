"""Probability of a yes/no rating: one bar for the recording, small bars for its moments."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.figures.svg import GREY, INK, PALE, RULE, Canvas
from reports.figures.time_axis import draw_time_axis

_LEFT, _RIGHT = 44.0, 12.0
_STRIP_TOP, _STRIP_HEIGHT = 8.0, 32.0


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One stretch with its probability, NaN where it was not observed."""

    start_s: float
    end_s: float
    probability: float


def probability_bar(
    probability: float, *, title: str, description: str, figure_id: str, width: float
) -> str:
    """Return a bar from 0 to 100 % as SVG."""
    canvas = Canvas(figure_id, width, 38)
    left, length = 14.0, width - 34.0
    canvas.rect(left, 4, length, 16, fill=PALE, stroke=RULE)
    canvas.rect(left, 4, length * probability, 16, fill=canvas.hatch, stroke=INK)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = left + share * length
        canvas.line((x, 20), (x, 24), stroke=GREY)
        canvas.text(x, 35, f"{share:.0%}", size=11, anchor="middle", fill=GREY)
    return canvas.finish(title, description)


def moment_strip(
    moments: Sequence[Moment],
    *,
    duration_s: float,
    minutes_label: str,
    title: str,
    description: str,
    figure_id: str,
    width: float,
) -> str:
    """Return one bar per moment over the length of the interview as SVG."""
    canvas = Canvas(figure_id, width, _STRIP_TOP + _STRIP_HEIGHT + 20)
    base = _STRIP_TOP + _STRIP_HEIGHT
    span = width - _LEFT - _RIGHT
    canvas.rect(_LEFT, _STRIP_TOP, span, _STRIP_HEIGHT, fill=PALE)
    for share in (0.0, 0.5, 1.0):
        y = base - share * _STRIP_HEIGHT
        canvas.line((_LEFT, y), (_LEFT + span, y), stroke=RULE, dash="" if share == 0 else "2 2")
        canvas.text(_LEFT - 5, y + 4, f"{share:.0%}", size=11, anchor="end", fill=GREY)
    for moment in moments:
        if math.isnan(moment.probability):
            continue
        x = _LEFT + moment.start_s / duration_s * span
        bar = max(1.0, (moment.end_s - moment.start_s) / duration_s * span)
        height = moment.probability * _STRIP_HEIGHT
        canvas.rect(x, base - height, bar, height, fill=INK)
    draw_time_axis(
        canvas, left=_LEFT, right=_LEFT + span, y=base, duration_s=duration_s, label=minutes_label
    )
    return canvas.finish(title, description)
