"""The verdict: what must not be overlooked stands first, and fusion wins only where it does."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from clinic.evaluation.study.results import EvaluationResult
from reports.blocks import Figure, Notice
from reports.html import render_html
from reports.pdf import PdfRenderer

Make = Callable[..., EvaluationResult]


def test_a_failed_audit_is_the_first_thing_on_page_one(
    read: Any, make_result: Make, make_audit: Any
) -> None:
    result = make_result(audit=make_audit("noise features"), is_simulated=True)
    document = read.document(result)
    alarm, notice, *_ = read.section(document, 1).blocks
    assert isinstance(alarm, Figure)
    assert "#a11212" in alarm.svg
    assert isinstance(notice, Notice)
    assert notice.urgent
    assert "1 of 4 checks failed" in notice.lines[0]
    assert "Mend noise features." in notice.lines[1]
    pages = read.pages(PdfRenderer(paper="a4").render(document))
    assert pages[0].index("LEAKAGE AUDIT FAILED") < pages[0].index("Made-up evaluation")
    assert pages[0].index("Leakage audit FAILED") < pages[0].index("Best model")
    assert all("LEAKAGE AUDIT FAILED" in page for page in pages)


def test_one_failed_check_fails_the_audit_whatever_its_verdict_says(
    read: Any, make_result: Make, make_audit: Any
) -> None:
    audit = make_audit("noise features") | {"verdict": "pass"}
    assert "LEAKAGE AUDIT FAILED" in read.document(make_result(audit=audit)).banner


def test_an_audit_without_checks_has_not_passed(read: Any, make_result: Make) -> None:
    words = read.words(read.section(read.document(make_result(audit={"verdict": "pass"})), 1))
    assert "Passed: all" not in words
    assert "not all of the 0 checks passed" in words


def test_an_audit_that_was_not_made_is_said_so(read: Any, make_result: Make) -> None:
    document = read.document(replace(make_result(), audit=None))
    assert "NOT MADE" in read.words(read.section(document, 1))
    assert "switched off" in read.words(read.section(document, 10))


def test_the_whole_audit_is_told(read: Any, make_result: Make, make_audit: Any) -> None:
    audit = make_audit("noise features")
    words = read.words(read.section(read.document(make_result(audit=audit)), 10))
    for check in audit["checks"]:
        assert check["name"] in words
        assert check["sentence"] in words
        assert check["advice"] in words


def test_simulated_people_are_named_on_every_page(read: Any, make_result: Make) -> None:
    models = ("majority", "text_linear", "robust")
    document = read.document(make_result(models=models, is_simulated=True))
    told = "Simulated people: the numbers say nothing about real ones."
    assert all(told in page for page in read.pages(PdfRenderer(paper="a4").render(document)))
    assert told in render_html(document)
    assert told not in render_html(read.document(make_result(models=models)))


@pytest.mark.parametrize(
    ("p_holm", "difference", "told"),
    [
        (0.04, -0.5, "Fusion beats the best single modality: 1 of 1"),
        (0.06, -0.5, "none of 1 fused models is better than text_linear"),
        (0.04, 0.5, "none of 1 fused models is even nominally better"),
    ],
)
def test_the_verdict_on_fusion_follows_the_corrected_p_and_the_better_side(
    read: Any, make_result: Make, p_holm: float, difference: float, told: str
) -> None:
    result = make_result(models=("majority", "text_linear", "robust"), p_holm=p_holm)
    rows = tuple(
        replace(row, difference=difference, low=difference - 0.1, high=difference + 0.1)
        for row in result.comparisons
    )
    words = read.words(read.section(read.document(replace(result, comparisons=rows)), 1))
    assert told in words
    # An error that grew is no win although its sign is that of a gain in agreement.
    assert ("Fusion does NOT beat" in words) == ("none of" in told)


def test_the_best_model_is_the_one_with_the_least_error(
    read: Any, crowded: EvaluationResult
) -> None:
    words = read.words(read.section(read.document(crowded), 1))
    for target, pick in (("depression", min), ("emotion", max)):
        metric = next(t for t in crowded.targets if t.name == target).headline[0]
        rows = [
            row
            for row in crowded.rows(target=target, metric=metric, variant="clean", group="all")
            if row.model not in ("majority", "metadata", "interviewer")
        ]
        assert f"Best model: {pick(rows, key=lambda row: row.value).model} (" in words


def test_a_floor_that_nobody_beats_is_said_plainly(read: Any, make_result: Make) -> None:
    result = make_result(models=("majority", "text_linear", "robust"))
    rows = tuple(
        replace(row, value=0.1, low=0.05, high=0.2)
        if (row.model, row.metric) == ("majority", "mae")
        else row
        for row in result.metrics
    )
    words = read.words(read.section(read.document(replace(result, metrics=rows)), 1))
    assert "No model does better than this floor." in words


def test_models_worse_than_one_modality_are_told_as_plainly(make_result: Make, read: Any) -> None:
    result = make_result()
    target = result.targets[0]
    single = result.best_single[f"{target.name}.{target.headline[0]}"]

    def worse(row: Any) -> Any:
        if (row.target, row.metric, row.against) != (target.name, target.headline[0], single):
            return row
        return replace(row, difference=2.0, low=1.0, high=3.0, p=0.001, p_holm=0.001)

    spoilt = replace(result, comparisons=tuple(map(worse, result.comparisons)))
    told = read.words(read.section(read.document(spoilt), 1))
    assert f"are WORSE than {single} beyond chance" in told
