"""Subgroups: the metrics of exactly these people, sizes of the rest, and strata of conflict."""

from dataclasses import replace

import numpy as np
import pytest

from clinic.errors import SetupError
from clinic.evaluation.bootstrap import estimate_metrics
from clinic.evaluation.subgroups import age_band, by_attribute, conflict_levels
from clinic.evaluation.weighted import weighted_metrics_of


@pytest.fixture
def people(make_predictions):
    return make_predictions(n_people=40, n_recordings=2, n_repeats=2)


def test_each_level_has_the_metrics_of_its_people(people):
    number = np.array([int(name[1:]) for name in people.participant_ids])
    levels = ["female" if n < 25 else None if n > 37 else "male" for n in number]
    found = by_attribute(people, "sex", levels, least_participants=10, n_draws=30)
    assert [group.level for group in found] == ["female", "male", "not known"]
    assert [group.n_participants for group in found] == [25, 13, 2]
    assert [group.n_recordings for group in found] == [50, 26, 4]
    own = estimate_metrics(people.take(number < 25), n_draws=30)
    assert found[0].metrics["mae"] == own["mae"]
    assert set(found[0].metrics) == set(weighted_metrics_of(people.target))


def test_a_small_group_is_named_and_not_computed(people):
    levels = ["de" if name < "p009" else "en" for name in people.participant_ids]
    small, large = by_attribute(people, "language", levels, least_participants=10, n_draws=10)
    assert (small.level, small.n_participants, small.metrics) == ("de", 9, None)
    assert small.reason == "9 participants, 10 needed (least_participants)"
    assert large.metrics is not None
    assert large.reason == ""
    just = by_attribute(people, "language", levels, least_participants=9, n_draws=10)
    assert just[0].metrics is not None


def test_ten_recordings_of_one_person_are_no_group_of_ten(make_predictions):
    people = make_predictions(n_people=4, n_recordings=10)
    (group,) = by_attribute(people, "site", ["A"] * len(people), least_participants=5)
    assert group.metrics is None
    assert "4 participants" in group.reason


def test_a_group_that_is_large_in_one_repeat_only_is_small(people):
    levels = [
        "high" if repeat == 0 or name < "p003" else "low"
        for name, repeat in zip(people.participant_ids, people.repeat, strict=True)
    ]
    high, low = by_attribute(people, "conflict", levels, least_participants=5, n_draws=5)
    assert high.reason.startswith("3 participants")
    assert low.reason.startswith("0 participants")


def test_levels_must_fit_the_rows(people):
    with pytest.raises(ValueError, match="sex: 1 levels, 160 needed"):
        by_attribute(people, "sex", ["female"], least_participants=5)


def test_age_bands_are_half_open():
    edges = [18, 40, 65]
    ages = [17.9, 18, 39.9, 40, 64.9, 65, None, float("nan")]
    assert [age_band(age, edges) for age in ages] == [
        "under 18", "18-39", "18-39", "40-64", "40-64", "65 and over", None, None,
    ]  # fmt: skip


@pytest.fixture
def strata(make_predictions):
    """Ten scored people in five folds; a hundred others trained, with far higher conflict."""
    people = make_predictions(n_people=10)
    conflict = {f"r{i:04d}": i / 10 for i in range(10)}
    participant_of = {f"r{i:04d}": f"p{i:03d}" for i in range(10)}
    for i in range(100):
        conflict[f"t{i}"] = 0.5 + i
        participant_of[f"t{i}"] = f"trained{i}"
    training = {(0, fold): frozenset(f"trained{i}" for i in range(100)) for fold in range(5)}
    return people, conflict, participant_of, training


def test_the_median_is_of_those_who_trained(strata):
    people, conflict, participant_of, training = strata
    # The median of the hundred is 50: all of those scored lie below it.
    assert set(conflict_levels(people, conflict, participant_of, training)) == {"low"}
    # In fold 3 (people 3 and 8) only the calmest one trained.
    alone = training | {(0, 3): frozenset({"trained0"})}
    found = conflict_levels(people, conflict, participant_of, alone)
    assert found == ("low",) * 8 + ("high", "low")


def test_a_talkative_person_counts_once_in_the_median(strata):
    people, _, _, _ = strata
    conflict = dict.fromkeys(people.recording_ids.tolist(), 0.4)
    owner = dict(zip(people.recording_ids.tolist(), people.participant_ids.tolist(), strict=True))
    for visit in range(50):
        conflict[f"often{visit}"], owner[f"often{visit}"] = 9.0, "often"
    for name in ("one", "two"):
        conflict[name], owner[name] = 0.1, name
    training = {(0, fold): frozenset({"often", "one", "two"}) for fold in range(5)}
    # Over people the median is .1, over recordings it would be 9.
    assert set(conflict_levels(people, conflict, owner, training)) == {"high"}


def test_unknown_conflict_is_neither_high_nor_low(strata):
    people, conflict, participant_of, training = strata
    conflict = {**conflict, "r0000": float("nan")}
    del conflict["r0001"]
    found = conflict_levels(people, conflict, participant_of, training)
    assert found[:3] == (None, None, "low")


def test_nobody_is_scored_by_a_median_of_their_own(strata):
    people, conflict, participant_of, training = strata
    leaking = training | {(0, 0): frozenset({"p000", "trained1"})}
    with pytest.raises(SetupError, match="fold 0: participant p000 is scored and trained"):
        conflict_levels(people, conflict, participant_of, leaking)


def test_a_fold_without_training_conflict_is_named(strata):
    people, conflict, participant_of, training = strata
    del training[(0, 4)]
    with pytest.raises(SetupError, match="fold 4: no training participant"):
        conflict_levels(people, conflict, participant_of, training)


def test_folds_of_other_repeats_have_their_own_median(strata):
    people, conflict, participant_of, training = strata
    again = replace(people, repeat=np.ones(10, dtype=np.intp))
    calm = {(1, fold): frozenset({"trained0"}) for fold in range(5)}
    found = conflict_levels(again, conflict, participant_of, training | calm)
    assert found.count("high") == 4
