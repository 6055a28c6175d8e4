"""Intervals over participants: as wide as they should be, whatever is repeated."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.evaluation.bootstrap import Draws, bootstrap_interval, by_repeat, estimate_metrics
from clinic.evaluation.predictions import joined
from clinic.evaluation.table import metrics_of
from clinic.evaluation.weighted import weighted_metrics_of

MAE = ["mae"]


def only(people, names):
    found = weighted_metrics_of(people.target)
    return {name: found[name] for name in names}


def test_the_interval_holds_the_truth_about_as_often_as_it_says(make_predictions):
    # Errors are N(0, 4) before the scale ends cut them: truth from one very large sample.
    everybody = make_predictions(n_people=100_000, truth_seed=7)
    truth = np.abs(everybody.score - everybody.reference).mean()
    hits = []
    for seed in range(300):
        people = make_predictions(n_people=80, seed=seed, truth_seed=1000 + seed)
        found = estimate_metrics(people, metrics=only(people, MAE), n_draws=300, seed=seed)["mae"]
        hits.append(found.low <= truth <= found.high)
    # Percentile intervals of 80 people fall a little short; 300 trials scatter by .013.
    assert 0.90 <= np.mean(hits) <= 0.98


def test_five_repeats_of_one_model_do_not_narrow_the_interval(make_predictions):
    once = make_predictions(n_people=60)
    same = joined([replace(once, repeat=np.full(60, number)) for number in range(5)])
    names = ["mae", "auroc", "ece", "qwk", "calibration_slope"]
    one = estimate_metrics(once, metrics=only(once, names))
    five = estimate_metrics(same, metrics=only(same, names))
    for name in names:
        assert five[name].mean == pytest.approx(one[name].mean)
        assert (five[name].low, five[name].high) == pytest.approx((one[name].low, one[name].high))
        assert five[name].sd == pytest.approx(0, abs=1e-12)
        assert np.isnan(one[name].sd)
        assert (five[name].n_participants, five[name].n_repeats) == (60, 5)


def test_ten_recordings_of_each_person_are_one_person(make_predictions):
    once = make_predictions(n_people=60)
    ten = joined(
        [
            replace(once, recording_ids=np.char.add(once.recording_ids, f"-{visit}"))
            for visit in range(10)
        ]
    )
    one = estimate_metrics(once, metrics=only(once, ["mae", "auroc"]))
    many = estimate_metrics(ten, metrics=only(ten, ["mae", "auroc"]))
    for name in one:
        assert many[name].low == pytest.approx(one[name].low)
        assert many[name].high == pytest.approx(one[name].high)
        assert (many[name].n_participants, many[name].n_recordings) == (60, 600)


def test_mean_and_deviation_are_of_the_repeats(make_predictions):
    people = make_predictions(n_people=30, n_repeats=4)
    found = estimate_metrics(people, metrics=only(people, MAE), n_draws=10)["mae"]
    each = [np.abs(part.score - part.reference).mean() for part in by_repeat(people)]
    assert found.mean == pytest.approx(np.mean(each))
    assert found.sd == pytest.approx(np.std(each, ddof=1))


def test_the_draws_are_those_of_people_one_at_a_time(make_predictions):
    people = make_predictions(n_people=25, n_recordings=2, n_repeats=3)
    names = ["mae", "auroc", "macro_f1", "ece"]
    draws = Draws.of(people.participant_ids, n_draws=40, seed=5)
    for name in names:
        values = []
        for counts in draws.counts:
            times = dict(zip(draws.participants.tolist(), counts.astype(int), strict=True))
            per_repeat = []
            for part in by_repeat(people):
                rows = [
                    row
                    for row, person in enumerate(part.participant_ids.tolist())
                    for _ in range(times[person])
                ]
                per_repeat.append(metrics_of(people.target)[name](part, np.array(rows)))
            values.append(np.mean(per_repeat))
        found = estimate_metrics(people, metrics=only(people, [name]), n_draws=40, seed=5)[name]
        expected = np.quantile(values, [0.025, 0.975])
        assert (found.low, found.high) == pytest.approx(tuple(expected)), name


def test_both_bootstraps_agree(make_predictions):
    people = make_predictions(n_people=80)
    old = bootstrap_interval(
        people.participant_ids.tolist(), lambda rows: metrics_of(people.target)["mae"](people, rows)
    )
    new = estimate_metrics(people, metrics=only(people, MAE))["mae"]
    assert (new.low, new.high) == pytest.approx(old, rel=0.03)


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(["score", "rating", "classes"]), st.integers(0, 1000))
def test_the_order_of_rows_changes_no_interval(make_predictions, kind, seed):
    people = make_predictions(kind, n_people=20, n_repeats=2, n_recordings=2, seed=seed)
    order = np.random.default_rng(seed).permutation(len(people))
    there = estimate_metrics(people, n_draws=20, seed=1)
    back = estimate_metrics(people.take(order), n_draws=20, seed=1)
    for name, value in there.items():
        other = back[name]
        if name.startswith("calibration_"):
            continue  # The slope of separated answers is large and depends on rounding.
        assert (value.mean, value.low, value.high) == pytest.approx(
            (other.mean, other.low, other.high), nan_ok=True, abs=1e-9
        ), name


def test_draws_without_a_positive_do_not_count_and_are_told(make_predictions):
    people = replace(make_predictions(n_people=12), fold=np.zeros(12, dtype=np.intp))
    rare = replace(people, reference=np.where(np.arange(12) == 0, 20.0, 3.0))
    found = estimate_metrics(rare, metrics=only(rare, ["auroc", "mae"]))
    # The one positive is left out of (11/12)^12 = 35 % of the draws.
    assert found["auroc"].n_draws == pytest.approx(650, abs=60)
    assert found["mae"].n_draws == 1000
    nobody = replace(people, reference=np.full(12, 3.0))
    nothing = estimate_metrics(nobody, metrics=only(nobody, ["auroc"]))["auroc"]
    assert np.isnan([nothing.mean, nothing.low, nothing.high]).all()
    assert (nothing.n_repeats, nothing.n_draws) == (0, 0)


def test_nobody_cannot_be_drawn(make_predictions):
    people = make_predictions(n_people=3)
    with pytest.raises(ValueError, match="no participants"):
        estimate_metrics(people.take(np.zeros(3, dtype=bool)))


def test_portions_of_draws_change_nothing(make_predictions, monkeypatch):
    people = make_predictions(n_people=20)
    whole = estimate_metrics(people, n_draws=50)
    monkeypatch.setattr("clinic.evaluation.bootstrap.CHUNK", 60)
    for name, found in estimate_metrics(people, n_draws=50).items():
        expected = (whole[name].mean, whole[name].low, whole[name].high)
        assert (found.mean, found.low, found.high) == pytest.approx(expected), name


@pytest.mark.parametrize("kind", ["score", "classes"])
def test_a_thousand_draws_of_every_metric_take_seconds_and_no_minutes(make_predictions, kind):
    people = make_predictions(kind, n_people=275, n_repeats=5)
    start_s = time.process_time()
    found = estimate_metrics(people)
    assert time.process_time() - start_s < 20
    assert len(found) >= 10
