"""The report says what the result says: no more, no less, on every page."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clinic.errors import SetupError
from clinic.records import Condition, Modality, ScreeningResult, SeverityEstimate, Stretch
from reports.blocks import Columns, Document, Notice, Paragraph, Subheading, Table
from reports.html import render_html
from reports.pdf import PdfRenderer
from reports.phrases import percent
from reports.render import ReportWriter

Make = Callable[..., ScreeningResult]
BANNER = "Demonstration model, trained on simulated interviews. Not for clinical use."
STANDING = "Screening support, not a diagnosis. Preliminary until a clinician has reviewed it."


def texts(value: Any) -> list[str]:
    """Return every string of a document, in order, drawings left out."""
    if isinstance(value, str):
        return [] if value.startswith("<svg") else [value]
    if isinstance(value, tuple):
        return [text for item in value for text in texts(item)]
    if hasattr(value, "__dataclass_fields__"):
        return [t for name in value.__dataclass_fields__ for t in texts(getattr(value, name))]
    return []


def told(document: Document) -> str:
    return "\n".join(texts(document.sections))


def section(document: Document, heading: str) -> str:
    return "\n".join(texts(next(s for s in document.sections if s.heading == heading)))


def test_every_page_carries_banner_and_standing(
    writer: ReportWriter, made_up_result: ScreeningResult, pdf_pages: Callable[[bytes], list[str]]
) -> None:
    pages = pdf_pages(PdfRenderer(paper="a4").render(writer.document(made_up_result)))
    assert len(pages) in (2, 3)
    for number, page in enumerate(pages, start=1):
        assert BANNER in page
        assert STANDING in page
        assert f"Page {number} of {len(pages)}" in page
        assert "r-0412" in page


def test_the_page_carries_banner_and_standing(
    writer: ReportWriter, made_up_result: ScreeningResult
) -> None:
    html = render_html(writer.document(made_up_result))
    assert html.count(BANNER) == 2
    assert STANDING in html


def test_the_safety_notice_comes_first(
    writer: ReportWriter, made_up_result: ScreeningResult
) -> None:
    first = writer.document(made_up_result).sections[0].blocks[0]
    assert isinstance(first, Notice)
    assert first.urgent
    notice = made_up_result.safety[0]
    said = "\n".join(first.lines)
    assert notice.quote in said
    assert notice.phrase in said
    assert "10:43.0" in said
    assert "not a prediction" in said
    assert "PHQ-8 has no item on suicide" in said


def test_no_notice_where_nothing_was_said(writer: ReportWriter, make_made_up_result: Make) -> None:
    document = writer.document(make_made_up_result(with_safety=False))
    assert "self-harm" not in told(document)


def test_printed_numbers_are_those_of_the_result(
    writer: ReportWriter, made_up_full_result: ScreeningResult
) -> None:
    said = section(writer.document(made_up_full_result), "Estimates")
    for estimate in made_up_full_result.estimates:
        assert isinstance(estimate, SeverityEstimate)
        assert percent(estimate.cutoff_probability) in said
        assert estimate.scale.note in said
        if estimate.interval is not None:
            low, high = estimate.interval
            assert f"score {estimate.score:.1f} on a scale" in said
            assert f"interval {low:.1f} to {high:.1f}" in said
            for name, p in zip(estimate.scale.band_names, estimate.probabilities, strict=True):
                assert f"{name} {percent(p)}" in said
    assert "mild, moderate or moderately severe" in said
    assert "71\u00a0%" in said
    assert "Study bands, not validated" in said


def test_printed_numbers_reach_the_paper(
    writer: ReportWriter,
    made_up_full_result: ScreeningResult,
    pdf_pages: Callable[[bytes], list[str]],
) -> None:
    pdf = PdfRenderer(paper="a4").render(writer.document(made_up_full_result))
    text = re.sub(r"\s+", " ", " ".join(pdf_pages(pdf)))
    for words in ("12.4", "interval 7.1 to 17.7", "71 %", "41.0", "28.5 to 55.5", "64 %"):
        assert words in text


def test_a_withheld_condition_shows_its_reason_and_no_number(
    writer: ReportWriter, made_up_result: ScreeningResult
) -> None:
    document = writer.document(made_up_result)
    blocks = next(s for s in document.sections if s.heading == "Estimates").blocks
    at = next(i for i, b in enumerate(blocks) if isinstance(b, Subheading) and "PCL-C" in b.text)
    heading, box, note = blocks[at : at + 3]
    assert isinstance(heading, Subheading)
    assert heading.aside == "no estimate"
    assert isinstance(box, Notice)
    assert "1 of 3 modalities missing" in box.lines[0]
    assert isinstance(note, Paragraph)
    assert "Post-traumatic" not in section(document, "What moved the estimates")


def test_all_withheld_gives_no_score_at_all(
    writer: ReportWriter, make_made_up_result: Make
) -> None:
    document = writer.document(make_made_up_result(withheld=tuple(Condition)))
    said = section(document, "Estimates")
    assert said.count("no estimate") == 3
    assert "Estimated" not in said
    assert "No estimate was explained" in told(document)


def test_what_was_not_observed_is_said_with_its_reason(
    writer: ReportWriter, made_up_result: ScreeningResult
) -> None:
    document = writer.document(made_up_result)
    assert "Face: the recording has no video stream" in section(document, "Who and what")
    figure = next(s for s in document.sections if "disagree" in s.heading).blocks[0]
    assert "not observed" in figure.svg  # type: ignore[union-attr]


def test_a_modality_without_words_for_quotes_still_has_moments(
    writer: ReportWriter, make_made_up_result: Make
) -> None:
    document = writer.document(make_made_up_result(absent=(Modality.TEXT,)))
    assert "“" not in section(document, "Where words, voice and face disagree")


def test_without_a_model_nothing_looks_like_an_estimate(
    writer: ReportWriter, make_made_up_result: Make
) -> None:
    document = writer.document(make_made_up_result(with_model=False, with_safety=False))
    said = told(document)
    assert "No severity was estimated" in said
    headings = [s.heading for s in document.sections]
    assert "What moved the estimates" not in headings
    for words in ("PHQ-8", "PCL-C", "cut-off", "Demonstration"):
        assert words not in said
    assert document.banner == ""


def test_without_disagreement_the_report_says_so(
    writer: ReportWriter, made_up_result: ScreeningResult, make_made_up_result: Make
) -> None:
    document = writer.document(replace(made_up_result, inconsistency=None))
    assert "was not measured" in told(document)
    document = writer.document(make_made_up_result(n_evidence=0))
    assert "No moment stood out" in told(document)


def test_a_modality_without_a_baseline_is_not_called_absent(
    writer: ReportWriter, made_up_full_result: ScreeningResult
) -> None:
    signals = made_up_full_result.inconsistency
    assert signals is not None
    values = signals.affect.values.copy()
    values[:, signals.affect.columns.index("voice_arousal")] = np.nan
    affect = signals.affect.with_values(values)
    result = replace(made_up_full_result, inconsistency=replace(signals, affect=affect))
    figure = next(s for s in writer.document(result).sections if "disagree" in s.heading).blocks[0]
    assert "too little to know" in figure.svg  # type: ignore[union-attr]
    assert "not observed" not in figure.svg  # type: ignore[union-attr]


def test_nothing_compared_is_not_told_as_nothing_found(
    writer: ReportWriter, make_made_up_result: Make
) -> None:
    result = make_made_up_result(n_evidence=0)
    signals = result.inconsistency
    assert signals is not None
    empty = signals.segments.with_values(np.full_like(signals.segments.values, np.nan))
    result = replace(result, inconsistency=replace(signals, segments=empty))
    said = told(writer.document(result))
    assert "Nothing could be compared" in said
    assert "No moment stood out" not in said


def test_without_words_the_report_says_that_self_harm_was_not_checked(
    writer: ReportWriter, make_made_up_result: Make
) -> None:
    document = writer.document(make_made_up_result(absent=(Modality.TEXT,)))
    first = document.sections[0].blocks[0]
    assert isinstance(first, Notice)
    assert not first.urgent
    assert "was not checked" in first.heading


def test_moments_are_numbered_in_time_and_no_more_than_asked_for(
    writer: ReportWriter, make_made_up_result: Make
) -> None:
    result = make_made_up_result(n_segments=400, duration_s=3600.0, n_evidence=40)
    document = writer.document(result)
    entries = next(b for s in document.sections for b in s.blocks if type(b).__name__ == "Entries")
    items = entries.items  # type: ignore[union-attr]
    assert [e.number for e in items] == [str(i + 1) for i in range(writer.max_moments)]
    assert result.inconsistency is not None
    strongest = result.inconsistency.evidence[: writer.max_moments]
    assert len(items) == len(strongest)
    assert "4 strongest of 40" in told(document)


def test_contribution_rows_add_up(
    writer: ReportWriter, made_up_full_result: ScreeningResult
) -> None:
    from reports.sections.contributions import bar_rows
    from reports.sections.view import View
    from reports.wording import load_wording

    view = View(
        result=made_up_full_result,
        words=load_wording("en"),
        max_moments=1,
        max_features=4,
        max_quotes=1,
        max_sentences=1,
    )
    explanation = made_up_full_result.explanations[0]
    rows = bar_rows(view, explanation.contributions)
    top = [row for row in rows if row.level == 0]
    expected = {view.modality(m): v for m, v in explanation.by_modality().items()}
    assert {row.label: row.value for row in top} == pytest.approx(expected)
    total: dict[str, float] = {}
    modality = ""
    for row in rows:
        if row.level == 0:
            modality = row.label
        elif row.level == 1:
            total[modality] = total.get(modality, 0.0) + row.value
    for name, value in total.items():
        assert value == pytest.approx(expected[name])


def test_quoted_answers_are_those_with_the_largest_contributions(
    writer: ReportWriter, made_up_full_result: ScreeningResult
) -> None:
    document = writer.document(made_up_full_result)
    columns = next(b for s in document.sections for b in s.blocks if isinstance(b, Columns))
    table = next(b for b in columns.right if isinstance(b, Table))
    values = sorted(
        (abs(m.value) for m in made_up_full_result.explanations[0].moments), reverse=True
    )
    shown = [abs(float(row[1].replace("−", "-"))) for row in table.rows]
    assert shown == pytest.approx(values[: writer.max_quotes], abs=0.005)


def test_every_component_with_a_licence_is_listed(
    writer: ReportWriter, made_up_result: ScreeningResult
) -> None:
    said = section(writer.document(made_up_result), "How this report was made")
    for stamp in made_up_result.stamps:
        assert stamp.version in said
        assert stamp.licence in said
    assert "fcde2b2edba5" in said


def test_intended_use_and_limits_are_always_there(
    writer: ReportWriter, make_made_up_result: Make
) -> None:
    for result in (make_made_up_result(), make_made_up_result(with_model=False)):
        said = section(writer.document(result), "Limits and intended use")
        for words in ("adults who consented", "Neurodivergence", "law enforcement", "Interval:"):
            assert words in said


def test_equal_results_give_equal_files(
    writer: ReportWriter, make_made_up_result: Make, tmp_path: Path
) -> None:
    written = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        paths = writer.write(make_made_up_result(), folder)
        written.append({kind: path.read_bytes() for kind, path in paths.items()})
    assert written[0] == written[1]
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == ["report.html", "report.pdf"]


def test_a_pdf_takes_less_than_a_second(writer: ReportWriter, make_made_up_result: Make) -> None:
    document = writer.document(make_made_up_result())
    PdfRenderer(paper="a4").render(document)
    started = time.process_time()
    hour = writer.document(make_made_up_result(n_segments=400, duration_s=3600.0, n_evidence=40))
    PdfRenderer(paper="a4").render(hour)
    assert time.process_time() - started < 1.0


def test_the_pdf_claims_archival_and_accessible(
    writer: ReportWriter, made_up_result: ScreeningResult, pdf_objects: Callable[[bytes], bytes]
) -> None:
    content = pdf_objects(PdfRenderer(paper="a4").render(writer.document(made_up_result)))
    assert b"pdfuaid" in content
    assert b"pdfaid" in content
    assert b"20260315092653" in content.replace(b"-", b"").replace(b":", b"").replace(b"T", b"")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"formats": ["docx"]}, "docx.*formats"),
        ({"paper": "a3"}, "a3.*paper"),
        ({"language": "tlh"}, "tlh.*language"),
        ({"language": "../en"}, "language"),
    ],
)
def test_a_setting_that_there_is_not_is_refused(
    writer: ReportWriter, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(SetupError, match=said):
        replace(writer, **changes)


def test_a_font_folder_that_there_is_not_is_refused(
    writer: ReportWriter, made_up_result: ScreeningResult, tmp_path: Path
) -> None:
    lost = replace(writer, font_folder=str(tmp_path / "none"), formats=["pdf"])
    with pytest.raises(SetupError, match="font_folder"):
        lost.write(made_up_result, tmp_path)


def test_characters_without_a_glyph_are_marked_and_said(
    writer: ReportWriter,
    made_up_result: ScreeningResult,
    pdf_pages: Callable[[bytes], list[str]],
) -> None:
    document = writer.document(replace(made_up_result, notes=("said 你 here",)))
    text = " ".join(pdf_pages(PdfRenderer(paper="a4").render(document)))
    assert "said □ here" in text
    assert "fonts of this PDF lack" in text
    assert "said 你 here" in render_html(document)


def test_of_the_stretches_the_strongest_of_ambivalence_are_told(
    writer: ReportWriter, made_up_full_result: ScreeningResult
) -> None:
    """A hesitancy of 3 SD must not push out an ambivalence, which cannot pass 1."""
    signals = made_up_full_result.inconsistency
    assert signals is not None
    stretches = tuple(
        Stretch(
            start_s=10.0 * i,
            end_s=10.0 * i + 5,
            kind="hesitancy" if i == 7 else "ambivalence",
            score=3.0 if i == 7 else 0.4 + 0.05 * i,
            quote=None,
            sentence=f"stretch number {i}.",
        )
        for i in range(8)
    )
    changed = replace(signals, stretches=stretches)
    said = told(writer.document(replace(made_up_full_result, inconsistency=changed)))
    assert [i for i in range(8) if f"stretch number {i}." in said] == [3, 4, 5, 6]
    assert "The 4 strongest of 7" in said
