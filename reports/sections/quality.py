"""How good the recording was, and what that means for the answer."""

from reports.blocks import Block, Bullets, Paragraph, Section, Subheading, Table
from reports.phrases import measured
from reports.sections.view import View

COLUMNS = ("check", "value", "threshold", "state", "effect")


def quality_section(view: View) -> Section:
    """Return every check with its state in words, and the notes on the recording."""
    result, words = view.result, view.words
    blocks: list[Block] = []
    if result.quality:
        rows = tuple(
            (
                check.name,
                measured(check.value, check.unit),
                check.threshold,
                words(f"quality.{check.state.value}"),
                check.effect,
            )
            for check in result.quality
        )
        blocks.append(
            Table(
                columns=tuple(words(f"quality.column_{name}") for name in COLUMNS),
                rows=rows,
                weights=(2.1, 1.5, 2.8, 1.0, 4.6),
                numeric=(1,),
                description=words("quality.table"),
            )
        )
    else:
        blocks.append(Paragraph(text=words("quality.none")))
    if result.notes:
        blocks += [Subheading(text=words("quality.notes")), Bullets(items=result.notes, small=True)]
    return Section(heading=words("quality.heading"), blocks=tuple(blocks))
