"""What sections share: tables of models by columns, reasons for dashes, drawings in two widths."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from clinic.evaluation.study.collect import ALL
from clinic.evaluation.study.degradations import CLEAN
from clinic.evaluation.study.results import MetricRow, ModelRow, TargetFacts
from reports.blocks import Block, Figure, Paragraph, Table
from reports.evaluation.numbers import DASH, cell
from reports.evaluation.view import NARROW, WIDE, View

#: Columns of numbers with intervals that fit beside the names on upright paper.
MOST_COLUMNS = 6
_NAME_WEIGHT = 1.35

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of numbers: what stands above it and which rows of the result fill it."""

    heading: str
    metric: str
    variant: str = CLEAN
    group: str = ALL


@dataclass(frozen=True)
class Gap:
    """A dash: whose, in which column, and why."""

    model: str
    column: str
    reason: str


def drawing(draw: Callable[[str, float], str], *, name: str, words: str, caption: str) -> Figure:
    """Return a figure drawn for paper and for a phone.

    Args:
        draw: Takes an id and a width and returns SVG.
        words: The figure for those who cannot see it.
    """
    return Figure(
        svg=draw(name, WIDE),
        narrow_svg=draw(f"{name}-narrow", NARROW),
        description=words,
        caption=caption,
    )


def model_tables(
    view: View,
    target: TargetFacts,
    columns: Sequence[Column],
    description: str,
    *,
    together: int = 1,
) -> list[Block]:
    """Return models by columns, split over as many tables as the paper needs.

    Participants and repeats stand above where they change, reasons for dashes below the last.

    Args:
        together: Neighbouring columns that stay in one table, such as the levels of a metric.
    """
    blocks: list[Block] = []
    gaps: list[Gap] = []
    told = ""
    bundles = [columns[i : i + together] for i in range(0, len(columns), together)]
    for part in evenly(bundles, max(1, MOST_COLUMNS // together)):
        chosen = [column for bundle in part for column in bundle]
        table, seen, blank = _model_table(view, target, chosen, description)
        if seen and view.counts(seen) != told:
            told = view.counts(seen)
            blocks.append(Paragraph(text=told, small=True))
        blocks.append(table)
        gaps += blank
    return [*blocks, *gap_notes(view, gaps, [column.heading for column in columns])]


def _model_table(
    view: View, target: TargetFacts, columns: Sequence[Column], description: str
) -> tuple[Table, list[MetricRow], list[Gap]]:
    """Return a table, the numbers in it, and its dashes."""
    gaps: list[Gap] = []
    seen: list[MetricRow] = []
    rows = []
    for model in view.models:
        cells = [model.model]
        for column in columns:
            row = lookup(view, target, model, column)
            cells.append(cell(row))
            if row is not None and math.isfinite(row.value):
                seen.append(row)
            else:
                gaps.append(Gap(model.model, column.heading, view.reason(model, row)))
        rows.append(tuple(cells))
    table = Table(
        columns=(view.words("table.model"), *(column.heading for column in columns)),
        rows=tuple(rows),
        weights=(_NAME_WEIGHT, *(1.0 for _ in columns)),
        description=description,
        small=True,
    )
    return table, seen, gaps


def lookup(view: View, target: TargetFacts, model: ModelRow, column: Column) -> MetricRow | None:
    """Return the row that fills a cell."""
    return view.row(
        model.model, target.name, column.metric, variant=column.variant, group=column.group
    )


def gap_notes(view: View, gaps: Iterable[Gap], columns: Sequence[str]) -> list[Block]:
    """Return one line per reason: which dashes it explains."""
    by_reason: dict[str, dict[str, list[str]]] = {}
    for gap in gaps:
        by_reason.setdefault(gap.reason, {}).setdefault(gap.model, []).append(gap.column)
    items = [
        view.words("reason.line", dash=DASH, who=_whose(view, by_model, columns), reason=reason)
        for reason, by_model in by_reason.items()
    ]
    return [Paragraph(text=" ".join(items), small=True)] if items else []


def _whose(view: View, by_model: dict[str, list[str]], columns: Sequence[str]) -> str:
    """Name models, with their columns where not all of them are blank."""
    by_columns: dict[tuple[str, ...], list[str]] = {}
    for model, blank in by_model.items():
        by_columns.setdefault(tuple(blank), []).append(model)
    everybody = len(view.models)
    parts = []
    for names, models in by_columns.items():
        who = view.words("reason.everybody") if len(models) == everybody else ", ".join(models)
        told = "" if len(names) == len(columns) else f" ({', '.join(names)})"
        parts.append(f"{who}{told}")
    return "; ".join(parts)


def evenly(items: Sequence[T], most: int) -> list[Sequence[T]]:
    """Split into as few parts as possible, of about the same length.

    Example:
        >>> [len(part) for part in evenly(range(7), 5)]
        [4, 3]
    """
    n_parts = -(-len(items) // most)
    ends = [round(i * len(items) / n_parts) for i in range(n_parts + 1)] if n_parts else []
    return [items[start:end] for start, end in pairwise(ends)]


def metric_heading(view: View, metric: str) -> str:
    """Return the short name of a metric with an arrow towards the better side."""
    if not view.has_direction(metric):
        return view.metric_short(metric)
    sign = "↑" if view.loss(metric, 1.0) < view.loss(metric, 0.0) else "↓"
    return f"{view.metric_short(metric)} {sign}"


def legend(view: View, metrics: Iterable[str]) -> Paragraph:
    """Say what the short names above the columns mean, and which way is better without an arrow."""
    parts = []
    for name in dict.fromkeys(metrics):
        short, words = view.metric_short(name), view.metric_name(name)
        if not view.has_direction(name):
            told = view.words("table.meaning", short=short, words=words)
            parts.append(f"{told} ({view.direction(name)})")
        elif short.lower() != words.lower():
            parts.append(view.words("table.meaning", short=short, words=words))
    return Paragraph(text=view.words("table.legend", parts="; ".join(parts)), small=True)
