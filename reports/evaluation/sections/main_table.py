"""3 The main table of each target: every model, headline metrics with interval, and a figure."""

import math

from clinic.evaluation.study.results import MetricRow, TargetFacts
from reports.blocks import Block, Paragraph, Section, Subheading, Table
from reports.evaluation.figures.ladder import Ladder, LadderPanel, Mark, ladder_figure
from reports.evaluation.numbers import DASH, cell, deviation
from reports.evaluation.sections.common import Gap, drawing, gap_notes, legend, metric_heading
from reports.evaluation.view import View


def main_section(view: View) -> Section:
    """Return table and figure per target, the floor on top."""
    blocks: list[Block] = [Paragraph(text=view.words("main.explain"), small=True)]
    for index, target in enumerate(view.result.targets):
        blocks += [Subheading(text=target.title), legend(view, target.headline)]
        blocks += [*_table(view, target), _figure(view, target, index)]
    return Section(heading=view.words("main.heading"), blocks=tuple(blocks))


def _table(view: View, target: TargetFacts) -> list[Block]:
    words, metrics = view.words, target.headline
    gaps, rows = [], []
    for model in view.models:
        found = {name: view.row(model.model, target.name, name) for name in metrics}
        cells = []
        for name, row in found.items():
            cells += [cell(row), deviation(row)]
            if row is None or not math.isfinite(row.value):
                gaps.append(Gap(model.model, view.metric_short(name), view.reason(model, row)))
            elif not math.isfinite(row.sd):
                key = "reason.one_repeat" if row.n_repeats < 2 else "reason.undefined"
                gaps.append(Gap(model.model, _sd(view, name), words(key)))
        known = [row for row in found.values() if row is not None]
        label = words("main.floor", model=model.model)
        name = label if view.role(model.model) == "floor" else model.model
        rows.append((name, *cells, *_n(known)))
    heads = [part for name in metrics for part in (metric_heading(view, name), words("table.sd"))]
    n_heads = (words("table.n"), words("table.repeats"))
    numeric = tuple(2 + 2 * i for i in range(len(metrics)))
    last = 1 + 2 * len(metrics)
    table = Table(
        columns=(words("table.model"), *heads, *n_heads),
        rows=tuple(rows),
        weights=(2.0, *(w for _ in metrics for w in (1.35, 0.45)), 0.5, 0.62),
        description=words("main.table", target=target.title),
        numeric=(*numeric, last, last + 1),
        small=True,
    )
    return [table, *gap_notes(view, gaps, [view.metric_short(name) for name in metrics])]


def _sd(view: View, metric: str) -> str:
    return f"{view.words('table.sd')} {view.metric_short(metric)}"


def _n(rows: list[MetricRow]) -> tuple[str, str]:
    if not rows:
        return DASH, DASH
    return str(rows[0].n_participants), str(max(row.n_repeats for row in rows))


def _figure(view: View, target: TargetFacts, index: int) -> Block:
    words = view.words
    panels = [_panel(view, target, name) for name in target.headline]
    told = "; ".join(
        f"{model.model} {cell(view.row(model.model, target.name, target.headline[0]))}"
        for model in view.models
    )
    rows = [r for m in view.models for r in view.result.rows(model=m.model, target=target.name)]
    clean = [row for row in rows if row.variant == "clean" and row.group == "all"]
    description = words(
        "main.figure",
        target=target.title,
        metric=view.metric_name(target.headline[0]),
        rows=told,
        counts=view.counts(clean),
    )
    ladder = Ladder(
        labels=[model.model for model in view.models],
        roles=[view.role(model.model) for model in view.models],
        panels=panels,
        missing=DASH,
        title=words("main.figure_title", target=target.title),
        description=description,
    )
    return drawing(
        lambda name, width: ladder_figure(ladder, figure_id=name, width=width),
        name=f"forest-{index}",
        words=description,
        caption=words("main.caption", counts=view.counts(clean)),
    )


def _panel(view: View, target: TargetFacts, metric: str) -> LadderPanel:
    marks = []
    for model in view.models:
        row = view.row(model.model, target.name, metric)
        marks.append(
            Mark(value=math.nan)
            if row is None
            else Mark(value=row.value, low=row.low, high=row.high)
        )
    floor = view.row("majority", target.name, metric)
    return LadderPanel(
        title=view.metric_short(metric),
        note=view.direction(metric),
        marks=marks,
        line=math.nan if floor is None else floor.value,
    )
