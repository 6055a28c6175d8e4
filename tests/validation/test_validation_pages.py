"""Pages are plain GitHub Markdown, whatever a study writes into them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from clinic.validation import Figure, Finding, StudyResult, Table
from clinic.validation.pages.index import index_page
from clinic.validation.pages.page import study_page
from clinic.validation.pages.text import number, table, with_interval
from clinic.validation.running_record import (
    StudyRecord,
    records_from_json,
    records_to_json,
    without_places,
)

NAN = float("nan")
HOSTILE = "a|b\nc <script>alert(1)</script> *d* `x|y<z>` \\ [l](javascript:1)"


def finding(**changes):
    values = {
        "what": "valence, test CCC", "value": 0.5, "low": 0.4, "high": 0.6, "n": 1234,
        "of": "sentences", "reference": 0.661, "reference_source": "EmoBank", "note": "few",
    }  # fmt: skip
    return Finding(**(values | changes))


def record(result):
    return StudyRecord(name="words", title="Words", state="ran", result=result, versions={})


def result(*findings, **changes):
    return StudyResult(findings=findings, verdict="Weak.", untested=("patients",), **changes)


def parsed(text):
    """The tokens that a second reader of GitHub's tables makes of a page; HTML would be seen."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)


def kinds(tokens):
    return {t.type for t in tokens} | {c.type for t in tokens for c in t.children or ()}


def rows(tokens):
    cells, found = [], []
    for token in tokens:
        if token.type == "tr_open":
            cells = []
        elif token.type in ("td_open", "th_open"):
            cells.append(token.type)
        elif token.type == "tr_close":
            found.append(len(cells))
    return found


def test_no_cell_breaks_its_table_and_nothing_passes_for_html():
    hostile = result(
        finding(what=HOSTILE, note=HOSTILE, reference_source=HOSTILE, of=HOSTILE),
        finding(),
        tables=(Table(title=HOSTILE, columns=(HOSTILE, "b"), rows=((HOSTILE, "|"),)),),
        figures=(Figure(name="a/../b|c", svg="<svg/>", caption=HOSTILE),),
    )
    page = study_page(replace(record(hostile), title=HOSTILE), about=HOSTILE)
    tokens = parsed(page)
    assert not {"html_block", "html_inline"} & kinds(tokens)
    assert rows(tokens) == [5, 5, 5, 2, 2]
    assert "(figures/words-a-..-b-c.svg)" in page


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=4))
def test_every_text_makes_a_table_of_as_many_cells(cells):
    text = table(("first", "second"), cells)
    tokens = parsed(text)
    assert rows(tokens) == [2] * (len(cells) + 1)
    assert "html_inline" not in kinds(tokens)


def test_the_index_survives_hostile_records_too():
    records = {
        "words": replace(record(result(finding(what=HOSTILE))), reason=HOSTILE, title=HOSTILE)
    }
    tokens = parsed(index_page(records, {"words": ["words"], HOSTILE: ["absent"]}))
    assert not {"html_block", "html_inline"} & kinds(tokens)
    assert rows(tokens) == [4, 4, 4, 2, 2]


def test_the_index_shows_the_first_finding_not_the_best():
    both = result(
        finding(what="first", value=0.2, low=0.1, high=0.3), finding(what="highest", value=0.9)
    )
    page = index_page({"words": record(both)}, {"words": ["words"]})
    assert "| words | first | 0.200 [0.100, 0.300] | Weak. |" in page and "highest" not in page


def test_who_was_never_tested_is_told_once_with_the_studies_it_holds_for():
    records = {name: replace(record(result(finding())), name=name) for name in ("words", "voice")}
    assert index_page(records, {}).count("patients (words, voice)") == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.6609, "0.661"), (-0.0001, "0.000"), (9.9996, "10.000"), (12.34, "12.3"), (46.0, "46"),
     (43410, "43410"), (NAN, "–"), (math.inf, "∞"), (-math.inf, "-∞")],
)  # fmt: skip
def test_numbers_have_one_look(value, shown):
    assert number(value) == shown


def test_a_number_without_an_interval_stands_alone():
    assert with_interval(0.5, NAN, NAN) == "0.500"
    assert with_interval(NAN, NAN, NAN) == "–"


def test_what_is_stored_comes_back_with_its_unknowns():
    stored = {
        "words": record(result(finding(low=NAN, high=NAN, value=np.float64(0.1), reference=None)))
    }
    text = records_to_json(stored)
    back = records_from_json(text)
    assert records_to_json(back) == text
    (kept,) = back["words"].result.findings
    assert math.isnan(kept.low) and kept.value == 0.1 and kept.reference is None


def test_settings_lose_where_things_lie_and_nothing_else():
    settings = {"cohort": "/home/me/cohort", "results": {"clean": "a/b"}, "edges": [0.1, "/x/y"]}
    kept = {"cohort": "cohort", "results": {"clean": "a/b"}, "edges": [0.1, "y"]}
    assert without_places(settings) == kept
