"""Check 4: random numbers per person must not predict the true labels.

Everybody gets random features, the same in all rows: what a person's copy, second session or
reused text vector shares. Persons are then exchangeable whatever their labels are, so the
expected score is exactly chance unless the split puts one person on both sides.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.audit.chance import centred_scores
from clinic.evaluation.audit.check import AuditCheck, not_possible
from clinic.evaluation.audit.data import AuditFold, AuditLabels, Floats
from clinic.evaluation.audit.smoothers import smoothers, standardised
from clinic.evaluation.audit.trials import (
    LabelledFold,
    LabelledPeople,
    labelled_people,
    verdict_of_trials,
)

NAME = "noise features"
ADVICE = (
    "This split scores random numbers above chance, so part of any score from it is a person "
    "recognised again: separate persons, or copies of them, and score again."
)
#: Few suffice: a copy is at distance zero, and trees find the nearest of many people quickly.
N_COLUMNS = 4


def noise_features(
    target: AuditLabels,
    folds: Sequence[AuditFold],
    persons: NDArray[np.intp],
    *,
    n_draws: int,
    alpha: float,
    n_targets: int,
    seed: int,
) -> AuditCheck:
    """Score ridge and nearest neighbour on random features under the given split."""
    name = f"{NAME} ({target.name})"
    people = labelled_people(target, folds, persons)
    if isinstance(people, str):
        return not_possible(name, people)
    generator = np.random.default_rng(seed)
    scores: dict[str, Floats] = {}
    for draw in range(n_draws):
        noise = generator.normal(size=(len(people.labels), N_COLUMNS))
        for fold in people.folds:
            for model, found in _fold(noise, people, fold).items():
                scores.setdefault(model, np.zeros(n_draws))[draw] += found
    return verdict_of_trials(
        name,
        people,
        {model: total / len(people.folds) for model, total in scores.items()},
        alpha=alpha,
        n_tests=len(scores) * n_targets,
        run_words="draws",
        advice=ADVICE,
    )


def _fold(noise: Floats, people: LabelledPeople, fold: LabelledFold) -> dict[str, float]:
    """All rows of a person are equal here, so each person is one row on either side."""
    fitted = np.unique(fold.fitted_person)
    models = smoothers(*standardised(noise[fitted], noise[fold.persons]))
    truth = people.labels[fold.persons][:, None, :]
    return {
        model: float(
            centred_scores(people.kind, truth, predict(people.labels[fitted])[:, None, :])[0]
        )
        for model, predict in models.items()
    }
