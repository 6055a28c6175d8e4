"""Helpers of the report tests: the writer as configured, and what a finished PDF or page holds."""

import re
import shutil
import subprocess
import zlib
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from clinic.config import build, compose
from reports.render import ReportWriter


@pytest.fixture(scope="session")
def writer() -> ReportWriter:
    """The writer that ``conf/report/default.yaml`` names."""
    built: ReportWriter = build(compose("report", values={"results": "unused"}).report)
    return built


@pytest.fixture(scope="session")
def pdf_pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], list[str]]:
    """Return the text of each page; the test is skipped where poppler is absent."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is absent: the text of a PDF cannot be read back")
    folder = tmp_path_factory.mktemp("pdf")

    def read(pdf: bytes) -> list[str]:
        path: Path = folder / "report.pdf"
        path.write_bytes(pdf)
        done = subprocess.run(
            ["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True
        )
        pages = done.stdout.decode().split("\f")
        return pages[:-1]

    return read


@pytest.fixture(scope="session")
def pdf_objects() -> Callable[[bytes], bytes]:
    """Return the bytes of a PDF with every compressed stream unpacked behind them."""

    def unpack(pdf: bytes) -> bytes:
        parts = [pdf]
        for found in re.finditer(rb"stream\r?\n", pdf):
            try:
                parts.append(zlib.decompressobj().decompress(pdf[found.end() :]))
            except zlib.error:
                continue
        return b"\n".join(parts)

    return unpack


class Page(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._hidden = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._hidden += tag in ("style", "title", "desc")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title", "desc")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)

    @property
    def text(self) -> str:
        """All words of the page, single-spaced."""
        return re.sub(r"[ \n]+", " ", " ".join(self.words))


@pytest.fixture(scope="session")
def read_page() -> Callable[[str], Page]:
    """Parse a page."""
    return Page
