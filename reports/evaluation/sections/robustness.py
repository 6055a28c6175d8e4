"""9 Robustness to worse inputs, and what each modality is worth to a model."""

import math
from collections.abc import Sequence

from clinic.evaluation.study.degradations import CLEAN_THERE, LOST
from clinic.evaluation.study.results import MetricRow, TargetFacts
from reports.blocks import Block, Paragraph, Section, Subheading
from reports.evaluation.figures.axis import Axis, axis_of
from reports.evaluation.figures.heat import Heat, heat_figure
from reports.evaluation.figures.ladder import Ladder, LadderPanel, Mark, ladder_figure
from reports.evaluation.figures.panels import Panel, Series
from reports.evaluation.numbers import DASH, decimals, number
from reports.evaluation.sections.calibration import curve_figures
from reports.evaluation.sections.common import Column, drawing, model_tables
from reports.evaluation.variants import (
    BLOCK,
    MISSING,
    NOISE,
    ONLY,
    PERMUTED,
    amount,
    starting,
)
from reports.evaluation.view import View


def robustness_section(view: View) -> Section:
    """Return subsets of modalities, missing values, noise, and modalities swapped."""
    words = view.words
    blocks: list[Block] = [Paragraph(text=words("robustness.explain"))]
    for index, target in enumerate(view.result.targets):
        blocks.append(Subheading(text=target.title))
        variants = view.variants(target)
        if not variants or not target.headline:
            blocks.append(Paragraph(text=words("robustness.none", target=target.title)))
            continue
        metric = target.headline[0]
        blocks.append(Paragraph(text=_repeats(view, target, metric, variants), small=True))
        blocks += _subsets(view, target, metric, starting(variants, ONLY), index)
        blocks += _missing(view, target, metric, variants, index)
        blocks += _noise(view, target, metric, starting(variants, NOISE), index)
        blocks += _permuted(view, target, metric, starting(variants, PERMUTED), index)
        blocks += _tables(view, target, metric, variants)
    return Section(heading=words("robustness.heading"), blocks=tuple(blocks))


def _repeats(view: View, target: TargetFacts, metric: str, variants: Sequence[str]) -> str:
    """Say on how many repeats degraded inputs were scored, and on how many clean ones."""
    degraded = _rows(view, target, metric, variants)
    clean = _rows(view, target, metric, [CLEAN_THERE])
    return view.words(
        "robustness.repeats",
        metric=view.metric_name(metric),
        direction=view.direction(metric),
        degraded=view.counts(degraded),
        clean=view.counts(clean),
    )


def _rows(view: View, target: TargetFacts, metric: str, variants: Sequence[str]) -> list[MetricRow]:
    """Return the numbers of all models under some degradations."""
    found = (
        view.row(model.model, target.name, metric, variant=variant)
        for model in view.models
        for variant in variants
    )
    return [row for row in found if row is not None]


def _subsets(
    view: View, target: TargetFacts, metric: str, variants: Sequence[str], index: int
) -> list[Block]:
    if not variants:
        return []
    words = view.words
    names = [variant.removeprefix(ONLY) for variant in variants]
    columns = [(name, "+".join(part[:1].upper() for part in name.split("+"))) for name in names]
    everything = view.counts_short(_rows(view, target, metric, [CLEAN_THERE]))
    columns.append((words("robustness.all", repeats=everything), words("robustness.all_short")))
    table = [
        [
            view.row(model.model, target.name, metric, variant=variant)
            for variant in (*variants, CLEAN_THERE)
        ]
        for model in view.models
    ]
    losses = [view.loss(metric, row.value) for line in table for row in line if row is not None]
    known = [loss for loss in losses if math.isfinite(loss)]
    best, worst = min(known, default=0.0), max(known, default=0.0)

    def good(row: MetricRow | None) -> float:
        if row is None:
            return math.nan
        return (worst - view.loss(metric, row.value)) / (worst - best) if worst > best else 0.0

    description = words("robustness.heat", target=target.title, metric=view.metric_name(metric))
    heat = Heat(
        labels=[model.model for model in view.models],
        columns=columns,
        values=[[(_short(row), good(row)) for row in line] for line in table],
        title=words("robustness.heat_title", target=target.title),
        description=description,
    )
    figure = drawing(
        lambda name, width: heat_figure(heat, figure_id=name, width=width),
        name=f"subsets-{index}",
        words=description,
        caption=words("robustness.heat_caption", metric=view.metric_name(metric)),
    )
    return [figure]


def _missing(
    view: View, target: TargetFacts, metric: str, variants: Sequence[str], index: int
) -> list[Block]:
    single, block = starting(variants, MISSING), starting(variants, BLOCK)
    if not single and not block:
        return []
    panels = []
    start = [(0.0, CLEAN_THERE)]
    for model in view.models:
        series = [
            _series(view, target, metric, model.model, [*start, *_placed(names)], style)
            for names, style in ((single, "main"), (block, "second"))
            if names
        ]
        panels.append(_panel(view, model.model, series))
    rates = [0.0, *(amount(variant) for variant in (*single, *block))]
    return _curve_figures(view, target, metric, panels, axis_of(rates, n_ticks=3), "missing", index)


def _noise(
    view: View, target: TargetFacts, metric: str, variants: Sequence[str], index: int
) -> list[Block]:
    """Draw noise from none at the left to the loudest at the right, at equal distances."""
    if not variants:
        return []
    places = [(float(i), name) for i, name in enumerate((CLEAN_THERE, *variants))]
    panels = [
        _panel(view, m.model, [_series(view, target, metric, m.model, places, "main")])
        for m in view.models
    ]
    ticks = [(0.0, view.words("robustness.no_noise"))]
    ticks += [(float(i), number(amount(name), 0)) for i, name in enumerate(variants, start=1)]
    axis = Axis(low=0.0, high=float(len(variants)), ticks=tuple(ticks))
    return _curve_figures(view, target, metric, panels, axis, "noise", index)


def _permuted(
    view: View, target: TargetFacts, metric: str, variants: Sequence[str], index: int
) -> list[Block]:
    if not variants:
        return []
    words = view.words
    panels = [_swapped(view, target, metric, variant) for variant in variants]
    said = {"target": target.title, "metric": view.metric_name(metric)}
    description = words("lost.figure", **said)
    ladder = Ladder(
        labels=[model.model for model in view.models],
        roles=[view.role(model.model) for model in view.models],
        panels=panels,
        missing=DASH,
        title=words("lost.figure_title", **said),
        description=description,
        has_one_axis=True,
    )
    figure = drawing(
        lambda name, width: ladder_figure(ladder, figure_id=name, width=width),
        name=f"permuted-{index}",
        words=description,
        caption=words("lost.caption", **said),
    )
    return [figure]


def _swapped(view: View, target: TargetFacts, metric: str, variant: str) -> LadderPanel:
    """Draw what is lost to clean inputs of the same repeats, with its paired interval."""
    marks = []
    for model in view.models:
        row = view.row(model.model, target.name, metric, variant=f"{LOST}{variant}")
        marks.append(
            Mark(value=math.nan)
            if row is None
            else Mark(value=row.value, low=row.low, high=row.high)
        )
    return LadderPanel(
        title=view.words("robustness.swapped", modality=variant.removeprefix(PERMUTED)),
        note=view.words("robustness.worse_by"),
        marks=marks,
        line=0.0,
    )


def _tables(view: View, target: TargetFacts, metric: str, variants: Sequence[str]) -> list[Block]:
    columns = [Column(heading=v, metric=metric, variant=v) for v in (CLEAN_THERE, *variants)]
    description = view.words(
        "robustness.table", target=target.title, metric=view.metric_name(metric)
    )
    return [
        Paragraph(text=description, strong=True),
        *model_tables(view, target, columns, description),
    ]


def _placed(variants: Sequence[str]) -> list[tuple[float, str]]:
    return sorted((amount(variant), variant) for variant in variants)


def _series(
    view: View,
    target: TargetFacts,
    metric: str,
    model: str,
    places: Sequence[tuple[float, str]],
    style: str,
) -> Series:
    found = [(x, view.row(model, target.name, metric, variant=name)) for x, name in places]
    known = [(x, row) for x, row in found if row is not None and math.isfinite(row.value)]
    has_band = style == "main"
    return Series(
        points=[(x, row.value) for x, row in known],
        low=[row.low for _, row in known] if has_band else (),
        high=[row.high for _, row in known] if has_band else (),
        style=style,
        has_dots=True,
    )


def _panel(view: View, model: str, series: Sequence[Series]) -> Panel:
    is_there = any(len(one.points) > 1 for one in series)
    missing = "" if is_there else view.words("figure.missing")
    return Panel(title=model, series=series if is_there else (), missing=missing)


def _curve_figures(
    view: View,
    target: TargetFacts,
    metric: str,
    panels: list[Panel],
    x: Axis,
    kind: str,
    index: int,
) -> list[Block]:
    values = [
        value
        for panel in panels
        for series in panel.series
        for value in (*(y for _, y in series.points), *series.low, *series.high)
    ]
    said: dict[str, object] = {"target": target.title, "metric": view.metric_name(metric)}
    y = axis_of(values, n_ticks=3)
    return curve_figures(view, panels, (x, y), name=f"{kind}-{index}", key=kind, said=said)


def _short(row: MetricRow | None) -> str:
    return DASH if row is None else number(row.value, decimals(row.metric))
