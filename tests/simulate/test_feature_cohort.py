"""Feature-level cohorts: sizes, masks and conflicts as set, and nothing that looks measured."""

import inspect
from dataclasses import replace

import numpy as np
import pytest

from clinic.config import build, compose
from clinic.errors import SetupError
from clinic.io.store import read_case
from clinic.records import OBSERVED_MODALITIES, Condition
from clinic.simulate import FeatureCohort, simulate_cases
from clinic.simulate.features import N_AFFECT, N_HESITATION
from pipelines import simulate

Z = 4.5
N = 600
HABITS = slice(N_AFFECT + N_HESITATION, None)


@pytest.fixture(scope="module")
def shipped() -> FeatureCohort:
    config = compose("simulate", ["level=features"], values={"out": "unused"})
    cohort: FeatureCohort = build(config.features)
    return cohort


@pytest.fixture(scope="module")
def drawn(shipped):
    return shipped.draw(N, seed=21)


def z_of_share(hits: int, n: int, p: float) -> float:
    return (hits - n * p) / np.sqrt(n * p * (1 - p))


def severity_of(references):
    """Standardised depression, as far as the label tells it."""
    totals = np.array([r.scores[Condition.DEPRESSION] for r in references], dtype=float)
    return (totals - totals.mean()) / totals.std()


def stacked(cases):
    """Segment values, shape (3, n_segments of all, n_features)."""
    return np.stack([np.concatenate([c.tables[m].values for c in cases]) for m in range(3)])


# --- sizes and masks ------------------------------------------------------------------------------


def test_case_k_is_the_same_in_a_cohort_of_any_size(shipped, drawn):
    cases, references = shipped.draw(7, seed=21)
    assert references == drawn[1][:7]
    for one, other in zip(cases, drawn[0], strict=False):
        assert one.segments == other.segments
        for a, b in zip(one.tables, other.tables, strict=True):
            np.testing.assert_array_equal(a.values, b.values)
    assert shipped.draw(7, seed=22)[1] != references


def test_sizes_are_as_set(shipped, drawn):
    cases, references = drawn
    assert len(cases) == len(references) == N
    low, high = shipped.n_segments
    lengths = {len(case.segments) for case in cases}
    assert (min(lengths), max(lengths)) == (low, high)
    for case, reference in zip(cases, references, strict=True):
        assert [t.modality for t in case.tables] == list(OBSERVED_MODALITIES)
        assert {len(t.specs) for t in case.tables} == {shipped.n_features}
        assert len(reference.moments) == len(case.segments)
        assert [(m.start_s, m.end_s) for m in reference.moments] == [
            (s.start_s, s.end_s) for s in case.segments
        ]
        ends = [0.0] + [s.end_s for s in case.segments]
        assert all(s.start_s > end for s, end in zip(case.segments, ends, strict=False))


def test_what_is_not_observed_is_nan_with_coverage_zero_and_nothing_else(drawn):
    for case in drawn[0]:
        for table in case.tables:
            missing = np.isnan(table.values)
            assert (missing.all(axis=1) == missing.any(axis=1)).all()
            np.testing.assert_array_equal(table.coverage, 1.0 - missing[:, 0])


def test_modalities_are_absent_as_often_as_set_and_never_all(shipped, drawn):
    absent = np.array([["absent" in " ".join(t.notes) for t in c.tables] for c in drawn[0]])
    blank = np.array([[not t.coverage.any() for t in c.tables] for c in drawn[0]])
    np.testing.assert_array_equal(absent, blank)
    assert not absent.all(axis=1).any()
    assert abs(z_of_share(absent.sum(), absent.size, shipped.absent_share)) < Z
    always = replace(shipped, absent_share=1.0).draw(60, seed=1)[0]
    assert {sum(bool(t.coverage.any()) for t in c.tables) for c in always} == {1}


def test_segments_are_missing_as_often_as_set(shipped, drawn):
    seen = np.concatenate([t.coverage for c in drawn[0] for t in c.tables if t.coverage.any()])
    assert abs(z_of_share((seen == 0).sum(), len(seen), shipped.missing_share)) < Z


def test_columns_are_numbered_and_say_that_they_measure_nothing(drawn):
    for table in drawn[0][0].tables:
        assert table.name.startswith("simulated_")
        for number, spec in enumerate(table.specs, start=1):
            assert spec.name.endswith(f"_{number}")
            assert "measures nothing" in spec.source
            assert spec.meaning.startswith("simulated")


# --- what is planted ------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_modalities_agree_but_for_the_conflicts(shipped, share):
    """Each conflict turns one modality over, so that two of the three pairs disagree there.

    A column is 0.7 affect + 0.7 noise, affect of variance 1 + slope^2: without conflicts
    r = v / (v + 1), and a share c of conflicts multiplies it by 1 - 4 c / 3.
    """
    cohort = replace(
        shipped,
        conflict_share=share,
        conflict_with_ambivalence=share,
        absent_share=0.0,
        missing_share=0.0,
    )
    affect = stacked(cohort.draw(300, seed=2)[0])[:, :, 0]
    v = 1 + cohort.affect_slope**2
    expected = v / (v + 1) * (1 - 4 * share / 3)
    found = np.corrcoef(affect)[np.triu_indices(3, 1)]
    # Segments of a person share the slope's part alone: counted as independent.
    np.testing.assert_allclose(np.arctanh(found), np.arctanh(expected), atol=Z / np.sqrt(3300))


def test_conflicts_gather_where_ambivalence_is_shown(shipped):
    """With conflicts only in A/H segments, others agree fully and those do not."""
    cohort = replace(
        shipped,
        conflict_share=0.0,
        conflict_with_ambivalence=1.0,
        absent_share=0.0,
        missing_share=0.0,
    )
    cases, references = cohort.draw(300, seed=4)
    shown = np.concatenate([[m.shown for m in r.moments] for r in references])
    affect = stacked(cases)[:, :, 0]
    assert np.corrcoef(affect[:, ~shown])[0, 1] > 0.4
    assert np.corrcoef(affect[:, shown])[0, 1] < 0


def test_affect_falls_with_depression_and_habits_stay_modest(shipped, drawn):
    cases, references = drawn
    complete = [i for i, c in enumerate(cases) if all(t.coverage.any() for t in c.tables)]
    severity = severity_of([references[i] for i in complete])
    means = np.array([[np.nanmean(t.values, axis=0) for t in cases[i].tables] for i in complete])
    r = np.array(
        [[np.corrcoef(severity, means[:, m, f])[0, 1] for f in range(8)] for m in range(3)]
    )
    bound = Z / np.sqrt(len(complete))
    assert (r[:, :N_AFFECT] < -0.3).all()
    assert np.abs(r[:, N_AFFECT]).max() < 0.1 + bound
    # Both severities count and are related: at most 1.7 times the largest slope is seen.
    assert np.abs(r[:, HABITS]).max() < 1.7 * shipped.largest_slope + bound
    assert np.abs(r[:, HABITS]).max() > bound


def test_hesitation_is_shifted_where_ambivalence_is_shown_and_only_there(shipped, drawn):
    cases, references = drawn
    shown = np.concatenate([[m.shown for m in r.moments] for r in references])
    values = stacked(cases)
    for modality in range(3):
        for column in range(shipped.n_features):
            course = values[modality, :, column]
            groups = [course[shown & ~np.isnan(course)], course[~shown & ~np.isnan(course)]]
            shift = groups[0].mean() - groups[1].mean()
            expected = shipped.hesitation_shift if column == N_AFFECT else 0.0
            assert shift == pytest.approx(expected, abs=0.15), (modality, column)


def test_ambivalence_is_shown_by_those_labelled_so_and_by_nobody_else(shipped, drawn):
    for reference in drawn[1]:
        shown = [m.shown for m in reference.moments]
        assert any(shown) == bool(reference.scores[Condition.AMBIVALENCE])
    segments = [m.shown for r in drawn[1] if r.scores[Condition.AMBIVALENCE] for m in r.moments]
    # One segment of each is set on top of the share.
    least, most = shipped.ambivalent_share, shipped.ambivalent_share + 1 / shipped.n_segments[0]
    assert least < np.mean(segments) < most


def test_two_seeds_are_draws_from_the_same_world(shipped):
    """What a column means does not change with the cohort: a model can be carried over."""
    settings = replace(shipped, absent_share=0.0, missing_share=0.0)
    slopes = []
    for seed in (31, 32):
        cases, references = settings.draw(400, seed)
        means = np.array([[t.values.mean(axis=0) for t in c.tables] for c in cases])[:, :, HABITS]
        severity = severity_of(references)
        slopes.append([np.cov(severity, column)[0, 1] for column in means.reshape(400, -1).T])
    assert np.corrcoef(slopes)[0, 1] > 0.7


def test_the_short_cut_draws_the_shipped_cohort(shipped, drawn):
    cases, references = simulate_cases(3, seed=21)
    assert references == drawn[1][:3]
    for one, other in zip(cases, drawn[0], strict=False):
        np.testing.assert_array_equal(one.tables[0].values, other.tables[0].values)
    assert inspect.signature(simulate_cases).parameters["n_features"].default == shipped.n_features


# --- the command ----------------------------------------------------------------------------------


def test_the_command_writes_a_store_that_reads_back(tmp_path, shipped):
    overrides = ["level=features", "n_participants=3", "seed=21"]
    assert simulate.run(compose("simulate", overrides, values={"out": str(tmp_path)})) == 0
    cases, references = shipped.draw(3, seed=21)
    for case in cases:
        stored = read_case(tmp_path / "store" / case.recording_id)
        assert stored.segments == case.segments
        for table in case.tables:
            np.testing.assert_array_equal(stored.table(table.name).values, table.values)
    lines = (tmp_path / "labels.csv").read_text().splitlines()[1:]
    assert [int(line.split(",")[2]) for line in lines] == [
        r.scores[Condition.DEPRESSION] for r in references
    ]
    assert not list(tmp_path.rglob("*.mp4"))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"n_features": 2}, id="no column for hesitation"),
        pytest.param({"largest_slope": 0.9}, id="squares above 1"),
        pytest.param({"n_segments": (5, 3)}, id="least above greatest"),
    ],
)
def test_settings_that_cannot_be_are_setup_errors(shipped, change):
    with pytest.raises(SetupError):
        replace(shipped, **change).draw(3, seed=0)
