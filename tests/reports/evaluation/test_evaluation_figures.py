"""Figures of the evaluation report: what is drawn lies where its number says."""

import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.evaluation.figures.alarm import RED, alarm_figure
from reports.evaluation.figures.axis import Axis, axis_of
from reports.evaluation.figures.heat import Heat, heat_figure, shade
from reports.evaluation.figures.ladder import BLUE, Ladder, LadderPanel, Mark, ladder_figure
from reports.evaluation.figures.panels import Panel, Panels, Series, clipped, panels_figure

NS = {"s": "http://www.w3.org/2000/svg"}
UNIT = Axis(low=0.0, high=1.0, ticks=((0.0, "0"), (1.0, "1")))
values = st.floats(-1000, 1000, allow_nan=False)


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ladder(marks: list[Mark]) -> ET.Element:
    panel = LadderPanel(title="MAE", note="", marks=marks)
    figure = Ladder(
        labels=[f"m{i}" for i in range(len(marks))],
        roles=["fused"] * len(marks),
        panels=[panel],
        missing="–",
        title="t",
        description="d",
    )
    return ET.fromstring(ladder_figure(figure, figure_id="f", width=680.0))


@given(found=st.lists(values, min_size=1, max_size=8))
def test_an_axis_holds_every_value_between_its_first_and_last_tick(found: list[float]) -> None:
    axis = axis_of(found)
    assert axis.low <= min(found) + 1e-6
    assert axis.high >= max(found) - 1e-6
    assert axis.ticks[0][0] == pytest.approx(axis.low)
    assert axis.ticks[-1][0] == pytest.approx(axis.high)
    assert 2 <= len(axis.ticks) <= 9


@given(found=st.lists(values, min_size=2, max_size=8))
def test_a_tick_says_where_it_stands(found: list[float]) -> None:
    axis = axis_of(found)
    step = axis.ticks[1][0] - axis.ticks[0][0]
    for value, label in axis.ticks:
        assert float(label.replace("−", "-")) == pytest.approx(value, abs=step * 1e-3)


def test_an_axis_of_nothing_is_still_an_axis() -> None:
    assert (axis_of([math.nan]).low, axis_of([math.nan]).high) == (0.0, 1.0)


def test_points_and_intervals_lie_in_proportion() -> None:
    root = ladder([Mark(value=v, low=v - 1, high=v + 1) for v in (2.0, 4.0, 8.0)])
    dots = [float(e.attrib["cx"]) for e in root.iterfind("s:circle", NS)]
    assert (dots[2] - dots[1]) == pytest.approx(2 * (dots[1] - dots[0]), abs=0.1)
    lines = [e for e in root.iterfind("s:line", NS) if e.attrib["stroke-width"] == "1.5"]
    unit = (dots[1] - dots[0]) / 2
    for dot, line in zip(dots, lines, strict=True):
        assert float(line.attrib["x1"]) == pytest.approx(dot - unit, abs=0.1)
        assert float(line.attrib["x2"]) == pytest.approx(dot + unit, abs=0.1)


def test_a_model_without_a_number_has_a_dash_and_no_point() -> None:
    root = ladder([Mark(value=1.0, low=0.5, high=2.0), Mark(value=math.nan)])
    assert len(root.findall("s:circle", NS)) == 1
    assert "–" in [e.text for e in root.iterfind("s:text", NS)]


def test_panels_with_one_axis_share_one_scale_and_reach_their_line() -> None:
    panels = [LadderPanel(title="a", note="", marks=[Mark(value=v)], line=0.0) for v in (1.0, 4.0)]
    figure = Ladder(
        labels=["m"],
        roles=["fused"],
        panels=panels,
        missing="–",
        title="t",
        description="d",
        has_one_axis=True,
    )
    root = ET.fromstring(ladder_figure(figure, figure_id="f", width=680.0))
    dots = [float(e.attrib["cx"]) for e in root.iterfind("s:circle", NS)]
    dashed = [e for e in root.iterfind("s:line", NS) if "stroke-dasharray" in e.attrib]
    zeros = [float(e.attrib["x1"]) for e in dashed]
    assert len(zeros) == 2
    assert (dots[1] - zeros[1]) == pytest.approx(4 * (dots[0] - zeros[0]), abs=0.2)


@given(
    heights=st.lists(st.one_of(values, st.just(math.nan)), min_size=2, max_size=12),
    low=st.floats(-500, 0),
    high=st.floats(1, 500),
)
def test_a_clipped_line_stays_within_and_on_the_line(
    heights: list[float], low: float, high: float
) -> None:
    points = [(float(i), y) for i, y in enumerate(heights)]
    for run in clipped(points, low, high):
        assert len(run) >= 2
        for x, y in run:
            assert low - 1e-6 <= y <= high + 1e-6
            left, right = points[math.floor(x)], points[math.ceil(x)]
            share = x - left[0]
            assert y == pytest.approx(left[1] + share * (right[1] - left[1]), abs=1e-6, rel=1e-6)


def test_a_line_within_its_heights_is_one_run() -> None:
    points = [(0.0, 0.1), (1.0, 0.9), (2.0, 0.4)]
    assert clipped(points, 0.0, 1.0) == [points]


def test_a_curve_goes_through_its_points() -> None:
    points = [(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)]
    figure = Panels(
        panels=[Panel(title="m", series=[Series(points=points)])],
        x=UNIT,
        y=UNIT,
        axes_words="",
        title="t",
        description="d",
    )
    root = ET.fromstring(panels_figure(figure, figure_id="f", width=680.0))
    line = root.find("s:polyline", NS)
    assert line is not None
    drawn = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
    (x0, y0), (x1, y1), (x2, y2) = drawn
    assert x1 == pytest.approx((x0 + x2) / 2, abs=0.02)
    assert (y0 - y1) == pytest.approx((y0 - y2) / 4, abs=0.02)


@given(one=st.floats(0, 1), other=st.floats(0, 1))
def test_better_is_never_lighter(one: float, other: float) -> None:
    if one < other:
        assert luminance(shade(one)) >= luminance(shade(other))


@pytest.mark.parametrize("good", [i / 40 for i in range(41)])
def test_numbers_in_shaded_cells_can_be_read(good: float) -> None:
    figure = Heat(
        labels=["m"], columns=[("text", "T")], values=[[("0.5", good)]], title="t", description="d"
    )
    root = ET.fromstring(heat_figure(figure, figure_id="f", width=680.0))
    cell = root.findall("s:rect", NS)[-1].attrib["fill"]
    words = root.findall("s:text", NS)[-1].attrib["fill"]
    # 4.5 to 1: WCAG 2.2, success criterion 1.4.3.
    assert contrast(cell, words) >= 4.5


def test_the_red_band_and_the_blue_of_curves_can_be_told_from_white() -> None:
    assert contrast(RED, "#ffffff") >= 7
    assert contrast(BLUE, "#ffffff") >= 7
    assert "LEAK" in alarm_figure("LEAK", "d", figure_id="f", width=680.0)
