"""Language of self-harm, before anything else."""

from reports.blocks import Notice, Section
from reports.phrases import quoted, span
from reports.sections.view import View


def safety_section(view: View) -> Section | None:
    """Return every notice with its time and words; None where the transcript has none."""
    notices = view.result.safety
    if not notices:
        return None
    words = view.words
    lines: list[str] = []
    for notice in notices:
        lines.append(
            words(
                "safety.line",
                time=span(notice.start_s, notice.end_s),
                quote=quoted(notice.quote),
                phrase=quoted(notice.phrase),
            )
        )
    lines += [words("safety.standing"), words("safety.phq8")]
    return Section(
        heading="",
        blocks=(Notice(heading=words("safety.heading"), lines=tuple(lines), urgent=True),),
    )
