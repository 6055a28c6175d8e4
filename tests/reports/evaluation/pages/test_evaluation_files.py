"""The files of the evaluation report: whole, the same each time, safe and short."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clinic.errors import SetupError
from clinic.evaluation.study.results import EvaluationResult, read_result, write_result
from reports.blocks import Figure
from reports.evaluation import write_report
from reports.html import render_html

Make = Callable[..., EvaluationResult]
ACTIVE = {"script", "img", "iframe", "object", "embed", "link", "a", "form", "base"}
HOSTILE = "<script>alert(1)</script>"


def test_three_files_are_written_and_are_the_same_each_time(
    make_result: Make, tmp_path: Path
) -> None:
    result = make_result(models=("majority", "text_linear", "robust"))
    for folder in (tmp_path / "a", tmp_path / "b"):
        write_report(folder, result, paper="a4")
    names = ["card.md", "report.html", "report.pdf"]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == names
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_stored_result_gives_the_same_report(
    read: Any, make_result: Make, tmp_path: Path
) -> None:
    result = make_result(models=("majority", "text_linear", "robust"))
    write_result(tmp_path, result)
    assert render_html(read.document(read_result(tmp_path))) == render_html(read.document(result))


def test_an_unknown_paper_is_refused(make_result: Make, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"'a5'.*\(paper\)"):
        write_report(tmp_path, make_result(), paper="a5")


def test_sections_stand_in_the_promised_order(read: Any, make_result: Make) -> None:
    headings = [part.heading for part in read.document(make_result()).sections]
    assert [int(heading.split()[0]) for heading in headings] == list(range(1, 13))


def test_no_page_shows_nan(crowded_pdf: list[str]) -> None:
    assert not [page for page in crowded_pdf if re.search(r"\bnan\b", page, re.IGNORECASE)]


def test_main_numbers_are_in_the_text_of_the_pdf(
    crowded: EvaluationResult, crowded_pdf: list[str]
) -> None:
    text = " ".join(crowded_pdf).replace("\u00a0", " ")
    for target in crowded.targets:
        for model in crowded.models:
            found = crowded.value(model.model, target.name, target.headline[0])
            if found is not None:
                assert f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]" in text
    assert crowded.split_sha256[:24] in text.replace(" ", "").replace("\u200b", "")


def test_the_crowded_report_stays_within_forty_pages(crowded_pdf: list[str]) -> None:
    assert 12 <= len(crowded_pdf) <= 40


def test_a_page_fetches_nothing_and_runs_nothing(
    read: Any, crowded: EvaluationResult, read_page: Callable[[str], Any]
) -> None:
    page = read_page(render_html(read.document(crowded)))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.tags:
        assert tag not in ACTIVE
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("src", "href", "style", "xlink:href", "srcset")
            assert "url(" not in value or re.fullmatch(r"url\(#[A-Za-z0-9-]+-hatch\)", value)


def test_hostile_text_is_shown_and_never_run(
    read: Any, make_result: Make, make_audit: Any, read_page: Callable[[str], Any], tmp_path: Path
) -> None:
    audit = json.loads(json.dumps(make_audit("noise features")).replace("noise", HOSTILE))
    result = make_result(
        models=("majority", "text_linear", HOSTILE, "#set page(fill: red)"),
        audit=audit,
        title=HOSTILE,
        notes=(HOSTILE,),
        split_name=HOSTILE,
        protocol=HOSTILE,
    )
    groups = tuple(replace(r, group=r.group.replace("male", HOSTILE)) for r in result.metrics)
    targets = tuple(replace(t, title=HOSTILE, classes=(HOSTILE,) * 5) for t in result.targets)
    write_report(tmp_path, replace(result, metrics=groups, targets=targets), paper="letter")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert HOSTILE in read_page(html).text
    assert "<script" not in (tmp_path / "card.md").read_text(encoding="utf-8").replace("\\<", "")
    text = re.sub(r"\s|\u200b", "", "".join(read.pages((tmp_path / "report.pdf").read_bytes())))
    assert HOSTILE in text
    assert "#setpage(fill:red)" in text


def test_every_figure_has_words_for_those_who_cannot_see_it(
    read: Any, crowded: EvaluationResult
) -> None:
    document = read.document(crowded)
    figures = [b for part in document.sections for b in part.blocks if isinstance(b, Figure)]
    assert all(len(figure.description) > 60 for figure in figures)
    assert len({figure.description for figure in figures}) == len(figures)


def test_an_evaluation_of_nothing_still_has_a_report(
    read: Any, make_result: Make, tmp_path: Path
) -> None:
    models = ("face_linear",)
    result = make_result(models=models, settings={}, notes=(), comparisons=())
    write_report(tmp_path, result, paper="a4")
    words = read.words(read.section(read.document(result), 1))
    assert "0 of 1 models were fitted" in words
    assert "No model has a number for PHQ-8" in words
