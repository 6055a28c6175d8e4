"""No person has two roles, and every role has its share of every stratum."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.errors import SetupError
from clinic.fusion import SplitPlan

PLAN = SplitPlan(validation_share=0.15, calibration_share=0.2, test_share=0.2, n_folds=5)


def roles(split):
    return [split.training, split.validation, split.calibration, split.test]


@settings(max_examples=30)
@given(st.integers(30, 300), st.integers(0, 10_000), st.integers(1, 6))
def test_no_subject_is_in_two_splits(n, seed, n_strata):
    strata = {f"p{i}": i % n_strata for i in range(n)}
    final = PLAN.final(strata, seed)
    for split in (final, *PLAN.folds(strata, seed)):
        everyone = [person for role in roles(split) for person in role]
        assert len(everyone) == len(set(everyone))
    assert set().union(*roles(final)) == set(strata)


@settings(max_examples=20)
@given(st.integers(30, 300), st.integers(0, 10_000))
def test_folds_score_everyone_once_except_the_final_test(n, seed):
    strata = {f"p{i}": i % 3 for i in range(n)}
    scored = [p for split in PLAN.folds(strata, seed) for p in split.test]
    assert sorted(scored) == sorted(set(strata) - PLAN.final(strata, seed).test)


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(2, 8))
def test_strata_are_shared_out_evenly(seed, every):
    """Also where a stratum's share is one in n_folds, which must not put it in one fold."""
    strata = {f"p{i}": int(i % every == 0) for i in range(240)}
    for split in (PLAN.final(strata, seed), *PLAN.folds(strata, seed)):
        for role in roles(split):
            expected = len(role) / every
            assert abs(sum(strata[p] for p in role) - expected) <= 2


def test_same_seed_same_split_other_seed_other_split():
    strata = {f"p{i}": i % 4 for i in range(100)}
    assert PLAN.final(strata, 5) == PLAN.final(strata, 5)
    assert PLAN.final(strata, 5) != PLAN.final(strata, 6)


def test_shares_that_leave_nobody_are_refused():
    with pytest.raises(SetupError, match="shares must be positive and sum below 1"):
        SplitPlan(validation_share=0.5, calibration_share=0.3, test_share=0.3, n_folds=5)
    with pytest.raises(SetupError, match="participants"):
        PLAN.final({"p1": 0, "p2": 0}, 0)
