"""The audit of a table and its split: what it must catch, and what it must let pass."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from clinic.config import build, compose
from clinic.errors import SetupError
from clinic.evaluation.audit import (
    AuditReport,
    AuditTable,
    LabelKind,
    Verdict,
    folds_of_numbers,
    folds_of_participants,
    labels_of,
    to_markdown,
)
from clinic.evaluation.audit.chance import above_chance, centred_scores
from clinic.evaluation.audit.people import mean_by, persons_of

N_FIRST, N_ALSO = 120, 80


@pytest.fixture(scope="module")
def audit():
    """The audit as shipped, with fewer repeats."""
    values = dict.fromkeys(("features", "labels", "split"), "none")
    return replace(build(compose("audit", values=values).audit), n_permutations=60, n_draws=30)


def table_of(features, people, labels, **further) -> AuditTable:
    names = np.array([str(name) for name in people])
    return AuditTable(
        recording_ids=np.array([f"r{i}" for i in range(len(names))]),
        participant_ids=names,
        features=features,
        columns=tuple(f"f{i}" for i in range(features.shape[1])),
        labels=(labels_of("depression", list(labels)),),
        **further,
    )


def verdicts(report: AuditReport) -> dict[str, Verdict]:
    return {check.name.split(" (")[0]: check.verdict for check in report.checks}


def clean(seed: int = 0, n: int = N_FIRST, columns: int = 40, effect: float = 1.0) -> AuditTable:
    generator = np.random.default_rng(seed)
    labels = (generator.uniform(size=n) < 0.35).astype(int)
    features = generator.normal(size=(n, columns))
    features[:, 0] += effect * labels
    return table_of(features, generator.permutation([f"e{i}" for i in range(n)]), labels)


def pooled(noise: float, *, listed: bool, shared_columns: int = 0) -> AuditTable:
    """A corpus pooled with a part of itself under other ids, as E-DAIC with DAIC-WOZ."""
    generator = np.random.default_rng(1)
    labels = generator.integers(5, size=N_FIRST)
    features = generator.normal(size=(N_FIRST, 40))
    again = features[:N_ALSO] + noise * generator.normal(size=(N_ALSO, 40))
    again[:, :shared_columns] = features[:N_ALSO, :shared_columns]
    people = [f"e{i}" for i in range(N_FIRST)] + [f"d{i}" for i in range(N_ALSO)]
    bands = [f"band {k}" for k in [*labels, *labels[:N_ALSO]]]
    return table_of(
        np.vstack([features, again]),
        people,
        bands,
        aliases=tuple((f"d{i}", f"e{i}") for i in range(N_ALSO)) if listed else (),
    )


def by_row(table: AuditTable, n_folds: int = 5, seed: int = 0):
    order = np.random.default_rng(seed).permutation(table.n_rows)
    return folds_of_numbers((order % n_folds).tolist())


def by_person(table: AuditTable, n_folds: int = 5):
    people = persons_of(table.participant_ids, table.aliases)
    return folds_of_numbers((people % n_folds).tolist())


def test_a_clean_table_with_a_true_effect_passes_everything(audit):
    table = clean()
    report = audit.run(table, by_row(table), subject="clean")
    assert set(verdicts(report).values()) == {Verdict.PASS}, to_markdown(report)
    assert report.verdict is Verdict.PASS


@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_the_same_people_under_two_ids_are_caught_through_the_alias_list(audit, noise):
    table = pooled(noise, listed=True)
    found = verdicts(audit.run(table, by_row(table), subject="pooled"))
    assert found["participants shared between folds"] is Verdict.FAIL
    assert found["permuted labels"] is Verdict.FAIL
    assert found["noise features"] is Verdict.FAIL


@pytest.mark.parametrize(
    ("noise", "shared_columns"), [(0.0, 0), (0.2, 0), (1.5, 20)], ids=["exact", "near", "text only"]
)
def test_the_same_people_under_two_ids_are_caught_without_any_alias(audit, noise, shared_columns):
    table = pooled(noise, listed=False, shared_columns=shared_columns)
    report = audit.run(table, by_row(table), subject="pooled")
    found = verdicts(report)
    assert found["participants shared between folds"] is Verdict.PASS
    assert found["near-duplicate rows across folds"] is Verdict.FAIL
    assert found["permuted labels"] is Verdict.FAIL
    assert found["noise features"] is Verdict.FAIL
    assert report.sizes["persons"] == N_FIRST
    details = dict(report.checks[1].details)
    assert details["pairs of participants"] == N_ALSO


def test_the_same_table_split_by_person_is_let_pass(audit):
    table = pooled(0.2, listed=True)
    found = verdicts(audit.run(table, by_person(table), subject="pooled"))
    assert Verdict.FAIL not in found.values()


def test_noise_gains_what_the_share_of_people_on_both_sides_predicts(audit):
    """A copy on the fitted side names the label, else the guess is blind: mean (1 + s) / 2."""
    table = pooled(0.0, listed=True)
    report = audit.run(table, by_row(table), subject="pooled")
    shared = dict(report.checks[0].details)["share of scored rows whose person was fitted on"]
    noise = next(c for c in report.checks if c.name.startswith("noise"))
    assert noise.statistic == pytest.approx((1 + shared) / 2, abs=0.04)


def test_ten_segments_of_a_person_split_by_row_are_caught(audit):
    one = clean(n=60)
    rows = np.repeat(np.arange(60), 10)
    generator = np.random.default_rng(0)
    table = table_of(
        one.features[rows] + generator.normal(size=(600, 40)),
        one.participant_ids[rows],
        one.labels[0].values[rows, 0],
    )
    found = verdicts(audit.run(table, by_row(table), subject="segments"))
    assert found["participants shared between folds"] is Verdict.FAIL
    assert found["permuted labels"] is Verdict.FAIL
    kept = verdicts(audit.run(table, by_person(table), subject="segments"))
    assert Verdict.FAIL not in kept.values()


def test_one_shared_person_between_training_and_calibration_is_enough(audit):
    table = clean()
    people = table.participant_ids.tolist()
    fold = {"training": people[:80], "calibration": people[79:100], "test": people[100:]}
    report = audit.run(table, folds_of_participants(people, [fold]), subject="one")
    assert [c.name for c in report.failed] == ["participants shared between folds"]
    assert report.checks[0].statistic == 1


def test_a_recording_on_both_sides_is_caught_whatever_its_people_are_called(audit):
    table = clean()
    names = table.recording_ids.copy()
    names[:2] = "twice"
    table = replace(table, recording_ids=names)
    numbers = [i % 5 for i in range(table.n_rows)]
    report = audit.run(table, folds_of_numbers(numbers), subject="recording")
    assert report.checks[0].verdict is Verdict.FAIL
    assert dict(report.checks[0].details)["recordings shared"] == 1


def test_a_scaler_fitted_on_everybody_is_caught_and_one_on_training_is_not(audit):
    table = clean(columns=30)
    people = table.participant_ids.tolist()
    folds = folds_of_participants(people, [{"training": people[:90], "test": people[90:]}])
    for rows, verdict in ((slice(None), Verdict.FAIL), (slice(0, 90), Verdict.PASS)):
        mean, sd = table.features[rows].mean(axis=0), table.features[rows].std(axis=0)
        scaled = replace(table, features=((table.features - mean) / sd).astype(np.float32))
        found = verdicts(audit.run(scaled, folds, subject="scaled"))
        assert found["scaled or imputed over everybody"] is verdict
        low, high = table.features[rows].min(axis=0), table.features[rows].max(axis=0)
        stretched = replace(table, features=(table.features - low) / (high - low))
        found = verdicts(audit.run(stretched, folds, subject="stretched"))
        assert found["scaled or imputed over everybody"] is verdict


def test_gaps_filled_with_everybodys_mean_are_caught(audit):
    table = clean(columns=10)
    values = table.features.copy()
    values[:15, 3] = values[15:, 3].mean()
    folds = by_row(table)
    found = verdicts(audit.run(replace(table, features=values), folds, subject="filled"))
    assert found["scaled or imputed over everybody"] is Verdict.FAIL


def test_shares_that_reach_both_ends_are_not_taken_for_a_scaler(audit):
    table = clean(columns=10)
    shares = np.clip(np.random.default_rng(0).normal(0.5, 0.4, size=table.features.shape), 0, 1)
    found = verdicts(audit.run(replace(table, features=shares), by_row(table), subject="shares"))
    assert found["scaled or imputed over everybody"] is Verdict.PASS


def test_metadata_that_gives_the_answer_away_fails_and_a_weak_one_only_warns(audit):
    table = clean()
    label = table.labels[0].values[:, 0]
    generator = np.random.default_rng(0)
    kinds = {
        Verdict.FAIL: np.where(label == 1, "clinic", "home"),
        Verdict.WARN: np.where(
            generator.uniform(size=len(label)) < 0.7,
            np.where(label == 1, "clinic", "home"),
            np.where(generator.uniform(size=len(label)) < 0.5, "clinic", "home"),
        ),
        Verdict.PASS: generator.permutation(np.where(label == 1, "clinic", "home")),
    }
    for verdict, column in kinds.items():
        given_away = replace(table, metadata={"session_kind": column})
        found = verdicts(audit.run(given_away, by_row(table), subject="kind"))
        assert found["metadata shortcuts"] is verdict


def test_a_table_sorted_by_label_and_gaps_that_follow_it_are_named(audit):
    table = clean()
    order = np.argsort(table.labels[0].values[:, 0], kind="stable")
    values = table.features[order]
    values[-30:, 5] = np.nan
    sorted_table = table_of(values, table.participant_ids[order], table.labels[0].values[order, 0])
    report = audit.run(sorted_table, by_row(table), subject="sorted")
    check = next(c for c in report.checks if c.name.startswith("metadata"))
    assert check.verdict is Verdict.FAIL
    assert {name.split(":")[0] for name, _ in check.details} >= {"row order", "gaps of f5"}


def test_what_cannot_be_checked_says_why(audit):
    generator = np.random.default_rng(0)
    coarse = table_of(generator.integers(2, size=(40, 2)).astype(float), range(40), [0, 1] * 20)
    found = audit.run(coarse, by_row(coarse), subject="coarse")
    assert found.checks[1].verdict is Verdict.NOT_POSSIBLE
    assert "too few or too coarse" in found.checks[1].sentence
    few = table_of(generator.normal(size=(9, 3)), range(9), [0, 1, 1] * 3)
    assert "12 needed" in audit.run(few, by_row(few, 2), subject="few").checks[2].sentence
    with pytest.raises(SetupError, match="scores no row"):
        audit.run(few, folds_of_participants(few.participant_ids.tolist(), [{}]), subject="none")


def test_rows_in_no_fold_are_said(audit):
    table = clean()
    numbers = [None if i < 7 else i % 5 for i in range(table.n_rows)]
    check = audit.run(table, folds_of_numbers(numbers), subject="left out").checks[0]
    assert check.verdict is Verdict.WARN
    assert "7 rows are in no fold" in check.sentence


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_centred_scores_are_auroc_and_spearman(seed):
    generator = np.random.default_rng(seed)
    estimates = np.round(generator.normal(size=30), 1)
    yes = generator.permutation([0.0] * 18 + [1.0] * 12)
    score = centred_scores(LabelKind.BINARY, yes[:, None, None], estimates[:, None, None])
    assert score[0] + 0.5 == pytest.approx(roc_auc_score(yes, estimates))
    points = generator.integers(25, size=30).astype(float)
    score = centred_scores(LabelKind.ORDERED, points[:, None, None], estimates[:, None, None])
    assert score[0] == pytest.approx(spearmanr(points, estimates).statistic)


def test_pooled_estimates_fall_below_chance_and_our_score_does_not():
    """Why scores are taken within folds: the mean of the fitted labels alone scores badly."""
    generator = np.random.default_rng(0)
    pooled_scores, within = [], []
    for _ in range(300):
        labels = generator.permutation([0.0] * 30 + [1.0] * 20)
        estimates = np.array([np.delete(labels, i).mean() for i in range(50)])
        pooled_scores.append(roc_auc_score(labels, estimates))
        fold = labels[:10, None, None]
        guess = np.full((10, 1, 1), labels[10:].mean())
        within.append(centred_scores(LabelKind.BINARY, fold, guess)[0])
    assert np.mean(pooled_scores) < 0.1
    assert np.mean(within) == 0


def test_above_chance_is_rarely_significant_under_chance():
    generator = np.random.default_rng(0)
    values = [
        above_chance(LabelKind.BINARY, generator.normal(0, 0.05, 100)).p_value for _ in range(2000)
    ]
    assert np.mean(np.array(values) < 0.05) == pytest.approx(0.05, abs=0.015)


def test_people_are_joined_through_chains_of_aliases():
    people = persons_of(np.array(["a", "b", "c", "d"]), [("a", "x"), ("x", "c")])
    assert people[0] == people[2]
    assert len({people[0], people[1], people[3]}) == 3


def test_means_by_group_skip_gaps():
    values = np.array([[1.0, np.nan], [3.0, np.nan], [5.0, 2.0]])
    means = mean_by(np.array([0, 0, 1]), values, 2)
    np.testing.assert_array_equal(means, [[2.0, np.nan], [5.0, 2.0]])


def test_kinds_of_labels_are_told_from_their_values():
    assert labels_of("t", ["yes", "no", None]).kind is LabelKind.BINARY
    assert labels_of("t", [0, 4, 17.5]).kind is LabelKind.ORDERED
    classes = labels_of("t", ["a", "b", "c", ""])
    assert classes.kind is LabelKind.CLASSES
    assert np.isnan(classes.values[3]).all()
    assert labels_of("t", [1, 2, 3], nominal=True).values.shape == (3, 3)
    with pytest.raises(SetupError, match="2 needed"):
        labels_of("t", [1, 1, None])


def test_a_failed_audit_stops_an_evaluation_and_is_written_for_a_reader(audit):
    table = pooled(0.0, listed=True)
    report = audit.run(table, by_row(table), subject="pooled | <b>")
    with pytest.raises(SetupError, match="participants shared"):
        report.require_pass()
    text = to_markdown(report)
    assert "<b>" not in text
    assert r"\<b\>" in text
    assert text.count("What to do:") == len(
        [c for c in report.checks if c.verdict is not Verdict.PASS]
    )


def test_people_whose_recordings_differ_score_no_more_than_certain():
    labels = np.array([0.0, 0.1, 0.2, 0.3, 0.4])[:, None, None]
    for kind in (LabelKind.BINARY, LabelKind.CLASSES):
        (score,) = centred_scores(kind, labels, labels)
        assert 0 < score <= 0.5
