"""4 Every metric of every model."""

from reports.blocks import Block, Paragraph, Section, Subheading
from reports.evaluation.sections.common import Column, legend, metric_heading, model_tables
from reports.evaluation.view import View


def metrics_section(view: View) -> Section:
    """Return all metrics per target, as many tables as the paper needs."""
    words = view.words
    blocks: list[Block] = [Paragraph(text=words("metrics.explain"), small=True)]
    for target in view.result.targets:
        metrics = view.metrics_of(target)
        blocks += [Subheading(text=target.title), legend(view, metrics)]
        columns = [Column(heading=metric_heading(view, name), metric=name) for name in metrics]
        description = words("metrics.table", target=target.title)
        blocks += model_tables(view, target, columns, description)
    return Section(heading=words("metrics.heading"), blocks=tuple(blocks))
