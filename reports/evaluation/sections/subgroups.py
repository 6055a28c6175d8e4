"""8 Subgroups, and where modalities disagree much or little."""

import math

from clinic.evaluation.study.results import MetricRow, TargetFacts
from reports.blocks import Block, Paragraph, Section, Subheading
from reports.evaluation.sections.common import Column, legend, metric_heading, model_tables
from reports.evaluation.view import View, span


def subgroups_section(view: View) -> Section:
    """Return the headline metrics by subgroup, with n; too small ones are named with reason."""
    words = view.words
    blocks: list[Block] = [Paragraph(text=words("subgroups.explain"))]
    for target in view.result.targets:
        groups = view.groups(target)
        blocks.append(Subheading(text=target.title))
        blocks.append(legend(view, target.headline))
        if not groups:
            blocks.append(Paragraph(text=words("subgroups.none", target=target.title)))
        for attribute, levels in groups.items():
            blocks += _attribute(view, target, attribute, levels)
    return Section(heading=words("subgroups.heading"), blocks=tuple(blocks))


def _attribute(
    view: View, target: TargetFacts, attribute: str, levels: tuple[str, ...]
) -> list[Block]:
    words = view.words
    computed, items = [], []
    for group in levels:
        rows = rows_of(view, target, group)
        if any(math.isfinite(row.value) for row in rows):
            computed.append(group)
            continue
        notes = sorted({row.note for row in rows if row.note}) or [words("reason.undefined")]
        items.append(words("subgroups.left_out", group=group, n=_n(rows), reason="; ".join(notes)))
    columns = [
        Column(
            heading=words(
                "subgroups.column",
                metric=metric_heading(view, metric),
                level=group.partition("=")[2] or group,
                n=_n(_with(view, target, group, metric)),
            ),
            metric=metric,
            group=group,
        )
        for metric in target.headline
        for group in computed
    ]
    named = words.sentences.get(f"attribute.{attribute}", attribute)
    description = words("subgroups.table", target=target.title, attribute=named)
    blocks: list[Block] = [Subheading(text=description)]
    if columns:
        blocks += model_tables(view, target, columns, description, together=len(computed))
    blocks += [Paragraph(text=item, small=True) for item in items]
    return blocks


def rows_of(view: View, target: TargetFacts, group: str) -> list[MetricRow]:
    """Return every model's headline numbers of one subgroup."""
    return [row for metric in target.headline for row in _with(view, target, group, metric)]


def _with(view: View, target: TargetFacts, group: str, metric: str) -> list[MetricRow]:
    found = (view.row(m.model, target.name, metric, group=group) for m in view.models)
    return [row for row in found if row is not None]


def _n(rows: list[MetricRow]) -> str:
    return span([row.n_participants for row in rows])
