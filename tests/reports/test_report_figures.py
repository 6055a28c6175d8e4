"""Drawings are well-formed, carry their words, and put numbers where they belong."""

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.records import ScreeningResult
from reports.blocks import Columns, Document, Figure
from reports.figures.bars import BarRow, contribution_bars
from reports.figures.probability import Moment, moment_strip, probability_bar
from reports.figures.scale_strip import Band, ScoreStrip, score_strip
from reports.figures.svg import Canvas, wrapped
from reports.figures.timeline import Timeline, Track, binned
from reports.render import ReportWriter
from reports.sections.timeline import moment_rarity, timeline_of
from reports.sections.view import View
from reports.wording import load_wording

NS = {"s": "http://www.w3.org/2000/svg"}
CASES = (
    {},
    {"absent": (), "withheld": (), "hostile": False},
    {"n_segments": 400, "duration_s": 3600.0, "n_evidence": 40, "absent": ()},
    {"n_segments": 1, "duration_s": 12.0, "n_evidence": 1},
    {"with_model": False},
)


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def figures(document: Document) -> list[Figure]:
    blocks = [
        part
        for section in document.sections
        for block in section.blocks
        for part in ((*block.left, *block.right) if isinstance(block, Columns) else (block,))
    ]
    return [block for block in blocks if isinstance(block, Figure)]


@pytest.mark.parametrize("case", CASES)
def test_every_drawing_is_well_formed_titled_and_inside_its_frame(
    writer: ReportWriter,
    make_made_up_result: Callable[..., ScreeningResult],
    case: dict[str, object],
) -> None:
    found = figures(writer.document(make_made_up_result(**case)))
    assert found
    ids: list[str] = []
    for svg in [svg for figure in found for svg in (figure.svg, figure.narrow_svg)]:
        root = parsed(svg)
        assert root.find("s:title", NS) is not None
        assert root.findtext("s:desc", namespaces=NS)
        width, height = (float(v) for v in root.attrib["viewBox"].split()[2:])
        for rect in root.iterfind("s:rect", NS):
            x, y = float(rect.attrib["x"]), float(rect.attrib["y"])
            assert x >= -1
            assert x + float(rect.attrib["width"]) <= width + 1
            assert y >= -1
            assert y + float(rect.attrib["height"]) <= height + 1
        for text in root.iterfind("s:text", NS):
            assert 0 <= float(text.attrib["x"]) <= width
            assert 0 <= float(text.attrib["y"]) <= height
        assert "NaN" not in svg
        assert "nan" not in [a for e in root.iter() for a in e.attrib.values()]
        ids += [e.attrib["id"] for e in root.iter() if "id" in e.attrib]
    assert len(set(ids)) == len(ids)


def test_drawings_are_grey_so_that_a_black_and_white_printer_loses_nothing(
    writer: ReportWriter, made_up_full_result: ScreeningResult
) -> None:
    for figure in figures(writer.document(made_up_full_result)):
        for element in parsed(figure.svg).iter():
            for name in ("fill", "stroke"):
                colour = element.attrib.get(name, "")
                if colour.startswith("#"):
                    assert colour[1:3] == colour[3:5] == colour[5:7]


@given(title=st.text(), words=st.text())
def test_any_words_leave_a_drawing_well_formed(title: str, words: str) -> None:
    canvas = Canvas('x" onload="alert(1)', 100, 20)
    canvas.text(1, 10, words)
    root = parsed(canvas.finish(title, words))
    assert set(root.attrib) == {
        "role", "aria-labelledby", "viewBox", "width", "height", "font-family"
    }  # fmt: skip


def strip(score: float, interval: tuple[float, float], probabilities: list[float]) -> ScoreStrip:
    starts = [0.0, 5.0, 10.0, 15.0, 20.0, 24.0]
    return ScoreStrip(
        bands=[
            Band(
                name=f"band {i}",
                start=starts[i],
                end=starts[i + 1],
                probability=p,
                probability_label=f"{p:.2f}",
                is_plausible=i == 2,
            )
            for i, p in enumerate(probabilities)
        ],
        score=score,
        interval=interval,
        labels=("low", "high"),
        cutoff=10.0,
        cutoff_label="cut",
        title="t",
        description="d",
    )


def test_the_score_and_its_interval_stand_where_the_axis_says() -> None:
    root = parsed(score_strip(strip(12.0, (6.0, 18.0), [0.2] * 5), figure_id="f", width=500.0))
    ticks = {t.text: float(t.attrib["x"]) for t in root.iterfind("s:text", NS)}
    unit = (ticks["20"] - ticks["5"]) / 15
    zero = ticks["5"] - 5 * unit
    diamond = root.find("s:polygon", NS)
    assert diamond is not None
    places = [float(p.split(",")[0]) for p in diamond.attrib["points"].split()]
    assert (min(places) + max(places)) / 2 == pytest.approx(zero + 12 * unit, abs=0.1)
    thick = [e for e in root.iterfind("s:line", NS) if e.attrib["stroke-width"] == "2.4"]
    assert float(thick[0].attrib["x1"]) == pytest.approx(zero + 6 * unit, abs=0.1)
    assert float(thick[0].attrib["x2"]) == pytest.approx(zero + 18 * unit, abs=0.1)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_the_height_of_a_bar_is_its_probability(p: float) -> None:
    shares = [p, 1 - p, 0.0, 0.0, 0.0]
    root = parsed(score_strip(strip(12.0, (6.0, 18.0), shares), figure_id="f", width=500.0))
    rects = root.findall("s:rect", NS)
    zone, bar = rects[0], rects[1]
    assert float(bar.attrib["height"]) == pytest.approx(p * float(zone.attrib["height"]), abs=0.01)


def test_a_probability_bar_is_as_long_as_its_probability() -> None:
    svg = probability_bar(0.25, title="t", description="d", figure_id="f", width=400.0)
    whole, part = parsed(svg).findall("s:rect", NS)
    assert float(part.attrib["width"]) / float(whole.attrib["width"]) == pytest.approx(
        0.25, abs=0.001
    )


def test_a_moment_that_was_not_observed_is_a_gap() -> None:
    moments = [
        Moment(start_s=i * 10.0, end_s=i * 10.0 + 5, probability=math.nan if i == 1 else 0.5)
        for i in range(3)
    ]
    svg = moment_strip(
        moments,
        duration_s=30.0,
        minutes_label="min",
        title="t",
        description="d",
        figure_id="f",
        width=400.0,
    )
    assert len(parsed(svg).findall("s:rect", NS)) == 1 + 2


def test_bars_to_the_right_raise_and_to_the_left_lower() -> None:
    rows = [
        BarRow(label="a", value=2.0, value_label="+2", level=0),
        BarRow(label="b", value=-1.0, value_label="-1", level=0),
    ]
    svg = contribution_bars(
        rows, raises="up", lowers="down", title="t", description="d", figure_id="f", width=390.0
    )
    up, down = parsed(svg).findall("s:rect", NS)
    assert float(up.attrib["width"]) == pytest.approx(2 * float(down.attrib["width"]), abs=0.05)
    assert float(down.attrib["x"]) + float(down.attrib["width"]) == pytest.approx(
        float(up.attrib["x"]), abs=0.05
    )
    assert up.attrib["fill"] != down.attrib["fill"]


def test_neighbours_drawn_together_keep_their_strongest_disagreement() -> None:
    values = np.arange(1000.0)
    values[500:510] = np.nan
    empty = np.full(1000, np.nan)
    lines = Track(label="x", when_empty="-", time_s=values, valence=values, arousal=empty)
    timeline = Timeline(
        middle_s=values,
        tracks=[lines],
        disagreement=values,
        shown_from=None,
        marks=[],
        duration_s=1000.0,
    )
    drawn = binned(timeline, 100)
    assert len(drawn.disagreement) == 100
    assert np.nanmax(drawn.disagreement) == 999.0
    assert math.isnan(drawn.disagreement[50])
    assert drawn.tracks[0].valence[0] == pytest.approx(4.5)
    assert len(binned(timeline, 1000).disagreement) == 1000


def test_the_band_shows_what_moments_are_ranked_by(made_up_full_result: ScreeningResult) -> None:
    signals = made_up_full_result.inconsistency
    assert signals is not None and signals.surprise is not None
    got = moment_rarity(signals)
    np.testing.assert_array_equal(got, signals.surprise.column("rarity"))
    assert np.isfinite(got).any()
    assert np.isnan(moment_rarity(replace(signals, surprise=None))).all()


def test_tracks_are_drawn_from_the_grid_where_there_is_one(
    made_up_full_result: ScreeningResult,
) -> None:
    signals = made_up_full_result.inconsistency
    assert signals is not None
    n = 7
    grid = replace(
        signals.affect,
        row_kind="frame",
        start_s=np.arange(n) * 1.0,
        end_s=np.arange(n) * 1.0 + 1.0,
        values=np.tile(np.arange(n * 1.0)[:, None], (1, len(signals.affect.specs))),
        coverage=np.ones(n),
    )
    view = View(
        result=made_up_full_result,
        words=load_wording("en"),
        max_moments=4,
        max_features=4,
        max_quotes=1,
        max_sentences=1,
    )
    timeline = timeline_of(view, replace(signals, grid=grid), signals.evidence)
    assert timeline.tracks[0].time_s.tolist() == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5]
    rows = [list(signals.segments.start_s).index(item.start_s) for item in signals.evidence]
    assert timeline.shown_from == min(signals.surprise.column("rarity")[rows])
    without = timeline_of(view, replace(signals, grid=None), ())
    assert len(without.tracks[0].time_s) == signals.affect.n_rows
    assert without.shown_from is None


@given(words=st.text(alphabet="abc ", min_size=1, max_size=80), width=st.floats(20, 400))
def test_wrapped_words_are_the_words_or_cut_with_an_ellipsis(words: str, width: float) -> None:
    lines = wrapped(words, width, 12.0)
    assert 1 <= len(lines) <= 2
    if not any(line.endswith("…") for line in lines):
        assert " ".join(lines) == words
