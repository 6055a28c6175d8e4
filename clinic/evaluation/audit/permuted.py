"""Check 3: labels exchanged between persons must not be predicted above chance.

A person keeps all rows together and gets another person's label. Where everybody stands on one
side of a fold, scored persons are exchangeable given the fitted ones, so the expected score of
any model is exactly chance, whatever signal the features carry. Where somebody stands on both
sides, a model that remembers finds the exchanged label again.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.audit.check import AuditCheck, not_possible
from clinic.evaluation.audit.data import AuditFold, AuditLabels, AuditTable, Floats
from clinic.evaluation.audit.smoothers import smoothers, standardised
from clinic.evaluation.audit.trials import (
    LabelledFold,
    LabelledPeople,
    fold_scores,
    labelled_people,
    verdict_of_trials,
)

NAME = "permuted labels"
ADVICE = (
    "A score that survives exchanged labels measures the split, not the features: separate "
    "persons, or copies of them, and score again."
)
#: Label cells made at once: 4 million doubles are 32 MB.
CELLS_AT_ONCE = 4_000_000


def permuted_labels(
    table: AuditTable,
    target: AuditLabels,
    folds: Sequence[AuditFold],
    persons: NDArray[np.intp],
    *,
    n_permutations: int,
    alpha: float,
    n_targets: int,
    seed: int,
) -> AuditCheck:
    """Score ridge and nearest neighbour on permuted labels under the given split."""
    name = f"{NAME} ({target.name})"
    people = labelled_people(target, folds, persons)
    if isinstance(people, str):
        return not_possible(name, people)
    orders = permutations_of(len(people.labels), n_permutations, seed)
    scores: dict[str, Floats] = {}
    for fold in people.folds:
        for model, found in _fold(table.features, people, fold, orders).items():
            scores[model] = scores.get(model, np.zeros(n_permutations)) + found
    return verdict_of_trials(
        name,
        people,
        {model: total / len(people.folds) for model, total in scores.items()},
        alpha=alpha,
        n_tests=len(scores) * n_targets,
        run_words="permutations",
        advice=ADVICE,
    )


def permutations_of(n: int, n_permutations: int, seed: int) -> NDArray[np.intp]:
    """Return orders of n persons, shape (n, n_permutations)."""
    generator = np.random.default_rng(seed)
    return np.stack([generator.permutation(n) for _ in range(n_permutations)], axis=1)


def _fold(
    features: Floats, people: LabelledPeople, fold: LabelledFold, orders: NDArray[np.intp]
) -> dict[str, Floats]:
    models = smoothers(*standardised(features[fold.fitted], features[fold.scored]))
    n_outputs = people.labels.shape[1]
    step = max(1, CELLS_AT_ONCE // (len(fold.fitted) * n_outputs))
    found: dict[str, list[Floats]] = {model: [] for model in models}
    for start in range(0, orders.shape[1], step):
        given = people.labels[orders[:, start : start + step]]
        fitted = given[fold.fitted_person]
        for model, predict in models.items():
            estimates = predict(fitted.reshape(len(fitted), -1))
            shaped = estimates.reshape(len(fold.scored), *given.shape[1:])
            found[model].append(fold_scores(people, fold, shaped, given[fold.persons]))
    return {model: np.concatenate(parts) for model, parts in found.items()}
