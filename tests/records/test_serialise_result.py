"""A result survives the way through JSON: exactly, checked again, and never as foreign JSON."""

import dataclasses
import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.errors import DataError
from clinic.records import (
    Absence,
    Condition,
    Modality,
    QualityCheck,
    QualityState,
    ScreeningResult,
    Stamp,
)
from clinic.records.serialise import SCHEMA_VERSION, from_json, to_json

Make = Callable[..., ScreeningResult]


def same(one: Any, other: Any) -> bool:
    """Compare value by value and type by type; NaN equals NaN."""
    if type(one) is not type(other):
        return False
    if dataclasses.is_dataclass(one):
        return all(
            same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one)
        )
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and np.array_equal(one, other, equal_nan=True)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(v, other[k]) for k, v in one.items())
    if isinstance(one, float) and math.isnan(one):
        return math.isnan(other)
    return bool(one == other)


CASES: dict[str, dict[str, Any]] = {
    "everything": {"absent": (), "withheld": (), "hostile": False},
    "face absent, PTSD withheld, hostile words": {},
    "all withheld, words alone": {
        "withheld": tuple(Condition),
        "absent": (Modality.VOICE, Modality.FACE),
    },
    "no model": {"with_model": False},
    "no words": {"absent": (Modality.TEXT,)},
}


@pytest.mark.parametrize("case", CASES)
def test_what_comes_back_is_what_went_in(make_made_up_result: Make, case: str) -> None:
    # Scales are made from whole numbers in Python and are floats once stored: one round first.
    result = from_json(to_json(make_made_up_result(**CASES[case])))
    assert same(from_json(to_json(result)), result)


def test_a_stored_result_equals_the_one_in_memory(made_up_result: ScreeningResult) -> None:
    stored = from_json(to_json(made_up_result))
    assert stored.estimates == made_up_result.estimates
    assert stored.explanations == made_up_result.explanations
    assert stored.quality == made_up_result.quality
    assert stored.safety == made_up_result.safety
    assert stored.stamps == made_up_result.stamps
    assert [s.digest for s in stored.stamps] == [s.digest for s in made_up_result.stamps]
    assert type(stored.absences[0].modality) is Modality
    assert type(stored.quality[0].state) is QualityState
    assert stored.inconsistency is not None
    assert made_up_result.inconsistency is not None
    assert stored.inconsistency.evidence == made_up_result.inconsistency.evidence


def test_equal_results_give_equal_bytes(make_made_up_result: Make) -> None:
    result = make_made_up_result()
    stamp = result.stamps[0]
    turned = replace(stamp, settings=dict(reversed(stamp.settings.items())))
    again = replace(make_made_up_result(), stamps=(turned, *result.stamps[1:]))
    assert to_json(again) == to_json(result)


def test_the_text_is_strict_json_in_ascii(made_up_result: ScreeningResult) -> None:
    def refuse(name: str) -> float:
        raise AssertionError(name)

    text = to_json(made_up_result)
    plain = json.loads(text, parse_constant=refuse)
    assert text.isascii()
    assert text.endswith("}\n")
    assert plain["schema_version"] == SCHEMA_VERSION
    assert {e["kind"] for e in plain["estimates"]} == {"estimate", "withheld"}


def test_not_observed_is_null_in_a_table(made_up_result: ScreeningResult) -> None:
    affect = json.loads(to_json(made_up_result))["inconsistency"]["affect"]
    names = [spec["name"] for spec in affect["specs"]]
    assert all(row[names.index("face_valence")] is None for row in affect["values"])
    assert affect["specs"][0]["minimum"] == "-Infinity"


def test_a_table_without_rows_keeps_its_columns(made_up_result: ScreeningResult) -> None:
    signals = made_up_result.inconsistency
    assert signals is not None
    empty = replace(
        signals.affect,
        start_s=np.empty(0),
        end_s=np.empty(0),
        values=np.empty((0, len(signals.affect.specs))),
        coverage=np.empty(0),
    )
    result = replace(made_up_result, inconsistency=replace(signals, affect=empty))
    back = from_json(to_json(result)).inconsistency
    assert back is not None
    assert back.affect.values.shape == (0, len(empty.specs))
    assert back.affect.columns == empty.columns


@given(value=st.none() | st.floats())
def test_any_measurement_comes_back(value: float | None) -> None:
    check = QualityCheck(
        name="x",
        value=value,
        unit="1",
        threshold="x",
        state=QualityState.GOOD,
        effect="x",
        setting="x",
    )
    result = replace(BARE, quality=(check,))
    back = from_json(to_json(result)).quality[0].value
    assert back is None if value is None else same(back, float(value))
    if value == 0:
        assert back is not None
        assert math.copysign(1, back) == math.copysign(1, value)


@given(text=st.text())
def test_any_text_comes_back(text: str) -> None:
    result = replace(BARE, notes=(text,), absences=(Absence(modality=Modality.FACE, reason=text),))
    assert from_json(to_json(result)).notes == (text,)


plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(settings=st.dictionaries(st.text(), plain_values))
def test_any_setting_of_a_component_comes_back(settings: dict[str, object]) -> None:
    stamp = Stamp(component="c", version="v", settings=settings)
    assert from_json(to_json(replace(BARE, stamps=(stamp,)))).stamps[0].settings == settings


def _edited(result: ScreeningResult, edit: Callable[[dict[str, Any]], None]) -> str:
    plain = json.loads(to_json(result))
    edit(plain)
    return json.dumps(plain)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda p: p.update(schema_version=99), "schema version 99, 2 needed"),
        (lambda p: p.pop("schema_version"), "schema version None, 2 needed"),
        (lambda p: p.update(surname="Doe"), "surname"),
        (lambda p: p.pop("run_id"), "run_id"),
        (lambda p: p["estimates"][0].update(score="12"), "score"),
        (lambda p: p["estimates"][0].update(score=23.5), "result.estimates"),
        (lambda p: p["estimates"][0].update(kind="guess"), "result.estimates"),
        (lambda p: p["media"].update(n_segments=1.5), "n_segments"),
        (lambda p: p["media"].update(has_audio=1), "has_audio"),
        (lambda p: p["explanations"][0].update(output=0.0), "result.explanations"),
        (lambda p: p["inconsistency"]["affect"]["values"].pop(), "result.inconsistency"),
        (lambda p: p["absences"][0].update(modality="smell"), "result.absences"),
        (lambda p: p.update(created_at="2026-03-15T09:26:53"), "result"),
    ],
)
def test_an_edited_result_is_refused(
    made_up_result: ScreeningResult, edit: Callable[[dict[str, Any]], None], said: str
) -> None:
    with pytest.raises(DataError, match=said.replace(".", r"\.")):
        from_json(_edited(made_up_result, edit))


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '{"schema_version": NaN}', "\x00"])
def test_text_that_is_no_result_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="stored result"):
        from_json(text)


def test_a_refusal_never_repeats_what_was_said(made_up_result: ScreeningResult) -> None:
    def edit(plain: dict[str, Any]) -> None:
        plain["safety"][0]["start_s"] = plain["safety"][0]["quote"]

    with pytest.raises(DataError) as caught:
        from_json(_edited(made_up_result, edit))
    assert "easier" not in str(caught.value)
    assert "result.safety" in str(caught.value)


def _bare() -> ScreeningResult:
    """A result small enough for hundreds of examples."""
    import importlib.util
    from pathlib import Path

    spec = importlib.util.spec_from_file_location(
        "made_up_here", Path(__file__).parent / "made_up.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    full: ScreeningResult = module.make_result(n_segments=2, n_evidence=1, with_model=False)
    return replace(full, inconsistency=None, stamps=())


BARE = _bare()
