"""What moved each estimate: by modality, group and measure, and in the answers themselves."""

import math
from collections.abc import Sequence

from clinic.records import Contribution, Explanation, Modality
from clinic.units import clock
from reports.blocks import (
    Block,
    Bullets,
    Columns,
    Figure,
    Paragraph,
    Section,
    SimpleBlock,
    Subheading,
    Table,
)
from reports.figures.bars import BarRow, contribution_bars
from reports.phrases import MAX_TABLE_QUOTE_CHARACTERS, quoted, signed
from reports.sections.view import COLUMN, NARROW, View


def contributions_section(view: View) -> Section | None:
    """Return one part per explained estimate; None where no model was applied."""
    words = view.words
    if view.result.model is None:
        return None
    heading = words("contributions.heading")
    if not view.result.explanations:
        return Section(heading=heading, blocks=(Paragraph(text=words("contributions.none")),))
    explain = f"{words('contributions.explain')} {words('contributions.caption')}"
    blocks: list[Block] = [Paragraph(text=explain, small=True)]
    for explanation in view.result.explanations:
        blocks += _explained(view, explanation)
    return Section(heading=heading, blocks=tuple(blocks))


def bar_rows(view: View, contributions: Sequence[Contribution]) -> tuple[BarRow, ...]:
    """Return per modality its total, the groups that hold the strongest measures, and the rest.

    Groups and rest add up to their modality. A group's value is that of all its measures, of
    which only the strongest are named below it.
    """
    ranked = sorted(contributions, key=lambda c: -abs(c.value))
    strongest = {id(item) for item in ranked[: view.max_features]}
    rows: list[BarRow] = []
    for modality in _by_size({m: _total(contributions, m) for m in Modality}):
        own = [c for c in ranked if c.modality is modality]
        if not own:
            continue
        rows.append(_row(view.modality(modality), math.fsum(c.value for c in own), 0))
        groups = list(dict.fromkeys(c.group for c in own if id(c) in strongest))
        for group in groups:
            rows += _group_rows(view, group, [c for c in own if c.group == group], strongest)
        rest = [c for c in own if c.group not in groups]
        if rest and groups:
            label = view.words("figure.rest", n=len(rest))
            rows.append(_row(label, math.fsum(c.value for c in rest), 1))
    return tuple(rows)


def _group_rows(
    view: View, group: str, members: list[Contribution], strongest: set[int]
) -> list[BarRow]:
    if len(members) == 1:
        meaning = members[0].meaning
        label = meaning if meaning.startswith(group) else f"{group}: {meaning}"
        return [_row(label, members[0].value, 1)]
    label = view.words("figure.group", group=group, n=len(members))
    if any(member.meaning.startswith(f"{group}, ") for member in members):
        label = group
    return [
        _row(label, math.fsum(c.value for c in members), 1),
        *(_row(c.meaning, c.value, 2) for c in members if id(c) in strongest),
    ]


def _explained(view: View, explanation: Explanation) -> list[Block]:
    words = view.words
    heading = words(
        "contributions.heading_one",
        condition=words(f"condition.{explanation.condition.value}"),
        output=explanation.output_name,
    )
    total = words(
        "contributions.total",
        base=f"{explanation.base:.2f}".replace("-", "−"),
        output=f"{explanation.output:.2f}".replace("-", "−"),
        unit=explanation.unit,
        difference=signed(explanation.output - explanation.base),
    )
    blocks: list[Block] = [Subheading(text=heading)]
    told: list[SimpleBlock] = [Paragraph(text=total, small=True)]
    if explanation.sentences:
        told.append(Bullets(items=explanation.sentences[: view.max_sentences], small=True))
    quotes = _quotes(view, explanation)
    if quotes:
        told.append(quotes)
    if not explanation.contributions:
        return [*blocks, *told]
    left = (_figure(view, explanation),)
    return [*blocks, Columns(left=left, right=tuple(told), weights=(11.0, 9.0))]


def _figure(view: View, explanation: Explanation) -> Figure:
    words = view.words
    rows = bar_rows(view, explanation.contributions)
    modalities = ", ".join(
        words("contributions.figure_modality", modality=row.label, value=row.value_label)
        for row in rows
        if row.level == 0
    )
    description = words(
        "contributions.figure", output=explanation.output_name, modalities=modalities
    )
    figure_id = f"contributions-{explanation.condition.value}"

    def drawn(width: float, name: str) -> str:
        return contribution_bars(
            rows,
            raises=words("figure.raises"),
            lowers=words("figure.lowers"),
            title=words("contributions.figure_title", output=explanation.output_name),
            description=description,
            figure_id=name,
            width=width,
        )

    return Figure(
        svg=drawn(COLUMN, figure_id),
        narrow_svg=drawn(NARROW, f"{figure_id}-narrow"),
        description=description,
    )


def _quotes(view: View, explanation: Explanation) -> Table | None:
    words = view.words
    said = [moment for moment in explanation.moments if moment.quote]
    if not said:
        return None
    strongest = sorted(said, key=lambda m: (-abs(m.value), m.start_s))[: view.max_quotes]
    return Table(
        columns=(
            words("contributions.column_time"),
            words("contributions.column_effect"),
            words("contributions.column_quote"),
        ),
        rows=tuple(
            (
                clock(m.start_s),
                signed(m.value),
                quoted(m.quote or "", longest=MAX_TABLE_QUOTE_CHARACTERS),
            )
            for m in strongest
        ),
        weights=(1.1, 1.3, 5.0),
        numeric=(1,),
        description=words("contributions.quotes_table", output=explanation.output_name),
    )


def _row(label: str, value: float, level: int) -> BarRow:
    return BarRow(label=label, value=value, value_label=signed(value), level=level)


def _total(contributions: Sequence[Contribution], modality: Modality) -> float:
    return math.fsum(c.value for c in contributions if c.modality is modality)


def _by_size(totals: dict[Modality, float]) -> list[Modality]:
    return sorted(totals, key=lambda modality: -abs(totals[modality]))
