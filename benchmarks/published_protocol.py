"""What a score is worth when the same people are fitted on and scored: random numbers as features.

Two made-up corpora like E-DAIC (275 sessions) and DAIC-WOZ (189 sessions, all of them also in
E-DAIC). Features and labels are drawn at random, so that nothing can be learnt. Rows are split
once by row and once by person, and scored with the published recipe and with cheap models.

Run:
    python benchmarks/published_protocol.py

The result is ``benchmarks/results/published_protocol.json``; the figures go to ``docs/images``.
No real person is in it. Source of the recipe: arXiv:2510.20239 and its released code.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from clinic.config import build, compose
from clinic.evaluation.audit import (
    AuditTable,
    LeakageAudit,
    Samples,
    audit_metric,
    audit_procedure,
    folds_of_numbers,
    labels_of,
)

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "published_protocol.json"
IMAGES = HERE.parent / "docs" / "images"

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

N_FIRST, N_ALSO = 275, 189  # sessions of E-DAIC; of DAIC-WOZ, all of them in E-DAIC
N_FOLDS = 7
#: Columns that both copies share (one text vector for both), and columns measured twice.
N_SHARED, N_TWICE, TWICE_NOISE = 48, 32, 0.1
SEEDS = range(5)
#: PHQ-8 bands of 189 + 86 sessions are uneven; these shares give the majority about .44.
SHARES = {5: (0.44, 0.25, 0.15, 0.10, 0.06), 3: (0.44, 0.32, 0.24)}
LEARNING_RATE, DEPTH, N_TREES, PATIENCE = 0.05, 8, 2000, 50


@dataclass(frozen=True, kw_only=True, eq=False)
class Pooled:
    """Both corpora in one table.

    Args:
        person: Who a row is of; ``name`` is what the row is called, another in each corpus.
    """

    features: Floats
    labels: Integers
    person: Integers
    name: NDArray[np.str_]


def main() -> None:
    """Measure, write the results and draw the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figures-only", action="store_true", help="Draw from stored results.")
    options = parser.parse_args()
    if not options.figures_only:
        found = {
            "n_rows": N_FIRST + N_ALSO,
            "n_people": N_FIRST,
            "n_folds": N_FOLDS,
            "seeds": list(SEEDS),
            "published_recipe": {str(k): recipe_scores(k) for k in SHARES},
            "share_of_people_twice": duplication_curve(),
            "audit": audits(),
            "other_flaws": other_flaws(),
        }
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    stored = json.loads(RESULTS.read_text())
    draw(stored)
    sys.stdout.write(RESULTS.read_text())


def pooled_corpora(n_classes: int, n_also: int, generator: np.random.Generator) -> Pooled:
    """Draw random features and labels, and pool a corpus with a part of itself."""
    labels = generator.choice(n_classes, size=N_FIRST, p=SHARES[n_classes])
    shared = generator.normal(size=(N_FIRST, N_SHARED))
    measured = generator.normal(size=(N_FIRST, N_TWICE))
    again = np.arange(n_also)
    second = measured[again] + TWICE_NOISE * generator.normal(size=(n_also, N_TWICE))
    names = [f"e{i}" for i in range(N_FIRST)] + [f"d{i}" for i in again]
    return Pooled(
        features=np.vstack([np.hstack([shared, measured]), np.hstack([shared[again], second])]),
        labels=np.concatenate([labels, labels[again]]).astype(np.intp),
        person=np.concatenate([np.arange(N_FIRST), again]).astype(np.intp),
        name=np.array(names),
    )


def folds_of(data: Pooled, protocol: str, seed: int) -> list[tuple[Integers, Integers]]:
    """Return fitted and scored rows of each fold, stratified; split by ``row`` or ``person``."""
    options = {"n_splits": N_FOLDS, "shuffle": True, "random_state": seed}
    if protocol == "row":
        return list(StratifiedKFold(**options).split(data.features, data.labels))
    return list(StratifiedGroupKFold(**options).split(data.features, data.labels, data.person))


def recipe_scores(n_classes: int) -> dict[str, Any]:
    """Score the published recipe under both protocols, over seeds."""
    found: dict[str, Any] = {}
    for protocol in ("row", "person"):
        runs = []
        for seed in SEEDS:
            data = pooled_corpora(n_classes, N_ALSO, np.random.default_rng(seed))
            runs.append(recipe_run(data, folds_of(data, protocol, seed), n_classes, seed))
            sys.stderr.write(f"{n_classes} classes, by {protocol}, seed {seed}: {runs[-1]}\n")
        found[protocol] = {
            key: spread([run[key] for run in runs]) for key in ("accuracy", "auc", "majority")
        }
    return found


def recipe_run(
    data: Pooled, folds: Sequence[tuple[Integers, Integers]], n_classes: int, seed: int
) -> dict[str, float]:
    """Boost trees as published, stopped early on the scored fold as its released code does."""
    from sklearn.metrics import roc_auc_score

    hits, aucs, majority = [], [], []
    for fitted, scored in folds:
        probabilities = boosted(data, fitted, scored, n_classes, seed)
        truth = data.labels[scored]
        hits.append(probabilities.argmax(axis=1) == truth)
        majority.append(truth == np.bincount(data.labels[fitted]).argmax())
        each = [
            roc_auc_score(truth == k, probabilities[:, k])
            for k in range(n_classes)
            if 0 < np.sum(truth == k) < len(truth)
        ]
        aucs.append(float(np.mean(each)))
    return {
        "accuracy": float(np.concatenate(hits).mean()),
        "auc": float(np.mean(aucs)),
        "majority": float(np.concatenate(majority).mean()),
    }


def boosted(data: Pooled, fitted: Integers, scored: Integers, n_classes: int, seed: int) -> Floats:
    """Return class probabilities of the scored rows."""
    from xgboost import XGBClassifier

    labels = data.labels[fitted]
    weights = (len(labels) / (n_classes * np.bincount(labels, minlength=n_classes)))[labels]
    model = XGBClassifier(
        n_estimators=N_TREES,
        learning_rate=LEARNING_RATE,
        max_depth=DEPTH,
        min_child_weight=2,
        subsample=0.9,
        colsample_bytree=0.8,
        reg_lambda=2,
        early_stopping_rounds=PATIENCE,
        eval_metric="mlogloss",
        n_jobs=1,
        random_state=seed,
    )
    model.fit(
        data.features[fitted],
        labels,
        sample_weight=weights,
        eval_set=[(data.features[scored], data.labels[scored])],
        verbose=False,
    )
    return np.asarray(model.predict_proba(data.features[scored]), dtype=np.float64)


def duplication_curve() -> list[dict[str, Any]]:
    """Score a nearest neighbour on random features, with ever more people in the table twice."""
    rows = []
    for n_also in (0, 28, 55, 96, 138, 189, 232, 275):
        values: dict[str, list[float]] = {"row": [], "person": []}
        for seed in SEEDS:
            data = pooled_corpora(5, n_also, np.random.default_rng(100 + seed))
            for protocol, scores in values.items():
                scores.append(neighbour_auc(data, folds_of(data, protocol, seed)))
        rows.append(
            {
                "share": n_also / N_FIRST,
                **{protocol: spread(scores) for protocol, scores in values.items()},
            }
        )
    return rows


def neighbour_auc(data: Pooled, folds: Sequence[tuple[Integers, Integers]]) -> float:
    """Return the mean AUROC over folds and classes of the nearest row's class."""
    from sklearn.metrics import roc_auc_score
    from sklearn.neighbors import KNeighborsClassifier

    found = []
    for fitted, scored in folds:
        model = KNeighborsClassifier(1).fit(data.features[fitted], data.labels[fitted])
        named, truth = model.predict(data.features[scored]), data.labels[scored]
        found += [
            float(roc_auc_score(truth == k, named == k))
            for k in set(truth.tolist())
            if np.sum(truth == k) < len(truth)
        ]
    return float(np.mean(found))


def audits() -> dict[str, Any]:
    """Audit the pooled table under both splits, with and without a list of aliases."""
    audit: LeakageAudit = build(
        compose("audit", values=dict.fromkeys(("features", "labels", "split"), "none")).audit
    )
    data = pooled_corpora(5, N_ALSO, np.random.default_rng(0))
    found = {}
    for protocol in ("row", "person"):
        fold_of = np.empty(len(data.labels), dtype=int)
        for number, (_, scored) in enumerate(folds_of(data, protocol, 0)):
            fold_of[scored] = number
        for listed in (False, True):
            aliases = [(f"d{i}", f"e{i}") for i in range(N_ALSO)] if listed else []
            table = AuditTable(
                recording_ids=data.name,
                participant_ids=data.name,
                features=data.features,
                columns=tuple(f"f{i}" for i in range(data.features.shape[1])),
                labels=(labels_of("band", [f"band {k}" for k in data.labels]),),
                aliases=tuple(aliases),
            )
            folds = folds_of_numbers(fold_of.tolist())
            report = audit.run(table, folds, subject=f"split by {protocol}")
            words = "with" if listed else "without"
            found[f"split by {protocol}, {words} aliases"] = report.to_dict()
    return found


def other_flaws() -> dict[str, Any]:
    """Measure what three other flaws add on random features, and whether the audit sees them."""
    gains: dict[str, list[float]] = {"honest": [], "stopped on the scored fold": []}
    for seed in SEEDS:
        data = pooled_corpora(3, 0, np.random.default_rng(200 + seed))
        positive = (data.labels == 0).astype(np.float64)
        for fitted, scored in folds_of(data, "person", seed):
            for name, leaky in (("honest", False), ("stopped on the scored fold", True)):
                gains[name].append(descent_auc(data.features, positive, fitted, scored, leaky))
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
    return {
        "auc_on_noise": {name: spread(values) for name, values in gains.items()},
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


def draw(found: dict[str, Any]) -> None:
    """Write the two figures."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    IMAGES.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": "clinic", "font.size": 9}):
        figure = Figure(figsize=(6.4, 3), layout="constrained")
        for place, (axes, key, words) in enumerate(
            zip(figure.subplots(1, 2), ("accuracy", "auc"), ("accuracy", "AUROC"), strict=True)
        ):
            bars(axes, found["published_recipe"], key, words)
            if place == 0:
                axes.legend(frameon=False, loc="upper right", fontsize=8)
        save(figure, IMAGES / "audit-random-features.svg")
        figure = Figure(figsize=(4.6, 3), layout="constrained")
        curve(figure.add_subplot(), found["share_of_people_twice"])
        save(figure, IMAGES / "audit-share-of-people-twice.svg")


def bars(axes: Any, scores: dict[str, Any], key: str, words: str) -> None:
    """Draw one metric by protocol, with what knowing nothing scores."""
    looks = {"row": ("0.15", "split by row"), "person": ("0.65", "split by person")}
    for offset, (protocol, (colour, label)) in enumerate(looks.items()):
        for place, n_classes in enumerate(scores):
            one = scores[n_classes][protocol][key]
            axes.bar(
                place + 0.35 * (offset - 0.5),
                one["mean"],
                0.33,
                yerr=one["sd"],
                color=colour,
                ecolor="0.4",
                label=label if place == 0 else None,
            )
    for place, n_classes in enumerate(scores):
        chance = 0.5 if key == "auc" else scores[n_classes]["person"]["majority"]["mean"]
        label = "nothing known" if place == 0 else None
        axes.hlines(chance, place - 0.38, place + 0.38, "tab:red", "--", label=label)
    axes.set_xticks(range(len(scores)), [f"{k} classes" for k in scores])
    axes.set(ylim=(0, 1.28 if key == "accuracy" else 1.0), ylabel=f"{words} on random features")


def curve(axes: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Draw the score against the share of people who are in the table twice."""
    share = [100 * row["share"] for row in rows]
    for protocol, style in (("row", "o-"), ("person", "s--")):
        axes.errorbar(
            share,
            [row[protocol]["mean"] for row in rows],
            yerr=[row[protocol]["sd"] for row in rows],
            fmt=style,
            color="0.15" if protocol == "row" else "0.6",
            markersize=4,
            label=f"split by {protocol}",
        )
    axes.axhline(0.5, color="tab:red", linestyle=":", linewidth=1)
    axes.set(
        xlabel="people who are in the table twice, %",
        ylabel="AUROC on random features",
        ylim=(0.4, 1.0),
    )
    axes.legend(frameon=False)


def save(figure: Any, path: Path) -> None:
    """Write an SVG whose bytes depend on the numbers alone."""
    figure.savefig(path, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
