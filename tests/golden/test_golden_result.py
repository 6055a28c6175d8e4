"""A stored result stays readable and keeps its numbers, whatever changes in the code.

``screening_result.json`` was written by ``to_json`` from the made-up result of tests/records. It
changes in a commit of its own: a new field needs a new golden file, a changed meaning of an old
one needs a new ``SCHEMA_VERSION`` as well.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clinic.config import build, compose
from clinic.records import ScreeningResult
from clinic.records.serialise import from_json, to_json

GOLDEN = Path(__file__).parent / "screening_result.json"

#: Sines and sums of another platform's mathematics library may differ in the last digits.
TOLERANCE = 1e-9


def leaves(node: Any, place: str = "result") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, f"{place}.{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from leaves(value, f"{place}[{index}]")
    else:
        yield place, node


def test_the_golden_file_is_read_and_written_byte_for_byte() -> None:
    text = GOLDEN.read_text(encoding="ascii")
    assert to_json(from_json(text)) == text


def test_the_made_up_result_still_equals_the_golden_one(made_up_result: ScreeningResult) -> None:
    golden = dict(leaves(json.loads(GOLDEN.read_text(encoding="ascii"))))
    now = dict(leaves(json.loads(to_json(made_up_result))))
    assert now.keys() == golden.keys()
    for place, value in golden.items():
        if isinstance(value, float) and math.isfinite(value):
            assert now[place] == pytest.approx(value, abs=TOLERANCE), place
        else:
            assert now[place] == value, place


def test_the_golden_result_is_rendered_as_the_made_up_one(made_up_result: ScreeningResult) -> None:
    writer = build(compose("report", values={"results": "unused"}).report)
    golden = from_json(GOLDEN.read_text(encoding="ascii"))
    assert writer.document(golden) == writer.document(made_up_result)
