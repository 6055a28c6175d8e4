"""11 What each model costs."""

from reports.blocks import Block, Paragraph, Section, Table
from reports.evaluation.numbers import DASH, count, number
from reports.evaluation.sections.common import Gap, gap_notes
from reports.evaluation.view import View


def cost_section(view: View) -> Section:
    """Return learned numbers, fits, processor time and memory of every model."""
    words = view.words
    columns = words.each("cost.columns")
    rows, gaps = [], []
    for model in view.models:
        ran = model.n_fits > 0
        if not ran:
            reason = model.problem or words("reason.not_computed")
            gaps += [Gap(model.model, column, reason) for column in columns[3:]]
        rows.append(
            (
                model.model,
                count(model.n_fits),
                count(model.n_failed),
                count(model.n_parameters) if ran else DASH,
                number(model.fit_cpu_s),
                number(model.predict_cpu_s),
                number(model.peak_mb, 0),
            )
        )
    table = Table(
        columns=columns,
        rows=tuple(rows),
        weights=(1.8, 0.6, 0.7, 1.2, 1.2, 1.3, 1.1),
        description=words("cost.table"),
        numeric=(1, 2, 3, 4, 5, 6),
        small=True,
    )
    blocks: list[Block] = [Paragraph(text=words("cost.explain"), small=True), table]
    blocks += gap_notes(view, gaps, columns[3:])
    return Section(heading=words("cost.heading"), blocks=tuple(blocks))
