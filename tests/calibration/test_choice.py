"""Choosing a map: the right one where the bend is known, and nobody judged by their own fit."""

import json
from dataclasses import replace

import numpy as np
import pytest

from clinic.calibration import Calibration
from clinic.calibration.choice import _inner_folds, candidates_of, choose_method, fit_chosen
from clinic.calibration.maps import Dirichlet, Temperature
from clinic.errors import SetupError


def normalised(logs):
    return logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))


def drawn(n, seed=0, n_bands=4):
    generator = np.random.default_rng(seed)
    logs = normalised(generator.normal(0, 1.5, size=(n, n_bands)))
    return logs, np.array([generator.choice(n_bands, p=np.exp(row)) for row in logs])


def test_what_a_setting_admits():
    assert candidates_of("platt", 2) == ("platt",)
    assert candidates_of("choose", 2) == ("temperature", "platt", "isotonic")
    assert candidates_of("choose", 5) == ("temperature", "dirichlet", "isotonic")
    assert candidates_of(["isotonic", "temperature"], 5) == ("isotonic", "temperature")
    with pytest.raises(SetupError, match=r"no calibration method .*calibration\.methods"):
        candidates_of([], 5)


def test_a_plain_sharpening_is_undone_by_a_temperature():
    logs, bands = drawn(300)
    map_, choice = fit_chosen(candidates_of("choose", 4), normalised(2 * logs), bands, np.ones(300))
    assert choice.method == "temperature"
    assert isinstance(map_, Temperature)
    assert map_.value == pytest.approx(2, rel=0.2)
    assert set(choice.log_loss) == {"temperature", "dirichlet", "isotonic"}


def test_mass_that_moved_between_bands_is_moved_back():
    logs, bands = drawn(600)
    leak = np.eye(4) + 0.6 * np.eye(4, k=1)
    bent = normalised(logs @ leak.T + np.array([1.0, 0, 0, -1.0]))
    map_, choice = fit_chosen(candidates_of("choose", 4), bent, bands, np.ones(600))
    assert choice.method == "dirichlet"
    assert isinstance(map_, Dirichlet)
    assert choice.log_loss["dirichlet"] < choice.log_loss["temperature"] - 0.05


def test_a_bend_that_no_line_follows_is_isotonic():
    generator = np.random.default_rng(0)
    stated = generator.uniform(0.02, 0.98, 3000)
    # A frequency of .1 below one half and .6 above it, whatever was stated.
    bands = (generator.uniform(size=3000) < np.where(stated < 0.5, 0.1, 0.6)).astype(np.intp)
    logs = np.log(np.stack([1 - stated, stated], axis=1))
    choice = choose_method(candidates_of("choose", 2), logs, bands, np.ones(3000))
    assert choice.method == "isotonic"


def test_steps_from_few_people_are_noise():
    picks = [
        choose_method(candidates_of("choose", 5), *drawn(40, seed, 5), np.ones(40)).method
        for seed in range(20)
    ]
    assert picks.count("isotonic") == 0
    assert picks.count("temperature") >= 15


def test_the_loss_is_of_people_who_did_not_fit():
    generator = np.random.default_rng(1)
    logs = normalised(generator.normal(0, 1, (60, 4)))
    bands = generator.integers(0, 4, 60)
    choice = choose_method(("isotonic", "temperature"), logs, bands, np.ones(60))
    own = np.mean(
        [-np.log(row[b]) for row, b in zip(
            fit_chosen(("isotonic",), logs, bands, np.ones(60))[0].apply(logs), bands, strict=True
        )]
    )  # fmt: skip
    # On noise, isotonic flatters itself on those it was fitted on.
    assert own < np.log(4) < choice.log_loss["isotonic"]
    assert choice.method == "temperature"


def test_nobody_is_in_two_inner_folds():
    people = [f"p{i // 3}" for i in range(60)]
    bands = np.random.default_rng(2).integers(0, 3, 60)
    folds = _inner_folds(bands, people)
    for name in set(people):
        assert len(np.unique(folds[np.array(people) == name])) == 1
    assert np.bincount(folds).tolist() == [12] * 5


def test_copies_of_a_person_do_not_make_a_map_look_better():
    generator = np.random.default_rng(3)
    logs = np.repeat(normalised(generator.normal(0, 1, (30, 4))), 8, axis=0)
    bands = np.repeat(generator.integers(0, 4, 30), 8)
    people = np.repeat([f"p{i}" for i in range(30)], 8)
    apart = choose_method(("isotonic", "temperature"), logs, bands, np.ones(240), people.tolist())
    mixed = choose_method(("isotonic", "temperature"), logs, bands, np.ones(240))
    assert mixed.log_loss["isotonic"] < apart.log_loss["isotonic"] - 0.1


def test_one_subject_cannot_choose():
    with pytest.raises(SetupError, match="1 calibration subject, 2 needed to choose"):
        choose_method(("temperature", "isotonic"), np.log([[0.5, 0.5]]), np.array([1]), np.ones(1))


def test_the_choice_is_kept_in_the_record(make_subjects, fitter):
    methods = {"depression": "choose", "ptsd": ["isotonic", "temperature"], "ambivalence": "platt"}
    found = replace(fitter, methods=methods).fit(make_subjects(60), training_cases=[], tables=[])
    kept = Calibration.from_json(found.to_json())
    for name, candidates in (
        ("depression", {"temperature", "dirichlet", "isotonic"}),
        ("ptsd", {"isotonic", "temperature"}),
    ):
        choice = kept.targets[name].choice
        assert choice == found.targets[name].choice
        assert set(choice.log_loss) == candidates
        assert choice.log_loss[choice.method] == min(choice.log_loss.values())
        assert kept.targets[name].probabilities.to_dict()["kind"] == choice.method
    assert kept.targets["ambivalence"].choice is None
    assert "choice" not in json.loads(found.to_json())["targets"]["ambivalence"]


def test_chosen_maps_cover_new_people_too(make_subjects, fitter):
    methods = dict.fromkeys(fitter.methods, "choose")
    found = replace(fitter, methods=methods).fit(make_subjects(60), training_cases=[], tables=[])
    in_set = [
        raw.scale.band_of(person.reference.scores[raw.scale.condition])
        in found.settle(raw, person.case).plausible_bands
        for person in make_subjects(400, seed=9, first=100)
        for raw in person.raw
    ]
    # Coverage given one calibration sample of 60 scatters by sqrt(.9 * .1 / 61) = .04.
    assert np.mean(in_set) > 0.82


def test_an_unknown_score_is_no_reference(make_subjects, fitter):
    people = make_subjects(30)
    unknown = [
        replace(
            person,
            reference=replace(
                person.reference, scores=dict.fromkeys(person.reference.scores, float("nan"))
            ),
        )
        for person in make_subjects(15, seed=5, first=300)
    ]
    with_them = fitter.fit([*people, *unknown], training_cases=[], tables=[])
    without = fitter.fit(people, training_cases=[], tables=[])
    for name, target in with_them.targets.items():
        assert target.n_subjects == 30
        assert target.half_width == without.targets[name].half_width
        # Rounds are dealt in another order, the map on everybody is the same.
        assert target.probabilities == without.targets[name].probabilities


def test_a_missing_method_is_named(make_subjects, fitter):
    with pytest.raises(SetupError, match="'magic'"):
        replace(fitter, methods={name: ["temperature", "magic"] for name in fitter.methods}).fit(
            make_subjects(20), training_cases=[], tables=[]
        )
