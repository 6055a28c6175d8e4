"""Write the report of an evaluation and its model card."""

from pathlib import Path

from clinic.errors import SetupError
from clinic.evaluation.study.results import EvaluationResult
from clinic.io.atomic import write_bytes, write_text
from reports.evaluation.card import model_card
from reports.evaluation.document import build_document
from reports.evaluation.view import View
from reports.html import render_html
from reports.pdf import PdfRenderer
from reports.render import PAPERS
from reports.wording import load_wording

LANGUAGE = "en"


def view_of(result: EvaluationResult) -> View:
    """Return a result ready to be told in words."""
    return View.of(result, load_wording(LANGUAGE, "evaluation"))


def write_report(folder: Path, result: EvaluationResult, *, paper: str) -> None:
    """Write ``report.html``, ``report.pdf`` and ``card.md``; equal results give equal bytes.

    Args:
        paper: ``a4`` or ``letter``.

    Raises:
        SetupError: A paper that there is not, or typst or its font is not installed.
    """
    if paper not in PAPERS:
        raise SetupError(f"paper {paper!r}, one of {sorted(PAPERS)} needed (paper)")
    view = view_of(result)
    document = build_document(view)
    write_text(folder / "card.md", model_card(view))
    write_bytes(folder / "report.html", render_html(document).encode())
    write_bytes(folder / "report.pdf", PdfRenderer(paper=PAPERS[paper]).render(document))
