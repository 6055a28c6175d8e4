"""Totals, bands and missing answers; and a published survey scored as its authors did."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.errors import DataError
from clinic.evaluation.agreement import cronbach_alpha
from clinic.evaluation.questionnaires import GAD7, PCLC, PHQ8, PHQ9
from clinic.records import Scale


@pytest.fixture
def phq9_scale():
    return Scale(
        condition="depression",
        name="PHQ-9",
        minimum=0,
        maximum=27,
        band_names=["none or minimal", "mild", "moderate", "moderately severe", "severe"],
        band_starts=[0, 5, 10, 15, 20],
        cutoff=10,
        note="",
        source="Kroenke et al. (2001), doi:10.1046/j.1525-1497.2001.016009606.x",
    )


@pytest.mark.parametrize(
    ("questionnaire", "ends"),
    [(PHQ8, (0, 24)), (PHQ9, (0, 27)), (GAD7, (0, 21)), (PCLC, (17, 85))],
)
def test_totals_reach_both_ends_of_the_scale(questionnaire, ends):
    answers = np.array([[questionnaire.lowest], [questionnaire.highest]], dtype=float)
    items = np.repeat(answers, questionnaire.n_items, axis=1)
    assert tuple(questionnaire.totals(items)) == ends
    assert (questionnaire.minimum, questionnaire.maximum) == ends


def test_a_missing_answer_is_no_zero():
    items = np.array([[3.0] * 8, [3.0] * 7 + [np.nan], [np.nan] * 8])
    np.testing.assert_array_equal(PHQ8.totals(items), [24, np.nan, np.nan])


def test_so_many_missing_answers_are_replaced_as_the_setting_says():
    lenient = replace(PHQ8, most_missing=2)
    items = np.array(
        [
            [2, 1, 1, 0, 2, 0, np.nan, np.nan],  # Mean 1 of six: 6 + 2.
            [2, 1, 1, 0, 2, np.nan, np.nan, np.nan],
            [1, 0, 0, 0, 0, 0, 0, np.nan],  # Mean 1/7 of seven: not rounded.
        ]
    )
    np.testing.assert_allclose(lenient.totals(items), [8, np.nan, 8 / 7])


@given(st.integers(0, 1000), st.integers(0, 8))
def test_replacing_keeps_a_total_within_what_the_answers_allow(seed, n_missing):
    generator = np.random.default_rng(seed)
    items = generator.integers(0, 4, (1, 8)).astype(float)
    whole = PHQ8.totals(items)[0]
    items[0, generator.permutation(8)[:n_missing]] = np.nan
    (total,) = replace(PHQ8, most_missing=8).totals(items)
    if n_missing == 8:
        assert np.isnan(total)
    else:
        assert np.nansum(items) <= total <= np.nansum(items) + 3 * n_missing
        assert n_missing or total == whole


@pytest.mark.parametrize("answer", [-1, 4, 1.5])
def test_an_answer_that_does_not_exist_is_refused(answer):
    items = np.zeros((3, 8))
    items[1, 2] = answer
    with pytest.raises(DataError, match=r"PHQ-8 item 3 of row 1: .* whole numbers 0 to 3"):
        PHQ8.totals(items)


def test_nine_items_are_no_phq8():
    with pytest.raises(DataError, match=r"PHQ-8: items of shape \(2, 9\)"):
        PHQ8.totals(np.zeros((2, 9)))


def test_self_harm_is_asked_by_the_phq9_only():
    items = np.zeros((3, 9))
    items[1, 8], items[2, 8] = 1, np.nan
    np.testing.assert_array_equal(PHQ9.reports_self_harm(items), [0, 1, np.nan])
    with pytest.raises(DataError, match="PHQ-8 has no item on self-harm"):
        PHQ8.reports_self_harm(items[:, :8])


def test_bands_by_the_scale(phq9_scale):
    totals = np.array([0, 4, 4.6, 5, 9, 10, 19, 20, 27, np.nan])
    np.testing.assert_array_equal(PHQ9.bands(totals, phq9_scale), [0, 0, 0, 1, 1, 2, 3, 4, 4, -1])
    with pytest.raises(DataError, match="scale PHQ-9 runs 0 to 27, PHQ-8 0 to 24"):
        PHQ8.bands(totals, phq9_scale)


def test_a_published_survey_is_scored_as_its_authors_did(shared_data, phq9_scale):
    folder = shared_data / "phq9_gad7_pss10_students" / "data"
    survey = pd.read_csv(folder / "Psychological_aspects.csv", encoding="utf-8-sig")
    items = survey[[f"D{i}" for i in range(1, 10)]].to_numpy(dtype=float)
    totals = PHQ9.totals(items)
    assert len(totals) == 223
    assert totals.mean() == pytest.approx(8.83, abs=5e-3)
    assert totals.std(ddof=1) == pytest.approx(6.17, abs=5e-3)
    assert cronbach_alpha(items) == pytest.approx(0.905, abs=5e-4)
    bands = np.bincount(PHQ9.bands(totals, phq9_scale), minlength=5)
    assert bands.tolist() == [61, 82, 43, 18, 19]
    assert PHQ9.reports_self_harm(items).sum() == 65
    anxiety = GAD7.totals(survey[[f"A{i}" for i in range(1, 8)]].to_numpy(dtype=float))
    assert np.corrcoef(totals, anxiety)[0, 1] == pytest.approx(0.829, abs=5e-4)
    np.testing.assert_array_equal(PHQ8.totals(items[:, :8]), totals - items[:, 8])


def test_published_pcl_c_items_keep_incomplete_rows_unknown(shared_data):
    items = pd.read_csv(shared_data / "psychometric_items" / "Wenchuan.csv").to_numpy(dtype=float)
    totals = PCLC.totals(items)
    assert (len(totals), int(np.isnan(totals).sum())) == (362, 18)
    assert np.nanmean(totals) == pytest.approx(45.5, abs=0.05)
    assert (int((totals >= 44).sum()), int((totals >= 50).sum())) == (168, 126)
