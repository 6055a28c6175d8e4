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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from published_figures import draw
from published_flaws import other_flaws, spread
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from clinic.config import build, compose
from clinic.evaluation.audit import (
    AuditTable,
    LeakageAudit,
    folds_of_numbers,
    labels_of,
)

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "published_protocol.json"

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
            "other_flaws": other_flaws(flaw_runs()),
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


def flaw_runs() -> Iterator[tuple[Floats, Floats, Integers, Integers]]:
    """Yield features, whether class 0 of 3, fitted and scored rows; nobody is in twice."""
    for seed in SEEDS:
        data = pooled_corpora(3, 0, np.random.default_rng(200 + seed))
        positive = (data.labels == 0).astype(np.float64)
        for fitted, scored in folds_of(data, "person", seed):
            yield data.features, positive, fitted, scored


if __name__ == "__main__":
    main()
