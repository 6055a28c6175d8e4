"""Language of self-harm, before anything else."""

from clinic.records import Modality
from reports.blocks import Notice, Section
from reports.phrases import quoted, span
from reports.sections.view import View


def safety_section(view: View) -> Section | None:
    """Return every notice with its time and words, or that there were no words to look at.

    None where a transcript was read and nothing was found: saying so would sound like safety.
    """
    notices, words = view.result.safety, view.words
    if not notices and Modality.TEXT not in view.observed:
        unchecked = Notice(
            heading=words("safety.unchecked"), lines=(words("safety.unchecked_reason"),)
        )
        return Section(heading="", blocks=(unchecked,))
    if not notices:
        return None
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
