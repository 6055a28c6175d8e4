"""The minutes of an interview below a drawing."""

import math

from reports.figures.svg import GREY, Canvas, text_width

_STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_MIN_GAP = 55.0


def draw_time_axis(
    canvas: Canvas, *, left: float, right: float, y: float, duration_s: float, label: str
) -> None:
    """Draw ticks as ``m:ss`` at round times, far enough apart to read, and the unit's name."""
    room = max(1, int((right - left) / _MIN_GAP))
    step_s = next((s for s in _STEPS_S if duration_s / s <= room), _STEPS_S[-1])
    canvas.line((left, y), (right, y), stroke=GREY)
    for index in range(math.floor(duration_s / step_s) + 1):
        time_s = index * step_s
        x = left + time_s / duration_s * (right - left)
        canvas.line((x, y), (x, y + 4), stroke=GREY)
        words = f"{time_s // 60}:{time_s % 60:02d}"
        fits = x + text_width(words, 11) / 2 <= canvas.width
        anchor = "middle" if fits else "end"
        at = x if fits else canvas.width
        canvas.text(at, y + 16, words, size=11, anchor=anchor, fill=GREY)
    canvas.text(left - 20, y + 16, label, size=11, anchor="end", fill=GREY)
