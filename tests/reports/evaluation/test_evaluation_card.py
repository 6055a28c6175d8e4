"""The model card: its headings, its numbers, and what is unknown said to be unknown."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from clinic.evaluation.study.results import EvaluationResult
from reports.evaluation.card import model_card, plain
from reports.evaluation.render import view_of

Make = Callable[..., EvaluationResult]
HEADINGS = (
    "Intended use", "Not intended use", "Who developed it", "Data and participants",
    "Outcome definitions", "Predictors", "Sample size", "Missing data", "Model",
    "Evaluation protocol", "Performance", "Calibration", "Fairness by subgroup", "Robustness",
    "Limits", "Leakage audit", "Licence", "Contact",
)  # fmt: skip


def parts_of(card: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", card, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_heading_is_there_in_order_and_none_is_empty(make_result: Make) -> None:
    parts = parts_of(model_card(view_of(make_result())))
    assert tuple(parts) == HEADINGS
    assert all(part.strip() for part in parts.values())


def test_every_decimal_of_the_card_comes_from_the_result(crowded: EvaluationResult) -> None:
    known = {f"{abs(v):.{d}f}" for d in (2, 3) for row in crowded.metrics
             for v in (row.value, row.low, row.high, row.sd)}  # fmt: skip
    known |= {f"{abs(v):.2f}" for row in crowded.comparisons
              for v in (row.difference, row.low, row.high)}  # fmt: skip
    known |= {f"{row.p_holm:.3f}" for row in crowded.comparisons}
    known |= {f"{v:.2f}" for row in crowded.models for v in (row.fit_cpu_s,)}
    variants = {found for row in crowded.metrics for found in re.findall(r"\d\.\d", row.variant)}
    card = model_card(view_of(crowded)).replace("10.1136", "")
    shown = set(re.findall(r"(?<![\d.])\d+\.\d+", card))
    assert len(shown) > 200
    assert shown <= known | variants


def test_performance_has_every_model_with_interval_n_and_repeats(crowded: EvaluationResult) -> None:
    part = parts_of(model_card(view_of(crowded)).replace("\u00a0", " "))["Performance"]
    for row in crowded.metrics:
        headline = next(t for t in crowded.targets if t.name == row.target).headline
        if (row.variant, row.group) == ("clean", "all") and row.metric in headline:
            value = f"{row.value:.2f} \\[{row.low:.2f}, {row.high:.2f}\\]"
            line = rf"\| {re.escape(plain(row.model))} \| .*{re.escape(value)} \| .*\| 118 \| 5 \|"
            assert re.search(line, part)


def test_what_nobody_recorded_is_said_to_be_unknown(make_result: Make) -> None:
    parts = parts_of(model_card(view_of(make_result())))
    for heading in ("Who developed it", "Data and participants", "Licence", "Contact"):
        assert "nknown" in parts[heading]


def test_without_subgroups_and_degradations_the_card_says_so(make_result: Make) -> None:
    result = make_result()
    rows = tuple(r for r in result.metrics if (r.variant, r.group) == ("clean", "all"))
    parts = parts_of(model_card(view_of(replace(result, metrics=rows))))
    assert "fairness was not examined" in parts["Fairness by subgroup"]
    assert "robustness was not examined" in parts["Robustness"]


def test_a_failed_audit_and_simulated_people_stand_before_everything(
    make_result: Make, make_audit: Any
) -> None:
    result = make_result(audit=make_audit("noise features"), is_simulated=True)
    head = model_card(view_of(result)).split("## ")[0]
    assert "LEAKAGE AUDIT FAILED" in head
    assert "Simulated people" in head


@pytest.mark.parametrize("text", ["<script>", "a | b", "`x`", "[x](http://y)", "# x", "a\n## b"])
def test_no_text_becomes_markup(make_result: Make, text: str) -> None:
    result = make_result(models=("majority", "text_linear", text), notes=(text,), title=text)
    card = model_card(view_of(result))
    assert tuple(parts_of(card)) == HEADINGS
    rows = [line for line in card.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {5, 6, 7, 8}
    assert plain(text) in card
    assert not re.search(r"(?<!\\)[<`]", card)
