"""What the permuted-label and the noise run share: labels per person, scoring, the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.audit.chance import above_chance, centred_scores, chance_of, score_name
from clinic.evaluation.audit.check import AuditCheck, Verdict
from clinic.evaluation.audit.data import AuditFold, AuditLabels, Floats, LabelKind, Rows
from clinic.evaluation.audit.people import mean_by

#: Below this many labelled persons in all, or scored in a fold, a rank says nothing.
LEAST_PERSONS = 12
LEAST_SCORED = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledFold:
    """One fold reduced to labelled rows.

    Args:
        fitted, scored: Row indices.
        fitted_person, scored_person: Shape of ``fitted`` and ``scored``: place of the row's
            person among the labelled persons.
        persons: Labelled persons that are scored; ``place`` maps each scored row into it.
    """

    fitted: Rows
    scored: Rows
    fitted_person: Rows
    scored_person: Rows
    persons: Rows
    place: Rows

    def by_person(self, estimates: Floats) -> Floats:
        """Return the mean estimate of every scored person; first axis rows to persons."""
        from scipy.sparse import csr_matrix

        n = len(self.scored)
        weights = 1.0 / np.bincount(self.place, minlength=len(self.persons))[self.place]
        mean = csr_matrix((weights, (self.place, np.arange(n))), shape=(len(self.persons), n))
        return np.asarray(mean @ estimates)


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledPeople:
    """Labels per person and folds over them.

    Args:
        labels: Shape (n_persons, n_outputs): mean over a person's rows. One label per person is
            what makes chance exact: persons are exchangeable, rows of one person are not.
    """

    kind: LabelKind
    labels: Floats
    folds: tuple[LabelledFold, ...]


def labelled_people(
    target: AuditLabels, folds: Sequence[AuditFold], persons: NDArray[np.intp]
) -> LabelledPeople | str:
    """Return persons with labels and folds over them, or the reason why that cannot be."""
    labelled = ~np.isnan(target.values).any(axis=1)
    n_all = int(persons.max()) + 1
    everybody = mean_by(persons, target.values, n_all)
    kept = np.flatnonzero(~np.isnan(everybody).any(axis=1))
    place = np.full(n_all, -1, dtype=np.intp)
    place[kept] = np.arange(len(kept))
    if len(kept) < LEAST_PERSONS:
        return f"{len(kept)} labelled persons, {LEAST_PERSONS} needed (labels)"
    if np.ptp(everybody[kept], axis=0).max() == 0:
        return "all labelled persons have the same label (labels)"
    found = []
    for fold in folds:
        fitted, scored = fold.fitted[labelled[fold.fitted]], fold.scored[labelled[fold.scored]]
        people, rows = np.unique(place[persons[scored]], return_inverse=True)
        if len(people) >= LEAST_SCORED and len(fitted):
            found.append(
                LabelledFold(
                    fitted=fitted,
                    scored=scored,
                    fitted_person=place[persons[fitted]],
                    scored_person=place[persons[scored]],
                    persons=people,
                    place=rows,
                )
            )
    if not found:
        return f"no fold with {LEAST_SCORED} scored and labelled persons (split)"
    return LabelledPeople(kind=target.kind, labels=everybody[kept], folds=tuple(found))


def fold_scores(
    people: LabelledPeople, fold: LabelledFold, estimates: Floats, labels: Floats
) -> Floats:
    """Return centred scores of one fold, one per repeat.

    Args:
        estimates: Shape (n_scored_rows, n_repeats, n_outputs).
        labels: Shape (n_persons_scored, n_repeats, n_outputs).
    """
    n = len(estimates)
    mean = fold.by_person(estimates.reshape(n, -1)).reshape(labels.shape)
    return centred_scores(people.kind, labels, mean)


def verdict_of_trials(
    name: str,
    people: LabelledPeople,
    centred: Mapping[str, Floats],
    *,
    alpha: float,
    n_tests: int,
    run_words: str,
    advice: str,
) -> AuditCheck:
    """Compare each model's mean over repeats with chance; the strongest decides.

    Args:
        centred: Per model, shape (n_repeats,): score minus chance, mean over folds.
        alpha: Share of clean tables that may fail by the luck of the draw, over all tests.
        n_tests: Models times targets that share ``alpha`` (Bonferroni).
    """
    found = {model: above_chance(people.kind, scores) for model, scores in centred.items()}
    worst = min(found, key=lambda model: (found[model].p_value, -found[model].mean))
    result, chance = found[worst], chance_of(people.kind)
    fails = result.p_value < alpha / n_tests and result.mean > chance
    score = score_name(people.kind)
    many = len(next(iter(centred.values())))
    measured = (
        f"{score} {result.mean:.3f} [{result.interval[0]:.3f}, {result.interval[1]:.3f}] "
        f"({worst}, mean of {many} {run_words}, {len(people.folds)} folds, "
        f"{len(people.labels)} persons)"
    )
    return AuditCheck(
        name=name,
        verdict=Verdict.FAIL if fails else Verdict.PASS,
        statistic=result.mean,
        interval=result.interval,
        chance=chance,
        unit=f"{score}, chance {chance:g}",
        sentence=(
            f"{measured}: above chance, so this split rewards remembering a person."
            if fails
            else f"{measured}: chance is {chance:g}."
        ),
        advice=advice if fails else "",
        details=tuple(
            item
            for model, one in found.items()
            for item in (
                (f"{model}: mean", one.mean),
                (f"{model}: single run, 2.5 %", one.run[0]),
                (f"{model}: single run, 97.5 %", one.run[1]),
                (f"{model}: p", one.p_value),
            )
        ),
    )
