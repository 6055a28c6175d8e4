"""How often the leakage audit cries wolf: clean tables, split by person, with true effects.

Run:
    python benchmarks/audit_false_alarms.py

The result is ``benchmarks/results/audit_false_alarms.json``: the share of clean simulated data
sets with any failed check, with its 95 % Clopper-Pearson interval, and the time an audit takes.
"""

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.config import build, compose
from clinic.evaluation.audit import (
    AuditFold,
    AuditReport,
    AuditTable,
    LeakageAudit,
    Verdict,
    folds_of_numbers,
    folds_of_participants,
    labels_of,
)

RESULTS = Path(__file__).parent / "results" / "audit_false_alarms.json"
N_SETS = 200
SEED = 20_251


@dataclass(frozen=True, kw_only=True)
class World:
    """One kind of clean data set.

    Args:
        n_classes: Of the target; 0 is a score.
        positive_share: Of the last class against the others together.
        effect: Shift of the informative columns per spread of the label; 0 is none.
        shape: Of the values: ``normal``, ``heavy`` (Student's t, 3), ``skewed`` (log-normal),
            ``rounded`` (two decimals) or ``few factors`` (5 factors and a little noise).
    """

    n_people: int
    n_columns: int
    n_classes: int
    most_recordings: int
    positive_share: float
    effect: float
    shape: str
    missing: float
    n_folds: int


def main() -> None:
    """Audit every clean data set and count the alarms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=N_SETS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    audit = shipped_audit()
    generator = np.random.default_rng(options.seed)
    failed, warned = Counter[str](), Counter[str]()
    alarms, seconds = 0, []
    for _ in range(options.sets):
        world = draw_world(generator)
        table, folds = clean_set(world, generator)
        began = time.perf_counter()
        report = audit.run(table, folds, subject="clean")
        seconds.append(time.perf_counter() - began)
        alarms += bool(report.failed)
        failed.update(names(report, Verdict.FAIL))
        warned.update(names(report, Verdict.WARN))
        if report.failed:
            sys.stderr.write(f"{world}\n" + "".join(f"  {c.sentence}\n" for c in report.failed))
    low, high = exact_interval(alarms, options.sets)
    found = {
        "n_sets": options.sets,
        "seed": options.seed,
        "any_fail": {"count": alarms, "share": alarms / options.sets, "interval": [low, high]},
        "failed_checks": dict(sorted(failed.items())),
        "warned_checks": dict(sorted(warned.items())),
        "seconds_median": float(np.median(seconds)),
        "seconds_largest": float(np.max(seconds)),
        "seconds_275_by_300": seconds_of_largest(audit),
    }
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    sys.stdout.write(options.out.read_text())


def shipped_audit() -> LeakageAudit:
    """Return the audit with the settings of ``conf/audit.yaml``."""
    values = {"features": "none", "labels": "none", "split": "none"}
    audit: LeakageAudit = build(compose("audit", values=values).audit)
    return audit


def draw_world(generator: np.random.Generator) -> World:
    """Draw sizes, classes, imbalance, effect and shape."""
    return World(
        n_people=int(generator.integers(60, 276)),
        n_columns=int(generator.choice([5, 20, 80, 300])),
        n_classes=int(generator.choice([0, 2, 2, 3, 5])),
        most_recordings=int(generator.choice([1, 1, 2, 4, 12])),
        positive_share=float(generator.uniform(0.15, 0.5)),
        effect=float(generator.choice([0.0, 0.4, 0.8, 1.5])),
        shape=str(generator.choice(["normal", "heavy", "skewed", "rounded", "few factors"])),
        missing=float(generator.choice([0.0, 0.0, 0.1])),
        n_folds=int(generator.choice([1, 5, 7])),
    )


def clean_set(
    world: World, generator: np.random.Generator
) -> tuple[AuditTable, tuple[AuditFold, ...]]:
    """Draw people, their labels and recordings, and a split by person."""
    trait = generator.normal(size=world.n_people)
    labels = label_of(world, trait)
    counts = generator.integers(1, world.most_recordings + 1, size=world.n_people)
    person = np.repeat(np.arange(world.n_people), counts)
    # Half of the spread belongs to the person: several recordings of one person are alike.
    own = values_of(world, world.n_people, generator)[person]
    passing = values_of(world, len(person), generator)
    features = np.sqrt(0.5) * (own + passing) if world.most_recordings > 1 else own
    signed = generator.choice([-1.0, 1.0], size=max(1, world.n_columns // 10))
    features[:, : len(signed)] += world.effect * trait[person][:, None] * signed
    if world.shape == "rounded":
        features = np.round(features, 2)
    features[generator.uniform(size=features.shape) < world.missing] = np.nan
    # Duration that goes a little with the trait, as in real interviews: a true association.
    duration_s = np.exp(6 + 0.3 * generator.normal(size=len(person)) - 0.05 * trait[person])
    ids = np.array([f"p{i:04d}" for i in generator.permutation(world.n_people)])
    table = AuditTable(
        recording_ids=np.array([f"r{i}" for i in range(len(person))]),
        participant_ids=ids[person],
        features=features,
        columns=tuple(f"f{i}" for i in range(world.n_columns)),
        metadata={
            "duration_s": duration_s,
            "site": generator.choice(["a", "b", "c"], size=world.n_people)[person],
        },
        labels=(labels_of("target", [labels[i] for i in person]),),
    )
    return table, folds_by_person(world, table.participant_ids, generator)


def values_of(world: World, n: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw values of one shape, spread about 1."""
    size = (n, world.n_columns)
    if world.shape == "heavy":
        return generator.standard_t(3, size=size) / np.sqrt(3)
    if world.shape == "skewed":
        return np.exp(generator.normal(size=size)) / 2
    if world.shape == "few factors":
        loads = np.random.default_rng(world.n_people).normal(size=(5, world.n_columns))
        return generator.normal(size=(n, 5)) @ loads / 2 + 0.3 * generator.normal(size=size)
    return generator.normal(size=size)


def label_of(world: World, trait: NDArray[np.float64]) -> list[object]:
    """Cut the trait into classes, or make it a score from 0 to 24."""
    if world.n_classes == 0:
        return [float(np.clip(round(8 + 5 * t), 0, 24)) for t in trait]
    shares = np.linspace(0, 1 - world.positive_share, world.n_classes)
    cuts = np.quantile(trait, shares[1:])
    names = [f"class {int(np.sum(t > cuts))}" for t in trait]
    return list(names)


def folds_by_person(
    world: World, people: NDArray[np.str_], generator: np.random.Generator
) -> tuple[AuditFold, ...]:
    """Return folds of persons, or one official train, validation and test split.

    Args:
        people: Participant of each row.
    """
    order = [str(name) for name in generator.permutation(np.unique(people))]
    if world.n_folds == 1:
        cut = len(order) // 5
        roles = {"test": order[:cut], "validation": order[cut : 2 * cut]}
        return folds_of_participants(people.tolist(), [{**roles, "training": order[2 * cut :]}])
    fold_of = {name: place % world.n_folds for place, name in enumerate(order)}
    return folds_of_numbers([fold_of[str(name)] for name in people])


def names(report: AuditReport, verdict: Verdict) -> list[str]:
    """Return the names of checks with one verdict, without the target."""
    return [check.name.split(" (")[0] for check in report.checks if check.verdict is verdict]


def exact_interval(count: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share.

    Source: Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404.
    """
    from scipy.stats import beta

    low = 0.0 if count == 0 else float(beta.ppf(0.025, count, n - count + 1))
    high = 1.0 if count == n else float(beta.ppf(0.975, count + 1, n - count))
    return low, high


def seconds_of_largest(audit: LeakageAudit) -> float:
    """Return the time of one audit of 275 people and 300 columns, 5 folds, one recording each."""
    world = World(
        n_people=275,
        n_columns=300,
        n_classes=5,
        most_recordings=1,
        positive_share=0.2,
        effect=0.4,
        shape="normal",
        missing=0.1,
        n_folds=5,
    )
    table, folds = clean_set(world, np.random.default_rng(0))
    began = time.perf_counter()
    audit.run(table, folds, subject="timing")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
