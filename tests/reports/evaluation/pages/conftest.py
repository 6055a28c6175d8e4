"""What a reader finds in an evaluation report."""

import re

import pytest

from clinic.evaluation.study.results import EvaluationResult
from reports.blocks import Bullets, Document, Notice, Paragraph, Section, Subheading, Table
from reports.evaluation.document import build_document
from reports.evaluation.render import view_of
from reports.pdf import PdfRenderer


class Reading:
    """Finds sections, tables and words again."""

    def document(self, result: EvaluationResult) -> Document:
        """Return the report before any layout."""
        return build_document(view_of(result))

    def section(self, document: Document, number: int) -> Section:
        """Return a section by the number that its heading bears."""
        found = document.sections[number - 1]
        assert found.heading.startswith(f"{number} ")
        return found

    def tables(self, part: Section) -> list[Table]:
        """Return the tables of a section."""
        return [block for block in part.blocks if isinstance(block, Table)]

    def words(self, part: Section) -> str:
        """Return the texts of a section, one a line."""
        texts: list[str] = []
        for block in part.blocks:
            if isinstance(block, Paragraph | Subheading):
                texts.append(block.text)
            elif isinstance(block, Bullets):
                texts += block.items
            elif isinstance(block, Notice):
                texts += [block.heading, *block.lines]
            elif isinstance(block, Table):
                texts += [cell for row in block.rows for cell in row]
        return "\n".join(texts)

    def pages(self, pdf: bytes) -> list[str]:
        """Return the text of each page of a PDF."""
        pdfium = pytest.importorskip("pypdfium2")
        document = pdfium.PdfDocument(pdf)
        try:
            found = []
            for page in document:
                text = page.get_textpage()
                found.append(re.sub(r"\s+", " ", text.get_text_bounded()))
                text.close()
                page.close()
            return found
        finally:
            document.close()

    def numbers(self, cell: str) -> list[float]:
        """Return the numbers of a cell."""
        return [float(part.replace("−", "-")) for part in re.findall(r"−?\d+\.\d+", cell)]


@pytest.fixture(scope="session")
def read() -> Reading:
    """Reads a report."""
    return Reading()


@pytest.fixture(scope="session")
def crowded_pdf(crowded: EvaluationResult, read: Reading) -> list[str]:
    """The crowded report on paper, the text of each page."""
    return read.pages(PdfRenderer(paper="a4").render(read.document(crowded)))
