"""Wording and numbers of the evaluation report: every sentence is used, every dash is earned."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.errors import SetupError
from clinic.evaluation.study.results import EvaluationResult
from clinic.evaluation.table import ABOUT
from reports.evaluation.card import model_card
from reports.evaluation.document import build_document
from reports.evaluation.numbers import DASH, interval, number, signed
from reports.evaluation.sections.common import evenly
from reports.evaluation.sections.settings import setting_rows
from reports.evaluation.view import View
from reports.wording import load_wording

Make = Callable[..., EvaluationResult]


class Used(Mapping[str, Any]):
    """Remembers which keys were asked for."""

    def __init__(self, inner: Mapping[str, Any], keys: set[str]) -> None:
        self._inner, self._keys = inner, keys

    def __getitem__(self, key: str) -> Any:
        self._keys.add(key)
        return self._inner[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._inner)

    def __len__(self) -> int:
        return len(self._inner)


def test_every_sentence_is_used_by_some_report(
    make_result: Make, make_audit: Any, crowded: EvaluationResult
) -> None:
    few = make_result(models=("majority", "text_linear", "robust"))
    win = make_result(models=("majority", "text_linear", "robust"), p_holm=0.01)
    lucky = tuple(
        replace(r, difference=-0.5 if r.metric == "mae" else 0.5) for r in win.comparisons
    )
    poor = tuple(replace(r, difference=5.0) for r in few.comparisons)
    bad = tuple(
        replace(r, value=9.0) if (r.model, r.metric) == ("majority", "mae") else r
        for r in few.metrics
    )
    clean = tuple(r for r in few.metrics if (r.variant, r.group) == ("clean", "all"))
    passed = {"verdict": "pass", "checks": [{"name": "a", "verdict": "pass"}]}
    doubt = {"verdict": "warn", "checks": [{"name": "a", "verdict": "warn"}]}
    rating = tuple(replace(t, kind="rating") for t in few.targets)
    unknown = tuple(replace(r, metric="new") if r.metric == "qwk" else r for r in few.metrics)
    results = [
        crowded,
        few,
        replace(win, comparisons=lucky, metrics=bad),
        replace(few, comparisons=lucky, metrics=bad),
        replace(few, comparisons=poor, metrics=bad),
        replace(win, comparisons=tuple(replace(r, difference=5.0) for r in win.comparisons)),
        replace(few, comparisons=(), metrics=bad, targets=rating),
        replace(few, metrics=clean, curves=(), audit=None, settings={}, notes=()),
        replace(few, best_single={}, metrics=unknown),
        replace(few, metrics=tuple(replace(r, sd=math.nan, n_repeats=1) for r in clean)),
        replace(few, metrics=tuple(replace(r, n_repeats=5) for r in few.metrics)),
        replace(few, metrics=clean[1:], comparisons=few.comparisons[1:]),
        make_result(models=("text_linear", "robust"), audit=passed),
        make_result(models=("face_linear",), audit=doubt),
        make_result(audit=make_audit("noise features"), is_simulated=True),
    ]
    words = load_wording("en", "evaluation")
    keys: set[str] = set()
    spied = replace(words, sentences=Used(words.sentences, keys), lists=Used(words.lists, keys))
    for result in results:
        view = View.of(result, spied)
        build_document(view)
        model_card(view)
    # Names of metrics and attributes that no made-up result has.
    spare = {f"short.{name}" for name in ABOUT} | {"attribute.site", "attribute.session_kind"}
    assert {*words.sentences, *words.lists} - keys - spare == set()


def test_every_metric_has_a_short_name() -> None:
    words = load_wording("en", "evaluation")
    assert {f"short.{name}" for name in ABOUT} <= set(words.sentences)


def test_a_language_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(SetupError, match=r"'xx', one of \['en'\] needed"):
        load_wording("xx", "evaluation")
    with pytest.raises(SetupError, match="no report wording"):
        load_wording("../en", "evaluation")


@given(value=st.floats(allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6))
def test_a_number_is_read_back_to_its_last_digit(value: float) -> None:
    assert float(number(value, 3).replace("−", "-")) == pytest.approx(value, abs=0.000501)
    assert float(signed(value, 3).replace("−", "-")) == pytest.approx(value, abs=0.000501)
    assert number(value, 2) not in ("−0.00", "-0.00")


def test_what_is_not_known_is_a_dash_and_never_zero() -> None:
    assert number(math.nan) == number(math.inf) == signed(math.nan) == DASH
    assert interval(math.nan, 1.0) == "[–]"


@given(n=st.integers(0, 60), most=st.integers(1, 9))
def test_parts_hold_everything_in_order_and_none_is_too_long(n: int, most: int) -> None:
    parts = evenly(list(range(n)), most)
    assert [item for part in parts for item in part] == list(range(n))
    assert all(0 < len(part) <= most for part in parts)
    assert len(parts) == -(-n // most)


def test_settings_are_flat_and_whole() -> None:
    rows = dict(setting_rows({"seed": 0, "models": {"a": {"x": [1, 2], "y": {"z": None}}}}))
    assert rows == {"seed": "0", "models.a": "x=[1, 2]; y={z=none}"}
