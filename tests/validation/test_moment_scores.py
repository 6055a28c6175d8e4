"""Scores against marked moments: scikit-learn, seconds counted one by one, planted answers."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from clinic.validation.hesitation.matched_pairs import matched_area
from clinic.validation.simulated.moment_scores import (
    length,
    score_findings,
    shared,
    stretch_findings,
)

SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 8)).map(lambda s: (float(s[0]), float(sum(s)))),
    max_size=5,
)
ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=4, max_size=30)


def found(what, findings):
    return next(f for f in findings if what in f.what)


@given(ROWS)
def test_areas_agree_with_scikit_learn_ties_and_all(rows):
    shown = np.array([is_shown for is_shown, _ in rows])
    score = np.array([float(s) for _, s in rows])
    assume(0 < shown.sum() < len(shown))
    people = [f"p-{i % 3}" for i in range(len(rows))]
    findings = score_findings({"hesitancy": score}, shown, people, n_draws=5, seed=0)
    assert found("AUROC", findings).value == pytest.approx(roc_auc_score(shown, score))
    precision = found("average precision", findings)
    assert precision.value == pytest.approx(average_precision_score(shown, score))
    assert precision.reference == pytest.approx(shown.mean())


def test_what_was_not_read_is_left_out_and_counted():
    score = np.array([0.1, 0.9, np.nan, np.nan])
    findings = score_findings(
        {"a": score}, np.array([False, True, True, False]), ["p"] * 4, n_draws=5, seed=0
    )
    assert all(f.value == 1.0 and f.n == 2 for f in findings)
    assert "read in 2 of 4" in findings[0].note


def test_without_a_marked_utterance_there_is_no_number():
    findings = score_findings(
        {"a": np.arange(3.0)}, np.zeros(3, bool), ["p"] * 3, n_draws=5, seed=0
    )
    assert all(np.isnan([f.value, f.low, f.high]).all() for f in findings)


@given(SPANS, SPANS)
def test_seconds_are_counted_once_each(first, second):
    seconds = np.arange(50)

    def covers(spans):
        return np.array([any(a <= s < b for a, b in spans) for s in seconds], dtype=bool)

    assert length(first) == covers(first).sum()
    assert shared(first, second) == (covers(first) & covers(second)).sum()


def test_stretches_by_hand():
    findings = stretch_findings(
        "ambivalence",
        stretches=[[(0.0, 4.0), (20.0, 22.0)], []],
        marked=[[(2.0, 6.0)], [(0.0, 5.0)]],
        spoken=[[(0.0, 4.0), (4.0, 6.0), (20.0, 22.0)], [(0.0, 5.0)]],
        participants=["p-1", "p-2"],
        n_draws=20,
        seed=0,
    )
    overlap, recall, union = findings
    assert overlap.value == 0.5
    assert overlap.reference == 0.75
    assert recall.value == 0.5
    assert union.value == pytest.approx(2 / (6 + 4 - 2 + 5))


@given(ROWS, st.integers(0, 3))
def test_matched_pairs_are_those_of_one_stratum_counted_one_by_one(rows, n_strata):
    positive = np.array([is_positive for is_positive, _ in rows])
    signal = np.array([float(s) for _, s in rows])
    strata = [(i % 2, i % (n_strata + 1)) for i in range(len(rows))]
    groups = [f"g{i % 2}" for i in range(len(rows))]
    pairs = [
        1.0 if signal[i] > signal[j] else 0.5 if signal[i] == signal[j] else 0.0
        for i in np.flatnonzero(positive)
        for j in np.flatnonzero(~positive)
        if strata[i] == strata[j]
    ]
    area = matched_area(positive, signal, strata=strata, groups=groups)
    value = area(np.ones((1, len(rows))))[0]
    assert np.isnan(value) if not pairs else value == pytest.approx(np.mean(pairs))


def test_a_signal_that_is_only_length_is_worth_nothing_in_matched_pairs():
    random = np.random.default_rng(0)
    n_words = random.integers(1, 6, size=400)
    positive = random.uniform(size=400) < n_words / 6
    signal = n_words.astype(float)
    everybody = ["p"] * 400
    area = matched_area(positive, signal, strata=n_words.tolist(), groups=everybody)
    assert area(np.ones((1, 400)))[0] == 0.5
    assert roc_auc_score(positive, signal) > 0.6
