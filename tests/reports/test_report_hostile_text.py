"""Text is text: nothing that was said runs, fetches, reformats, hides or overflows."""

import re
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clinic.records import ScreeningResult
from reports.html import render_html
from reports.pdf import PdfRenderer
from reports.phrases import quoted, visible
from reports.render import ReportWriter

ACTIVE = (
    "script",
    "img",
    "iframe",
    "object",
    "embed",
    "link",
    "a",
    "form",
    "base",
    "audio",
    "video",
)


def squeezed(text: str) -> str:
    """Drop all white space and invisible break points: a line may break anywhere."""
    return re.sub(r"[\s\u200b\u00a0]", "", text)


def hostile(result: ScreeningResult) -> ScreeningResult:
    """Put a hostile quote into every free text that a report shows."""
    signals = result.inconsistency
    assert signals is not None
    assert result.model is not None
    bad = '<img src="http://evil.example/x.png" onerror="alert(1)"> #set page(fill: red) {{ 7*7 }}'
    return replace(
        result,
        recording_id=bad,
        participant_id=bad,
        run_id=bad,
        software_version=bad,
        notes=(bad,),
        absences=tuple(replace(a, reason=bad) for a in result.absences),
        safety=tuple(replace(s, quote=bad, phrase=bad) for s in result.safety),
        quality=tuple(
            replace(q, name=bad, unit=bad, threshold=bad, effect=bad) for q in result.quality
        ),
        inconsistency=replace(
            signals,
            evidence=tuple(replace(e, quote=bad, sentence=bad) for e in signals.evidence),
        ),
        estimates=tuple(replace(e, scale=replace(e.scale, note=bad)) for e in result.estimates),
        explanations=tuple(
            replace(
                e,
                output_name=bad,
                sentences=(bad,),
                contributions=tuple(replace(c, group=bad, meaning=bad) for c in e.contributions),
                moments=tuple(replace(m, quote=bad) for m in e.moments),
            )
            for e in result.explanations
        ),
        model=replace(result.model, banner=bad, trained_on=bad, name=bad),
        media=replace(result.media, language=bad, transcript_format=bad),
        stamps=tuple(replace(s, component=bad, version=bad, licence=bad) for s in result.stamps),
    )


@pytest.fixture(scope="module")
def hostile_document(writer: ReportWriter, made_up_result: ScreeningResult) -> Any:
    return writer.document(hostile(made_up_result))


def test_a_page_has_no_active_content(
    hostile_document: Any, read_page: Callable[[str], Any]
) -> None:
    page = read_page(render_html(hostile_document))
    for tag, attributes in page.tags:
        assert tag not in ACTIVE
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("src", "href", "style", "xlink:href", "srcset", "action")
            if "url(" in value:
                assert re.fullmatch(r"url\(#[A-Za-z0-9-]+-hatch\)", value)


def test_a_page_allows_nothing_but_its_own_style(
    hostile_document: Any, read_page: Callable[[str], Any]
) -> None:
    page = read_page(render_html(hostile_document))
    policy = next(
        a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_what_was_said_is_shown_literally_on_the_page(
    hostile_document: Any, read_page: Callable[[str], Any]
) -> None:
    text = read_page(render_html(hostile_document)).text
    assert '<img src="http://evil.example/x.png" onerror="alert(1)">' in text
    assert "#set page(fill: red)" in text
    assert "{{ 7*7 }}" in text
    assert "49" not in text.split()


def test_the_pdf_holds_no_action_link_or_attachment(
    hostile_document: Any, pdf_objects: Callable[[bytes], bytes]
) -> None:
    content = pdf_objects(PdfRenderer(paper="a4").render(hostile_document))
    names = (b"JavaScript", b"JS", b"URI", b"Launch", b"OpenAction", b"AA", b"EmbeddedFile",
             b"SubmitForm", b"GoToR", b"RichMedia")  # fmt: skip
    for name in names:
        assert not re.search(rb"/" + name + rb"\b", content), name


def test_what_was_said_is_shown_literally_in_the_pdf(
    made_up_result: ScreeningResult,
    writer: ReportWriter,
    pdf_pages: Callable[[bytes], list[str]],
) -> None:
    document = writer.document(made_up_result)
    text = squeezed("".join(pdf_pages(PdfRenderer(paper="a4").render(document))))
    for words in (
        '<img src="http://evil.example/x.png" onerror=alert(1)> really, I am fine',
        '#set page(fill: red) #read("/etc/passwd") $x^2$ *bold* _it_ `raw` @ref <label> \\ //',
        "=cmd|'/C calc'!A0 and +1 -1 @SUM(1) {{ 7*7 }} {% raw %} </script><script>alert(1)",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        "it would be <b>easier</b> not to wake up",
    ):
        assert squeezed(words) in text


def test_nothing_is_fetched(
    made_up_result: ScreeningResult,
    writer: ReportWriter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a report reached for the network")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    paths = writer.write(hostile(made_up_result), tmp_path)
    assert sorted(paths) == ["html", "pdf"]


def test_the_template_reads_no_file_and_no_package() -> None:
    import reports.pdf

    source = reports.pdf.TEMPLATE.read_text(encoding="utf-8")
    for word in ("#import", "#include", "read(", "plugin(", "eval(", "@preview", "link("):
        assert word not in source


def test_letters_that_reorder_or_hide_others_are_written_out() -> None:
    assert visible("a\u202eb\u2066c\x00d\ud800e") == "a[U+202E]b[U+2066]c[U+0000]d[U+D800]e"
    assert visible(" one\ttwo\r\nthree ") == "one two three"
    assert visible("a\u200db") == "a\u200db"


def test_a_long_quote_is_cut_and_says_so() -> None:
    assert quoted("a" * 1000).endswith("a …”")
    assert len(quoted("a" * 1000)) < 300


def test_any_text_can_be_written(made_up_result: ScreeningResult, writer: ReportWriter) -> None:
    short = replace(made_up_result, inconsistency=None, explanations=())

    @settings(max_examples=40, deadline=None)
    @given(text=st.text(min_size=1, max_size=60))
    @example("\U000114b0")  # a mark without a letter and without a glyph
    @example("a\u05b0\u0e31 x\u20dd")  # marks whose glyphs are in another font than the letter's
    def write(text: str) -> None:
        document = writer.document(replace(short, notes=(text,)))
        assert PdfRenderer(paper="a4").render(document).startswith(b"%PDF-")
        render_html(document).encode()

    write()
