"""Tables of the evaluation report: every model, every number with what it needs."""

import math
import re
from collections.abc import Callable
from typing import Any

import pytest

from clinic.evaluation.study.results import EvaluationResult
from reports.blocks import Figure, Paragraph, Subheading, Table

Make = Callable[..., EvaluationResult]


def test_every_model_is_in_every_table_of_models(read: Any, crowded: EvaluationResult) -> None:
    document = read.document(crowded)
    names = {model.model for model in crowded.models}
    for number in (3, 4, 6, 8, 9, 11):
        for table in read.tables(read.section(document, number)):
            first = {row[0].removesuffix(" (floor)") for row in table.rows}
            assert first == names, (number, table.columns)


def test_every_model_is_in_every_figure_that_compares_models(
    read: Any, crowded: EvaluationResult
) -> None:
    document = read.document(crowded)
    figures = [
        block
        for number in (3, 6, 7, 9)
        for block in read.section(document, number).blocks
        if isinstance(block, Figure)
    ]
    assert len(figures) >= 3 * 5
    for figure in figures:
        for model in crowded.models:
            assert f">{model.model}</text>" in figure.svg


def test_the_floor_stands_on_top(read: Any, make_result: Make) -> None:
    models = ("robust", "text_linear", "interviewer", "majority", "metadata")
    main = read.tables(read.section(read.document(make_result(models=models)), 3))[0]
    assert [row[0] for row in main.rows] == [
        "majority (floor)", "metadata (floor)", "interviewer (floor)", "robust", "text_linear",
    ]  # fmt: skip


def test_numbers_of_the_main_table_are_those_of_the_result(
    read: Any, crowded: EvaluationResult
) -> None:
    main = read.tables(read.section(read.document(crowded), 3))
    for target, table in zip(crowded.targets, main, strict=True):
        for row in table.rows:
            for place, metric in enumerate(target.headline):
                model = row[0].removesuffix(" (floor)")
                found = crowded.value(model, target.name, metric)
                shown, sd = row[1 + 2 * place], row[2 + 2 * place]
                if found is None:
                    assert (shown, sd) == ("–", "–")
                    continue
                true = [found.value, found.low, found.high]
                assert read.numbers(shown) == pytest.approx(true, abs=0.00501)
                assert read.numbers(sd) == pytest.approx([found.sd], abs=0.00501)
                assert row[-2:] == (str(found.n_participants), str(found.n_repeats))


def test_every_metric_of_the_result_stands_in_the_full_tables(
    read: Any, crowded: EvaluationResult
) -> None:
    full = read.section(read.document(crowded), 4)
    shown = [cell for table in read.tables(full) for row in table.rows for cell in row[1:]]
    known = [
        row
        for row in crowded.metrics
        if (row.variant, row.group) == ("clean", "all") and math.isfinite(row.value)
    ]
    assert len([cell for cell in shown if cell != "–"]) == len(known)
    assert sum(read.numbers(cell)[0] for cell in shown if cell != "–") == pytest.approx(
        sum(row.value for row in known), abs=0.003 * len(known)
    )


def test_a_number_never_stands_without_people_and_repeats(
    read: Any, crowded: EvaluationResult
) -> None:
    document = read.document(crowded)
    for number in (4, 5, 6, 8, 9):
        told = False
        for block in read.section(document, number).blocks:
            if isinstance(block, Paragraph) and re.search(
                r"n = [\d–]+ part.*repeats: \d", block.text
            ):
                told = True
            elif isinstance(block, Subheading):
                told = False
            elif isinstance(block, Table):
                assert told, (number, block.columns)
                values = [
                    c for row in block.rows for c in row if re.match(r"[+−]?\d+\.\d+ (?!\()", c)
                ]
                assert values
                assert all("[" in cell for cell in values)


def test_a_missing_number_is_a_dash_with_its_reason(read: Any, make_result: Make) -> None:
    document = read.document(make_result())
    full = read.section(document, 4)
    slope = next(t for t in read.tables(full) if "slope" in t.columns)
    majority = next(row for row in slope.rows if row[0] == "majority")
    assert majority[slope.columns.index("slope")] == "–"
    words = read.words(full)
    assert "majority (slope): not defined for these people and estimates" in words
    assert "face_linear: not run: the data have no table face" in words
    assert "nan" not in words.lower().split()


def test_a_group_that_is_too_small_is_named_with_n_and_reason(read: Any, make_result: Make) -> None:
    words = read.words(read.section(read.document(make_result()), 8))
    assert "age_band=60+, n = 7: not computed, 7 participants, 10 needed" in words


@pytest.mark.parametrize("p_holm", [0.03, 0.4])
def test_comparisons_are_those_of_the_result_with_the_corrected_p(
    read: Any, make_result: Make, p_holm: float
) -> None:
    result = make_result(models=("majority", "text_linear", "robust"), p_holm=p_holm)
    (table,) = read.tables(read.section(read.document(result), 5))
    shown = {(row[0], row[1]): row[2:] for row in table.rows}
    metrics = result.targets[0].headline
    for row in result.comparisons:
        place = 2 * metrics.index(row.metric)
        difference, p = shown[row.against, row.model][place : place + 2]
        true = [row.difference, row.low, row.high]
        assert read.numbers(difference.replace("+", "")) == pytest.approx(true, abs=0.00501)
        is_gain = (row.difference > 0) != (row.metric == "mae")
        mark = "" if p_holm > 0.05 else " (+)" if is_gain else " (−)"
        assert p == f"{p_holm:.3f}{mark}"
