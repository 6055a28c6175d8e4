"""Words, voice and face over the interview, and where they disagree."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from reports.figures.svg import GREY, INK, PALE, RULE, Canvas, Point, fitted
from reports.figures.time_axis import draw_time_axis

_RIGHT = 10.0
_TRACK = 38.0
_GAP = 7.0
#: A track shows this many standard deviations up and down; stronger ones touch its edge.
_REACH_SD = 2.5
#: The disagreement row reaches at least so far: chance alone surprises by 8 bits once in 256.
_REACH_BITS = 8.0
_MARK = 8.0

Column = NDArray[np.float64]
#: From seconds to the drawing's x.
Place = Callable[[float], float]
#: Left, right, top.
Box = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Track:
    """One modality: shape (n_times,), NaN where not observed; all NaN gives ``when_empty``."""

    label: str
    when_empty: str
    time_s: Column
    valence: Column
    arousal: Column


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """What is drawn.

    Args:
        middle_s: Shape (n_segments,), the middle of each segment.
        disagreement: Shape (n_segments,), surprise in bits; NaN where not observed.
        shown_from: Least surprise of a numbered moment, drawn as a line; None without moments.
        marks: Number and time in seconds of each moment.
    """

    middle_s: Column
    tracks: Sequence[Track]
    disagreement: Column
    shown_from: float | None
    marks: Sequence[tuple[str, float]]
    duration_s: float


@dataclass(frozen=True, kw_only=True)
class TimelineLabels:
    """The words in the drawing."""

    title: str
    description: str
    disagreement: str
    not_measured: str
    valence: str
    arousal: str
    minutes: str


def steps_for(width: float) -> int:
    """Return how many steps a drawing of this width can show apart."""
    return int(width / 4)


def binned(timeline: Timeline, steps: int) -> Timeline:
    """Return neighbours drawn together: mean of the tracks, largest disagreement."""
    return replace(
        timeline,
        middle_s=_pooled(timeline.middle_s, steps, _mean),
        tracks=[
            replace(
                track,
                time_s=_pooled(track.time_s, steps, _mean),
                valence=_pooled(track.valence, steps, _mean),
                arousal=_pooled(track.arousal, steps, _mean),
            )
            for track in timeline.tracks
        ],
        disagreement=_pooled(timeline.disagreement, steps, _largest),
    )


def _pooled(column: Column, steps: int, pool: Callable[[Column], float]) -> Column:
    if len(column) <= steps:
        return column
    edges = np.linspace(0, len(column), steps + 1).astype(int)
    return np.array([pool(column[a:b]) for a, b in pairwise(edges)])


def timeline_figure(
    timeline: Timeline, labels: TimelineLabels, *, figure_id: str, width: float
) -> str:
    """Return the tracks, the disagreement below them and the numbered moments as SVG."""
    data = binned(timeline, steps_for(width))
    left = 104.0 if width > 500 else 88.0
    right = width - _RIGHT

    def at(time_s: float) -> float:
        return left + time_s / data.duration_s * (right - left)

    rows = _mark_rows([at(time_s) for _, time_s in data.marks])
    top = 22.0 + (2 * _MARK + 3) * (max(rows, default=-1) + 1) + 4
    n_rows = len(data.tracks) + 1
    bottom = top + n_rows * (_TRACK + _GAP) - _GAP
    canvas = Canvas(figure_id, width, bottom + 24)
    _legend(canvas, labels, right)
    for index, track in enumerate(data.tracks):
        y = top + index * (_TRACK + _GAP)
        _track(canvas, track, at, (left, right, y))
    _disagreement(canvas, data, at, (left, right, bottom - _TRACK), labels)
    for (number, time_s), row in zip(data.marks, rows, strict=True):
        y = 22.0 + _MARK + row * (2 * _MARK + 3)
        canvas.line((at(time_s), y), (at(time_s), bottom), stroke=INK, line=0.8, dash="1.5 2.5")
        canvas.dot((at(time_s), y), _MARK, fill="#ffffff", stroke=INK)
        canvas.text(at(time_s), y + 4, number, size=11, anchor="middle", bold=True)
    draw_time_axis(
        canvas,
        left=left,
        right=right,
        y=bottom + 2,
        duration_s=data.duration_s,
        label=labels.minutes,
    )
    return canvas.finish(labels.title, labels.description)


def _legend(canvas: Canvas, labels: TimelineLabels, right: float) -> None:
    x = right - 170
    canvas.line((x, 8), (x + 24, 8), line=1.8)
    canvas.text(x + 29, 12, labels.valence, size=11)
    canvas.line((x + 90, 8), (x + 114, 8), stroke=GREY, line=1.4, dash="4 2.5")
    canvas.text(x + 119, 12, labels.arousal, size=11)


def _track(canvas: Canvas, track: Track, at: Place, box: Box) -> None:
    left, right, y = box
    centre = y + _TRACK / 2
    canvas.rect(left, y, right - left, _TRACK, fill=PALE)
    canvas.text(left - 8, centre + 4, track.label, size=12, anchor="end", bold=True)
    if not np.isfinite(track.valence).any() and not np.isfinite(track.arousal).any():
        canvas.text((left + right) / 2, centre + 4, track.when_empty, anchor="middle", fill=GREY)
        return
    canvas.line((left, centre), (right, centre), stroke=RULE)
    for column, stroke, line, dash in (
        (track.arousal, GREY, 1.3, "4 2.5"),
        (track.valence, INK, 1.6, ""),
    ):
        heights = centre - np.clip(column / _REACH_SD, -1, 1) * (_TRACK / 2)
        for run in _runs(column):
            points: list[Point] = [(at(track.time_s[i]), float(heights[i])) for i in run]
            canvas.path(points, stroke=stroke, line=line, dash=dash)


def _disagreement(
    canvas: Canvas, data: Timeline, at: Place, box: Box, labels: TimelineLabels
) -> None:
    left, right, y = box
    canvas.rect(left, y, right - left, _TRACK, fill=PALE)
    size = 12.0 if left > 100 else 9.0
    words = fitted(labels.disagreement, left, size)
    canvas.text(left - 8, y + _TRACK / 2 + 4, words, size=size, anchor="end", bold=True)
    if not np.isfinite(data.disagreement).any():
        middle = (left + right) / 2
        canvas.text(middle, y + _TRACK / 2 + 4, labels.not_measured, anchor="middle", fill=GREY)
        return
    reach = max(_REACH_BITS, float(np.nanmax(data.disagreement)))
    bar = max(1.0, 0.6 * (right - left) / len(data.middle_s))
    for middle_s, value in zip(data.middle_s, data.disagreement, strict=True):
        if np.isfinite(value):
            height = value / reach * _TRACK
            canvas.rect(at(middle_s) - bar / 2, y + _TRACK - height, bar, height, fill=INK)
    if data.shown_from is not None:
        shown_y = y + _TRACK - data.shown_from / reach * _TRACK
        canvas.line((left, shown_y), (right, shown_y), stroke=GREY, dash="4 2.5")


def _runs(column: Column) -> list[list[int]]:
    runs: list[list[int]] = []
    for index, value in enumerate(column):
        if not np.isfinite(value):
            continue
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def _mark_rows(places: Sequence[float]) -> list[int]:
    """Give each mark the first row in which it touches no other."""
    last: list[float] = []
    rows = []
    for x in places:
        row = next((r for r, end in enumerate(last) if x - end > 2 * _MARK + 2), len(last))
        if row == len(last):
            last.append(x)
        last[row] = x
        rows.append(row)
    return rows


def _mean(values: Column) -> float:
    seen = values[np.isfinite(values)]
    return float(seen.mean()) if len(seen) else float("nan")


def _largest(values: Column) -> float:
    seen = values[np.isfinite(values)]
    return float(seen.max()) if len(seen) else float("nan")
