"""Wording: every sentence is used, every gap is filled, and what fills a gap is never a gap."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from clinic.records import (
    Condition,
    Modality,
    ScreeningResult,
    SeverityEstimate,
)
from reports.document import build_document
from reports.sections.view import View
from reports.wording import load_wording


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


def decided(result: ScreeningResult) -> ScreeningResult:
    """Leave one plausible answer to the rating, and take the moments away."""
    changed = tuple(
        replace(e, plausible_bands=e.plausible_bands[:1], moments=())
        if isinstance(e, SeverityEstimate)
        else e
        for e in result.estimates
    )
    return replace(result, estimates=changed, explanations=())


def test_every_sentence_is_used_by_some_report(
    make_made_up_result: Callable[..., ScreeningResult],
) -> None:
    make = make_made_up_result
    results = [
        make(),
        make(absent=(), withheld=(), hostile=False),
        make(with_model=False, absent=tuple(Modality)[:3], n_evidence=0),
        make(withheld=tuple(Condition), absent=(Modality.VOICE,)),
        make(n_evidence=0),
        make(n_segments=400, duration_s=3600.0),
        decided(make(absent=(Modality.TEXT,))),
        replace(
            make(),
            inconsistency=None,
            quality=(),
            visit_date=None,
            media=replace(make().media, language=None),
        ),
    ]
    signals = results[0].inconsistency
    assert signals is not None
    blank = signals.segments.with_values(np.full_like(signals.segments.values, np.nan))
    results.append(replace(results[0], inconsistency=replace(signals, segments=blank, evidence=())))
    words = load_wording("en")
    keys: set[str] = set()
    spied = replace(words, sentences=Used(words.sentences, keys), lists=Used(words.lists, keys))
    for result in results:
        build_document(
            View(
                result=result,
                words=spied,
                max_moments=4,
                max_features=5,
                max_quotes=3,
                max_sentences=3,
            )
        )
    assert {*words.sentences, *words.lists} - keys == set()


def test_what_fills_a_gap_is_never_read_for_gaps() -> None:
    words = load_wording("en")
    said = words("summary.withheld_reason", reason="{reason.__class__} {0}")
    assert "{reason.__class__} {0}" in said


def test_lists_are_joined_as_one_says_them() -> None:
    words = load_wording("en")
    assert words.either(()) == ""
    assert words.either(("a",)) == "a"
    assert words.either(("a", "b")) == "a or b"
    assert words.either(("a", "b", "c")) == "a, b or c"
