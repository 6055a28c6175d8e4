"""A notebook draws the timeline of a stored result as the report does."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from clinic.errors import DataError
from clinic.records import ScreeningResult
from clinic.records.serialise import to_json
from reports.notebook import timeline


def test_a_stored_result_is_drawn_with_as_many_numbers_as_moments(
    tmp_path: Path, made_up_full_result: ScreeningResult
) -> None:
    path = tmp_path / "result.json"
    path.write_text(to_json(made_up_full_result))
    drawing = timeline(path, max_moments=3)
    svg = drawing._repr_svg_()
    ElementTree.fromstring(svg)
    assert "Numbered moments: 1 at" in drawing.description
    assert drawing.description.count(" at ") == 3
    assert drawing == timeline(made_up_full_result, max_moments=3)


def test_nothing_to_compare_and_no_file_are_said(
    tmp_path: Path, made_up_full_result: ScreeningResult
) -> None:
    with pytest.raises(DataError, match="no timeline"):
        timeline(replace(made_up_full_result, inconsistency=None))
    with pytest.raises(DataError, match=r"no result\.json there"):
        timeline(tmp_path / "result.json")
