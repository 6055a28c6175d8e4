"""What a reader of the report must see, in order: safety, banner, estimates, their limits."""

from clinic.fhir.context import Context
from clinic.fhir.estimates import in_words
from clinic.fhir.text import plain, sentence
from clinic.units import clock


def safety_lines(context: Context) -> list[str]:
    """Return what a reader must see first, or why the words were not searched.

    Times always; the words only where ``fhir.quotes`` lets them out (they are in the PDF).
    """
    result = context.result
    if not result.safety:
        if result.media.transcript_format is None:
            return ["No transcript: words were not searched for language of self-harm."]
        return []
    times = "; ".join(
        f"{clock(item.start_s)} to {clock(item.end_s)}"
        + (f" “{plain(item.quote)}”" if context.settings.quotes else "")
        for item in result.safety
    )
    return [
        f"SAFETY NOTICE: language of self-harm at {times}. For a person to read now, whatever "
        "the estimates say; not a prediction."
    ]


def conclusion_lines(context: Context) -> list[str]:
    """Return safety notice, banner, one line per target, notes on the scales, disclaimer."""
    lines = safety_lines(context)
    if context.banner:
        lines.append(sentence(context.banner))
    lines += [in_words(item) for item in context.result.estimates]
    if not context.result.estimates:
        lines.append("No model was applied: input quality and inconsistency only, no estimate.")
    lines += dict.fromkeys(sentence(item.scale.note) for item in context.result.estimates)
    return [line for line in lines if line.strip("-. ")]
