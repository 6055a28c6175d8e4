"""Hesitancy, ambivalence and their stretches: made-up tables with a known answer."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clinic.errors import SetupError
from clinic.inconsistency import Ambivalence, Grade, Hesitancy, PersonalBaseline, Sign
from clinic.inconsistency.signals.stretches import StretchFinder, runs
from clinic.records import FeatureSpec, Modality, Stamp

TEXT = "these are five whole words"
BASELINE = PersonalBaseline(min_segments=4, limit_sd=5.0)


def hesitancy(**changes) -> Hesitancy:
    signs = {
        "fillers": Sign(table="words", column="fillers", weight=1.0, floor=0.1),
        "rate": Sign(table="timing", column="rate", weight=-1.0, floor=0.1),
    }
    settings = {"signs": signs, "min_sign_share": 0.5, "min_words": 5, "baseline": BASELINE}
    return Hesitancy(**settings | changes)


def tables(make, fillers, rate):
    return [
        make.extraction("words", Modality.TEXT, {"fillers": np.array(fillers, dtype=float)}),
        make.extraction("timing", Modality.VOICE, {"rate": np.array(rate, dtype=float)}),
    ]


def test_more_fillers_and_less_speed_are_both_hesitant(make) -> None:
    found = hesitancy().values(
        make.segments(6, text=TEXT), tables(make, [0, 0, 0, 0, 0, 0.3], [3, 3, 3, 3, 2, 3])
    )[:, 0]
    assert found[:4].tolist() == [0.0] * 4
    assert found[5] == pytest.approx(0.3 / 0.1 / 2)
    assert found[4] == pytest.approx(5.0 / 2)  # 1 below at a floor of 0.1, cut off at 5 SD


@given(arrays(np.float64, 7, elements=st.floats(0, 1)), st.floats(-3, 3), st.floats(0.5, 4))
def test_a_person_who_always_hesitates_more_scores_the_same(make, fillers, shift, scale) -> None:
    signs = {"fillers": Sign(table="words", column="fillers", weight=1.0, floor=1e-9)}
    fillers = np.round(fillers, 3)
    assume(np.ptp(fillers) > 0)
    said = make.segments(7, text=TEXT)
    plain = hesitancy(signs=signs).values(said, tables(make, fillers, [3] * 7))
    moved = hesitancy(signs=signs).values(said, tables(make, scale * fillers + shift, [3] * 7))
    assert np.isfinite(plain).all()
    assert np.allclose(moved, plain, atol=1e-5)


def test_a_sign_not_observed_is_left_out_and_too_few_give_nothing(make) -> None:
    nan = np.nan
    found = hesitancy(min_sign_share=0.6).values(
        make.segments(6, text=TEXT),
        tables(make, [0, 0.1, 0, 0.1, nan, 0.2], [3, 3.5, 3, 3, 3, 3.2]),
    )
    assert np.isnan(found[4, 0])
    assert np.isfinite(found[[0, 1, 2, 3, 5], 0]).all()


def test_a_sign_that_never_changes_counts_as_usual_not_as_unknown(make) -> None:
    found = hesitancy().values(
        make.segments(6, text=TEXT), tables(make, [0] * 6, [3, 3, 3, 3, 3, 2.8])
    )[:, 0]
    assert found[5] == pytest.approx(0.2 / 0.1 / 2)


def test_a_person_whose_signs_all_stand_still_is_flat_not_at_zero(make) -> None:
    said = make.segments(6, text=TEXT)
    still = tables(make, [0] * 6, [3] * 6)
    assert np.isnan(hesitancy().values(said, still)).all()
    state, reason = hesitancy().shortage(said, still)
    assert state == "flat"
    assert "6 utterances read" in reason
    within = tables(make, [0, 0.1, 0, 0.1, 0, 0.1], [3, 3.05, 3, 3, 3, 3])
    assert hesitancy().shortage(said, within)[0] == "flat"
    one = tables(make, [0] * 6, [3, 3, 3, 3, 3, 2.8])
    assert np.isfinite(hesitancy().values(said, one)).all()


def test_short_utterances_and_other_tables_are_not_read(make) -> None:
    said = tables(make, [0, 0.2, 0, 0.2, 0, 0.2], [3] * 6)
    assert np.isnan(hesitancy().values(make.segments(6, text="um yes"), said)).all()
    assert np.isnan(hesitancy().values(make.segments(6, text=TEXT), [])).all()
    assert hesitancy().shortage(make.segments(6, text=TEXT), [])[0] == "absent"
    assert hesitancy().shortage(make.segments(6, text="um yes"), said)[0] == "too_little"
    assert hesitancy().shortage(make.segments(6, text=None), said)[0] == "absent"
    assert hesitancy().values((), []).shape == (0, 1)


class Part:
    """Hands out given columns."""

    def __init__(self, **columns) -> None:
        self.given = {name: np.array(c, dtype=float) for name, c in columns.items()}

    def specs(self):
        return tuple(
            FeatureSpec(name=n, unit="1", minimum=-np.inf, maximum=np.inf, source="t", group="t",
                        meaning="t")
            for n in self.given
        )  # fmt: skip

    def stamp(self) -> Stamp:
        return Stamp(component="test", version="test", settings={})

    def values(self, segments, extractions):
        return np.column_stack(list(self.given.values()))

    def shortage(self, segments, extractions):
        return "absent", "nothing given"


def ambivalence(part: Part, **weights) -> Ambivalence:
    grades = {
        name: Grade(column=name, starts_at=0.0, full_at=1.0, weight=weight)
        for name, weight in weights.items()
    }
    return Ambivalence(parts={"part": part}, grades=grades, needed="a", cross_modal="apart")


def score(make, part: Part, extractions=(), **weights):
    n = len(part.given["a"])
    return ambivalence(part, **weights).values(make.segments(n), extractions)[:, 0]


def test_noisy_or_by_hand(make) -> None:
    found = score(make, Part(a=[0, 1, 1, 0.5], b=[0, 0, 1, 1]), a=0.5, b=0.4)
    assert found.tolist() == pytest.approx([0.0, 0.5, 1 - 0.5 * 0.6, 1 - 0.75 * 0.6])


def test_a_sign_not_observed_says_nothing_but_the_needed_one_must_be_seen(make) -> None:
    found = score(make, Part(a=[1, np.nan], b=[np.nan, 1]), a=0.5, b=0.4)
    assert found[0] == 0.5
    assert np.isnan(found[1])


@given(
    arrays(np.float64, 4, elements=st.floats(-2, 2)),
    arrays(np.float64, 4, elements=st.floats(-2, 2)),
    st.floats(0, 1),
)
def test_more_of_a_sign_never_lowers_the_score_and_it_stays_a_share(make, a, b, more) -> None:
    low = score(make, Part(a=a, b=b), a=0.5, b=0.4)
    high = score(make, Part(a=a, b=b + more), a=0.5, b=0.4)
    assert (high >= low - 1e-12).all()
    assert ((low >= 0) & (high < 1)).all()


def test_disagreement_between_modalities_counts_where_it_is_at_hand(make) -> None:
    table = make.extraction("apart", Modality.CROSS, {"smile": np.array([1.0])})
    assert score(make, Part(a=[0.0]), a=0.5, smile=0.4).tolist() == [0.0]
    assert score(make, Part(a=[0.0]), [table], a=0.5, smile=0.4) == pytest.approx([0.4])
    with pytest.raises(SetupError, match="no column frown"):
        score(make, Part(a=[0.0]), [table], a=0.5, frown=0.4)


def test_weights_and_names_that_mean_nothing_are_refused() -> None:
    with pytest.raises(SetupError, match="weight"):
        Grade(column="a", starts_at=0.0, full_at=1.0, weight=1.0)
    with pytest.raises(SetupError, match="rise"):
        Grade(column="a", starts_at=1.0, full_at=1.0, weight=0.5)
    with pytest.raises(SetupError, match="needed"):
        ambivalence(Part(b=[1.0]), b=0.5)


def finder(max_gap_s: float = 2.0) -> StretchFinder:
    return StretchFinder(thresholds={"ambivalence": 0.5}, max_gap_s=max_gap_s, places="word_places")


def scored(make, *values: float):
    return make.extraction(
        "inconsistency", Modality.CROSS, {"ambivalence": np.array(values)}
    ).segments


def test_neighbours_are_joined_and_a_gap_or_a_low_one_parts(make) -> None:
    table = scored(make, 0.6, 0.9, 0.1, 0.5, np.nan, 0.7)
    found = finder().find(make.segments(6), table, [])
    assert [(s.start_s, s.end_s, s.score) for s in found] == [
        (0.0, 9.0, 0.9),
        (15.0, 19.0, 0.5),
        (25.0, 29.0, 0.7),
    ]
    assert "0:00.0-0:09.0" in found[0].sentence
    assert "over 2 utterances" in found[0].sentence
    assert len(finder(max_gap_s=0.5).find(make.segments(6), table, [])) == 4


@given(st.lists(st.booleans(), max_size=12), st.floats(0, 3))
def test_every_high_utterance_is_in_one_stretch_and_no_low_one(make, high, gap_s) -> None:
    rows = [i for run in runs(make.segments(len(high)), np.array(high, bool), max_gap_s=gap_s)
            for i in run]  # fmt: skip
    assert rows == [i for i, is_high in enumerate(high) if is_high]


def test_the_place_is_the_first_in_the_stretch_and_an_estimate_is_called_so(make) -> None:
    columns = {
        "contrast_s": np.array([np.nan, 6.5, 11.0]),
        "filler_s": np.array([1.0, 1.0, 1.0]),
        "is_timed": np.array([0.0, 0.0, 1.0]),
    }
    places = make.extraction("word_places", Modality.TEXT, columns)
    first, second = finder(max_gap_s=2.0).find(
        make.segments(5), scored(make, 0.6, 0.6, 0.1, 0.1, 0.8), [places_of_five(make, places)]
    )
    assert (first.at_s, first.at_is_estimate) == (6.5, True)
    assert "at about 0:06" in first.sentence
    assert (second.at_s, second.at_is_estimate) == (None, False)


def places_of_five(make, places):
    """Return the places with two more utterances that have none."""
    nan = np.full(2, np.nan)
    return make.extraction(
        "word_places",
        Modality.TEXT,
        {n: np.concatenate([places.segments.column(n), nan]) for n in places.segments.columns},
    )


def test_an_unknown_kind_and_a_missing_column_are_refused(make) -> None:
    with pytest.raises(SetupError, match="thresholds"):
        StretchFinder(thresholds={"anger": 1.0}, max_gap_s=1.0, places="p")
    with pytest.raises(SetupError, match="no column ambivalence"):
        finder().find(
            make.segments(1), make.extraction("x", Modality.CROSS, {"y": np.zeros(1)}).segments, []
        )
