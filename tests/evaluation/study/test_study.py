"""Running a study: sealed folds, resuming, failures that cost one fit."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from clinic.errors import SetupError
from clinic.evaluation.study import Study, StudyData, planned_split
from clinic.evaluation.study.degradations import CLEAN, Degradations
from clinic.evaluation.study.unit import read_unit, run_unit, write_unit
from clinic.fusion import SplitPlan, strata_of
from clinic.records import Condition

PLAN = SplitPlan(
    validation_share=0.1, calibration_share=0.2, test_share=0.0, n_folds=2, n_repeats=2
)
DEGRADATIONS = Degradations(
    subsets=True, missing_rates=[0.5], block_rates=[], noise_db=[], permute=True, repeats=1
)


@pytest.fixture(scope="module")
def split(data, scales):
    return planned_split(PLAN, strata_of(list(data.references.values()), scales[0]), seed=0)


@pytest.fixture
def study(data, split, make_contender):
    contenders = {"majority": make_contender("majority"), "linear": make_contender("pooled_linear")}
    return Study(
        contenders=contenders,
        settings={name: name for name in contenders},
        data=data,
        split=split,
        degradations=DEGRADATIONS,
        seed=0,
    )


def quiet(words: str) -> None:
    del words


@pytest.mark.parametrize("choice", ["pooled_linear", "conflict_aware"])
def test_what_is_fitted_does_not_depend_on_who_is_scored(data, split, make_contender, choice):
    """The mistake that would flatter: a scaler, a stop or a threshold that saw the scored fold."""
    fold = split.folds[0].split
    probe = data.of_people(fold.training)

    def spoilt(case):
        if case.participant_id not in fold.test:
            return case
        tables = tuple(t.with_values(np.abs(t.values) * 50 + 7) for t in case.tables)
        return replace(case, tables=tables)

    def unlike(reference):
        if reference.participant_id not in fold.test:
            return reference
        flipped = {
            c: (24 - s if c is Condition.DEPRESSION else s) for c, s in reference.scores.items()
        }
        return replace(reference, scores=flipped)

    other = StudyData(
        cases=tuple(spoilt(case) for case in data.cases),
        references={k: unlike(v) for k, v in data.references.items()},
    )
    contender = make_contender(choice, **({"n_members": 1} if choice == "conflict_aware" else {}))
    here = contender.fit(data, fold, seed=1).predict(probe, data)
    there = contender.fit(other, fold, seed=1).predict(probe, data)
    for target, predictions in here.items():
        assert np.array_equal(predictions.probabilities, there[target].probabilities)
        assert np.array_equal(predictions.score, there[target].score, equal_nan=True)


def test_everybody_is_scored_once_a_repeat_by_every_model(study, tmp_path: Path):
    assert study.run(tmp_path, workers=0, progress=quiet) == {}
    for model in study.contenders:
        scored = [o.predictions["depression", CLEAN] for o in study.outcomes(tmp_path, model)]
        people = sorted(p for found in scored for p in found.participant_ids)
        assert people == sorted([*study.data.participants] * 2)


def test_degradations_are_scored_in_the_first_repeats_only(study, tmp_path: Path):
    study.run(tmp_path, workers=0, progress=quiet)
    outcomes = list(study.outcomes(tmp_path, "linear"))
    for outcome in outcomes:
        found = outcome.predictions["depression", CLEAN]
        variants = {variant for _, variant in outcome.predictions}
        assert (len(variants) > 1) == (found.repeat[0] == 0)


def test_a_second_run_fits_nothing_and_a_lost_unit_comes_back_the_same(study, tmp_path: Path):
    study.run(tmp_path, workers=0, progress=quiet)
    files = sorted(tmp_path.rglob("*.parquet"))
    before = {path: path.stat().st_mtime_ns for path in files}
    lost = files[0]
    kept = read_unit(lost)
    lost.unlink()
    files[1].write_bytes(files[1].read_bytes()[:100])  # killed while writing
    said = []
    study.run(tmp_path, workers=0, progress=said.append)
    assert said[0] == f"{len(files) - 2} of {len(files)} fits are there already"
    changed = {path for path in files if path.stat().st_mtime_ns != before[path]}
    assert changed == set(files[:2])
    again = read_unit(lost)
    for key, predictions in kept.predictions.items():
        assert np.array_equal(predictions.probabilities, again.predictions[key].probabilities)


def test_other_settings_make_units_again(study, tmp_path: Path):
    study.run(tmp_path, workers=0, progress=quiet)
    said = []
    other = replace(study, settings={"majority": "majority", "linear": "another penalty"})
    other.run(tmp_path, workers=0, progress=said.append)
    assert said[0] == "4 of 8 fits are there already"


def test_processes_give_the_same_numbers(study, tmp_path: Path):
    one, two = tmp_path / "one", tmp_path / "two"
    study.run(one, workers=0, progress=quiet)
    study.run(two, workers=2, progress=quiet)
    for path in one.rglob("*.parquet"):
        here = read_unit(path).predictions
        there = read_unit(two / path.relative_to(one)).predictions
        assert all(
            np.array_equal(here[key].probabilities, there[key].probabilities) for key in here
        )


@dataclass(frozen=True)
class Broken:
    def missing_tables(self, present):
        return ()

    def fit(self, data, split, *, seed):
        raise SetupError("no target has 10 references (labels)")


def test_a_model_that_cannot_be_fitted_costs_its_own_fits_only(study, tmp_path: Path):
    contenders = {"broken": Broken(), **study.contenders}
    mixed = replace(study, contenders=contenders, settings={name: name for name in contenders})
    failures = mixed.run(tmp_path, workers=0, progress=quiet)
    assert len(failures) == 4
    assert set(failures.values()) == {"no target has 10 references (labels)"}
    assert len(list(mixed.outcomes(tmp_path, "linear"))) == 4


def test_a_unit_survives_the_file(data, split, make_contender, tmp_path: Path):
    contender = make_contender("pooled_linear")
    outcome = run_unit(contender, data, split.folds[0], DEGRADATIONS, 0)
    write_unit(tmp_path / "u.parquet", outcome, "digest")
    again = read_unit(tmp_path / "u.parquet")
    assert again.facts == outcome.facts
    assert set(again.predictions) == set(outcome.predictions)
    for key, predictions in outcome.predictions.items():
        found = again.predictions[key]
        assert found.target == predictions.target
        for name in ("reference", "score", "low", "high", "probabilities", "plausible", "fold"):
            assert np.array_equal(
                getattr(found, name), getattr(predictions, name), equal_nan=name != "plausible"
            )


def test_segments_are_scored_where_somebody_rated_them(data, split, make_contender):
    fold = split.folds[0]
    outcome = run_unit(make_contender("pooled_linear"), data, fold, None, 0)
    found = outcome.predictions["ambivalence_segments", CLEAN]
    names = dict(zip(found.recording_ids.tolist(), found.reference.tolist(), strict=True))
    assert set(found.participant_ids) <= fold.split.test
    for case in data.of_people(fold.split.test):
        rated = data.references[case.recording_id].moments
        for segment, moment in zip(case.segments, rated, strict=True):
            name = f"{case.recording_id}#{segment.index}"
            observed = any(
                not np.isnan(t.values[segment.index]).all()
                for t in case.tables
                if t.name != "metadata"
            )
            assert (name in names) == observed
            if observed:
                assert names[name] == moment.shown
    assert np.allclose(found.probabilities.sum(axis=1), 1)
