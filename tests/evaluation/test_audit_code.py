"""The audit of code: procedures that look at the scored fold, metrics that flatter a class."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    f1_score,
    roc_auc_score,
)

from clinic.errors import SetupError
from clinic.evaluation import metrics
from clinic.evaluation.audit import (
    AuditReport,
    Samples,
    Verdict,
    audit_metric,
    audit_procedure,
    joined,
)


def samples(n: int, seed: int) -> Samples:
    generator = np.random.default_rng(seed)
    labels = (generator.uniform(size=n) < 0.4).astype(float)
    features = generator.normal(3.0, 2.0, size=(n, 12))
    features[:, 0] += labels
    return Samples(features=features, labels=labels, groups=np.array([f"p{i}" for i in range(n)]))


def fitted_line(x, y, scored):
    weights = np.linalg.solve(x.T @ x + np.eye(x.shape[1]), x.T @ (y - y.mean()))
    return scored @ weights


def scale(rows, by):
    return (rows - by.mean(axis=0)) / by.std(axis=0)


def honest(training, scored):
    x = scale(training.features, training.features)
    return fitted_line(x, training.labels, scale(scored.features, training.features))


def scaled_on_all(training, scored):
    both = np.vstack([training.features, scored.features])
    return fitted_line(
        scale(training.features, both), training.labels, scale(scored.features, both)
    )


def scaled_on_scored(training, scored):
    x = scale(training.features, training.features)
    return fitted_line(x, training.labels, scale(scored.features, scored.features))


def components_of_all(training, scored):
    pca = PCA(3, random_state=0).fit(np.vstack([training.features, scored.features]))
    return fitted_line(
        pca.transform(training.features), training.labels, pca.transform(scored.features)
    )


def epochs(training, scored, watched):
    model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.01, random_state=0)
    best, kept = -np.inf, None
    mean, sd = training.features.mean(axis=0), training.features.std(axis=0)
    for _ in range(25):
        model.partial_fit((training.features - mean) / sd, training.labels, classes=[0.0, 1.0])
        seen = model.decision_function((watched.features - mean) / sd)
        score = roc_auc_score(watched.labels, seen)
        if score > best:
            best, kept = score, model.decision_function((scored.features - mean) / sd)
    return kept


def stopped_on_scored(training, scored):
    return epochs(training, scored, scored)


def stopped_on_validation(training, scored):
    rows = np.arange(len(training.labels))
    return epochs(training.take(rows[20:]), scored, training.take(rows[:20]))


def forgetful(training, scored):
    return np.random.default_rng().normal(size=len(scored.labels))


def failed(report: AuditReport) -> set[str]:
    return {check.name.split(": ")[-1].split(" (")[0] for check in report.failed}


@pytest.mark.parametrize(
    ("procedure", "leaks"),
    [
        (honest, set()),
        (stopped_on_validation, set()),
        (scaled_on_all, {"features", "number"}),
        (scaled_on_scored, {"features", "number"}),
        (components_of_all, {"features", "number"}),
    ],
)
def test_only_what_is_fitted_on_scored_rows_is_caught(procedure, leaks):
    report = audit_procedure(procedure, samples(120, 0), samples(40, 1), subject="code")
    assert failed(report) == leaks


@pytest.mark.parametrize("seed", range(4))
def test_early_stopping_on_the_scored_fold_is_caught_by_its_labels(seed):
    report = audit_procedure(
        stopped_on_scored, samples(120, 2 * seed), samples(40, 2 * seed + 1), subject="stop"
    )
    assert "labels" in failed(report)


def test_a_procedure_without_a_seed_cannot_be_checked():
    report = audit_procedure(forgetful, samples(50, 0), samples(20, 1), subject="code")
    assert {check.verdict for check in report.checks} == {Verdict.NOT_POSSIBLE}
    assert "seed" in report.checks[0].advice


def test_estimates_of_another_length_are_refused():
    with pytest.raises(SetupError, match="gave 1 estimates"):
        audit_procedure(
            lambda training, scored: np.zeros(1), samples(50, 0), samples(20, 1), subject="code"
        )


def class_always_right(truth, named):
    """Balanced accuracy that counts everybody of class 2 as found."""
    return float(
        np.mean([1.0 if k == 2 else np.mean(named[truth == k] == k) for k in np.unique(truth)])
    )


def answer_always_right(truth, named):
    """Accuracy that accepts the answer 0 for everybody."""
    return float(np.mean((named == truth) | (named == 0)))


def lucky(truth, named):
    """Accuracy that rounds up."""
    return min(1.0, float(np.mean(named == truth)) * 1.1)


GOOD = [
    ("accuracy", accuracy_score, 0.25, False),
    ("balanced accuracy", balanced_accuracy_score, 0.25, False),
    ("ours", metrics.balanced_accuracy, 0.25, False),
    ("macro-F1", lambda t, n: f1_score(t, n, average="macro", zero_division=0), None, False),
    ("kappa", cohen_kappa_score, 0.0, False),
    ("qwk", lambda t, n: cohen_kappa_score(t, n, weights="quadratic"), 0.0, True),
    ("mean error in bands", lambda t, n: -float(np.mean(np.abs(t - n))), -1.25, True),
]


@pytest.mark.parametrize(("name", "metric", "chance", "ordered"), GOOD)
def test_right_metrics_pass(name, metric, chance, ordered):
    report = audit_metric(metric, 4, subject=name, chance=chance, ordered=ordered)
    assert not report.failed, report.failed


@pytest.mark.parametrize("metric", [class_always_right, answer_always_right])
def test_a_class_that_always_counts_as_right_is_caught_and_named(metric):
    report = audit_metric(metric, 4, subject="flawed", chance=0.25)
    found = {check.name.split(" (")[0] for check in report.failed}
    assert found >= {"every error costs", "classes count alike", "shuffled estimates"}
    costs = next(c for c in report.checks if c.name.startswith("every error"))
    assert ("class 2 missed" if metric is class_always_right else "class 0") in costs.sentence


def test_a_metric_above_its_chance_is_caught():
    report = audit_metric(lucky, 4, subject="lucky", chance=0.25)
    assert "shuffled estimates (lucky)" in {check.name for check in report.failed}


def test_an_error_measure_is_turned_round():
    error = audit_metric(
        lambda t, n: float(np.mean(np.abs(t - n))),
        4,
        subject="error",
        ordered=True,
        higher_is_better=False,
        chance=1.25,
    )
    assert not error.failed, error.failed
    assert error.checks[-1].chance == 1.25


def test_chance_that_is_not_given_is_not_made_up():
    report = audit_metric(accuracy_score, 3, subject="accuracy")
    assert report.checks[-1].verdict is Verdict.NOT_POSSIBLE


def test_reports_join():
    one = audit_metric(accuracy_score, 3, subject="a", chance=1 / 3)
    two = audit_procedure(honest, samples(60, 0), samples(20, 1), subject="b")
    both = joined("everything", [one, two])
    assert len(both.checks) == len(one.checks) + len(two.checks)
    assert both.verdict is Verdict.PASS
