"""5 Comparisons on the same people and folds, corrected for how many there are."""

from clinic.evaluation.study.results import ComparisonRow, TargetFacts
from reports.blocks import Block, Paragraph, Section, Subheading, Table
from reports.evaluation.numbers import DASH, probability_value
from reports.evaluation.sections.common import metric_heading
from reports.evaluation.sections.verdict import difference_text, fusion_sentences
from reports.evaluation.verdict import is_better, is_worse
from reports.evaluation.view import View

BETTER, WORSE = "+", "−"


def comparisons_section(view: View) -> Section:
    """Return per target every model against the baselines and the best single modality."""
    words = view.words
    if not view.result.comparisons:
        return Section(
            heading=words("comparisons.heading"),
            blocks=(Paragraph(text=words("comparisons.none")),),
        )
    explain = words("comparisons.explain", n=len(view.result.comparisons))
    blocks: list[Block] = [Paragraph(text=explain, small=True)]
    for target in view.result.targets:
        rows = view.comparisons.get(target.name, ())
        if rows:
            blocks += [Subheading(text=target.title), *_target(view, target, rows)]
    return Section(heading=words("comparisons.heading"), blocks=tuple(blocks))


def _target(view: View, target: TargetFacts, rows: tuple[ComparisonRow, ...]) -> list[Block]:
    words = view.words
    metrics = tuple(dict.fromkeys(row.metric for row in rows))
    by_key = {(row.against, row.model, row.metric): row for row in rows}
    pairs = dict.fromkeys((row.against, row.model) for row in rows)
    order = {model.model: place for place, model in enumerate(view.models)}
    ordered = sorted(pairs, key=lambda p: (order.get(p[0], -1), order.get(p[1], -1)))
    cells = []
    for against, model in ordered:
        line = [against, model]
        for metric in metrics:
            line += _cells(view, by_key.get((against, model, metric)))
        cells.append(tuple(line))
    heads = [
        part for m in metrics for part in (metric_heading(view, m), words("comparisons.p_holm"))
    ]
    seen = [
        row
        for pair in {(row.model, row.metric) for row in rows}
        if (row := view.row(pair[0], target.name, pair[1])) is not None
    ]
    table = Table(
        columns=(words("comparisons.against"), words("table.model"), *heads),
        rows=tuple(cells),
        weights=(1.0, 1.25, *(w for _ in metrics for w in (1.35, 0.6))),
        description=words("comparisons.table", target=target.title),
        small=True,
    )
    single = [
        words("comparisons.single", metric=view.metric_short(m), model=name)
        for m in metrics
        if (name := view.result.best_single.get(f"{target.name}.{m}"))
    ]
    blocks: list[Block] = [
        Paragraph(text=" ".join(fusion_sentences(view, target, metrics[0])), strong=True),
        Paragraph(text=" ".join([view.counts(seen), *single]), small=True),
        table,
    ]
    if any(DASH in line for line in cells):
        blocks.append(Paragraph(text=words("comparisons.dash", dash=DASH), small=True))
    return blocks


def _cells(view: View, row: ComparisonRow | None) -> list[str]:
    if row is None:
        return [DASH, DASH]
    mark = BETTER if is_better(view, row) else WORSE if is_worse(view, row) else ""
    told = probability_value(row.p_holm)
    return [difference_text(row), f"{told} ({mark})" if mark else told]
