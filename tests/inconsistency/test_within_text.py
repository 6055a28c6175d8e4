"""Conflict within the words: counted tables with a known answer, and the shuffled null."""

from itertools import product
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clinic.errors import SetupError
from clinic.inconsistency import FeelingTurn, WithinText
from clinic.inconsistency.readers.affect import VALENCE, affect_table, find_table
from clinic.inconsistency.signals.feeling_turn import shuffled_surprise
from clinic.inconsistency.signals.within_text import balance, stance, stance_shift
from clinic.records import Extraction, FeatureSpec, Modality, Stamp

TEXT = "these are five whole words"
SHARES = arrays(np.float64, 6, elements=st.floats(0.0, 1.0))


def within(**changes) -> WithinText:
    return WithinText(
        **{
            "table": "lexical",
            "change": "change",
            "sustain": "sustain",
            "contrast": "contrast",
            "wish_then_contrast": "wish",
            "contrast_alone": 0.5,
            "n_previous": 2,
            "min_words": 5,
        }
        | changes
    )


def lexical(make, change, sustain, contrast, wish) -> Extraction:
    columns = {"change": change, "sustain": sustain, "contrast": contrast, "wish": wish}
    return make.extraction(
        "lexical", Modality.TEXT, {k: np.array(v, dtype=float) for k, v in columns.items()}
    )


def test_two_sides_by_hand(make) -> None:
    nan = np.nan
    table = lexical(make, [0, 0, 0, nan], [0, 0, 0, nan], [0, 0.2, 0.2, nan], [0, 0, 1, nan])
    found = within().values(make.segments(4, text=TEXT), [table])
    assert found[:, 0].tolist()[:3] == [0.0, 0.5, 1.0]
    assert np.isnan(found[3]).all()


def test_short_utterances_are_not_read(make) -> None:
    table = lexical(make, [0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [1, 1])
    assert np.isnan(within().values(make.segments(2, text="yes but no thanks"), [table])).all()


@given(SHARES, SHARES)
def test_balance_takes_no_side_and_is_full_for_equal_shares(change, sustain) -> None:
    found = balance(change, sustain)
    assert np.array_equal(found, balance(sustain, change))
    assert ((found >= 0) & (found <= 1)).all()
    assert np.allclose(balance(change, change), (change > 0).astype(float))


@given(SHARES, SHARES)
def test_who_never_turns_has_no_shift_and_who_turns_round_has_a_full_one(change, sustain) -> None:
    assert np.nanmax([0, *stance_shift(stance(change, change * 0), n_previous=3)]) == 0
    position = stance(change, sustain)
    shifts = stance_shift(position, n_previous=3)
    known = np.flatnonzero(np.isfinite(position))
    assert np.isnan(shifts[: known[0] + 1 if len(known) else None]).all()
    assert np.nanmin([0, *shifts]) >= 0
    assert np.nanmax([0, *shifts]) <= 1


def test_a_stance_is_held_against_earlier_utterances_only() -> None:
    stances = np.array([1.0, 1.0, np.nan, -1.0, 1.0])
    changed = stances.copy()
    changed[4] = -1.0
    before, after = (stance_shift(s, n_previous=2)[:4] for s in (stances, changed))
    assert np.array_equal(before, after, equal_nan=True)
    assert stance_shift(stances, n_previous=2)[4] == 0.5


def test_a_missing_column_is_named_and_a_missing_table_told(make) -> None:
    table = make.extraction("lexical", Modality.TEXT, {"change": np.zeros(1)})
    with pytest.raises(SetupError, match="no column sustain"):
        within().values(make.segments(1, text=TEXT), [table])
    assert within().shortage(make.segments(1, text=TEXT), [])[0] == "absent"
    assert within().shortage(make.segments(1, text="no"), [lexical(make, [0], [0], [0], [0])])[
        0
    ] == ("too_little")
    with pytest.raises(SetupError, match="contrast_alone"):
        within(contrast_alone=1.5)


class FirstColumn:
    """Reads valence as the first column of whatever table stands for the sentence."""

    modality = Modality.TEXT
    floors: ClassVar[dict[str, float]] = {VALENCE: 0.1}

    def stamp(self) -> Stamp:
        return Stamp(component="test", version="test", settings={})

    def read(self, segments, extractions):
        table = find_table(extractions, "sentence")
        assert table is not None
        spec = FeatureSpec(
            name=VALENCE, unit="1", minimum=-np.inf, maximum=np.inf, source="t", group="t",
            meaning="t",
        )  # fmt: skip
        return affect_table(
            modality=Modality.TEXT, segments=segments, specs=(spec,),
            columns=[table.column("axis")], coverage=table.coverage, stamp=self.stamp(),
        )  # fmt: skip


def turn(min_contrasts: int = 2) -> FeelingTurn:
    return FeelingTurn(
        reader=FirstColumn(), table="clauses", stands_for="sentence", first_prefix="first_",
        second_prefix="second_", min_contrasts=min_contrasts,
    )  # fmt: skip


def clauses(make, first, second) -> Extraction:
    both = {"first_axis": np.array(first), "second_axis": np.array(second)}
    return make.extraction("clauses", Modality.TEXT, both)


def test_the_turn_is_the_difference_of_the_two_sides_whichever_way(make) -> None:
    table = clauses(make, [1.0, 4.0, np.nan, 2.0], [3.0, 1.0, np.nan, 2.0])
    found = turn().values(make.segments(4, text=TEXT), [table])
    assert found[:, 0].tolist()[:2] == [2.0, 3.0]
    assert np.isnan(found[2]).all()
    assert found[3, 0] == 0.0


@given(
    arrays(np.float64, 5, elements=st.floats(1, 5)), arrays(np.float64, 5, elements=st.floats(1, 5))
)
def test_surprise_is_that_of_all_pairings_counted_one_by_one(first, second) -> None:
    bits = shuffled_surprise(first, second, min_contrasts=2)
    for own, (a, b) in zip(bits, zip(first, second, strict=True), strict=True):
        as_far = [abs(y - x) >= abs(b - a) - 1e-12 for x, y in product(first, second)]
        assert own == pytest.approx(-np.log2(np.mean(as_far)))


def test_one_turn_among_still_pairs_is_rare_and_few_contrasts_have_no_null() -> None:
    first, second = np.full(8, 3.0), np.full(8, 3.0)
    first[0], second[0] = 1.0, 5.0
    bits = shuffled_surprise(first, second, min_contrasts=8)
    assert bits[0] == pytest.approx(6.0)
    assert bits[1] == 0.0
    assert np.isnan(shuffled_surprise(first, second, min_contrasts=9)).all()


def test_a_wrong_prefix_is_refused_and_no_contrast_told(make) -> None:
    nan = np.array([np.nan])
    said = make.segments(1)
    with pytest.raises(SetupError, match="first_prefix"):
        turn().values(said, [make.extraction("clauses", Modality.TEXT, {"axis": nan})])
    sides = {"first_axis": nan, "second_axis": nan}
    none = make.extraction("clauses", Modality.TEXT, sides, coverage=np.zeros(1))
    assert turn().shortage(said, [none])[0] == "too_little"
    assert turn().shortage(make.segments(1, text=None), [])[0] == "absent"
    assert turn().shortage(said, [])[0] == "absent"
