"""The split: nobody has two roles, everybody is scored once a repeat, the file has a hash."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.errors import SetupError
from clinic.evaluation.study.split_file import (
    ROLES,
    Fold,
    SplitFile,
    official_split,
    planned_split,
)
from clinic.fusion import ParticipantSplit, SplitPlan

PLAN = SplitPlan(
    validation_share=0.15, calibration_share=0.2, test_share=0.0, n_folds=4, n_repeats=3
)


def people(n: int) -> dict[str, int]:
    return {f"p-{i:03d}": i % 5 for i in range(n)}


@given(n=st.integers(20, 90), seed=st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_everybody_is_scored_once_a_repeat_and_has_one_role_a_fold(n, seed):
    split = planned_split(PLAN, people(n), seed=seed)
    for repeat in range(3):
        scored = [p for f in split.folds if f.repeat == repeat for p in f.split.test]
        assert sorted(scored) == sorted(people(n))
    for fold in split.folds:
        roles = [getattr(fold.split, role) for role in ROLES]
        assert sum(map(len, roles)) == len(frozenset().union(*roles)) == n


def test_the_file_comes_back_the_same_with_the_same_hash(tmp_path: Path):
    split = planned_split(PLAN, people(30), seed=1)
    (tmp_path / "split.json").write_text(split.to_json())
    again = SplitFile.read(tmp_path / "split.json")
    assert again == split
    assert again.sha256 == split.sha256
    assert planned_split(PLAN, people(30), seed=2).sha256 != split.sha256


def test_a_participant_in_two_folds_is_named(tmp_path: Path):
    path = tmp_path / "split.json"
    path.write_text('{"folds": [{"training": ["a", "b"], "validation": ["c"], "test": ["b"]}]}')
    with pytest.raises(SetupError, match="participant b is in training and in test"):
        SplitFile.read(path)


def test_an_alias_in_two_folds_is_named():
    fold = Fold(
        repeat=0,
        number=0,
        split=ParticipantSplit(
            training=frozenset({"edaic-300"}),
            validation=frozenset({"x"}),
            calibration=frozenset(),
            test=frozenset({"daicwoz-300"}),
        ),
    )
    SplitFile(name="no aliases", folds=(fold,))
    with pytest.raises(SetupError, match=r"daicwoz-300, also known as edaic-300, is in"):
        SplitFile(name="pair", folds=(fold,), aliases={"edaic-300": "daicwoz-300"})


def test_an_official_split_keeps_who_is_scored_and_fills_the_rest():
    strata = people(100)
    names = sorted(strata)
    official = SplitFile(
        name="official",
        folds=(
            Fold(
                repeat=0,
                number=0,
                split=ParticipantSplit(
                    training=frozenset(names[:60]),
                    validation=frozenset(names[60:75]),
                    calibration=frozenset(),
                    test=frozenset(names[75:]),
                ),
            ),
        ),
    )
    split = official_split(official, PLAN, strata, seed=0)
    assert [fold.repeat for fold in split.folds] == [0, 1, 2]
    for fold in split.folds:
        assert fold.split.test == frozenset(names[75:])
        assert fold.split.validation == frozenset(names[60:75])
        assert len(fold.split.calibration) == 15  # a fifth of the 75 who are not scored
        assert fold.split.training | fold.split.calibration == frozenset(names[:60])
    assert split.folds[0].split.calibration != split.folds[1].split.calibration


def test_fewer_participants_than_folds_is_said():
    with pytest.raises(SetupError, match=r"3 participants, 4 folds \(splits.n_folds\)"):
        planned_split(PLAN, people(3), seed=0)


def test_a_fold_that_scores_nobody_is_refused(tmp_path: Path):
    path = tmp_path / "split.json"
    path.write_text('{"name": "s", "folds": [{"training": ["a"], "validation": ["b"]}]}')
    with pytest.raises(SetupError, match="nobody is scored"):
        SplitFile.read(path)
