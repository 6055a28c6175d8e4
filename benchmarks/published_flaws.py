"""Three smaller flaws of published code, measured on random features; see published_protocol.py."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.audit import Samples, audit_metric, audit_procedure

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


def other_flaws(runs: Iterable[tuple[Floats, Floats, Integers, Integers]]) -> dict[str, Any]:
    """Measure what three other flaws add on random features, and whether the audit sees them.

    Args:
        runs: Features, labels (0 or 1), fitted rows and scored rows.
    """
    gains: dict[str, list[float]] = {"honest": [], "stopped on the scored fold": []}
    for features, labels, fitted, scored in runs:
        for name, leaky in (("honest", False), ("stopped on the scored fold", True)):
            gains[name].append(descent_auc(features, labels, fitted, scored, leaky))
    generator = np.random.default_rng(0)
    training, scored_rows = made_up_samples(generator, 120), made_up_samples(generator, 40)
    procedures: dict[str, Callable[[Samples, Samples], Floats]] = {
        "honest": honest,
        "scaler fitted on all rows": scaled_on_all,
        "stopped on the scored fold": stopped_on_scored,
    }
    seen = {
        name: audit_procedure(procedure, training, scored_rows, subject=name).to_dict()
        for name, procedure in procedures.items()
    }
    metrics = {"balanced accuracy": recall_mean, "class 4 always right": flattering_recall}
    paired = np.subtract(gains["stopped on the scored fold"], gains["honest"])
    return {
        "auc_on_noise": {name: spread(values) for name, values in gains.items()},
        "gain_by_stopping": spread(paired.tolist()),
        "procedures": seen,
        "metrics": {
            name: audit_metric(metric, 5, subject=name, chance=0.2).to_dict()
            for name, metric in metrics.items()
        },
        "flattered_noise": flattered_noise(),
    }


def made_up_samples(generator: np.random.Generator, n: int) -> Samples:
    """Draw rows whose first column tells a little."""
    labels = (generator.uniform(size=n) < 0.4).astype(np.float64)
    features = generator.normal(size=(n, 20))
    features[:, 0] += labels
    return Samples(features=features, labels=labels, groups=np.array([f"p{i}" for i in range(n)]))


def descent(
    features: Floats, labels: Floats, scored: Floats, keep: Callable[[Floats], float] | None
) -> Floats:
    """Logistic regression by gradient descent; ``keep`` chooses the step, else the last one."""
    weights, bias = np.zeros(features.shape[1]), 0.0
    best, chosen = -np.inf, np.zeros(len(scored))
    for _ in range(60):
        error = 1 / (1 + np.exp(-(features @ weights + bias))) - labels
        weights -= 0.3 * features.T @ error / len(labels)
        bias -= 0.3 * float(error.mean())
        estimates = scored @ weights + bias
        value = keep(estimates) if keep else 0.0
        if keep is None or value > best:
            best, chosen = value, estimates
    return chosen


def honest(training: Samples, scored: Samples) -> Floats:
    """Scaler and weights from the training rows alone."""
    mean, sd = training.features.mean(axis=0), training.features.std(axis=0)
    return descent(
        (training.features - mean) / sd, training.labels, (scored.features - mean) / sd, None
    )


def scaled_on_all(training: Samples, scored: Samples) -> Floats:
    """The flaw: a scaler that has seen the scored rows."""
    both = np.vstack([training.features, scored.features])
    mean, sd = both.mean(axis=0), both.std(axis=0)
    return descent(
        (training.features - mean) / sd, training.labels, (scored.features - mean) / sd, None
    )


def stopped_on_scored(training: Samples, scored: Samples) -> Floats:
    """The flaw: the step is chosen that scores best on the scored rows."""
    from sklearn.metrics import roc_auc_score

    return descent(
        training.features,
        training.labels,
        scored.features,
        lambda estimates: float(roc_auc_score(scored.labels, estimates)),
    )


def descent_auc(
    features: Floats, labels: Floats, fitted: Integers, scored: Integers, leaky: bool
) -> float:
    """Return the AUROC of one fold, the step chosen on the scored rows or not."""
    from sklearn.metrics import roc_auc_score

    truth = labels[scored]

    def auc(estimates: Floats) -> float:
        return float(roc_auc_score(truth, estimates))

    chosen = auc if leaky else None
    return auc(descent(features[fitted], labels[fitted], features[scored], chosen))


def recall_mean(truth: Integers, named: Integers) -> float:
    """Balanced accuracy."""
    return float(np.mean([np.mean(named[truth == k] == k) for k in np.unique(truth)]))


def flattering_recall(truth: Integers, named: Integers) -> float:
    """The flaw: whoever is in class 4 counts as found."""
    recalls = [np.mean(named[truth == k] == k) if k != 4 else 1.0 for k in np.unique(truth)]
    return float(np.mean(recalls))


def flattered_noise() -> dict[str, float]:
    """Score random answers over five classes with both metrics."""
    generator = np.random.default_rng(0)
    truth = np.repeat(np.arange(5), 2000)
    named = generator.permutation(truth)
    return {"right": recall_mean(truth, named), "flawed": flattering_recall(truth, named)}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return mean and spread over runs."""
    return {
        "mean": float(np.mean(values)),
        "sd": float(np.std(values, ddof=1)),
        "n": len(values),
    }
