"""From an evaluation to a whole report: the one list of sections that PDF and HTML share."""

from collections.abc import Callable
from datetime import UTC, datetime

from reports.blocks import Document, Section
from reports.document import safe as safe
from reports.evaluation.sections.audit import audit_section
from reports.evaluation.sections.calibration import calibration_section
from reports.evaluation.sections.comparisons import comparisons_section
from reports.evaluation.sections.cost import cost_section
from reports.evaluation.sections.decisions import decisions_section
from reports.evaluation.sections.main_table import main_section
from reports.evaluation.sections.metrics import metrics_section
from reports.evaluation.sections.protocol import protocol_section
from reports.evaluation.sections.robustness import robustness_section
from reports.evaluation.sections.settings import settings_section
from reports.evaluation.sections.subgroups import subgroups_section
from reports.evaluation.sections.verdict import verdict_section
from reports.evaluation.verdict import FAILED, audit_state
from reports.evaluation.view import View

#: In reading order.
SECTIONS: tuple[Callable[[View], Section], ...] = (
    verdict_section,
    protocol_section,
    main_section,
    metrics_section,
    comparisons_section,
    calibration_section,
    decisions_section,
    subgroups_section,
    robustness_section,
    audit_section,
    cost_section,
    settings_section,
)


def build_document(view: View) -> Document:
    """Return the report of one evaluation, every text of it safe to show."""
    result, words = view.result, view.words
    document = Document(
        title=result.title,
        subtitle=words("document.subtitle", title=result.title),
        banner=banner(view),
        standing=words("document.standing"),
        footer=words(
            "document.footer",
            people=result.n_participants,
            repeats=result.n_repeats,
            split=result.split_sha256[:12],
            made=result.created_at,
        ),
        glyph_note=words("document.glyphs"),
        page_label=words("document.page", page="{page}", pages="{pages}"),
        language=words.language,
        created_at=moment(result.created_at),
        sections=tuple(make(view) for make in SECTIONS),
    )
    return safe(document)


def banner(view: View) -> str:
    """Return what stands on every page: a failed audit first, then that people were simulated."""
    parts = []
    if audit_state(view) == FAILED:
        parts.append(view.words("banner.failed"))
    if view.result.is_simulated:
        parts.append(view.words("banner.simulated"))
    return " ".join(parts)


def moment(created_at: str) -> datetime:
    """Return the time of an evaluation; without a zone it is UTC."""
    found = datetime.fromisoformat(created_at)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
