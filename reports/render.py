"""Write the reports of one result beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinic.errors import SetupError
from clinic.io.atomic import write_bytes
from clinic.records import ScreeningResult
from reports.blocks import Document
from reports.document import build_document
from reports.html import render_html
from reports.pdf import PdfRenderer
from reports.sections.view import View
from reports.wording import load_wording

FORMATS = ("pdf", "html")
PAPERS = {"a4": "a4", "letter": "us-letter"}


@dataclass(frozen=True, kw_only=True)
class ReportWriter:
    """Writes ``report.pdf`` and ``report.html``, equal bytes for equal results.

    Args:
        formats: Any of ``pdf``, ``html``.
        paper: ``a4`` or ``letter``.
        language: Tag of a file in ``reports/wording``.
        max_moments: Moments of disagreement told in words.
        max_features: Measures named per explanation.
        max_quotes: Answers quoted per explanation.
        max_sentences: Sentences per explanation.
        font_folder: Further fonts for the PDF, None for the shipped ones alone.

    Raises:
        SetupError: A format, paper or language that there is not.
    """

    formats: Sequence[str]
    paper: str
    language: str
    max_moments: int
    max_features: int
    max_quotes: int
    max_sentences: int
    font_folder: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "formats", tuple(self.formats))
        for name in self.formats:
            if name not in FORMATS:
                raise SetupError(f"report format {name!r}, any of {FORMATS} needed (formats)")
        if self.paper not in PAPERS:
            raise SetupError(f"paper {self.paper!r}, one of {sorted(PAPERS)} needed (paper)")
        load_wording(self.language)

    def document(self, result: ScreeningResult) -> Document:
        """Return the report as plain values, before any layout."""
        view = View(
            result=result,
            words=load_wording(self.language),
            max_moments=self.max_moments,
            max_features=self.max_features,
            max_quotes=self.max_quotes,
            max_sentences=self.max_sentences,
        )
        return build_document(view)

    def write(self, result: ScreeningResult, folder: Path) -> Mapping[str, Path]:
        """Write every format into an existing folder and return the path of each."""
        document = self.document(result)
        paths: dict[str, Path] = {}
        for name in self.formats:
            if name == "pdf":
                renderer = PdfRenderer(paper=PAPERS[self.paper], font_folder=self.font_folder)
                content = renderer.render(document)
            else:
                content = render_html(document).encode()
            paths[name] = folder / f"report.{name}"
            write_bytes(paths[name], content)
        return paths
