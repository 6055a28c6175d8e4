"""Who was seen, when, for how long, and through which channels."""

from reports.blocks import Fact, Facts, Section
from reports.phrases import minutes
from reports.sections.view import View


def who_section(view: View) -> Section:
    """Return pseudonyms, visit, length and what was observed and what was not, with reasons."""
    result, words = view.result, view.words
    visit = result.visit_date
    absent = [
        words("who.absent_value", modality=view.modality(absence.modality), reason=absence.reason)
        for absence in result.absences
    ]
    values = {
        "recording": result.recording_id,
        "participant": result.participant_id,
        "visit": visit.isoformat() if visit else words("who.visit_unknown"),
        "made": result.created_at.strftime("%Y-%m-%d %H:%M %Z").strip(),
        "length": words(
            "who.length_value",
            length=minutes(result.media.duration_s),
            speech=minutes(result.media.speech_s),
        ),
        "answers": str(result.media.n_segments),
        "language": result.media.language or words("who.language_unknown"),
        "ids": words("who.ids_value"),
        "observed": ", ".join(view.modality(m) for m in view.observed)
        or words("who.nothing_observed"),
        "absent": "; ".join(absent) or words("who.nothing_absent"),
    }
    facts = tuple(Fact(label=words(f"who.{key}"), value=value) for key, value in values.items())
    return Section(heading=words("who.heading"), blocks=(Facts(items=facts, columns=2),))
