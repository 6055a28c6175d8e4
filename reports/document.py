"""From a result to a whole report: the one list of sections that PDF and HTML share."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from reports.blocks import Document, Figure, Section
from reports.phrases import visible
from reports.sections.contributions import contributions_section
from reports.sections.limits import limits_section
from reports.sections.provenance import provenance_section
from reports.sections.quality import quality_section
from reports.sections.safety import safety_section
from reports.sections.summary import summary_section
from reports.sections.timeline import timeline_section
from reports.sections.view import View
from reports.sections.who import who_section

#: In reading order.
SECTIONS: tuple[Callable[[View], Section | None], ...] = (
    safety_section,
    who_section,
    summary_section,
    quality_section,
    timeline_section,
    contributions_section,
    provenance_section,
    limits_section,
)

T = TypeVar("T")


def build_document(view: View) -> Document:
    """Return the report of one result, every text of it safe to show."""
    result, words = view.result, view.words
    sections = [make(view) for make in SECTIONS]
    document = Document(
        title=words("document.title"),
        subtitle=words("document.title_with_id", recording=result.recording_id),
        banner=result.model.banner if result.model else "",
        standing=words("document.standing"),
        footer=words(
            "document.footer",
            recording=result.recording_id,
            participant=result.participant_id,
            run=result.run_id,
        ),
        glyph_note=words("document.glyphs"),
        page_label=words("document.page", page="{page}", pages="{pages}"),
        language=words.language,
        created_at=result.created_at,
        sections=tuple(section for section in sections if section is not None),
    )
    return safe(document)


def safe(value: T) -> T:
    """Return the same value with every text in it made visible, drawings left as they are."""
    kept: Any = value
    if isinstance(value, str):
        return visible(value)  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(safe(item) for item in value)  # type: ignore[return-value]
    if is_dataclass(value) and not isinstance(value, type | datetime):
        drawn = {"svg", "narrow_svg"} if isinstance(value, Figure) else set()
        changes = {
            f.name: safe(getattr(value, f.name)) for f in fields(value) if f.name not in drawn
        }
        return replace(kept, **changes)
    return value
